// Idle against intensive over the interface: made by a process of its own, kept, with the packet of each row; words that select nothing
// are refused, and a phase that was not captured is no absence.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Value } from 'typebox/value';
import { Comparisons } from '../../appliance/experiment/comparisons.ts';
import { type DeviceKey, parseDevice } from '../../appliance/model/mac.ts';
import { formatSeconds } from '../../appliance/model/time/clock.ts';
import { type ComparisonAnswer, comparisonAnswerSchema } from '../../appliance/publish/schemas/comparison.ts';
import { ascii, udp } from '../analysis/packets.ts';
import { DataFolder, eventually, record, START_NS } from '../store/data-folder.ts';
import { type AskOptions, startTestAppliance } from './running.ts';

const LAMP = parseDevice('02:00:00:00:00:21')!;
const PLUG = parseDevice('02:00:00:00:00:22')!;
const SECOND = 1_000_000_000n;
const at = (minutes: number) => START_NS + BigInt(minutes * 60) * SECOND;

/** Minute by minute one call to a server; with `second` a call to another one every so many minutes. */
function fill(folder: DataFolder, device: DeviceKey, phase: 'idle' | 'intensive', begin: number, second: number): void {
  const segment = folder.open(device, at(begin), phase);
  for (let minute = begin; minute < begin + 120; minute++) {
    call(folder, segment, minute, '52.208.0.1', 20500);
    if (second > 0 && minute % second === 0) call(folder, segment, minute, '52.208.0.9', 20600);
  }
  folder.close(segment);
  const sidecar = join(folder.dir, 'captures', segment.path.replace(/\.pcap$/, '.json'));
  mkdirSync(dirname(sidecar), { recursive: true });
  const times = { first_ts: formatSeconds(at(begin)), last_ts: formatSeconds(at(begin + 119)) };
  writeFileSync(
    sidecar,
    JSON.stringify({ schema: 'weir.segment/1', device, infra: [], seq: segment.seq, phase, ...times }),
  );
}

function call(
  folder: DataFolder,
  segment: ReturnType<DataFolder['open']>,
  minute: number,
  ip: string,
  port: number,
): void {
  const device = { mac: segment.device, ip: '10.0.0.21', port: 40_000 + minute };
  const server = { mac: '02:00:00:00:00:01', ip, port };
  folder.append(segment, record(Buffer.from(udp(device, server, ascii('hello there'))), at(minute)));
}

function home(t: TestContext): DataFolder {
  const folder = DataFolder.make(t);
  const phase = (minutes: number, name: string) =>
    folder.line({
      type: 'phase',
      ts: formatSeconds(at(minutes)),
      phase: name,
      interaction: 'none',
      by: 'me',
      note: '',
    });
  phase(0, 'idle');
  fill(folder, LAMP, 'idle', 0, 0);
  fill(folder, PLUG, 'idle', 0, 7);
  phase(120, 'intensive');
  fill(folder, LAMP, 'intensive', 120, 4);
  folder.line({ type: 'annotation', ts: formatSeconds(at(240)), by: 'me', text: 'end' });
  return folder;
}

test('a device’s idle and intensive time are compared, and each row names its packet', async (t) => {
  const appliance = await startTestAppliance(t, undefined, home(t));
  const cookie = await appliance.logIn();
  const ask = (path: string, options: AskOptions = {}) => appliance.ask(path, { ...options, headers: { cookie } });
  await eventually('both devices have a row', async () => {
    return ((await ask('/api/v1/devices')).json as { devices: unknown[] }).devices.length === 2;
  });
  const settled = async (path: string): Promise<ComparisonAnswer> => {
    for (;;) {
      const answer = await ask(path);
      assert.equal(answer.status, 200, answer.text);
      const state = answer.json as ComparisonAnswer;
      assert.deepEqual([...Value.Errors(comparisonAnswerSchema, state)], []);
      if (state.state !== 'making') return state;
    }
  };

  const { comparison, device, a, b } = await settled('/api/v1/devices/020000000021/comparison');
  assert.deepEqual([device, a, b], [LAMP, 'idle', 'intensive']);
  assert.deepEqual([comparison?.a.hours, comparison?.b.hours], [2, 2]);
  const row = comparison?.rows.find(({ name }) => name === '52.208.0.9 udp 20600');
  assert.equal(row?.verdict, 'added');
  const first = row?.b?.first;
  assert.deepEqual([first?.segment, first?.packet], [3, 2]);
  assert.ok(first?.file.includes('/captures/'));

  // The plug was silent in two hours in which capture ran: that is a result.
  const silent = await settled('/api/v1/devices/020000000022/comparison');
  assert.deepEqual([silent.comparison?.b.hours, silent.comparison?.b.packets], [2, 0]);
  const gone = silent.comparison?.rows.find(({ name }) => name === '52.208.0.1 udp 20500');
  assert.equal(gone?.verdict, 'gone');

  // Nobody captured a set-up: that is no result.
  const blind = await settled('/api/v1/devices/020000000021/comparison?b=setup');
  assert.equal(blind.comparison?.b.hours, 0);
  assert.match(blind.comparison?.notes.join() ?? '', /setup was not captured \(declared were idle, intensive\)/);
  assert.ok(blind.comparison?.rows.every(({ verdict }) => verdict === 'cannot_say'));

  const all = await settled('/api/v1/comparison?a=from=2026-11-20T13:00Z,to=2026-11-20T14:00Z&b=intensive');
  assert.equal(all.device, null);
  const unknown = await settled('/api/v1/devices/020000000021/comparison?b=tag=never');
  assert.match(unknown.why ?? '', /the ledger knows no tag never; nothing was compared/);

  for (const [path, status] of [
    ['/api/v1/devices/020000000021/comparison?a=lazy', 400],
    ['/api/v1/devices/020000000021/comparison?a=--seed', 400],
    ['/api/v1/devices/020000000021/comparison?a=from%3D2026-11-20T14:00Z,to%3D2026-11-20T13:00Z', 400],
    ['/api/v1/devices/020000000021/comparison?a=%2Fetc', 400],
    ['/api/v1/devices/020000000099/comparison', 404],
  ] as const)
    assert.equal((await ask(path)).status, status, path);
});

test('one at a time, each once however many ask, made again only when the ledger went on', async (t) => {
  let ledger = 1;
  let now = 0;
  const begun: string[] = [];
  const waiting: (() => void)[] = [];
  t.mock.method(performance, 'now', () => now);
  const comparisons = new Comparisons({
    dataDir: 'x',
    ledger: () => ledger,
    run: ({ a }) =>
      new Promise((resolve) => {
        begun.push(a);
        waiting.push(() => resolve({ text: JSON.stringify({ rows: [a, ledger] }) }));
      }),
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const asked = [
    comparisons.ask(null, 'idle', 'b'),
    comparisons.ask(null, 'idle', 'b'),
    comparisons.ask(null, 'c', 'b'),
  ];
  await turn();
  assert.deepEqual(begun, ['idle']);
  waiting.shift()?.();
  await turn();
  assert.deepEqual(begun, ['idle', 'c']);
  waiting.shift()?.();
  const states = await Promise.all(asked);
  assert.deepEqual(
    states.map(({ state }) => state),
    ['made', 'made', 'made'],
  );

  now += 3_600_000;
  assert.equal((await comparisons.ask(null, 'idle', 'b')).renewing, false, 'the ledger does not change');
  ledger++;
  const older = await comparisons.ask(null, 'idle', 'b');
  assert.deepEqual([older.state, older.renewing, older.comparison?.rows], ['made', true, ['idle', 1]]);
  await turn();
  waiting.shift()?.();
  await turn();
  await turn();
  const newer = await comparisons.ask(null, 'idle', 'b');
  assert.deepEqual([newer.renewing, newer.comparison?.rows], [false, ['idle', 2]]);
  assert.deepEqual(begun, ['idle', 'c', 'idle']);
  await comparisons.stop();
});
