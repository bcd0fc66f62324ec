// Two records of one conversation to one: parts of it in the order of capture, or what two devices' files hold of it.

import type { Proof } from '../inspect/facts.ts';
import { HEAD_BYTES, mergeWindows, NO_WINDOWS, type WindowStats } from './conversation-stats.ts';
import { mergeShares } from './mac-shares.ts';
import { packBytes, packHistogram, unpackBytes, unpackHistogram } from './packing.ts';
import { type ConversationRecord, type DirectionRecord, earlier, later } from './summary.ts';
import { addArrays, type Drop, keepFirst, mergeTables } from './tables.ts';

/** Facts of one conversation: a new one too many is counted as dropped; of joined records the first by alphabet stay, the others are counted in `cut`. */
export const MAX_MARKS = 32;
/** Of one conversation over all its parts, or of a row of many; those of the first stay, the others are counted in `cut`. */
const MAX_NAMES = 64;

/** `x` holds the first packet. */
export function mergeConversations(x: ConversationRecord, y: ConversationRecord): ConversationRecord {
  const flip = x.a !== y.a;
  const believed = proofRank(y.proof) > proofRank(x.proof) ? y : x;
  const client = x.client ?? y.client;
  const { macs, left } = mergeShares(x, y);
  let cut = (x.cut ?? 0) + (y.cut ?? 0) + left;
  const drop: Drop = (count) => (cut += count);
  const marks = keepFew([...new Set([...x.marks, ...y.marks])].sort(), drop);
  const names = keepFirst(
    mergeTables(x.names, y.names, () => 1),
    MAX_NAMES,
    drop,
  );
  return {
    a: x.a,
    ...(client === undefined ? {} : { client }),
    a_mac: x.a_mac || (flip ? y.b_mac : y.a_mac),
    b_mac: x.b_mac || (flip ? y.a_mac : y.b_mac),
    ...(macs === undefined ? {} : { macs }),
    first_ts: earlier(x.first_ts, y.first_ts),
    last_ts: later(x.last_ts, y.last_ts),
    service: believed.service,
    proof: believed.proof,
    marks,
    names,
    ...(cut === 0 ? {} : { cut }),
    ab: mergeDirections(x.ab, flip ? y.ba : y.ab),
    ba: mergeDirections(x.ba, flip ? y.ab : y.ba),
  };
}

function keepFew(marks: string[], drop: Drop): string[] {
  if (marks.length <= MAX_MARKS) return marks;
  drop(marks.length - MAX_MARKS);
  return marks.slice(0, MAX_MARKS);
}

/** `grammar` beats `magic` beats `port` beats nothing. */
export function proofRank(proof: Proof | null): number {
  return proof === null ? 0 : proof === 'port' ? 1 : proof === 'magic' ? 2 : 3;
}

function mergeDirections(x: DirectionRecord, y: DirectionRecord): DirectionRecord {
  if (y.packets === 0) return x;
  if (x.packets === 0) return y;
  return {
    packets: x.packets + y.packets,
    bytes: x.bytes + y.bytes,
    payload: x.payload + y.payload,
    payload_packets: x.payload_packets + y.payload_packets,
    entropy_units: x.entropy_units + y.entropy_units,
    sessions: x.sessions + y.sessions,
    histogram: addHistograms(x.histogram, y.histogram),
    head: joinHeads(x, y),
    evidence: addArrays(x.evidence, y.evidence),
    windows: packWindows(mergeWindows(unpackWindows(x.windows), unpackWindows(y.windows))),
  };
}

function addHistograms(x: string, y: string): string {
  if (x === '' || y === '') return x === '' ? y : x;
  const sum = unpackHistogram(x);
  const more = unpackHistogram(y);
  for (let i = 0; i < 256; i++) sum[i]! += more[i]!;
  return packHistogram(sum);
}

/** The first bytes of both parts joined: exact, since a part with less than a full head holds all of its payload. */
function joinHeads(x: DirectionRecord, y: DirectionRecord): string {
  if (y.head === '' || x.payload >= HEAD_BYTES) return x.head;
  const joined = new Uint8Array(HEAD_BYTES);
  const first = unpackBytes(x.head);
  const second = unpackBytes(y.head).subarray(0, HEAD_BYTES - first.length);
  joined.set(first);
  joined.set(second, first.length);
  return packBytes(joined.subarray(0, first.length + second.length));
}

export function packWindows(windows: WindowStats): number[] {
  if (windows.count === 0) return [];
  return [windows.count, windows.uniform, windows.structured, windows.lowest ?? -1];
}

export function unpackWindows(windows: readonly number[]): WindowStats {
  const [count = 0, uniform = 0, structured = 0, lowest = -1] = windows;
  return count === 0 ? NO_WINDOWS : { count, uniform, structured, lowest: lowest < 0 ? null : lowest };
}
