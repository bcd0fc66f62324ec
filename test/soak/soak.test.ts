// The short form of `make soak`: two hours of twenty devices, accelerated, through the real processes. It shows that the stream is
// whole and the same in every run, that nothing is lost, that the index holds what a replay gives, and that writing stays bounded.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { realCpuSeconds } from './calibrate.ts';
import { dailyWrites, tableHead, tableLine } from './day-table.ts';
import { liveDays } from './days.ts';
import { HomeStream } from './home-stream.ts';
import { chooseDevices, livesOf, SOAK_START_US } from './household.ts';
import { internetScan, Onslaught, portScan } from './onslaught.ts';
import { readOptions } from './options.ts';
import { Rig } from './rig.ts';
import { SimClock } from './sim-clock.ts';
import { verdictsOf } from './verdicts.ts';

const HOURS = 2;
const HOUR_US = 3_600_000_000;
/** What a day may cost, here of the rate in the first hours. */
const MAX_WRITES = 250_000_000;

const folder = mkdtempSync(join(tmpdir(), 'weir-soak-test-'));
const nowhere = join(folder, 'none');

test.after(() => rmSync(folder, { recursive: true, force: true }));

/** One hour of the stream, with whatever the machine has of captures left aside. */
function hour(seed: number): Buffer {
  const devices = chooseDevices([nowhere], seed, () => undefined);
  const stream = new HomeStream(livesOf(devices, seed, SOAK_START_US));
  const buffer = Buffer.alloc(16 * 1024 * 1024);
  return buffer.subarray(0, stream.fill(buffer, SOAK_START_US + HOUR_US));
}

test('the same seed gives the same stream, another seed another one', () => {
  assert.ok(hour(5).equals(hour(5)));
  assert.ok(!hour(5).equals(hour(6)));
});

test('twenty devices speak, each from an address of its own, and time never goes back', () => {
  const bytes = hour(5);
  const senders = new Set<string>();
  let before = 0;
  for (let at = 0; at < bytes.length; at += 16 + bytes.readUInt32LE(at + 8)) {
    const time = bytes.readUInt32LE(at) * 1e9 + bytes.readUInt32LE(at + 4);
    assert.ok(time >= before);
    before = time;
    senders.add(bytes.toString('hex', at + 22, at + 28));
  }
  const devices = chooseDevices([nowhere], 5, () => undefined);
  assert.equal(new Set(devices.map(({ mac }) => mac)).size, 20);
  const heard = devices.filter(({ mac }) => senders.has(mac.replaceAll(':', ''))).length;
  assert.ok(heard >= 12, `${heard} devices`);
});

test('where there are no captures the soak says that its devices are invented', () => {
  const words: string[] = [];
  chooseDevices([nowhere], 1, (text) => words.push(text));
  assert.match(words.join('\n'), /NO CAPTURES/);
});

test('a port scan asks every port of every victim once', () => {
  const victims = [
    { mac: '02:00:00:00:00:01', ip: '10.0.0.1' },
    { mac: '02:00:00:00:00:02', ip: '10.0.0.2' },
  ];
  const { count, frameAt } = portScan(undefined, victims);
  const asked = new Set<string>();
  for (let i = 0; i < count; i += 2)
    asked.add(Buffer.from(frameAt(i)).toString('hex', 30, 34) + (frameAt(i)[36]! * 256 + frameAt(i)[37]!));
  assert.equal(count, 2 * 2 * 65_536);
  assert.equal(asked.size, 2 * 65_536);
});

test('an onslaught ends after its frames, at an even rate', () => {
  const { frameAt } = internetScan([{ mac: '02:00:00:00:00:01', ip: '10.0.0.1' }], 4);
  const source = new Onslaught(4, 2, 1_000_000, frameAt);
  const stream = new HomeStream([source]);
  const buffer = Buffer.alloc(1024 * 1024);
  stream.fill(buffer, 2_000_000);
  assert.equal(source.sent, 3);
  stream.fill(buffer, 60_000_000);
  assert.deepEqual([source.sent, source.nextUs], [4, Infinity]);
});

test('what an accelerated hour says of a real one holds its packets once and its seconds as often as there are', () => {
  // 36 real seconds for an hour: 0.01 of a core goes for nothing, 4 s for packets; at real speed each second costs 0.02 more.
  const fast = { diskBytes: 0, cpuSeconds: 4.36, seconds: 36, still: 0.01 };
  const live = 4 / 3600 + 0.03;
  assert.ok(Math.abs(realCpuSeconds(fast, live, 3600) - (4 + 0.03 * 3600)) < 1e-9);
  // A window that says less than nothing going on is noise.
  assert.ok(Math.abs(realCpuSeconds(fast, 0, 3600) - (4 + 0.01 * 3600)) < 1e-9);
});

test('simulated time stops while it is held and never leaps', () => {
  const clock = new SimClock(0, 10, 0);
  assert.equal(clock.advance(50), 500_000);
  clock.hold('test');
  assert.equal(clock.advance(90), 500_000);
  clock.release('test');
  assert.equal(clock.advance(60_090), 1_500_000, 'a minute without a look counts a tenth of a second');
});

test('two hours of twenty devices: nothing lost, nobody dies, and the index holds what a replay gives', {
  timeout: 400_000,
}, async (t) => {
  const options = readOptions([
    `--days=${HOURS / 24}`,
    '--row-hours=1',
    '--speed=300',
    '--window-seconds=0',
    `--out=${join(folder, 'run')}`,
    '--keep',
  ]);
  const rig = await Rig.make(options, (text) => t.diagnostic(text));
  let captured = 0;
  const rows = await rig.run(async () => {
    const lived = await liveDays(rig);
    captured = rig.captured;
    await rig.finish();
    return lived;
  });
  for (const line of [tableHead(), ...rows.map(tableLine)]) t.diagnostic(line);
  assert.equal(rows.length, HOURS);
  assert.equal(rig.lost, 0);
  assert.equal(captured, rig.stream.frames);
  assert.deepEqual(rig.processes.deaths, []);
  assert.ok(Math.max(...rows.map(dailyWrites)) < MAX_WRITES);
  assert.deepEqual(
    verdictsOf(rows).filter(({ target, result }) => result === 'FAILS' && target.startsWith('frames lost')),
    [],
  );
  const replayed = rig.processes.run('replay', rig.processes.data);
  assert.ok(replayed.length > 10_000);
  assert.ok(rig.processes.run('replay', rig.processes.data, '--index') === replayed, 'the index and a replay differ');
});
