// Packets by port: exact below and above what a short page holds, in a summary of few ports and of many.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addPorts, PortTally } from '../../appliance/analysis/summary/port-tally.ts';

function counts(tally: PortTally): Record<string, number> {
  const found: Record<string, number> = {};
  tally.each((proto, port, packets) => {
    found[`${proto} ${port}`] = packets;
  });
  return found;
}

test('a port counts beyond 16 and beyond 32 bits, and its neighbours stay', () => {
  const tally = new PortTally();
  tally.add('tcp', 80, 3);
  tally.add('tcp', 81, 65_535);
  assert.deepEqual(counts(tally), { 'tcp 80': 3, 'tcp 81': 65_535 });
  tally.add('tcp', 81, 1);
  tally.add('udp', 81, 2 ** 40);
  tally.add('tcp', 80, 65_533);
  assert.deepEqual(counts(tally), { 'tcp 80': 65_536, 'tcp 81': 65_536, 'udp 81': 2 ** 40 });
});

test('sums of records are exact, listed or in runs', () => {
  for (const step of [1, 500]) {
    const [one, two, whole] = [new PortTally(), new PortTally(), new PortTally()];
    for (let port = 1; port < 65_536; port += step) {
      const packets = port % 7 === 0 ? 40_000 : 1;
      for (const tally of [one, two]) tally.add(port % 2 === 0 ? 'udp' : 'tcp', port, packets);
      whole.add(port % 2 === 0 ? 'udp' : 'tcp', port, 2 * packets);
    }
    const record = whole.record();
    assert.equal(record.runs === undefined, step === 500);
    assert.deepEqual(addPorts(one.record(), two.record()), record);
    const again = new PortTally();
    again.addRecord(record);
    assert.deepEqual(counts(again), counts(whole));
  }
});
