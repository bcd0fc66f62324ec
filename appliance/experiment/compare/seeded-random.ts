// Numbers that look like chance and come again with the same seed, so that a comparison can be run again digit for digit.

/** Uniform in [0, 1). */
export type Random = () => number;

/**
 * sfc32 (C. Doty-Humphrey, PractRand): 128 bits of state, period of at least 2^32. The seed's text is spread over the state by FNV-1a.
 */
export function seededRandom(seed: string): Random {
  let [a, b, c, d] = [fnv(seed, 1), fnv(seed, 2), fnv(seed, 3), 1];
  const next: Random = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 15; i++) next();
  return next;
}

/** FNV-1a, 32 bits. */
function fnv(text: string, salt: number): number {
  let hash = 0x811c9dc5 ^ salt;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}
