// One direction of a TCP connection put in order for a listener: repetitions dropped, early segments held back, bodies
// skipped unseen. At most STREAM_BYTES are kept, and nothing once a listener has seen enough. Driven by dispatcher.ts.

import { packBytes, unpackBytes } from '../../summary/packing.ts';
import type { StreamMemo } from './stream-memo.ts';

/** Bytes that wait for more before a listener can read them; also the most that is held back out of order. */
export const STREAM_BYTES = 16_384;
/** Segments held that came before their turn; with one more the missing bytes are given up as lost. */
const MAX_EARLY = 16;
const LEAST_BUFFER = 512;
/** Unused buffers kept of each size. */
const MAX_SPARE = 4;
/** Segments at whose start no protocol was recognised before the direction is left alone. */
const MAX_TRIES = 8;

/** Reads [start, end) of `bytes`; returns how many it is done with (may exceed), -1 to stop inspecting this direction. */
export type StreamConsumer = (
  stream: TcpStream,
  bytes: Uint8Array,
  start: number,
  end: number,
  full: boolean,
) => number;

/** Shared by all streams of an analyzer, so that many half-sent messages cannot fill the memory. */
export class StreamBudget {
  readonly limit: number;
  used = 0;
  /** By the logarithm of their size: most messages come and go within milliseconds, and fresh memory is what costs. */
  readonly #spare: (Uint8Array[] | undefined)[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether `bytes` more (or, negative, fewer) may be kept; if so they are counted. */
  take(bytes: number): boolean {
    if (bytes > 0 && this.used + bytes > this.limit) return false;
    this.used += bytes;
    return true;
  }

  /** A buffer of `size` bytes, a power of two; its content is old. */
  lend(size: number): Uint8Array {
    return this.#spare[Math.log2(size)]?.pop() ?? new Uint8Array(size);
  }

  giveBack(buffer: Uint8Array): void {
    const spare = (this.#spare[Math.log2(buffer.length)] ??= []);
    if (spare.length < MAX_SPARE) spare.push(buffer);
  }
}

/** Of one direction, for the next segment file. */
export interface StreamCarry {
  readonly expected: number;
  readonly listener: string;
  readonly tries: number;
  readonly resumed: boolean;
  readonly ignored: boolean;
  readonly skip: number;
  readonly memo: StreamMemo;
  readonly buffer: string;
  readonly early: readonly (readonly [sequence: number, missing: number, bytes: string])[];
}

const NOTHING = new Uint8Array(0);

interface EarlySegment {
  readonly sequence: number;
  readonly missing: number;
  readonly bytes: Uint8Array;
}

export class TcpStream {
  readonly #budget: StreamBudget;
  /** Sequence number of the next byte in order; -1 before the first. */
  #expected = -1;
  #buffer: Uint8Array | undefined;
  #length = 0;
  #skip = 0;
  #early: EarlySegment[] = [];
  #tries = 0;
  ignored = false;
  /** Bytes before those to be read next are missing, or it is not known how the stream began. */
  resumed = false;
  /** Name of the listener that recognised the stream; empty while none did. */
  listener = '';
  memo: StreamMemo = {};
  gaps = 0;

  constructor(budget: StreamBudget) {
    this.#budget = budget;
  }

  /** True for a new connection on the same pair of ports; a repeated SYN changes nothing. */
  open(sequence: number): boolean {
    const next = (sequence + 1) >>> 0;
    if (this.#expected === next && this.#length === 0) return false;
    this.#expected = next;
    this.close();
    this.#skip = 0;
    this.#tries = 0;
    this.ignored = false;
    this.resumed = false;
    this.listener = '';
    this.memo = {};
    return true;
  }

  /** Segments that came early wait for those before them: an acknowledgement may release them. */
  get holdsEarly(): boolean {
    return this.#early.length > 0;
  }

  /** Whether nothing waits: the next segment in order is all that counts. */
  get isInOrder(): boolean {
    return this.#expected >= 0 && this.#length === 0 && this.#early.length === 0 && this.gaps === 0;
  }

  /** Sequence number of the next byte in order, and bytes from there on that nobody reads. */
  get expected(): number {
    return this.#expected;
  }
  get skipped(): number {
    return this.#skip;
  }

  /** Segments in order were followed elsewhere up to here, and nothing in them was to be read. */
  advance(expected: number, skip: number): void {
    this.#expected = expected;
    this.#skip = skip;
  }

  /** One segment's payload; `missing` bytes behind it were on the wire and not captured. */
  segment(
    sequence: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    missing: number,
    consume: StreamConsumer,
  ): void {
    if (this.ignored) return;
    if (this.#expected < 0) {
      this.#expected = sequence;
      this.resumed = true;
    }
    const ahead = (sequence - this.#expected) | 0;
    if (ahead > 0) return this.#hold(sequence, bytes, start, end, missing, consume);
    this.#accept(-ahead, bytes, start, end, missing, consume);
    if (this.#early.length > 0) this.#release(consume);
  }

  /** The receiver has acknowledged up to here: what has not been seen by now was missed by the capture. */
  acknowledged(sequence: number, consume: StreamConsumer): void {
    if (this.#early.length === 0 || ((sequence - this.#expected) | 0) <= 0) return;
    this.#jump();
    this.#release(consume);
  }

  /** The sender has closed behind `sequence`: `finish` sees what was kept, once all before has come. */
  end(sequence: number, finish: (bytes: Uint8Array, length: number) => void): void {
    if (this.ignored || this.#expected !== sequence) return;
    finish(this.#buffer ?? NOTHING, this.#length);
    this.#drop();
  }

  /** Takes bytes from `old` on: those before have been seen. */
  #accept(old: number, bytes: Uint8Array, start: number, end: number, missing: number, consume: StreamConsumer): void {
    const total = end - start + missing;
    if (old >= total) return;
    this.#expected = (this.#expected + total - old) >>> 0;
    if (start + old < end) this.#deliver(bytes, start + old, end, consume);
    if (missing > 0) this.#lose(Math.min(missing, total - old), consume);
  }

  #deliver(bytes: Uint8Array, start: number, end: number, consume: StreamConsumer): void {
    const skipped = Math.min(this.#skip, end - start);
    this.#skip -= skipped;
    const from = start + skipped;
    if (from >= end) return;
    if (this.#length > 0) return this.#append(bytes, from, end, consume);
    const used = this.#show(bytes, from, end, end - from >= STREAM_BYTES, consume);
    if (from + used < end) this.#keep(bytes, from + used, end);
  }

  #append(bytes: Uint8Array, start: number, end: number, consume: StreamConsumer): void {
    const fits = Math.min(end - start, STREAM_BYTES - this.#length);
    this.#keep(bytes, start, start + fits);
    if (this.#buffer === undefined) return; // the budget of all streams was spent: what was begun is given up
    const used = this.#show(this.#buffer, 0, this.#length, this.#length >= STREAM_BYTES, consume);
    if (this.ignored) return;
    if (used === 0 && this.#length >= STREAM_BYTES) this.#miss();
    else this.#shift(used);
    if (start + fits < end) this.#deliver(bytes, start + fits, end, consume);
  }

  /** Lets the consumer read; what it uses beyond the end is skipped later. */
  #show(bytes: Uint8Array, start: number, end: number, full: boolean, consume: StreamConsumer): number {
    const used = consume(this, bytes, start, end, full);
    if (used < 0) {
      this.ignored = true;
      this.close();
      return end - start;
    }
    if (used > end - start) this.#skip = used - (end - start);
    return Math.min(used, end - start);
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    const kept = Math.min(end - start, STREAM_BYTES - this.#length);
    const needed = this.#length + kept;
    if (!this.#makeRoom(needed)) return this.#miss();
    this.#buffer!.set(bytes.subarray(start, start + kept), this.#length);
    this.#length = needed;
    if (kept < end - start) this.#miss();
  }

  #makeRoom(needed: number): boolean {
    const has = this.#buffer?.length ?? 0;
    if (has >= needed) return true;
    let size = LEAST_BUFFER;
    while (size < needed * 2 && size < STREAM_BYTES) size *= 2;
    if (!this.#budget.take(size - has)) return false;
    const larger = this.#budget.lend(size);
    if (this.#buffer !== undefined) {
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#budget.giveBack(this.#buffer);
    }
    this.#buffer = larger;
    return true;
  }

  #shift(used: number): void {
    if (used <= 0 || this.#buffer === undefined) return;
    this.#buffer.copyWithin(0, used, this.#length);
    this.#length -= used;
    if (this.#length === 0) this.#drop();
  }

  #drop(): void {
    if (this.#buffer !== undefined) {
      this.#budget.take(-this.#buffer.length);
      this.#budget.giveBack(this.#buffer);
    }
    this.#buffer = undefined;
    this.#length = 0;
  }

  /** Gives back what it keeps. */
  close(): void {
    this.#drop();
    for (const segment of this.#early) this.#budget.take(-segment.bytes.length);
    this.#early = [];
  }

  /** Something was lost: what was begun cannot be finished. */
  #miss(): void {
    this.#drop();
    this.gaps++;
    this.resumed = true;
  }

  /** Bytes that were not captured: harmless where they would be skipped, else the end of what was begun. */
  #lose(bytes: number, consume: StreamConsumer): void {
    if (this.#skip >= bytes) {
      this.#skip -= bytes;
      return;
    }
    this.#skip = 0;
    if (this.#length > 0 && !this.ignored) this.#show(this.#buffer!, 0, this.#length, true, consume);
    this.#skip = 0;
    this.#miss();
  }

  #hold(
    sequence: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    missing: number,
    consume: StreamConsumer,
  ): void {
    const held = this.#early.reduce((sum, segment) => sum + segment.bytes.length, 0);
    if (!this.#budget.take(end - start)) return;
    this.#early.push({ sequence, missing, bytes: bytes.slice(start, end) });
    if (held + end - start <= STREAM_BYTES && this.#early.length <= MAX_EARLY) return;
    this.#jump();
    this.#release(consume);
  }

  /** Gives the hole up: goes on at the earliest segment held. */
  #jump(): void {
    this.#sortEarly();
    const next = this.#early[0];
    if (next === undefined) return;
    const lost = (next.sequence - this.#expected) | 0;
    this.#expected = next.sequence;
    if (this.#skip >= lost) this.#skip -= lost;
    else {
      this.#skip = 0;
      this.#miss();
    }
  }

  #sortEarly(): void {
    const base = this.#expected;
    this.#early.sort((a, b) => ((a.sequence - base) | 0) - ((b.sequence - base) | 0));
  }

  #release(consume: StreamConsumer): void {
    this.#sortEarly();
    while (this.#early.length > 0 && !this.ignored) {
      const next = this.#early[0]!;
      const ahead = (next.sequence - this.#expected) | 0;
      if (ahead > 0) return;
      this.#early.shift();
      this.#budget.take(-next.bytes.length);
      this.#accept(-ahead, next.bytes, 0, next.bytes.length, next.missing, consume);
    }
  }

  /** Counts a segment at which nothing was recognised; true when it is time to leave the direction alone. */
  tried(): boolean {
    return ++this.#tries >= MAX_TRIES;
  }

  carry(): StreamCarry {
    return {
      expected: this.#expected,
      listener: this.listener,
      tries: this.#tries,
      resumed: this.resumed,
      ignored: this.ignored,
      skip: this.#skip,
      memo: this.memo,
      buffer: this.#buffer === undefined ? '' : packBytes(this.#buffer.subarray(0, this.#length)),
      early: this.#early.map((segment) => [segment.sequence, segment.missing, packBytes(segment.bytes)]),
    };
  }

  static resume(carry: StreamCarry, budget: StreamBudget): TcpStream {
    const stream = new TcpStream(budget);
    stream.#expected = carry.expected;
    stream.listener = carry.listener;
    stream.#tries = carry.tries;
    stream.resumed = carry.resumed;
    stream.ignored = carry.ignored;
    stream.#skip = carry.skip;
    stream.memo = { ...carry.memo };
    if (carry.buffer !== '') {
      const kept = unpackBytes(carry.buffer).slice(0, STREAM_BYTES);
      if (stream.#makeRoom(kept.length)) {
        stream.#buffer!.set(kept);
        stream.#length = kept.length;
      }
    }
    stream.#early = carry.early.map(([sequence, missing, bytes]) => ({ sequence, missing, bytes: unpackBytes(bytes) }));
    for (const segment of stream.#early) budget.take(segment.bytes.length);
    return stream;
  }
}
