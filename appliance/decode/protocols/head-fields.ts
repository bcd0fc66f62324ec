// Header fields of a text head (RFC 9112 §5) as places in its bytes, found in one pass; texts are made only of what is asked
// for. Filled by http.ts, read by its caller.

import { isPrintableAscii, textAt } from '../octets.ts';

/** The default of Apache's LimitRequestFields; fields beyond are not read. */
const MAX_FIELDS = 100;
/** Bytes before a field's colon; a field with more is passed over. */
const NAME_LIMIT = 64;
/** Bytes behind a field's colon that are kept; the rest is cut. */
const VALUE_LIMIT = 1024;
const FEED = 10;
const RETURN = 13;
const COLON = 58;

/** Where a field begins, its colon, where its line ends. */
const PLACES = 3;

export class HeadFields {
  #bytes: Uint8Array = new Uint8Array(0);
  readonly #places = new Int32Array(MAX_FIELDS * PLACES);
  readonly #name = new Uint8Array(NAME_LIMIT);
  #length = 0;

  /** Fields read; further ones are passed over. */
  get length(): number {
    return this.#length;
  }

  /** Reads the lines of [start, end) up to the empty one; returns where the body begins, -1 without an empty line. */
  read(bytes: Uint8Array, start: number, end: number): number {
    this.#bytes = bytes;
    this.#length = 0;
    for (let at = start; at < end; ) {
      let colon = -1;
      let feed = at;
      for (; feed < end && bytes[feed] !== FEED; feed++) if (colon < 0 && bytes[feed] === COLON) colon = feed;
      if (feed === end) return -1;
      const lineEnd = feed > at && bytes[feed - 1] === RETURN ? feed - 1 : feed;
      if (lineEnd === at) return feed + 1;
      this.#add(at, colon, lineEnd);
      at = feed + 1;
    }
    return -1;
  }

  /** `name: value`; a folded or malformed line is passed over. */
  #add(start: number, colon: number, end: number): void {
    const isField = colon > start && colon - start <= NAME_LIMIT && isPrintableAscii(this.#bytes[start]!);
    if (!isField || this.#length === MAX_FIELDS) return;
    const at = this.#length++ * PLACES;
    this.#places[at] = start;
    this.#places[at + 1] = colon;
    this.#places[at + 2] = end;
  }

  /** In lower case. */
  name(index: number): string {
    const start = this.#places[index * PLACES]!;
    const colon = this.#places[index * PLACES + 1]!;
    for (let i = start; i < colon; i++) {
      const byte = this.#bytes[i]!;
      if (byte >= 0x80) return textAt(this.#bytes, start, colon).trimEnd().toLowerCase();
      this.#name[i - start] = lower(byte);
    }
    return textAt(this.#name, 0, colon - start).trimEnd();
  }

  /** Without the blanks around it; at most 1 KiB. */
  value(index: number): string {
    return textAt(
      this.#bytes,
      this.#places[index * PLACES + 1]! + 1,
      this.#places[index * PLACES + 2]!,
      VALUE_LIMIT,
    ).trim();
  }

  /** Value of the first field of this name, which is ASCII in lower case. */
  find(name: string): string | undefined {
    for (let i = 0; i < this.#length; i++) if (this.#isNamed(i, name)) return this.value(i);
    return undefined;
  }

  /** Blanks and odd bytes in names are rare: only then a text is made to compare. */
  #isNamed(index: number, name: string): boolean {
    const bytes = this.#bytes;
    const start = this.#places[index * PLACES]!;
    const length = this.#places[index * PLACES + 1]! - start;
    const last = bytes[start + length - 1]!;
    if (last <= 32 || last >= 0x80) return this.name(index) === name;
    if (length !== name.length) return this.#isOdd(start, length) && this.name(index) === name;
    for (let i = 0; i < length; i++) if (lower(bytes[start + i]!) !== name.charCodeAt(i)) return false;
    return true;
  }

  /** Letters beyond ASCII may have ASCII ones as their lower case, in fewer bytes. */
  #isOdd(start: number, length: number): boolean {
    for (let i = start; i < start + length; i++) if (this.#bytes[i]! >= 0x80) return true;
    return false;
  }
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;
}
