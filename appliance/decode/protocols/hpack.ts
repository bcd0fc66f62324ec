// Fields of HTTP/2 as they cross the wire (RFC 7541): static and dynamic table, Huffman code. Of one direction; the table is
// handed over as text, so that it can wait in a carry. Bounded by the table's size and by the bytes of one block.

/** RFC 7541 appendix A, from index 1 on: `name` or `name=value`. */
const STATIC_TABLE: readonly Field[] = (
  ':authority|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|:scheme=https|:status=200|:status=204|' +
  ':status=206|:status=304|:status=400|:status=404|:status=500|accept-charset|accept-encoding=gzip, deflate|' +
  'accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control|' +
  'content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type|' +
  'cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|' +
  'last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|' +
  'server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate'
)
  .split('|')
  .map((text) => {
    const equals = text.indexOf('=');
    return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
  });

/**
 * Bits of the code of each byte and of the end mark, in base 36 (RFC 7541 appendix B). The code is canonical: of equal length
 * in the order of the bytes.
 */
const CODE_LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad67777777777777777777777878djde6f56565666577666567655677' +
  '777fbedskmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmnqqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooq' +
  'nqrqqrrrrrsrrrrrqu';

const LONGEST_CODE = 30;
/** What the table may hold by default; larger ones are agreed on with SETTINGS, and bounded here. */
const TABLE_BYTES = 4096;
/** Sixteen times HTTP/2's default (RFC 9113 §6.5.2); a larger table ends the decoding. */
const MAX_TABLE_BYTES = 65_536;
/** Of one block: names and values together, as many as of a message elsewhere. */
const MAX_FIELDS = 200;
/** Text out of one block, so that repeated entries are no bomb. */
const MAX_TEXT_BYTES = 65_536;

type Field = readonly [name: string, value: string];

export interface HpackTable {
  readonly size: number;
  /** The newest first. */
  readonly fields: readonly Field[];
}

export const EMPTY_TABLE: HpackTable = { size: TABLE_BYTES, fields: [] };

interface Code {
  /** By length: the first code, and where its symbols begin. */
  readonly first: readonly number[];
  readonly at: readonly number[];
  readonly count: readonly number[];
  readonly symbols: readonly number[];
}

const CODE: Code = makeCode();

function makeCode(): Code {
  const lengths = Array.from(CODE_LENGTHS, (digit) => Number.parseInt(digit, 36));
  const symbols = lengths.map((_, symbol) => symbol).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
  const [first, at, count]: number[][] = [[], [], []];
  let code = 0;
  let used = 0;
  for (let length = 0; length <= LONGEST_CODE; length++) {
    code *= 2;
    first![length] = code;
    at![length] = used;
    count![length] = lengths.filter((other) => other === length).length;
    code += count![length]!;
    used += count![length]!;
  }
  return { first: first!, at: at!, count: count!, symbols };
}

/** One block of fields and the table after it; undefined for a block that is none: then nothing more of its direction is known. */
export function decodeHpack(block: Uint8Array, before: HpackTable): { fields: Field[]; table: HpackTable } | undefined {
  const reader = new BlockReader(block, before);
  return reader.read() ? { fields: reader.fields, table: { size: reader.size, fields: reader.table } } : undefined;
}

class BlockReader {
  readonly #block: Uint8Array;
  #at = 0;
  #textBytes = 0;
  readonly fields: Field[] = [];
  readonly table: Field[];
  #tableBytes: number;
  size: number;

  constructor(block: Uint8Array, { size, fields }: HpackTable) {
    this.#block = block;
    this.table = [...fields];
    this.size = size;
    this.#tableBytes = fields.reduce((sum, field) => sum + bytesOf(field), 0);
  }

  /** RFC 7541 §6. False for what is none. */
  read(): boolean {
    while (this.#at < this.#block.length) {
      const byte = this.#block[this.#at]!;
      const ok =
        byte >= 0x80 ? this.#readIndexed() : (byte & 0xe0) === 0x20 ? this.#readSize() : this.#readLiteral(byte);
      if (!ok || this.#textBytes > MAX_TEXT_BYTES) return false;
    }
    return true;
  }

  #readIndexed(): boolean {
    const field = this.#lookUp(this.#integer(7));
    if (field !== undefined) this.#emit(field);
    return field !== undefined;
  }

  #readSize(): boolean {
    const size = this.#integer(5);
    if (size < 0 || size > MAX_TABLE_BYTES) return false;
    this.size = size;
    this.#evict();
    return true;
  }

  /** With indexing (01), without (0000) or never (0001). */
  #readLiteral(byte: number): boolean {
    const isIndexed = byte >= 0x40;
    const index = this.#integer(isIndexed ? 6 : 4);
    const name = index === 0 ? this.#text() : this.#lookUp(index)?.[0];
    const value = name === undefined ? undefined : this.#text();
    if (name === undefined || value === undefined) return false;
    const field: Field = [name, value];
    this.#emit(field);
    if (isIndexed) {
      this.table.unshift(field);
      this.#tableBytes += bytesOf(field);
      this.#evict();
    }
    return true;
  }

  #emit(field: Field): void {
    this.#textBytes += field[0].length + field[1].length;
    if (this.fields.length < MAX_FIELDS) this.fields.push(field);
  }

  #evict(): void {
    while (this.#tableBytes > this.size) this.#tableBytes -= bytesOf(this.table.pop()!);
  }

  #lookUp(index: number): Field | undefined {
    return STATIC_TABLE[index - 1] ?? this.table[index - 1 - STATIC_TABLE.length];
  }

  /** §5.1; -1 where it does not end, or is larger than any here. */
  #integer(bits: number): number {
    const most = (1 << bits) - 1;
    let value = this.#block[this.#at++]! & most;
    if (value < most) return value;
    for (let shift = 1; shift <= 0x20_0000; shift *= 128) {
      const byte = this.#block[this.#at++];
      if (byte === undefined) return -1;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
    return -1;
  }

  /** §5.2. */
  #text(): string | undefined {
    const first = this.#block[this.#at];
    if (first === undefined) return undefined;
    const length = this.#integer(7);
    const end = this.#at + length;
    if (length < 0 || end > this.#block.length) return undefined;
    const bytes = this.#block.subarray(this.#at, end);
    this.#at = end;
    return first < 128 ? Buffer.from(bytes).toString('latin1') : unpackHuffman(bytes);
  }
}

/** §4.1. */
function bytesOf([name, value]: Field): number {
  return name.length + value.length + 32;
}

/** §5.2: what is left over at the end must be the beginning of the end mark, all ones, and less than a byte. */
function unpackHuffman(bytes: Uint8Array): string | undefined {
  const { first, at, count, symbols } = CODE;
  const text: number[] = [];
  let code = 0;
  let length = 0;
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    code = code * 2 + ((bytes[bit >> 3]! >> (7 - (bit & 7))) & 1);
    length++;
    const place = code - first[length]!;
    if (place < count[length]!) {
      const symbol = symbols[at[length]! + place]!;
      if (symbol > 255) return undefined;
      text.push(symbol);
      code = 0;
      length = 0;
    } else if (length >= LONGEST_CODE) return undefined;
  }
  return length < 8 && code === 2 ** length - 1 ? Buffer.from(text).toString('latin1') : undefined;
}
