// Codes of Zstandard (RFC 8878 §4): finite state entropy for sequences and weights, Huffman for literals. Tables have at most
// 2,048 places whatever a description asks for.
import { STOP } from './unpacked.ts';
import { BackwardBits, ForwardBits } from './zstd-bits.ts';

/** Of each state: the symbol, and where the next state is found (§4.1). */
export interface StateTable {
  /** Bits of a state. */
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

/** A table, and the byte behind its description. */
export interface Described<T> {
  readonly table: T;
  readonly end: number;
}

/** §4.1.1: how often each symbol occurs in the table, -1 for less than once. */
export function readStateTable(
  bytes: Uint8Array,
  start: number,
  end: number,
  mostLog: number,
  mostSymbols: number,
): Described<StateTable> {
  const from = new ForwardBits(bytes, start, end);
  const log = from.take(4) + 5;
  if (log > mostLog) throw STOP;
  const shares: number[] = [];
  for (let left = 1 << log; left > 0; ) {
    if (shares.length >= mostSymbols) throw STOP;
    const share = readShare(from, left);
    left -= Math.abs(share);
    shares.push(share);
    if (share === 0) skipAbsent(from, shares, mostSymbols);
  }
  return { table: stateTable(shares, log), end: from.byteAt };
}

function readShare(from: ForwardBits, left: number): number {
  const count = 32 - Math.clz32(left + 1);
  const value = from.take(count);
  const low = value & ((1 << (count - 1)) - 1);
  const spare = (1 << count) - 1 - (left + 1);
  if (low < spare) {
    from.back();
    return low - 1;
  }
  const share = (value === low ? value : value - spare) - 1;
  if (share > left) throw STOP;
  return share;
}

/** Two bits say how many further symbols are absent; three go on. */
function skipAbsent(from: ForwardBits, shares: number[], mostSymbols: number): void {
  for (let run = 3; run === 3; ) {
    run = from.take(2);
    for (let i = 0; i < run; i++) shares.push(0);
    if (shares.length > mostSymbols) throw STOP;
  }
}

/** §4.1.1, from `shares` that sum to 2^log. */
export function stateTable(shares: readonly number[], log: number): StateTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  const next = shares.map((share) => Math.abs(share));
  let high = size;
  for (const [symbol, share] of shares.entries()) if (share === -1) symbols[--high] = symbol;
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (const [symbol, share] of shares.entries()) {
    for (let i = 0; i < share; i++) {
      symbols[at] = symbol;
      do at = (at + step) & (size - 1);
      while (at >= high);
    }
  }
  for (let state = 0; state < size; state++) {
    const count = next[symbols[state]!]!++;
    bits[state] = log - (31 - Math.clz32(count));
    bases[state] = (count << bits[state]!) - size;
  }
  return { log, symbols, bits, bases };
}

/** One symbol for ever. */
export function singleState(symbol: number): StateTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: Uint8Array.of(0), bases: Uint16Array.of(0) };
}

/** §4.2.1: by the next `log` bits, a symbol and how many of them are its code. */
export interface HuffmanTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
}

/** RFC 8878 §4.2.1: a code has at most 11 bits. */
const MAX_HUFFMAN_LOG = 11;
/** RFC 8878 §4.2.1.2: the table that the weights are coded with has an accuracy of at most 6 bits. */
const MAX_WEIGHT_LOG = 6;
/** RFC 8878 §4.2.1: 256 symbols, the last weight follows from the others. */
const MAX_LITERALS = 255;

export function readHuffmanTable(bytes: Uint8Array, start: number, end: number): Described<HuffmanTable> {
  if (start >= end) throw STOP;
  const head = bytes[start]!;
  const length = head < 128 ? head : (head - 126) >> 1;
  const stop = start + 1 + length;
  if (stop > end) throw STOP;
  const weights = head < 128 ? codedWeights(bytes, start + 1, stop) : plainWeights(bytes, start + 1, head - 127);
  return { table: huffmanTable(weights), end: stop };
}

/** Four bits each, the higher ones first. */
function plainWeights(bytes: Uint8Array, start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (bytes[start + (i >> 1)]! >> (i % 2 === 0 ? 4 : 0)) & 15);
}

/** §4.2.1.2: two states take turns until the bits are used up. */
function codedWeights(bytes: Uint8Array, start: number, end: number): number[] {
  const { table, end: dataAt } = readStateTable(bytes, start, end, MAX_WEIGHT_LOG, MAX_HUFFMAN_LOG + 2);
  const from = new BackwardBits(bytes, dataAt, end);
  const states = [from.take(table.log), from.take(table.log)];
  if (from.isPast) throw STOP;
  const weights: number[] = [];
  for (let turn = 0; ; turn ^= 1) {
    const state = states[turn]!;
    weights.push(table.symbols[state]!);
    states[turn] = table.bases[state]! + from.take(table.bits[state]!);
    if (weights.length >= MAX_LITERALS) throw STOP;
    if (!from.isPast) continue;
    weights.push(table.symbols[states[turn ^ 1]!]!);
    return weights;
  }
}

/** §4.2.1.1: the last symbol's weight is what is missing to a power of two. */
function huffmanTable(given: readonly number[]): HuffmanTable {
  const sum = given.reduce((all, weight) => all + ((1 << weight) >> 1), 0);
  const log = sum === 0 ? 0 : 32 - Math.clz32(sum);
  const rest = (1 << log) - sum;
  if (log === 0 || log > MAX_HUFFMAN_LOG || (rest & (rest - 1)) !== 0) throw STOP;
  const weights = [...given, 32 - Math.clz32(rest)];
  const symbols = new Uint8Array(1 << log);
  const bits = new Uint8Array(1 << log);
  let at = 0;
  for (let weight = 1; weight <= log; weight++) {
    for (const [symbol, its] of weights.entries()) {
      if (its !== weight) continue;
      const places = 1 << (weight - 1);
      symbols.fill(symbol, at, at + places);
      bits.fill(log + 1 - weight, at, at + places);
      at += places;
    }
  }
  return { log, symbols, bits };
}

/** Fills [from, to) of `out` from one stream, which must be used up exactly (§4.2.2). */
export function readHuffman(
  { log, symbols, bits }: HuffmanTable,
  stream: BackwardBits,
  out: Uint8Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    const place = stream.peek(log);
    out[i] = symbols[place]!;
    stream.left -= bits[place]!;
    if (stream.isPast) throw STOP;
  }
  if (stream.left !== 0) throw STOP;
}
