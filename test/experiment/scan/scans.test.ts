// Scans with a scanner that the test answers for: what was asked is kept, goes on after an end at any moment, and every sitting
// is in the ledger.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseOrder, type ScanAnswer, type ScanOrder } from '../../../appliance/experiment/scan/scan-orders.ts';
import { ScanTriggers } from '../../../appliance/experiment/scan/scan-triggers.ts';
import { carryOutOrder } from '../../../appliance/experiment/scan/scan-worker.ts';
import { Scans, type ScansRoom } from '../../../appliance/experiment/scan/scans.ts';
import { deviceFolder, parseMac } from '../../../appliance/model/mac.ts';
import { NO_PORTS } from '../../../appliance/model/scan/port-scan.ts';
import { eventually } from '../../store/data-folder.ts';

const DEVICE = parseMac('02:00:00:00:00:07')!;
/** On the loopback, whose network is 127.0.0.0/8. */
const ADDRESS = '127.0.0.7';
const FOUND = { result: 'ports', source: '127.0.0.1', version: '7.93', seconds: 1 } as const;

type Answer = (order: ScanOrder, stop: AbortSignal) => Promise<ScanAnswer>;

class Bed {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'weir-scans-'));
  readonly reported: string[] = [];
  readonly asked: string[] = [];
  readonly made: Scans[] = [];
  hasProgram = true;

  make(answer: Answer, change: Partial<ScansRoom> = {}): Scans {
    const scans = new Scans({
      dataDir: this.dataDir,
      interface: 'lo',
      packetsPerSecond: 100,
      atOnce: 1,
      scanner: {
        ask: (order, stop) => {
          assert.ok(parseOrder(JSON.stringify(order)) !== undefined);
          this.asked.push(order.order === 'ports' ? `${order.proto} ${order.ports}` : order.order);
          return answer(order, stop);
        },
      },
      hasProgram: () => this.hasProgram,
      send: async (request) => this.reported.push(request.verb === 'scan-end' ? `end ${request.state}` : 'start'),
      addressesOf: () => [ADDRESS],
      problem: () => undefined,
      ...change,
    });
    this.made.push(scans);
    return scans;
  }
}

function makeBed(t: TestContext): Bed {
  const bed = new Bed();
  t.after(async () => {
    for (const scans of bed.made) await scans.stop();
    rmSync(bed.dataDir, { recursive: true, force: true });
  });
  return bed;
}

const finds = async (order: ScanOrder): Promise<ScanAnswer> =>
  order.order === 'ports'
    ? { ...FOUND, states: { ...NO_PORTS, open: order.proto === 'tcp' ? '23' : '', closed: '1' } }
    : { result: 'look', looks: [{ port: 23, as: 'telnet', banner: 'login:', result: 'answered', open_access: null }] };
const hangs: Answer = (_order, stop) =>
  new Promise((resolve) =>
    stop.addEventListener('abort', () => resolve({ result: 'problem', kind: 'failed', text: 'it was stopped' })),
  );

test('a scan that was ended in the middle goes on from its last part and finds the same', async (t) => {
  const bed = makeBed(t);
  let count = 0;
  const first = bed.make((order, stop) => (count++ === 0 ? finds(order) : hangs(order, stop)));
  first.start();
  const { id } = await first.order(DEVICE, 'quick', 'test');
  await eventually('the second part', () => count === 2);
  await first.stop();
  assert.equal(first.get(id)?.state, 'waiting');

  const second = bed.make(finds);
  second.start();
  await eventually('the end', () => second.get(id)?.state === 'done');
  assert.deepEqual(bed.asked, ['tcp top 1000', 'udp top 100', 'udp top 100', 'look']);
  assert.deepEqual(bed.reported, ['start', 'end waiting', 'start', 'end done']);
  const scan = second.get(id);
  assert.equal(scan?.tcp.open, '23');
  assert.equal(scan?.looks[0]?.banner, 'login:');
  assert.equal(scan?.windows.length, 2);
});

test('one that a kill ended has its window closed before the next', async (t) => {
  const bed = makeBed(t);
  const killed = bed.make(hangs);
  killed.start();
  const { id } = await killed.order(DEVICE, 'quick', 'test');
  await eventually('it runs', () => killed.get(id)?.state === 'running');
  // What a kill leaves: the file as it was last written. The old one hangs until the end of the test.
  const after = bed.make(finds);
  after.start();
  await eventually('the end', () => after.get(id)?.state === 'done');
  assert.deepEqual(bed.reported, ['start', 'end waiting', 'start', 'end done']);
});

test('from whatever state a power cut left on the card, next to half a file, the scan ends with the same result', async (t) => {
  const bed = makeBed(t);
  const whole = bed.make(async (order) => {
    left.push(readFileSync(file(bed.dataDir, id), 'utf8'));
    return finds(order);
  });
  const file = (dataDir: string, of: string) => join(dataDir, 'scans', deviceFolder(DEVICE), `${of}.json`);
  const left: string[] = [];
  const { id } = await whole.order(DEVICE, 'quick', 'test');
  left.push(readFileSync(file(bed.dataDir, id), 'utf8'));
  whole.start();
  await eventually('the end', () => whole.get(id)?.state === 'done');
  left.push(readFileSync(file(bed.dataDir, id), 'utf8'));
  // As ordered, begun, after each of the two parts, and ended.
  assert.equal(new Set(left).size, 5);
  const result = (scans: Scans) => {
    const { tcp, udp, looks, parts } = scans.get(id) ?? {};
    return { tcp, udp, looks, parts: parts?.map(({ proto, ports }) => `${proto} ${ports}`) };
  };
  for (const text of new Set(left)) {
    const cut = makeBed(t);
    mkdirSync(dirname(file(cut.dataDir, id)), { recursive: true });
    writeFileSync(file(cut.dataDir, id), text);
    writeFileSync(`${file(cut.dataDir, id)}.tmp`, text.slice(0, text.length / 2));
    const after = cut.make(finds);
    after.start();
    await eventually('the end after the cut', () => after.get(id)?.state === 'done');
    assert.deepEqual(result(after), result(whole));
  }
});

test('a device that is away is waited for; problem of another kind ends the scan with its words', async (t) => {
  const bed = makeBed(t);
  const scans = bed.make(async () => ({ result: 'problem', kind: 'absent', text: 'nobody answers there' }));
  scans.start();
  const { id } = await scans.order(DEVICE, 'quick', 'test');
  await eventually('it waits', () => scans.get(id)?.reason === 'nobody answers there');
  assert.equal(scans.get(id)?.state, 'waiting');
  await assert.rejects(scans.order(DEVICE, 'quick', 'test'), /waiting already/);
  await scans.end(id);
  assert.equal(scans.get(id)?.state, 'stopped');
  await assert.rejects(scans.end(id), /has ended/);
  await scans.stop();

  const other = makeBed(t);
  const failing = other.make(async () => ({ result: 'problem', kind: 'failed', text: 'nmap: no route' }));
  failing.start();
  const scan = await failing.order(DEVICE, 'full', 'test');
  await eventually('it fails', () => failing.get(scan.id)?.state === 'failed');
  assert.equal(failing.get(scan.id)?.reason, 'nmap: no route');
  assert.equal(other.asked.length, 3);
});

test('without nmap, or without an address in the captured network, nothing begins and one line says why', async (t) => {
  const bed = makeBed(t);
  const scans = bed.make(finds);
  bed.hasProgram = false;
  await assert.rejects(scans.order(DEVICE, 'quick', 'test'), /nmap is not installed.*apt install nmap/);
  await assert.rejects(scans.discover('test'), /nmap is not installed/);
  bed.hasProgram = true;
  await assert.rejects(bed.make(finds, { addressesOf: () => [] }).order(DEVICE, 'quick', ''), /no IPv4 address of/);
  const outside = bed.make(finds, { addressesOf: () => ['192.0.2.9'] });
  await assert.rejects(outside.order(DEVICE, 'quick', ''), /outside the captured network/);
  assert.deepEqual(bed.asked, []);
});

test('the scanner refuses in words what is outside, for every caller', async () => {
  const order = { order: 'ports', address: '192.0.2.1', mac: DEVICE, proto: 'tcp', ports: '1-2', rate: 1 };
  const ask = (change: object) =>
    carryOutOrder(JSON.stringify({ ...order, ...change }), 'lo', new AbortController().signal);
  const answers = await Promise.all([ask({}), ask({ address: '127.0.0.1' }), ask({ ports: '1;reboot' })]);
  assert.deepEqual(
    answers.map((answer) => answer.result === 'problem' && `${answer.kind}: ${answer.text.split(';')[0]}`),
    [
      'refused: 192.0.2.1 is outside the captured network (127.0.0.0/8 on lo)',
      'refused: 127.0.0.1 is this appliance itself',
      'refused: the order is not understood',
    ],
  );
});

test('devices are scanned when they join only where the settings say so, each once', async () => {
  const ordered: string[] = [];
  const known = new Set<string>();
  const scans = {
    list: (device: string | null) => (known.has(device ?? '') ? [{}] : []) as never,
    order: async (device: string, profile: string, by: string) => {
      known.add(device);
      ordered.push(`${device} ${profile} ${by}`);
      return {} as never;
    },
  };
  const room = { present: () => [DEVICE], problem: () => undefined };
  await new ScanTriggers(scans, { ...room, onJoin: 'off' }).look();
  const triggers = new ScanTriggers(scans, { ...room, onJoin: 'quick' });
  await triggers.look();
  await triggers.look();
  await triggers.scanAll('full', 'schedule');
  assert.deepEqual(ordered, [`${DEVICE} quick join`, `${DEVICE} full schedule`]);
});
