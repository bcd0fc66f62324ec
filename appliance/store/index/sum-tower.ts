// How the sum of a device grows without being rewritten with each segment: as a tower of parts in the order of capture.
// Slices of the running hour are at its end; when the hour is over they are one part, six hours become one, and with
// the first slice of another day everything before it. A part is written a handful of times in its life, the whole sum once
// a day. Hours are those of packets, never of a clock on the wall, and sums are bounded when they are made: so the same
// slices give the same parts, live, replayed or rebuilt. Pure; index-growth.ts adds the summaries.

/** 0 a slice, 1 its hour, 2 six hours, 3 all days before. From the beginning of a tower to its end levels never rise. */
export type TowerLevel = 0 | 1 | 2 | 3;

export interface TowerPart {
  readonly level: TowerLevel;
  /** Of its newest slice: `20261120T12`. */
  readonly hour: string;
}

/** Slices of one hour; more are added up to one. A camera at full speed fills a segment each five seconds. */
const MAX_SLICES = 8;
const QUARTER_HOURS = 6;

/** Parts from `from` to the end become one of that level. */
export interface TowerStep {
  readonly from: number;
  readonly level: TowerLevel;
}

/** The next step before a slice of `hour` can be put at the end; undefined when it can. */
export function nextStep(parts: readonly TowerPart[], hour: string): TowerStep | undefined {
  for (const level of [1, 2, 3] as const) {
    const from = parts.findIndex((part) => part.level < level);
    const part = parts[from];
    if (part !== undefined && label(level, part.hour) !== label(level, hour))
      return { from: level === 3 ? 0 : from, level };
  }
  const slices = parts.findIndex(({ level }) => level === 0);
  return slices !== -1 && parts.length - slices >= MAX_SLICES ? { from: slices, level: 0 } : undefined;
}

/** What parts of a level have in common. */
function label(level: 1 | 2 | 3, hour: string): string {
  if (level === 1) return hour;
  const day = hour.slice(0, 8);
  return level === 3 ? day : `${day} ${Math.floor(Number(hour.slice(9, 11)) / QUARTER_HOURS)}`;
}
