// Plays packets into the counts that the analyzer keeps of a conversation, by the contract of conversation-stats.ts and
// nothing else of the analyzer, so that the verdict is tested alone.

import {
  EVIDENCE_SIZE,
  EVIDENCE_SLOTS,
  scanEvidence,
} from '../../../appliance/analysis/packet/payload/payload-scan.ts';
import {
  addWindow,
  type ConversationStats,
  type DirectionStats,
  HEAD_BYTES,
  NO_WINDOWS,
  WINDOW_BYTES,
  type WindowStats,
} from '../../../appliance/analysis/summary/conversation-stats.ts';
import { entropy, histogramOf } from '../../../appliance/analysis/summary/histogram-statistics.ts';

export interface Packet {
  readonly from: 'a' | 'b';
  readonly bytes: Uint8Array;
}

export type Reported = Partial<Pick<ConversationStats, 'proto' | 'ports' | 'service' | 'proof' | 'marks'>>;

export function statsOf(packets: readonly Packet[], reported: Reported = {}): ConversationStats {
  const proto = reported.proto ?? 'tcp';
  const full = packets.filter((packet) => packet.bytes.length > 0);
  const entropies = full.map((packet) => entropy(histogramOf(packet.bytes), packet.bytes.length) ?? 0);
  return {
    proto,
    ports: reported.ports ?? [40_000, 12_345],
    ab: directionOf(
      full.filter((packet) => packet.from === 'a'),
      proto,
    ),
    ba: directionOf(
      full.filter((packet) => packet.from === 'b'),
      proto,
    ),
    service: reported.service ?? null,
    proof: reported.proof ?? null,
    marks: reported.marks ?? [],
    packet_entropy_mean: entropies.length === 0 ? null : entropies.reduce((sum, h) => sum + h, 0) / entropies.length,
  };
}

function directionOf(packets: readonly Packet[], proto: 'tcp' | 'udp'): DirectionStats {
  const slots = new Int32Array(EVIDENCE_SLOTS);
  for (const { bytes } of packets) scanEvidence(slots, 0, bytes, 0, bytes.length, proto);
  const joined = Buffer.concat(packets.map((packet) => packet.bytes));
  return {
    payload: joined.length,
    packets: packets.length,
    head: Uint8Array.from(joined.subarray(0, HEAD_BYTES)),
    histogram: joined.length > HEAD_BYTES ? histogramOf(joined) : null,
    evidence: slots.slice(0, EVIDENCE_SIZE),
    windows: windowsOf(packets),
  };
}

function windowsOf(packets: readonly Packet[]): WindowStats {
  let windows = NO_WINDOWS;
  let open: Uint8Array[] = [];
  for (const { bytes } of packets) {
    open.push(bytes);
    const joined = Buffer.concat(open);
    if (joined.length < WINDOW_BYTES) continue;
    windows = addWindow(windows, histogramOf(joined), joined.length);
    open = [];
  }
  return windows;
}

/** A stream cut as TCP would cut it. */
export function segments(from: 'a' | 'b', stream: Uint8Array, size = 1448): Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; at < stream.length; at += size) packets.push({ from, bytes: stream.subarray(at, at + size) });
  return packets;
}
