// The memory of the walk over chunks (assembly/walker.ts): its entries, histograms, rhythms and state, as views. One walk a
// thread: quiet-rows.ts lends it to one analyzer at a time.

import { randomBytes } from 'node:crypto';
import { CELLS, kernel } from './payload-kernel.ts';

const memory = CELLS.buffer;

export const ENTRIES = 256;
/** Of an entry; half as many doubles. */
export const WORDS = 64;
export const RHYTHMS = 256;
const LONGEST_PAYLOAD = 2048;

export const entryWords: Uint32Array = new Uint32Array(memory, kernel.walkEntries(), ENTRIES * WORDS);
export const entryNumbers: Float64Array = new Float64Array(memory, kernel.walkEntries(), (ENTRIES * WORDS) / 2);
/** 256 counts an entry. */
export const entryCells: Uint32Array = new Uint32Array(memory, kernel.walkHistograms(), ENTRIES * 256);
/** Whole seconds since 1970 of the last packet; number 0 is none. */
export const rhythmSeconds: Uint32Array = new Uint32Array(memory, kernel.walkRhythms(), RHYTHMS);
const state = new Uint32Array(memory, kernel.walkState(), 9);

/** Words of an entry; of wire, captured, payload, units and skip doubles. Seconds and nanoseconds of first and last are adjacent. */
export const ENTRY = {
  allowed: 13,
  packets: 14,
  payloads: 15,
  wire: 8,
  captured: 9,
  payload: 10,
  units: 11,
  first: 24,
  last: 26,
  clock: 28,
  expected: 29,
  skip: 15,
  room: 32,
  rhythm: 33,
  segments: 34,
  stepsBack: 35,
  evidence: 36,
} as const;

/** Bits of `allowed`. */
export const ALLOWED = { used: 1, acknowledges: 2, pays: 4, stream: 8, tls: 16, scrambled: 32, wireguard: 64 } as const;

let isReady = false;

/** Fills what the walk needs to know; the first user of a thread pays for it. */
export function readyWalk(): void {
  if (isReady) return;
  isReady = true;
  const logarithms = new Float64Array(memory, kernel.walkLogarithms(), LONGEST_PAYLOAD + 1);
  for (let n = 1; n <= LONGEST_PAYLOAD; n++) logarithms[n] = Math.log2(n);
  state[7] = randomBytes(4).readUInt32LE();
}

/** Where a walk begins, and where it ended. */
export interface WalkClock {
  /** Of the packet before: whole seconds and nanoseconds. */
  seconds: number;
  nanoseconds: number;
  /** Never falls. */
  clock: number;
}

/** `full`: one more than the entry whose window the last packet filled, 0 for none. */
export const walked = { packets: 0, full: 0 };

/**
 * Whole records of `bytes[start, end)`, which lie in the kernel's memory, whose seconds are in [from, until); `unit`:
 * nanoseconds of a fraction. Moves `time`, sets `walked`, returns where it left.
 */
export function walkChunk(
  bytes: Uint8Array,
  start: number,
  end: number,
  unit: number,
  time: WalkClock,
  from: number,
  until: number,
): number {
  state[0] = time.seconds;
  state[1] = time.nanoseconds;
  state[2] = time.clock;
  state[3] = from;
  state[4] = until;
  state[5] = unit;
  const next = kernel.walk(bytes.byteOffset + start, bytes.byteOffset + end) - bytes.byteOffset;
  walked.packets = state[6]!;
  walked.full = state[8]!;
  if (walked.packets === 0) return next;
  time.seconds = state[0]!;
  time.nanoseconds = state[1]!;
  time.clock = state[2]!;
  return next;
}

/** Whether the walk can read these bytes. */
export function isWalkable(bytes: Uint8Array): boolean {
  return bytes.buffer === memory;
}
