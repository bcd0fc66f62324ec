// How long a device's traffic remembers itself: blocks that are shuffled must be longer, or chance is taken for a change. Pure.

/**
 * How many steps of the series the traffic remembers itself: the longest memory at any of several scales, at most some hundredth of the
 * series. A slow wave of rare events is white noise second by second and shows only where seconds are added up. 1 where there is none.
 * @param parts of one series each: A's, B's
 */
export function longestMemory(parts: readonly Float64Array[]): number {
  let longest = 1;
  let scaled = parts;
  for (let scale = 1; ; scale *= 2) {
    const steps = tellingSteps(scaled);
    if (steps < LEAST_STEPS) return longest;
    const memory = memoryOf(scaled);
    if (memory > 1 + noiseOf(steps)) longest = Math.max(longest, memory * scale);
    scaled = scaled.map(halved);
  }
}

const LEAST_STEPS = 100;

/** The number of independent steps that carry as much information. A side that was (nearly) silent says nothing about the memory of the other. */
function tellingSteps(parts: readonly Float64Array[]): number {
  const powers = parts.map((part) => products(centre(part), 0));
  const all = powers.reduce((sum, power) => sum + power, 0);
  const each = parts.reduce((sum, part, i) => sum + (powers[i]! === 0 ? 0 : powers[i]! ** 2 / part.length), 0);
  return all === 0 ? 0 : all ** 2 / each;
}

/** Two standard errors of the memory of white noise, whose sum has twice WINDOW + 1 terms (Sokal 1997, eq. 3.19). */
function noiseOf(steps: number): number {
  return 2 * Math.sqrt((2 * (2 * WINDOW + 1)) / steps);
}

function halved(part: Float64Array): Float64Array {
  const half = new Float64Array(part.length >> 1);
  for (let i = 0; i < half.length; i++) half[i] = part[2 * i]! + part[2 * i + 1]!;
  return half;
}

/**
 * Integrated autocorrelation time in steps of the series: 1 where steps know nothing of each other, below 1 where they alternate.
 * The sum over lags ends at the first lag of at least five times the result (A. D. Sokal, Monte Carlo Methods in Statistical Mechanics,
 * 1997, §3). Each part has its own mean, so that a difference between parts is not taken for memory.
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
