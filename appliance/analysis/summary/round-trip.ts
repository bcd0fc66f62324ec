// How far away a remote address is, by the fastest of its handshakes.

import type { FindingEvidence } from '../../model/analysis-document.ts';

/** By remote address: the shortest of its handshakes, and the SYN/ACK that shows it. */
export interface RoundTripRecord {
  shortest_ns: number;
  handshakes: number;
  evidence: FindingEvidence;
}
