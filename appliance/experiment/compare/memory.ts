// How long a device's traffic remembers itself: blocks that are shuffled must be longer, or chance is taken for a change. Pure.

/**
 * Integrated autocorrelation time in steps of the series: 1 where steps know nothing of each other, below 1 where they alternate.
 * The sum over lags ends at the first lag of at least five times the result (A. D. Sokal, Monte Carlo Methods in Statistical Mechanics,
 * 1997, §3). Each part has its own mean, so that a difference between parts is not taken for memory.
 * @param parts of one series each: A's, B's
 */
export function memoryOf(parts: readonly Float64Array[]): number {
  const centred = parts.map(centre);
  const power = centred.reduce((sum, part) => sum + products(part, 0), 0);
  if (power === 0) return 1;
  const longest = Math.max(0, ...parts.map((part) => part.length));
  let time = 1;
  for (let lag = 1; lag < longest && lag < WINDOW * time; lag++) {
    time += (2 * centred.reduce((sum, part) => sum + products(part, lag), 0)) / power;
    if (time < LEAST) return LEAST;
  }
  return time;
}

const WINDOW = 5;
/** Strictly regular traffic comes out near 0, or below by the noise of the estimate. */
const LEAST = 0.1;

function centre(part: Float64Array): Float64Array {
  const mean = part.reduce((sum, value) => sum + value, 0) / Math.max(1, part.length);
  return part.map((value) => value - mean);
}

function products(part: Float64Array, lag: number): number {
  let sum = 0;
  for (let i = lag; i < part.length; i++) sum += part[i]! * part[i - lag]!;
  return sum;
}
