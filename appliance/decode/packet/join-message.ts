// Parts of one direction of a TCP stream to the message around one of them: by sequence number, without gaps, an HTTP message from
// its start line to the next. Called by packet-search.ts.

import { startsHttp } from '../protocols/http.ts';

export interface StreamPart {
  /** In its file, from 1. */
  readonly packet: number;
  /** Of TCP, of the first byte. */
  readonly sequence: number;
  readonly bytes: Uint8Array;
  /** Bytes behind `bytes` that were on the wire and not captured. */
  readonly missing: number;
}

export interface JoinedMessage {
  readonly bytes: Uint8Array;
  readonly packets: readonly number[];
  /** Where the packet's own bytes are. */
  readonly own: readonly [from: number, to: number];
  readonly cut: boolean;
}

/** Before and behind the packet's own bytes. */
const SIDE_BYTES = 32 * 1024;

interface Piece {
  readonly packet: number;
  /** Of its first byte, counted from the packet's own. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** `others`: further parts of the same direction in any order, repeated ones among them. */
export function joinMessage(own: StreamPart, others: readonly StreamPart[]): JoinedMessage {
  const mine: Piece = { packet: own.packet, at: 0, bytes: own.bytes };
  const pieces = others
    .filter(({ bytes }) => bytes.length > 0)
    .map(({ packet, sequence, bytes }) => ({ packet, at: (sequence - own.sequence) | 0, bytes }))
    .sort((a, b) => a.at - b.at || a.packet - b.packet);
  const { run: before, cut: isCutBefore } = beginsHttp(mine) ? { run: [], cut: false } : runBefore(pieces);
  const { run: behind, cut: isCutBehind } = runBehind(pieces, own.bytes.length);
  const all = [...before, mine, ...behind];
  const ownAt = sum(before);
  return {
    bytes: Buffer.concat(all.map(({ bytes }) => bytes)),
    packets: [...new Set(all.map(({ packet }) => packet))].sort((a, b) => a - b),
    own: [ownAt, ownAt + own.bytes.length],
    cut: isCutBefore || isCutBehind || own.missing > 0,
  };
}

interface Run {
  readonly run: Piece[];
  readonly cut: boolean;
}

/** Backwards to the start line of an HTTP message, or as far as there is no gap. */
function runBefore(pieces: readonly Piece[]): Run {
  const run: Piece[] = [];
  let from = 0;
  for (const piece of pieces.toReversed()) {
    if (piece.at >= from) continue;
    // Of what was sent twice the later copy is longer or shorter: it must reach what we have.
    if (piece.at + piece.bytes.length < from) break;
    const fresh = { ...piece, bytes: piece.bytes.subarray(0, from - piece.at) };
    if (sum(run) + fresh.bytes.length > SIDE_BYTES) return { run, cut: true };
    run.unshift(fresh);
    from = piece.at;
    if (beginsHttp(fresh)) return { run, cut: false };
  }
  return { run, cut: pieces.some(({ at }) => at < from) };
}

/** Forwards to the next start line, or as far as there is no gap. */
function runBehind(pieces: readonly Piece[], length: number): Run {
  const run: Piece[] = [];
  let to = length;
  for (const piece of pieces) {
    if (piece.at + piece.bytes.length <= to || piece.at < 0) continue;
    if (piece.at > to) return { run, cut: true };
    const fresh = { ...piece, at: to, bytes: piece.bytes.subarray(to - piece.at) };
    if (piece.at === to && beginsHttp(fresh)) return { run, cut: false };
    if (sum(run) + fresh.bytes.length > SIDE_BYTES) return { run, cut: true };
    run.push(fresh);
    to += fresh.bytes.length;
  }
  return { run, cut: false };
}

function beginsHttp({ bytes }: Piece): boolean {
  return startsHttp(bytes, 0, bytes.length);
}

function sum(pieces: readonly Piece[]): number {
  return pieces.reduce((total, { bytes }) => total + bytes.length, 0);
}
