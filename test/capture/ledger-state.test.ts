import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LedgerState } from '../../appliance/capture/ledger/ledger-state.ts';
import type { LedgerLine } from '../../appliance/model/ledger.ts';
import type { DeviceKey } from '../../appliance/model/mac.ts';
import { segmentPath } from '../../appliance/model/segment.ts';
import { BULB } from './fixture.ts';

test('of a segment that was deleted no more is kept than its number', () => {
  const state = new LedgerState();
  const rest = { previous: '', ts: '1', boot: 1, monotonic_ns: '1' };
  for (let seq = 1; seq <= 3; seq++) {
    const device = BULB as DeviceKey;
    const path = segmentPath({ device, startNs: 1_795_176_000n * 1_000_000_000n, seq, phase: 'idle' });
    const opened: LedgerLine = { ...rest, n: seq, type: 'segment-opened', device, seq, path, phase: 'idle', infra: [] };
    state.apply(opened);
    if (seq < 3) state.apply({ ...rest, n: seq, type: 'segment-deleted', path, sha256: 'a', reason: 'full' });
  }
  assert.deepEqual([state.deleted.ranges, state.segments.size, state.highestSeq], [[[1, 2]], 1, 3]);
});
