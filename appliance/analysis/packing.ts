// Small binary values as text in summaries: byte counts and first bytes. One value has one text, so that summaries can be
// compared byte for byte.

/** 256 counts: base64 of (gap to the next used cell, count) as variable-length integers, seven bits a byte, low first. */
export function packHistogram(counts: ArrayLike<number>): string {
  const bytes: number[] = [];
  let gap = 0;
  for (let i = 0; i < 256; i++) {
    const count = counts[i] ?? 0;
    if (count === 0) {
      gap++;
      continue;
    }
    pushVarint(bytes, gap);
    pushVarint(bytes, count);
    gap = 0;
  }
  return Buffer.from(bytes).toString('base64');
}

/** Counts beyond 2^53 are not made by this program; a damaged text yields what could be read. */
export function unpackHistogram(text: string): Float64Array {
  const counts = new Float64Array(256);
  const bytes = Buffer.from(text, 'base64');
  let cell = 0;
  for (let at = 0; at < bytes.length; ) {
    const gap = readVarint(bytes, at);
    const count = readVarint(bytes, gap.next);
    at = count.next;
    cell += gap.value;
    if (cell > 255) break;
    counts[cell++] = count.value;
  }
  return counts;
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

function readVarint(bytes: Uint8Array, start: number): { value: number; next: number } {
  let value = 0;
  let scale = 1;
  for (let at = start; at < bytes.length && at < start + 8; at++) {
    value += (bytes[at]! & 127) * scale;
    if (bytes[at]! < 128) return { value, next: at + 1 };
    scale *= 128;
  }
  return { value, next: bytes.length };
}

export function packBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

export function unpackBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
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
