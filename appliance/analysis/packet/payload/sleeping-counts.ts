// Counts of a sleeping conversation in as few words as they need: most histograms of a silent conversation have no cell
// above 255. Written and read by payload-stats.ts.

const CELLS = 256;

/** Writes the 256 counts from `base`, each in one, two or four bytes; returns how many. They take 64 words for each byte. */
export function packCounts(counts: Uint32Array, base: number, slot: Int32Array, at: number): number {
  const width = widthOf(counts, base);
  if (width === 4) for (let i = 0; i < CELLS; i++) slot[at + i] = counts[base + i]!;
  else if (width === 2) {
    for (let i = 0, w = at; i < CELLS; i += 2) slot[w++] = counts[base + i]! | (counts[base + i + 1]! << 16);
  } else packBytes(counts, base, CELLS / 4, slot, at);
  return width;
}

function widthOf(counts: Uint32Array, base: number): 1 | 2 | 4 {
  let bits = 0;
  for (let i = base; i < base + CELLS; i++) bits |= counts[i]!;
  if ((bits & ~0xff) === 0) return 1;
  return (bits & ~0xffff) === 0 ? 2 : 4;
}

/** The reverse. */
export function unpackCounts(
  slot: Int32Array,
  at: number,
  width: number,
  into: Uint32Array | Float64Array,
  base: number,
): void {
  if (width === 4) for (let i = 0; i < CELLS; i++) into[base + i] = slot[at + i]! >>> 0;
  else if (width === 2) {
    for (let i = 0, w = at; i < CELLS; i += 2, w++) {
      into[base + i] = slot[w]! & 0xffff;
      into[base + i + 1] = slot[w]! >>> 16;
    }
  } else unpackBytes(slot, at, CELLS / 4, into, base);
}

/** Writes values below 256, four to a word. */
export function packBytes(
  bytes: Uint8Array | Uint32Array,
  base: number,
  words: number,
  slot: Int32Array,
  at: number,
): void {
  for (let w = 0, i = base; w < words; w++, i += 4) {
    slot[at + w] = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
  }
}

/** The reverse. */
export function unpackBytes(
  slot: Int32Array,
  at: number,
  words: number,
  into: Uint8Array | Uint32Array | Float64Array,
  base: number,
): void {
  for (let w = 0, i = base; w < words; w++, i += 4) {
    const word = slot[at + w]!;
    into[i] = word & 255;
    into[i + 1] = (word >>> 8) & 255;
    into[i + 2] = (word >>> 16) & 255;
    into[i + 3] = word >>> 24;
  }
}
