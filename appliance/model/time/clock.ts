// Where time comes from. Capture and analysis take a Clock as a value; only `health/` asks the operating system.

/** Both readings in nanoseconds; `monotonic` never steps, `wall` is what files and people see. */
export interface Clock {
  wall(): bigint;
  monotonic(): bigint;
}

export const systemClock: Clock = {
  wall: () => BigInt(Date.now()) * 1_000_000n,
  monotonic: () => process.hrtime.bigint(),
};

/** What is known about the wall clock, in each sidecar and ledger clock line. */
export interface ClockState {
  readonly boot: number;
  readonly boot_id: string;
  readonly monotonic_ns: string;
  readonly wall: string;
  readonly synced: 'yes' | 'no' | 'unknown';
  readonly source: string;
  readonly max_error_seconds: number | null;
}

/** Nanoseconds since 1970 as decimal seconds with nine digits: `1795000000.123456789`. Negative times keep their sign. */
export function formatSeconds(ns: bigint): string {
  const sign = ns < 0n ? '-' : '';
  const positive = ns < 0n ? -ns : ns;
  return `${sign}${positive / 1_000_000_000n}.${(positive % 1_000_000_000n).toString().padStart(9, '0')}`;
}

/** The reverse of `formatSeconds`, for any number of digits up to nine; undefined when the text is none. */
export function parseSeconds(text: string): bigint | undefined {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) return undefined;
  const ns = BigInt(match[2] ?? '0') * 1_000_000_000n + BigInt((match[3] ?? '').padEnd(9, '0'));
  return match[1] === '-' ? -ns : ns;
}

const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9})\d*)?(Z|[+-]\d\d:?\d\d))?$/i;

/**
 * A time as people write one, in nanoseconds since 1970: decimal seconds, a day (its begin, UTC), or ISO 8601 with its zone (`Z`,
 * `+01:00`). Undefined for anything else, above all for an hour without zone: on a day of a change of clocks it may be two moments.
 */
export function parseInstant(text: string): bigint | undefined {
  const seconds = parseSeconds(text.trim());
  if (seconds !== undefined) return seconds;
  const [, day, clock = '00:00', fraction = '', zone = 'Z'] = ISO.exec(text.trim()) ?? [];
  const milliseconds = Date.parse(`${day}T${clock}${zone.toUpperCase()}`);
  return Number.isNaN(milliseconds) ? undefined : BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** Said where a text is no such time. */
export const INSTANT_HELP = 'a time is ISO 8601 with its zone, as 2026-11-20T12:00:00Z, or seconds since 1970';

/** UTC for file names: `20261120T120000Z`. */
export function formatCompactUtc(ns: bigint): string {
  const iso = new Date(Number(ns / 1_000_000n)).toISOString();
  return `${iso.slice(0, 19).replaceAll('-', '').replaceAll(':', '')}Z`;
}

/** The reverse, in nanoseconds since 1970. The caller has checked that it is one. */
export function parseCompactUtc(utc: string): bigint {
  const part = (from: number, length = 2): number => Number(utc.slice(from, from + length));
  return BigInt(Date.UTC(part(0, 4), part(4) - 1, part(6), part(9), part(11), part(13))) * 1_000_000n;
}
