// What goes over to the next segment is read by the version that wrote it.

import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { EVIDENCE_SIZE, EVIDENCE_SLOTS } from '../../appliance/analysis/packet/payload/payload-scan.ts';
import { PayloadStats } from '../../appliance/analysis/packet/payload/payload-stats.ts';

function resumed(evidence: readonly number[]): PayloadStats {
  const stats = new PayloadStats();
  stats.open(0);
  stats.resume(0, { windowBytes: 0, window: new Uint32Array(256), evidence });
  return stats;
}

test('a scanner goes on where it was, and counts nothing of the segment before again', () => {
  const evidence = Array.from({ length: EVIDENCE_SLOTS }, (_, i) => i);
  deepEqual(resumed(evidence).carry(0)?.evidence, evidence);
  equal(
    resumed(evidence)
      .evidence(0)
      .every((count) => count === 0),
    true,
  );
});

test('the state of a version with other counters is left, not read one for another', () => {
  const older = Array.from({ length: EVIDENCE_SLOTS - 2 }, () => 7);
  deepEqual(
    resumed(older).carry(0)?.evidence,
    Array.from({ length: EVIDENCE_SLOTS }, () => 0),
  );
  deepEqual(
    [...resumed(older).evidence(0)],
    Array.from({ length: EVIDENCE_SIZE }, () => 0),
  );
});
