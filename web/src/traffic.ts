// Traffic of the last minutes as columns for the chart: in above the axis, out below it. TCP and UDP lie on each other;
// HTTP and HTTPS are the parts of them on those ports and are painted over them. A second without a measurement is `null`
// in every column, so that it is drawn as nothing and not as silence; where nothing was recorded it is hatched. Pure.

import type { AnalysisDocument, TrafficParts, TrafficResponse, TrafficSecond } from './api/types.ts';

/** In painting order from the axis outwards. */
export const PROTOCOLS = ['https', 'http', 'tcp', 'udp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export const DIRECTIONS = ['in', 'out'] as const;
export type Direction = (typeof DIRECTIONS)[number];

export interface Selection {
  readonly directions: readonly Direction[];
  readonly protocols: readonly Protocol[];
}

interface ChartColumn {
  readonly direction: Direction;
  readonly protocol: Protocol;
  /** Where the protocol's area ends, from the axis; negative for `out`. */
  readonly values: (number | null)[];
}

export interface ChartTraffic {
  readonly times: number[];
  /** In drawing order: the outermost first, so that inner ones are painted over it. */
  readonly columns: readonly ChartColumn[];
}

/** A measured second, or one of which nothing is known. */
export type Second = TrafficSecond | { readonly second: number; readonly in: null; readonly out: null };

/** The API's series as single seconds. */
export function toSeconds(response: TrafficResponse): TrafficSecond[] {
  return response.in.total.map((_, index) => ({
    second: response.from + index,
    in: partsAt(response.in, index),
    out: partsAt(response.out, index),
  }));
}

/**
 * Without the leading zeros from before the appliance started (seconds since 1970): of that time it has read only the files
 * that were open, so the time before the first packet in them is not known to be silent.
 */
export function withoutUnread(seconds: readonly TrafficSecond[], started: number): TrafficSecond[] {
  const busy = seconds.find(({ in: into, out }) => into.total + out.total > 0)?.second ?? Number.POSITIVE_INFINITY;
  return seconds.filter(({ second }) => second >= Math.min(started, busy));
}

type Series = TrafficResponse['in'];

function partsAt(series: Series, index: number): TrafficParts {
  const at = (name: keyof Series) => series[name][index] ?? 0;
  return { total: at('total'), tcp: at('tcp'), udp: at('udp'), http: at('http'), https: at('https') };
}

const MINUTE = 60;

type DocumentMinutes = AnalysisDocument['traffic'];

/**
 * How wide the columns of a span of `seconds` are, in seconds: minutes, or as coarse as the coarsest of the rows that lie in it, because
 * of what is older the document has hours and days only.
 */
export function stepOf(rows: DocumentMinutes, from: number, seconds: number): number {
  const inside = rows.filter((row) => startOf(row) + row.minutes * MINUTE > from);
  const coarsest = inside.reduce((most, { minutes }) => Math.max(most, minutes), 1) * MINUTE;
  const readable = STEPS.find((step) => seconds / step <= MAX_COLUMNS) ?? DAY;
  return Math.max(coarsest, readable);
}

const DAY = 86_400;
const STEPS = [MINUTE, 60 * MINUTE, DAY] as const;
/** Columns of a chart of minutes; a longer span has hours, and then days, of which there may be more. */
const MAX_COLUMNS = 3000;

function startOf({ minute }: DocumentMinutes[number]): number {
  return Math.floor(Date.parse(minute) / 1000);
}

/** The document's minutes as mean rates over steps of `step` seconds, each at its first second. */
export function toRates(rows: DocumentMinutes, step: number): TrafficSecond[] {
  const sums = new Map<number, { in: TrafficParts; out: TrafficParts }>();
  for (const row of rows) {
    if (row.minutes * MINUTE > step) continue;
    const at = Math.floor(startOf(row) / step) * step;
    const known = sums.get(at) ?? { in: SILENCE, out: SILENCE };
    sums.set(at, {
      in: added(known.in, row.in_tcp, row.in_udp, row.in_http, row.in_https, step),
      out: added(known.out, row.out_tcp, row.out_udp, row.out_http, row.out_https, step),
    });
  }
  return [...sums].map(([second, parts]) => ({ second, ...parts })).sort((a, b) => a.second - b.second);
}

function added(to: TrafficParts, tcp: number, udp: number, http: number, https: number, step: number): TrafficParts {
  return {
    total: to.total + (tcp + udp) / step,
    tcp: to.tcp + tcp / step,
    udp: to.udp + udp / step,
    http: to.http + http / step,
    https: to.https + https / step,
  };
}

/** Nothing said, which is known where capture ran. */
export const SILENCE: TrafficParts = { total: 0, tcp: 0, udp: 0, http: 0, https: 0 };

/** A stretch in which nothing was recorded, in seconds since 1970, `to` excluded. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/**
 * Every step of [from, to]. What was counted stays, whatever a gap says of its time; a step without traffic that lies in a gap was
 * not recorded and has no value, nor has one of which nothing is known.
 */
export function fillGaps(
  known: readonly TrafficSecond[],
  from: number,
  to: number,
  gaps: readonly Gap[],
  step = 1,
): Second[] {
  const bySecond = new Map(known.map((second) => [String(second.second), second]));
  const seconds: Second[] = [];
  const merged = mergeGaps(gaps, from, to + step);
  let next = 0;
  for (let at = from; at <= to; at += step) {
    while ((merged[next]?.to ?? Number.POSITIVE_INFINITY) < at + step) next++;
    const gap = merged[next];
    const inGap = gap !== undefined && gap.from <= at && gap.to >= at + step;
    const found = bySecond.get(String(at));
    const isShown = found !== undefined && (!inGap || isBusy(found));
    seconds.push(isShown ? found : { second: at, in: null, out: null });
  }
  return seconds;
}

function isBusy(second: TrafficSecond): boolean {
  return second.in.total + second.out.total > 0;
}

/** Inside [from, to], in order, those that touch joined. */
export function mergeGaps(gaps: readonly Gap[], from: number, to: number): Gap[] {
  const merged: { from: number; to: number }[] = [];
  const inside = gaps
    .map((gap) => ({ from: Math.max(gap.from, from), to: Math.min(gap.to, to) }))
    .filter((gap) => gap.to > gap.from)
    .sort((a, b) => a.from - b.from);
  for (const gap of inside) {
    const last = merged.at(-1);
    if (last !== undefined && gap.from <= last.to) last.to = Math.max(last.to, gap.to);
    else merged.push(gap);
  }
  return merged;
}

/** What to hatch: the gaps as they are, less the steps in them in which something was counted all the same. */
export function hatches(seconds: readonly Second[], gaps: readonly Gap[], step = 1): Gap[] {
  const [first] = seconds;
  if (first === undefined) return [];
  const start = first.second;
  const merged = mergeGaps(gaps, start, start + seconds.length * step);
  return merged.flatMap((gap) => {
    const parts: Gap[] = [];
    let from = gap.from;
    for (let i = Math.ceil((gap.from - start) / step); start + (i + 1) * step <= gap.to; i++) {
      if (seconds[i]?.in == null) continue;
      const at = start + i * step;
      if (at > from) parts.push({ from, to: at });
      from = at + step;
    }
    return gap.to > from ? [...parts, { from, to: gap.to }] : parts;
  });
}

/**
 * The minutes of the hour whose last minute begins at `end` (seconds since 1970), from values whose last minute began at `to`. Minutes
 * since then passed without a frame; null for those in which nothing was recorded.
 */
export function hourUntil(end: number, values: readonly number[], to: number, gaps: readonly Gap[]): (number | null)[] {
  const merged = mergeGaps(gaps, end - values.length * MINUTE, end + MINUTE);
  return values.map((_, index) => {
    const minute = end - (values.length - 1 - index) * MINUTE;
    const bytes = values[values.length - 1 - (to - minute) / MINUTE] ?? 0;
    const inGap = merged.some((gap) => gap.from <= minute && gap.to >= Math.min(minute + MINUTE, end + MINUTE));
    return bytes === 0 && inGap ? null : bytes;
  });
}

/** Length of gaps together, in seconds. */
export function lengthOf(gaps: readonly Gap[]): number {
  return gaps.reduce((sum, gap) => sum + gap.to - gap.from, 0);
}

/** Areas of the selected channels; what is not selected is left out, not drawn as zero. */
export function toChart(seconds: readonly Second[], { directions, protocols }: Selection): ChartTraffic {
  const columns = directions.flatMap((direction) =>
    PROTOCOLS.filter((protocol) => protocols.includes(protocol))
      .map((protocol) => ({
        direction,
        protocol,
        values: seconds.map((second) => edge(second[direction], direction, protocol, protocols)),
      }))
      .reverse(),
  );
  return { times: seconds.map((second) => second.second), columns };
}

function edge(
  parts: TrafficParts | null,
  direction: Direction,
  protocol: Protocol,
  selected: readonly Protocol[],
): number | null {
  if (parts === null) return null;
  const sign = direction === 'in' ? 1 : -1;
  return sign * outerEdge(parts, protocol, selected);
}

/** HTTP lies on HTTPS inside TCP, UDP on TCP. QUIC may carry HTTPS inside UDP: the sum is never above all that was counted. */
function outerEdge(parts: TrafficParts, protocol: Protocol, selected: readonly Protocol[]): number {
  const part = (name: Protocol) => (selected.includes(name) ? parts[name] : 0);
  if (protocol === 'https') return part('https');
  const web = part('https') + part('http');
  if (protocol === 'http') return web;
  const inner = Math.max(part('tcp'), web);
  return protocol === 'tcp' ? inner : Math.max(inner, Math.min(inner + part('udp'), parts.total));
}

/** Bytes of one channel over all seconds that were measured; `null` when none was. */
export function total(seconds: readonly Second[], direction: Direction, part: keyof TrafficParts): number | null {
  let sum: number | null = null;
  for (const second of seconds) {
    const parts = second[direction];
    if (parts !== null) sum = (sum ?? 0) + parts[part];
  }
  return sum;
}
