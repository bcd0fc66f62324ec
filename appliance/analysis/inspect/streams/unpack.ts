// Undoes the codings of message bodies (RFC 9110 §8.4.1): a field is as readable in compressed text as in plain. Bombs cost
// what their bytes on the wire allow for. Called by http-facts.ts and websocket.ts.

import { brotliDecompressSync, constants } from 'node:zlib';
import { gunzip, inflateRaw, inflateZlib } from '../../../decode/compression/deflate.ts';
import type { Unpacked } from '../../../decode/compression/unpacked.ts';
import { isZstd, unzstd } from '../../../decode/compression/zstd.ts';

/** Most of one message that is unpacked. */
const MOST = 65_536;
/** Text is packed to a twentieth at best: beyond this a message draws on the allowance. */
const ORDINARY_RATIO = 20;
/** Of one summary: what all its bombs together may yield beyond the ordinary. */
const ALLOWANCE = 4 * 1024 * 1024;
/** Attempts at brotli beyond the limit in one summary: each fills the decoder's window, which takes tens of milliseconds. */
const MAX_BOMBS = 16;
/** Several may be applied one after the other; more than two were never seen. */
const MAX_CODINGS = 3;

/** How much may be unpacked; kept by the collector. */
export class UnpackBudget {
  #allowance = ALLOWANCE;
  #bombs = 0;

  /** Most bytes that so many packed ones may yield now. */
  room(packed: number): number {
    return Math.min(MOST, packed * ORDINARY_RATIO + this.#allowance);
  }

  /** Whether brotli is undone no more, see `unbrotli`. */
  get refusesBrotli(): boolean {
    return this.#bombs >= MAX_BOMBS;
  }

  noteBomb(): void {
    this.#bombs++;
  }

  spend(packed: number, unpacked: number): void {
    this.#allowance = Math.max(0, this.#allowance - Math.max(0, unpacked - packed * ORDINARY_RATIO));
  }
}

export interface PlainBody extends Unpacked {
  /** Name of the coding, for people: `gzip`, `deflate`, `br`, `zstd`. */
  readonly how: string;
}

/** A coding that is not undone here: its name. */
export interface Locked {
  readonly locked: string;
}

/**
 * The body [start, end) without the codings, which are named in the order in which they were applied. Without any named it is
 * judged by its first bytes. `undefined` where it is not packed.
 */
export function unpackBody(
  bytes: Uint8Array,
  start: number,
  end: number,
  codings: readonly string[],
  budget: UnpackBudget,
): PlainBody | Locked | undefined {
  if (codings.length > MAX_CODINGS) return { locked: codings.join(', ') };
  const named = codings.length > 0 ? codings.toReversed() : sniffed(bytes, start, end);
  let body: PlainBody | undefined;
  for (const coding of named) {
    const from = body === undefined ? bytes.subarray(start, end) : body.bytes;
    const plain = undo(coding, from, budget.room(end - start), budget);
    if (plain === undefined) return { locked: coding };
    budget.spend(end - start, plain.bytes.length);
    body = { bytes: plain.bytes, whole: plain.whole && body?.whole !== false, how: body?.how ?? coding };
  }
  // First bytes alone may be a coincidence.
  return codings.length === 0 && body?.bytes.length === 0 ? undefined : body;
}

/** Whether first bytes are those of gzip, zlib or Zstandard. */
export function looksPacked(bytes: Uint8Array, start: number, end: number): boolean {
  return sniffed(bytes, start, end).length > 0;
}

function sniffed(bytes: Uint8Array, start: number, end: number): readonly string[] {
  if (end - start < 12) return [];
  if (bytes[start] === 0x1f && bytes[start + 1] === 0x8b && bytes[start + 2] === 8) return ['gzip'];
  if (isZstd(bytes, start, end)) return ['zstd'];
  const second = bytes[start + 1];
  const isZlib = bytes[start] === 0x78 && (second === 0x9c || second === 0xda || second === 0x01);
  return isZlib ? ['deflate'] : [];
}

function undo(coding: string, bytes: Uint8Array, room: number, budget: UnpackBudget): Unpacked | undefined {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return gunzip(bytes, 0, bytes.length, room);
    case 'deflate':
      // RFC 9110 §8.4.1.2 means zlib; some send what its name says.
      return inflateZlib(bytes, 0, bytes.length, room) ?? inflateRaw(bytes, 0, bytes.length, room);
    case 'br':
      return unbrotli(bytes, room, budget);
    case 'zstd':
      return unzstd(bytes, 0, bytes.length, room);
    default:
      return undefined;
  }
}

/** Node gives all or nothing: of a stream beyond the limit an ever smaller beginning is tried, a few times in all. */
function unbrotli(bytes: Uint8Array, room: number, budget: UnpackBudget): Unpacked | undefined {
  for (let length = bytes.length; length > 0 && !budget.refusesBrotli; length >>= 1) {
    try {
      const plain = brotliDecompressSync(bytes.subarray(0, length), {
        finishFlush: constants.BROTLI_OPERATION_FLUSH,
        maxOutputLength: Math.max(1, room),
      });
      return { bytes: plain, whole: length === bytes.length };
    } catch (thrown) {
      if (!isTooLarge(thrown)) return undefined;
      budget.noteBomb();
    }
  }
  return undefined;
}

function isTooLarge(thrown: unknown): boolean {
  return thrown instanceof RangeError && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE';
}

/** `gzip, br` as a list, without `identity` and `chunked`. */
export function codingsIn(field: string): string[] {
  return field
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity' && coding !== 'chunked');
}
