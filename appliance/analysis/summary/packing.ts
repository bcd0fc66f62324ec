// Small binary values as text in summaries: byte counts and first bytes. One value has one text, so that summaries can be
// compared byte for byte.

/** A gap below 256 takes two bytes, a count below 2^53 eight. */
const packed = new Uint8Array(256 * 10);

/** 256 counts: base64 of (gap to the next used cell, count) as variable-length integers, seven bits a byte, low first. */
export function packHistogram(counts: ArrayLike<number>): string {
  let length = 0;
  let gap = 0;
  for (let i = 0; i < 256; i++) {
    const count = counts[i]!;
    if (count === 0) {
      gap++;
      continue;
    }
    length = writeVarint(length, gap);
    length = writeVarint(length, count);
    gap = 0;
  }
  return packBytes(packed.subarray(0, length));
}

/**
 * Counts beyond 2^53 are not made by this program; a damaged text yields what could be read. `counts` may be given to be
 * overwritten, since fresh memory is what costs most here.
 */
export function unpackHistogram(text: string, counts: Float64Array = new Float64Array(256)): Float64Array {
  counts.fill(0);
  const bytes = Buffer.from(text, 'base64');
  let cell = 0;
  for (reading = 0; reading < bytes.length && cell < 256; ) {
    cell += readVarint(bytes);
    counts[cell++] = readVarint(bytes);
  }
  return counts;
}

function writeVarint(start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 128) {
    packed[at++] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  packed[at++] = rest;
  return at;
}

/** Where `readVarint` goes on. */
let reading = 0;

function readVarint(bytes: Uint8Array): number {
  let value = 0;
  let scale = 1;
  for (let digits = 0; digits < 8 && reading < bytes.length; digits++) {
    const byte = bytes[reading++]!;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    scale *= 128;
  }
  return value;
}

export function packBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

export function unpackBytes(text: string): Uint8Array {
  return Buffer.from(text, 'base64');
}

/** JSON with the keys of every object in order of their code units: equal values have equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, inner] of entries) object[key] = sorted(inner);
  return object;
}
