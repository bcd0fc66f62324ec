// Statistics over the payload of each direction of each conversation: exact histogram, first bytes, evidence counters,
// windows. Called by the analyzer once per packet with payload; directions are numbered 2 * row + (0 for a → b, 1 for b → a).
//
// Half of all directions of home devices stay below 256 bytes: their bytes are kept as they are, and a histogram is made
// only for more.

import { ENTRY, entryCells, entryNumbers, entryWords, WORDS } from '../../kernel/walk-kernel.ts';
import {
  addWindow,
  HEAD_BYTES,
  NO_WINDOWS,
  type PayloadFigures,
  WINDOW_BYTES,
  type WindowStats,
} from '../../summary/conversation-stats.ts';
import { histogramOf } from '../../summary/histogram-statistics.ts';
import { grow } from '../key-table.ts';
import { BlockStore } from './block-store.ts';
import { ByteCounter } from './byte-counter.ts';
import { EVIDENCE_SIZE, EVIDENCE_SLOTS, scanEvidence } from './payload-scan.ts';
import { packBytes, packCounts, unpackBytes, unpackCounts } from './sleeping-counts.ts';

/** What goes over to the next segment: the positions of the open window and the evidence scanner. */
export interface PayloadCarry {
  readonly windowBytes: number;
  readonly window: Uint32Array;
  readonly evidence: readonly number[];
}

/** Columns per direction. */
const HEAD = 0;
const HISTOGRAM = 1;
/** Histogram at the last window's close; where a window came over from the segment before, minus what it had. */
const WINDOW_BASE = 2;
const WINDOW_COUNT = 3;
const EVIDENCE_BLOCK = 4;
const COLUMNS = 5;

const NO_EVIDENCE: readonly number[] = Array.from({ length: EVIDENCE_SLOTS }, () => 0);

/** Words of a sleeping row: for each direction what is there, the open window's bytes, then each block that is there. At most. */
export const SLEEPING_WORDS = 2 * (2 + HEAD_BYTES / 4 + 2 * 256 + EVIDENCE_SLOTS + EVIDENCE_SIZE);
/** Bits of the first word: 1 << column, this, bytes of a count of each histogram, and the words of the direction. */
const HAS_OFFSETS = 1 << 5;
const WIDTH_SHIFT = { [HISTOGRAM]: 8, [WINDOW_BASE]: 12 } as const;
const LENGTH_SHIFT = 16;

const NO_FIGURES: PayloadFigures = {
  head: new Uint8Array(0),
  histogram: new Float64Array(256),
  evidence: [],
  windows: NO_WINDOWS,
};

export class PayloadStats {
  readonly #counter = new ByteCounter();
  readonly #scratch = new Uint32Array(256);
  readonly #shown = [new Float64Array(256), new Float64Array(256)] as const;
  readonly #heads = new BlockStore((length) => new Uint8Array(length), HEAD_BYTES);
  readonly #histograms = new BlockStore((length) => new Uint32Array(length), 256);
  readonly #evidence = new BlockStore((length) => new Int32Array(length), EVIDENCE_SLOTS);
  #columns = new Int32Array(0);
  /** Payload bytes, packets with payload, sum of the packets' entropies in units, by direction. */
  #totals = new Float64Array(0);
  /** Rare: finished windows, and evidence that does not count here or is no longer in its block. */
  readonly #windows: (WindowStats | undefined)[] = [];
  readonly #offsets: (Int32Array | undefined)[] = [];

  /** Makes room for a row and clears it. */
  open(row: number): void {
    this.#columns = grow(this.#columns, (row + 1) * 2 * COLUMNS);
    this.#totals = grow(this.#totals, (row + 1) * 2 * 3);
    for (const direction of [row * 2, row * 2 + 1]) {
      this.#columns.fill(0, direction * COLUMNS, (direction + 1) * COLUMNS);
      this.#totals.fill(0, direction * 3, direction * 3 + 3);
      this.#windows[direction] = undefined;
      this.#offsets[direction] = undefined;
    }
  }

  /** Gives the memory of a row back. */
  close(row: number): void {
    for (const direction of [row * 2, row * 2 + 1]) {
      const at = direction * COLUMNS;
      this.#heads.release(this.#columns[at + HEAD]!);
      this.#histograms.release(this.#columns[at + HISTOGRAM]!);
      this.#histograms.release(this.#columns[at + WINDOW_BASE]!);
      this.#evidence.release(this.#columns[at + EVIDENCE_BLOCK]!);
      this.#columns.fill(0, at, at + COLUMNS);
    }
  }

  /** Counts one packet's payload, at least one byte. */
  add(direction: number, bytes: Uint8Array, start: number, end: number, transport: 'tcp' | 'udp'): void {
    const at = direction * COLUMNS;
    const totals = this.#totals;
    const before = totals[direction * 3]!;
    totals[direction * 3] = before + end - start;
    totals[direction * 3 + 1]!++;
    const histogram = this.#columns[at + HISTOGRAM]!;
    totals[direction * 3 + 2]! +=
      histogram > 0
        ? this.#counter.count(bytes, start, end, this.#histograms.slab(histogram), this.#histograms.base(histogram))
        : this.#begin(direction, before, bytes, start, end);
    this.#scan(at, bytes, start, end, transport);
    const windowBytes = this.#columns[at + WINDOW_COUNT]! + end - start;
    this.#columns[at + WINDOW_COUNT] = windowBytes;
    if (windowBytes >= WINDOW_BYTES) this.#closeWindow(direction);
  }

  /** Copies what an entry of the walk over chunks needs to count the direction's payload; false where it cannot yet. */
  lend(direction: number, entry: number): boolean {
    const at = direction * COLUMNS;
    const block = this.#columns[at + EVIDENCE_BLOCK]!;
    if (this.#columns[at + HISTOGRAM] === 0 || block === 0) return false;
    const slots = this.#evidence.slab(block);
    const base = this.#evidence.base(block);
    const words = entry * WORDS + ENTRY.evidence;
    for (let i = 0; i < EVIDENCE_SLOTS; i++) entryWords[words + i] = slots[base + i]!;
    entryWords[entry * WORDS + ENTRY.room] = WINDOW_BYTES - this.#columns[at + WINDOW_COUNT]!;
    return true;
  }

  /** Adds what an entry has counted since: at most to the end of a window. */
  takeBack(direction: number, entry: number): void {
    const at = direction * COLUMNS;
    const numbers = (entry * WORDS) / 2;
    const payload = entryNumbers[numbers + ENTRY.payload]!;
    this.#totals[direction * 3]! += payload;
    this.#totals[direction * 3 + 1]! += entryWords[entry * WORDS + ENTRY.payloads]!;
    this.#totals[direction * 3 + 2]! += entryNumbers[numbers + ENTRY.units]!;
    this.#columns[at + WINDOW_COUNT]! += payload;
    const histogram = this.#columns[at + HISTOGRAM]!;
    const cells = this.#histograms.slab(histogram);
    const base = this.#histograms.base(histogram);
    for (let i = 0; i < 256; i++) cells[base + i]! += entryCells[entry * 256 + i]!;
    entryCells.fill(0, entry * 256, entry * 256 + 256);
    const block = this.#columns[at + EVIDENCE_BLOCK]!;
    const slots = this.#evidence.slab(block);
    const first = this.#evidence.base(block);
    const words = entry * WORDS + ENTRY.evidence;
    for (let i = 0; i < EVIDENCE_SLOTS; i++) slots[first + i] = entryWords[words + i]!;
    if (this.#columns[at + WINDOW_COUNT]! >= WINDOW_BYTES) this.#closeWindow(direction);
  }

  /** The first bytes: kept as they are, and counted only once they are more than a head. */
  #begin(direction: number, before: number, bytes: Uint8Array, start: number, end: number): number {
    const at = direction * COLUMNS;
    if (this.#columns[at + HEAD] === 0) this.#columns[at + HEAD] = this.#heads.allocate();
    const head = this.#columns[at + HEAD]!;
    const slab = this.#heads.slab(head);
    const base = this.#heads.base(head);
    const fits = Math.min(end - start, HEAD_BYTES - before);
    for (let i = 0; i < fits; i++) slab[base + before + i] = bytes[start + i]!;
    if (before + end - start <= HEAD_BYTES) return this.#counter.entropy(bytes, start, end);
    const cells = this.#makeHistogram(direction);
    const cellsBase = this.#histograms.base(this.#columns[at + HISTOGRAM]!);
    for (let i = 0; i < before; i++) cells[cellsBase + slab[base + i]!]!++;
    return this.#counter.count(bytes, start, end, cells, cellsBase);
  }

  #makeHistogram(direction: number): Uint32Array {
    const handle = this.#histograms.allocate();
    this.#columns[direction * COLUMNS + HISTOGRAM] = handle;
    return this.#histograms.slab(handle);
  }

  #scan(at: number, bytes: Uint8Array, start: number, end: number, transport: 'tcp' | 'udp'): void {
    if (this.#columns[at + EVIDENCE_BLOCK] === 0) this.#columns[at + EVIDENCE_BLOCK] = this.#evidence.allocate();
    const block = this.#columns[at + EVIDENCE_BLOCK]!;
    scanEvidence(this.#evidence.slab(block), this.#evidence.base(block), bytes, start, end, transport);
  }

  /** Only a direction with a histogram has this many bytes, unless nearly all of the window came over. */
  #closeWindow(direction: number): void {
    const at = direction * COLUMNS;
    const window = this.#openWindow(direction, this.#scratch);
    this.#windows[direction] = addWindow(this.windows(direction), window, this.#columns[at + WINDOW_COUNT]!);
    this.#restartWindow(direction);
  }

  /** The counts since the last close, written to `into`. */
  #openWindow(direction: number, into: Uint32Array): Uint32Array {
    this.#copyHistogram(direction, into);
    const handle = this.#columns[direction * COLUMNS + WINDOW_BASE]!;
    if (handle === 0) return into;
    const before = this.#histograms.slab(handle);
    const base = this.#histograms.base(handle);
    // Unsigned wrap-around makes a base of minus something add it.
    for (let i = 0; i < 256; i++) into[i] = (into[i]! - before[base + i]!) >>> 0;
    return into;
  }

  #restartWindow(direction: number): void {
    const at = direction * COLUMNS;
    if (this.#columns[at + WINDOW_BASE] === 0) this.#columns[at + WINDOW_BASE] = this.#histograms.allocate();
    this.#copyHistogram(direction, this.#histograms.view(this.#columns[at + WINDOW_BASE]!));
    this.#columns[at + WINDOW_COUNT] = 0;
  }

  #copyHistogram(direction: number, into: Uint32Array | Float64Array): void {
    const handle = this.#columns[direction * COLUMNS + HISTOGRAM]!;
    if (handle === 0) return into.set(histogramOf(this.head(direction)));
    const cells = this.#histograms.slab(handle);
    const base = this.#histograms.base(handle);
    for (let i = 0; i < 256; i++) into[i] = cells[base + i]!;
  }

  payload(direction: number): number {
    return this.#totals[direction * 3]!;
  }

  packets(direction: number): number {
    return this.#totals[direction * 3 + 1]!;
  }

  entropyUnits(direction: number): number {
    return this.#totals[direction * 3 + 2]!;
  }

  windows(direction: number): WindowStats {
    return this.#windows[direction] ?? NO_WINDOWS;
  }

  /** A copy of the first bytes. */
  head(direction: number): Uint8Array {
    const handle = this.#columns[direction * COLUMNS + HEAD]!;
    if (handle === 0) return new Uint8Array(0);
    return this.#heads.view(handle).slice(0, Math.min(HEAD_BYTES, this.payload(direction)));
  }

  /** A copy of the counts. */
  histogram(direction: number): Uint32Array {
    const counts = new Uint32Array(256);
    this.#copyHistogram(direction, counts);
    return counts;
  }

  /** Counters of this segment only: what was carried in does not count again. */
  evidence(direction: number): Int32Array {
    const handle = this.#columns[direction * COLUMNS + EVIDENCE_BLOCK]!;
    const counts = handle === 0 ? new Int32Array(EVIDENCE_SIZE) : this.#evidence.view(handle).slice(0, EVIDENCE_SIZE);
    const offset = this.#offsets[direction];
    if (offset !== undefined) for (let i = 0; i < EVIDENCE_SIZE; i++) counts[i]! += offset[i]!;
    return counts;
  }

  /** What a document needs; valid until the direction is asked for again, or another one of the same parity. */
  figures(direction: number): PayloadFigures {
    if (this.packets(direction) === 0) return NO_FIGURES;
    const histogram = this.#shown[direction & 1]!;
    this.#copyHistogram(direction, histogram);
    return {
      head: this.head(direction),
      histogram,
      evidence: this.evidence(direction),
      windows: this.windows(direction),
    };
  }

  /** After a silence that ends a session: the open window and the scanner's memory are forgotten, all counts stay. */
  restart(row: number): void {
    for (const direction of [row * 2, row * 2 + 1]) {
      const at = direction * COLUMNS;
      if (this.#columns[at + WINDOW_COUNT]! > 0) this.#restartWindow(direction);
      const block = this.#columns[at + EVIDENCE_BLOCK]!;
      if (block === 0) continue;
      this.#offsets[direction] = this.evidence(direction);
      this.#evidence.view(block).fill(0);
    }
  }

  /** Writes what a silent row keeps and gives its memory back; totals and finished windows stay. Returns the words used. */
  putToSleep(row: number, slot: Int32Array): number {
    let used = 0;
    for (const direction of [row * 2, row * 2 + 1]) used = this.#writeDirection(direction, slot, used);
    this.forget(row);
    return used;
  }

  /** Gives back the memory of a row that sleeps; totals and finished windows stay. */
  forget(row: number): void {
    this.#offsets[row * 2] = undefined;
    this.#offsets[row * 2 + 1] = undefined;
    this.close(row);
  }

  #writeDirection(direction: number, slot: Int32Array, start: number): number {
    const at = direction * COLUMNS;
    const columns = this.#columns;
    let flags = 0;
    let used = start + 2;
    const head = columns[at + HEAD]!;
    if (head > 0) {
      const words = headWords(this.payload(direction));
      packBytes(this.#heads.slab(head), this.#heads.base(head), words, slot, used);
      flags |= 1 << HEAD;
      used += words;
    }
    for (const column of [HISTOGRAM, WINDOW_BASE] as const) {
      const handle = columns[at + column]!;
      if (handle === 0) continue;
      const width = packCounts(this.#histograms.slab(handle), this.#histograms.base(handle), slot, used);
      flags |= (1 << column) | (width << WIDTH_SHIFT[column]);
      used += width * 64;
    }
    const evidence = columns[at + EVIDENCE_BLOCK]!;
    if (evidence > 0) {
      flags |= 1 << EVIDENCE_BLOCK;
      slot.set(this.#evidence.view(evidence), used);
      used += EVIDENCE_SLOTS;
    }
    const offsets = this.#offsets[direction];
    if (offsets !== undefined) {
      flags |= HAS_OFFSETS;
      slot.set(offsets, used);
      used += EVIDENCE_SIZE;
    }
    slot[start] = flags | ((used - start) << LENGTH_SHIFT);
    slot[start + 1] = columns[at + WINDOW_COUNT]!;
    return used;
  }

  /** What `figures` says of a direction that is awake, of one that sleeps, read where it lies. Valid as long as that. */
  sleepingFigures(row: number, end: 0 | 1, slot: Int32Array): PayloadFigures {
    const direction = row * 2 + end;
    if (this.packets(direction) === 0) return NO_FIGURES;
    const start = end === 0 ? 0 : slot[0]! >>> LENGTH_SHIFT;
    const flags = slot[start]!;
    const headAt = start + 2;
    const length = Math.min(HEAD_BYTES, this.payload(direction));
    const head = new Uint8Array(slot.buffer, slot.byteOffset + headAt * 4, HEAD_BYTES).slice(0, length);
    const histogramAt = headAt + headWords(length);
    const widths = [widthOf(flags, HISTOGRAM), widthOf(flags, WINDOW_BASE)] as const;
    const histogram = this.#shown[end]!;
    if (widths[0] === 0) histogram.set(histogramOf(head));
    else unpackCounts(slot, histogramAt, widths[0], histogram, 0);
    const evidenceAt = histogramAt + (widths[0] + widths[1]) * 64;
    return { head, histogram, evidence: sleepingEvidence(flags, slot, evidenceAt), windows: this.windows(direction) };
  }

  /** The reverse, for a row whose conversation goes on or is rendered. */
  wake(row: number, slot: Int32Array): void {
    let used = 0;
    for (const direction of [row * 2, row * 2 + 1]) used = this.#readDirection(direction, slot, used);
  }

  #readDirection(direction: number, slot: Int32Array, start: number): number {
    const at = direction * COLUMNS;
    const columns = this.#columns;
    const flags = slot[start]!;
    columns[at + WINDOW_COUNT] = slot[start + 1]!;
    let used = start + 2;
    if ((flags & (1 << HEAD)) !== 0) {
      const head = (columns[at + HEAD] = this.#heads.allocate());
      const words = headWords(this.payload(direction));
      unpackBytes(slot, used, words, this.#heads.slab(head), this.#heads.base(head));
      used += words;
    }
    for (const column of [HISTOGRAM, WINDOW_BASE] as const) {
      if ((flags & (1 << column)) === 0) continue;
      const handle = (columns[at + column] = this.#histograms.allocate());
      const width = widthOf(flags, column);
      unpackCounts(slot, used, width, this.#histograms.slab(handle), this.#histograms.base(handle));
      used += width * 64;
    }
    if ((flags & (1 << EVIDENCE_BLOCK)) !== 0) {
      const evidence = (columns[at + EVIDENCE_BLOCK] = this.#evidence.allocate());
      this.#evidence.view(evidence).set(slot.subarray(used, used + EVIDENCE_SLOTS));
      used += EVIDENCE_SLOTS;
    }
    if ((flags & HAS_OFFSETS) === 0) return used;
    this.#offsets[direction] = slot.slice(used, used + EVIDENCE_SIZE);
    return used + EVIDENCE_SIZE;
  }

  /** Undefined where there is nothing to go on with. */
  carry(direction: number): PayloadCarry | undefined {
    const at = direction * COLUMNS;
    const block = this.#columns[at + EVIDENCE_BLOCK]!;
    if (block === 0) return undefined;
    const windowBytes = this.#columns[at + WINDOW_COUNT]!;
    const window = new Uint32Array(256);
    if (windowBytes > 0) this.#openWindow(direction, window);
    return { windowBytes, window, evidence: Array.from(this.#evidence.view(block)) };
  }

  /** The reverse, on a fresh row. */
  resume(direction: number, carry: PayloadCarry): void {
    const at = direction * COLUMNS;
    this.#columns[at + EVIDENCE_BLOCK] = this.#evidence.allocate();
    // A version with other counters: the scanner restarts rather than read one for another.
    const evidence = carry.evidence.length === EVIDENCE_SLOTS ? carry.evidence : NO_EVIDENCE;
    this.#evidence.view(this.#columns[at + EVIDENCE_BLOCK]!).set(evidence);
    this.#offsets[direction] = Int32Array.from(evidence.slice(0, EVIDENCE_SIZE), (count) => -count);
    this.#columns[at + WINDOW_COUNT] = carry.windowBytes;
    if (carry.windowBytes === 0) return;
    this.#columns[at + WINDOW_BASE] = this.#histograms.allocate();
    this.#histograms.view(this.#columns[at + WINDOW_BASE]!).set(carry.window.map((count) => -count));
  }
}

/** Words of the first bytes of a direction with so much payload. */
function headWords(payload: number): number {
  return (Math.min(HEAD_BYTES, payload) + 3) >> 2;
}

/** Bytes of each of the column's counts, 0 where there are none. */
function widthOf(flags: number, column: typeof HISTOGRAM | typeof WINDOW_BASE): number {
  return (flags >> WIDTH_SHIFT[column]) & 7;
}

function sleepingEvidence(flags: number, slot: Int32Array, at: number): Int32Array {
  const hasBlock = (flags & (1 << EVIDENCE_BLOCK)) !== 0;
  const counts = hasBlock ? slot.slice(at, at + EVIDENCE_SIZE) : new Int32Array(EVIDENCE_SIZE);
  if ((flags & HAS_OFFSETS) === 0) return counts;
  const offsets = hasBlock ? at + EVIDENCE_SLOTS : at;
  for (let i = 0; i < EVIDENCE_SIZE; i++) counts[i]! += slot[offsets + i]!;
  return counts;
}
