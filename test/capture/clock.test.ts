// The clock may say anything; capture never stops, the order is that of arrival, and every step is reported.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ClockCorrections } from '../../appliance/capture/clock/clock-corrections.ts';
import { ClockWatch } from '../../appliance/capture/clock/clock-watch.ts';
import { parseChrony } from '../../appliance/capture/clock/time-sync.ts';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import type { LedgerLine } from '../../appliance/model/ledger.ts';
import type { Clock } from '../../appliance/model/time/clock.ts';
import {
  BULB,
  captureFor,
  frame,
  GATEWAY,
  pcap,
  readLines,
  record,
  settingsFor,
  storedSegments,
  temporaryFolder,
  until,
} from './fixture.ts';

class SettableClock implements Clock {
  offset = 0n;

  wall(): bigint {
    return BigInt(Date.now()) * 1_000_000n + this.offset;
  }

  monotonic(): bigint {
    return process.hrtime.bigint();
  }
}

const SECOND = 1_000_000_000n;
const NOW = BigInt(Math.floor(Date.now() / 1000));
const STEPS: readonly (readonly [string, bigint])[] = [
  ['70 seconds forward', 70n],
  ['nine days forward', 9n * 86_400n],
  ['an hour back', -3600n],
  ['back to 1970', -NOW],
  ['to the end of signed seconds in 2038', 2n ** 31n - NOW],
  ['to the end of unsigned seconds in 2106', 2n ** 32n - NOW - 1n],
];

for (const [name, seconds] of STEPS) {
  test(`a clock that is set ${name} is found, reported, and cuts the segment`, async (t) => {
    const dataDir = temporaryFolder(t);
    const clock = new SettableClock();
    const file = path.join(dataDir, 'in.pcap');
    const first = Number(NOW);
    const second = Number((NOW + seconds) & 0xffffffffn);
    // 30 packets before and 30 after the step, as an engine would deliver them.
    const packets = Array.from({ length: 60 }, (_, i) =>
      record(i < 30 ? first : second, i * 10_000_000, frame(BULB, GATEWAY, 60 + i)),
    );
    fs.writeFileSync(file, pcap([]));
    const settings = settingsFor(dataDir, { file, clockPollMs: 20 });
    const capture = await captureFor(t, settings, { clock });
    const before = Buffer.concat(packets.slice(0, 30));
    const after = Buffer.concat(packets.slice(30));
    capture.recorder.onBatch(before, 0, before.length);
    clock.offset = seconds * SECOND;
    capture.recorder.onBatch(after, 0, after.length);
    await until(() => readLines(dataDir).some((line) => line.type === 'clock-step'));
    await capture.stop('test');
    const step = readLines(dataDir).find((line) => line.type === 'clock-step');
    assert.ok(step?.type === 'clock-step' && Math.abs(step.step_seconds - Number(seconds)) < 1);
    const counts = storedSegments(dataDir).map(({ sidecar }) => sidecar.packets);
    assert.deepEqual(counts, [30, 30]);
    assert.deepEqual((await verifyFolder(dataDir)).problems, []);
  });
}

test('slewing by time synchronisation is no step', () => {
  const clock = new SettableClock();
  const watch = new ClockWatch(clock, 250);
  clock.offset += 500_000n;
  assert.equal(watch.poll(), null);
});

test('chrony’s own words say whether and how well the clock is kept', () => {
  const synced =
    'C0A80001,192.168.0.1,3,1795176000.1,0.000012,-0.000004,0.00002,-10.1,0.001,0.05,0.010,0.002,64.5,Normal\n';
  assert.deepEqual(parseChrony(synced), { synced: 'yes', source: 'chrony', max_error_seconds: 0.007012 });
  const lost = '00000000,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised\n';
  assert.equal(parseChrony(lost)?.synced, 'no');
  assert.equal(parseChrony('506 Cannot talk to daemon'), null);
});

function clockLine(type: 'clock' | 'clock-step', monotonic: number, synced: 'yes' | 'no', step = 0): LedgerLine {
  const boot = 1;
  const head = { n: 1, previous: '', ts: '0', boot, monotonic_ns: String(monotonic) };
  const clock = {
    boot,
    boot_id: '',
    monotonic_ns: String(monotonic),
    wall: '0',
    synced,
    source: '',
    max_error_seconds: null,
  };
  return type === 'clock' ? { ...head, type, clock } : { ...head, type, step_seconds: step, clock };
}

test('steps of one boot add up to the correction of earlier times, trusted once the clock is kept right', () => {
  const corrections = new ClockCorrections();
  corrections.apply(clockLine('clock-step', 100, 'no', 50));
  corrections.apply(clockLine('clock-step', 200, 'no', 7));
  const before = corrections.all.map((c) => [c.until_monotonic_ns, c.add_seconds, c.trusted]);
  corrections.apply(clockLine('clock', 300, 'yes'));
  assert.deepEqual(before, [
    ['100', 57, false],
    ['200', 7, false],
  ]);
  assert.ok(corrections.all.every((c) => c.trusted));
});
