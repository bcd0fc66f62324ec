import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MacTable, UNKNOWN } from '../../appliance/capture/evidence/mac-table.ts';

function address(i: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(0x0200, 0);
  bytes.writeUInt32BE(i >>> 0, 2);
  return bytes;
}

test('each address is found under its own number and no other', () => {
  const table = new MacTable(192);
  for (let i = 0; i < 192; i++) assert.ok(table.add(address(i * 65_537), 0, i));
  for (let i = 0; i < 192; i++) assert.equal(table.find(address(i * 65_537), 0), i);
  assert.equal(table.find(address(1), 0), UNKNOWN);
});

test('a full table refuses instead of slowing down', () => {
  const table = new MacTable(16);
  let added = 0;
  for (let i = 0; i < 1000; i++) if (table.add(address(i), 0, i)) added++;
  assert.ok(added >= 16 && added < 64);
  assert.equal(table.size, added);
});

test('what is taken out is gone, and everybody else is still found, whatever the order', () => {
  for (let round = 0; round < 20; round++) {
    const table = new MacTable(16);
    const left = new Map<number, number>();
    // Its secret differs each round; half full, most addresses follow others.
    for (let i = 0; i < 400; i++) {
      const which = Math.imul(i + round, 2_654_435_761) >>> 27;
      if (left.has(which)) table.remove(address(which), 0);
      else if (!table.add(address(which), 0, i)) continue;
      if (!left.delete(which)) left.set(which, i);
    }
    assert.equal(table.size, left.size);
    for (let i = 0; i < 32; i++) assert.equal(table.find(address(i), 0), left.get(i) ?? UNKNOWN);
  }
});

test('addresses chosen to collide cost no more than a few times as much as any others', () => {
  const table = new MacTable(192);
  for (let i = 0; i < 192; i++) table.add(address(i << 10), 0, i);
  // The quickest of several rounds: what the machine does meanwhile is none of the table's.
  const timeOf = (lookups: readonly Buffer[]): number => {
    const rounds = Array.from({ length: 20 }, () => {
      const start = process.hrtime.bigint();
      for (const bytes of lookups) table.find(bytes, 0);
      return Number(process.hrtime.bigint() - start);
    });
    return Math.min(...rounds);
  };
  // Equal lower bits: the worst for a table without a secret.
  const crafted = Array.from({ length: 5000 }, (_, i) => address(i << 12));
  const random = Array.from({ length: 5000 }, (_, i) => address(Math.imul(i, 2_654_435_761)));
  timeOf(random);
  assert.ok(timeOf(crafted) < 20 * timeOf(random));
});
