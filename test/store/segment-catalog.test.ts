import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerLine } from '../../appliance/model/ledger.ts';
import type { DeviceKey } from '../../appliance/model/mac.ts';
import { segmentPath } from '../../appliance/model/segment.ts';
import { SegmentCatalog } from '../../appliance/store/tail/segment-catalog.ts';
import { device, START_NS } from './data-folder.ts';

/** A line of the ledger about the segment with that number. */
function line(type: string, owner: DeviceKey, seq: number, more: Record<string, unknown> = {}): LedgerLine {
  const path = segmentPath({ device: owner, startNs: START_NS, seq, phase: 'idle' });
  return { type, n: seq, ts: '1', device: owner, seq, path, infra: [], ...more } as unknown as LedgerLine;
}

test('the sums of closed segments follow every change and look at no other segment', () => {
  const catalog = new SegmentCatalog();
  for (let seq = 1; seq <= 4; seq++) {
    const owner = device(1 + (seq % 2));
    catalog.apply(line('segment-opened', owner, seq));
    if (seq < 4) catalog.apply(line('segment-closed', owner, seq, { bytes: seq * 10, packets: 1 }));
  }
  // Recovery may close a segment once more.
  catalog.apply(line('segment-closed', device(2), 1, { bytes: 11, packets: 1 }));
  catalog.apply(line('segment-deleted', device(2), 3));
  catalog.all = () => assert.fail('all segments were looked at');
  assert.deepEqual(catalog.stored(device(1)), { segments: 1, bytes: 20 });
  assert.deepEqual(catalog.stored(device(2)), { segments: 1, bytes: 11 });
  assert.deepEqual(catalog.stored(null), { segments: 2, bytes: 31 });
  assert.deepEqual(catalog.stored(device(3)), { segments: 0, bytes: 0 });
  catalog.clear();
  assert.deepEqual(catalog.stored(null), { segments: 0, bytes: 0 });
});
