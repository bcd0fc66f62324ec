// The flow matrix over HTTP and on the line: the same sums live, closed and rebuilt, with what is left out reported.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Value } from 'typebox/value';
import { namesOf } from '../../appliance/cli/ask/flows.ts';
import { plainSentences } from '../../appliance/model/sentences/sentence.ts';
import type { SegmentsResponse } from '../../appliance/publish/schemas/captures.ts';
import type { DevicesResponse } from '../../appliance/publish/schemas/devices.ts';
import { type FlowsResponse, flowsSchema } from '../../appliance/publish/schemas/flows.ts';
import { type SentencesResponse, sentencesSchema } from '../../appliance/publish/schemas/sentences.ts';
import { openSummaryTools } from '../../appliance/store/figures/join-analysis.ts';
import { rebuildIndex } from '../../appliance/store/replay.ts';
import {
  DataFolder,
  device,
  eventually,
  GATEWAY,
  type OpenSegment,
  record,
  START_NS,
  udpFrame,
} from '../store/data-folder.ts';
import { startTestAppliance } from './running.ts';

const WEIR = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));
const HOUR_NS = 3_600_000_000_000n;
const COUNTS = [
  [1, 10],
  [2, 2],
  [3, 8],
] as const;
const SHARES = [
  ['b827eb000001', 900],
  ['b827eb000003', 720],
  ['b827eb000002', 180],
];

/** A question of NTP: 90 bytes on the wire. */
function ask(folder: DataFolder, segment: OpenSegment, last: number, atNs: bigint): void {
  const payload = Buffer.alloc(48);
  payload[0] = 0x23;
  const ports = { sourcePort: 123, destinationPort: 123 };
  const ends = { from: device(last), to: GATEWAY, source: `10.0.0.${last + 10}`, destination: '93.184.216.34' };
  folder.append(segment, record(udpFrame({ ...ends, ...ports, payload }), atNs));
}

/** Three devices that ask the time at one server; of each the first half in a closed hour, the rest in an open one. */
function fill(folder: DataFolder): OpenSegment[] {
  return COUNTS.map(([last, count]) => {
    const first = folder.open(device(last), START_NS);
    for (let i = 0; i < count / 2; i++) ask(folder, first, last, START_NS + BigInt(i));
    folder.close(first);
    const second = folder.open(device(last), START_NS + HOUR_NS);
    for (let i = 0; i < count / 2; i++) ask(folder, second, last, START_NS + HOUR_NS + BigInt(i));
    return second;
  });
}

const isoAt = (ns: bigint) => new Date(Number(ns / 3_600_000_000_000n) * 3_600_000).toISOString();
const bytesUp = ({ groups }: FlowsResponse) => groups.map((group) => [group.device, group.bytes_up]);

test('three devices at one server: 900, 180 and 720 bytes, live, when all is closed, and rebuilt', async (t) => {
  const folder = DataFolder.make(t);
  const open = fill(folder);
  const appliance = await startTestAppliance(t, undefined, folder);
  const cookie = await appliance.logIn();
  const get = (path: string, accept = 'application/json') => appliance.ask(path, { headers: { cookie, accept } });
  const flows = async (query: string) => (await get(`/api/v1/flows?${query}`)).json as FlowsResponse;
  const isWhole = async () => (await flows('by=device')).totals.bytes_up === 1800;
  await eventually('all frames are in the live matrix', isWhole, 60);
  const live = await flows('by=device&service=ntp');
  assert.deepEqual(bytesUp(live), SHARES);
  assert.deepEqual([...Value.Errors(flowsSchema, live)], []);

  await t.test('by hour each hour has its half, and a window takes one of them', async () => {
    const hours = await flows('by=hour&from=2026-11-20T00:00:00Z&to=2026-11-22T00:00:00Z');
    assert.deepEqual(
      hours.groups.map(({ bytes_up, devices }) => [bytes_up, devices]),
      [
        [900, 3],
        [900, 3],
      ],
    );
    const [first, second] = hours.groups.map(({ hour = '' }) => hour).sort();
    const one = await flows(`by=device&from=${first}&to=${second}`);
    assert.deepEqual([one.totals.bytes_up, one.from, one.to], [900, first, second]);
  });

  await t.test('sentences state the same bytes, in a window those of the window', async () => {
    const sentences = async (query: string) => (await get(`/api/v1/sentences?${query}`)).json as SentencesResponse;
    const all = await sentences('');
    assert.deepEqual([...Value.Errors(sentencesSchema, all)], []);
    assert.deepEqual(
      new Map(all.devices.map(({ id, internet }) => [id, internet.bytes_up])),
      new Map(SHARES.map(([id, bytes]) => [id, bytes])),
    );
    const [half] = (await sentences(`device=b827eb000001&from=${isoAt(START_NS)}&to=${isoAt(START_NS + HOUR_NS)}`))
      .devices;
    assert.match(
      plainSentences(half?.sentences ?? [])[0] ?? '',
      /only what is plain everywhere.*450 B in that time\.$/,
    );
    const [idle] = (await sentences('device=b827eb000001&phase=scan')).devices;
    assert.match(plainSentences(idle?.sentences ?? [])[0] ?? '', /no conversation .* in the phase scan\.$/);
    assert.equal((await get('/api/v1/sentences?from=yesterday')).status, 400);
  });

  await t.test('what a limit leaves out is reported, in JSON and in the last row of the CSV', async () => {
    const few = await flows('by=device&limit=1');
    assert.deepEqual([few.left_out.groups, few.left_out.bytes_up, few.totals.bytes_up], [2, 900, 1800]);
    const { text, headers } = await get('/api/v1/flows?by=device&limit=1', 'text/csv');
    assert.match(String(headers['content-type']), /text\/csv/);
    assert.equal(
      text,
      'device,devices,packets_up,bytes_up,packets_down,bytes_down\r\n' +
        '"b827eb000001",1,10,900,0,0\r\n"2 groups left out",0,10,900,0,0\r\n',
    );
  });

  await t.test('unusable questions are refused in one line', async () => {
    for (const query of ['by=colour', 'by=hour', 'from=yesterday', 'phase=lunch', 'colour=red']) {
      const { status, json } = await get(`/api/v1/flows?${query}`);
      assert.equal(status, 400, query);
      assert.equal((json as { code: string }).code, 'REQUEST_INVALID');
    }
  });

  await t.test('weir flows prints the same', async () => {
    const config = join(folder.dir, 'weir.yaml');
    writeFileSync(config, `data:\n  dir: ${folder.dir}\n`);
    const { stdout } = await promisify(execFile)(process.execPath, [WEIR, 'flows', '-c', config, '--by', 'device']);
    assert.match(stdout, /b827eb000001 +900 B +0 B +10\n/);
    assert.match(stdout, /all +1\.80 kB/);
    const list = await promisify(execFile)(process.execPath, [WEIR, 'devices', '-c', config]);
    assert.match(list.stdout, /^Raspberry Pi Foundation computer b8:27:eb:00:00:01 does only what is plain .* 900 B /m);
    const rows = (await get('/api/v1/devices')).json as DevicesResponse;
    const called = rows.devices.map((row) => ({ ...row, name: row.id.endsWith('1') ? 'Kitchen plug' : '' }));
    assert.deepEqual(
      [...namesOf({ ...rows, devices: called })],
      [['b827eb000001', 'Kitchen plug (b8:27:eb:00:00:01)']],
    );
  });

  const asked = 'by=device,address,service,protection,scope,country';
  const before = await flows(asked);
  for (const segment of open) folder.close(segment);
  const isStored = async () => {
    const { segments } = (await get('/api/v1/segments')).json as SegmentsResponse;
    return segments.every(({ state, analysed }) => state === 'closed' && analysed);
  };
  await eventually('everything is in the index', isStored, 60);
  const closed = await flows(asked);
  assert.deepEqual({ ...closed, ts: '' }, { ...before, ts: '' });
  await appliance.running.stop();
  await rebuildIndex(
    folder.dir,
    openSummaryTools('curated', () => undefined),
    () => undefined,
  );
  const again = await startTestAppliance(t, undefined, folder, appliance.capture);
  const { socketPath } = again.running;
  const rebuilt = (await again.ask(`/api/v1/flows?${asked}`, { socketPath })).json as FlowsResponse;
  assert.deepEqual({ ...rebuilt, ts: '' }, { ...closed, ts: '' });
});
