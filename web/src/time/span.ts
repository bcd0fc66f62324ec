// A span of time as the address has it, and what it means: one of the words below, which move with the clock, or
// `from=2026-11-20T10:00:00`, UTC, each end may be absent. Pure.

const RANGE_WORDS = ['today', 'hour', 'day', 'week', 'all'] as const;
export type RangeWord = (typeof RANGE_WORDS)[number];

const HOUR = 3600;
export const RANGES: readonly { readonly word: RangeWord; readonly name: string }[] = [
  { word: 'today', name: 'Today' },
  { word: 'hour', name: 'Last hour' },
  { word: 'day', name: '24 hours' },
  { word: 'week', name: '7 days' },
  { word: 'all', name: 'All' },
];
const SECONDS: Readonly<Partial<Record<RangeWord, number>>> = { hour: HOUR, day: 24 * HOUR, week: 168 * HOUR };

export interface Range {
  /** `fixed` has ends of its own. */
  readonly word: RangeWord | 'fixed';
  /** Seconds since 1970; null where the span is open there, and an open end moves with the clock. */
  readonly from: number | null;
  readonly to: number | null;
  /** Somebody chose it; else it is what every view shows by itself. */
  readonly isChosen: boolean;
  /** What is wrong with it; empty where nothing is. */
  readonly problem: string;
}

/** What the address says of time. */
export const RANGE_KEYS = ['span', 'from', 'to'] as const;

interface Present {
  /** Seconds since 1970; rolling spans end with it. */
  readonly now: number;
  /** When the present day began in the zone that is shown. */
  readonly today: number;
}

/** Where nothing is said: hides nothing, also just after midnight. */
const USUAL: RangeWord = 'all';

/** Words that are no span or no time count as absent: addresses are typed by people. */
export function rangeOf(query: URLSearchParams, { now, today }: Present): Range {
  const from = secondsOf(query.get('from'));
  const to = secondsOf(query.get('to'));
  if (from !== null || to !== null) {
    const isReversed = from !== null && to !== null && from >= to;
    const problem = isReversed ? 'The end is not later than the begin.' : '';
    return { word: 'fixed', from, to, isChosen: true, problem };
  }
  const said = RANGE_WORDS.find((word) => word === query.get('span'));
  const word = said ?? USUAL;
  const seconds = SECONDS[word];
  const begin = word === 'today' ? today : seconds === undefined ? null : now - seconds;
  return { word, from: begin, to: null, isChosen: said !== undefined, problem: '' };
}

const TEXT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/;

function secondsOf(text: string | null): number | null {
  if (text === null || !TEXT.test(text)) return null;
  const millis = Date.parse(`${text}Z`);
  return Number.isNaN(millis) ? null : millis / 1000;
}

/** As the address has it: `2026-11-20T10:00:00`, UTC. Empty for an open end. */
export function spanText(seconds: number | null): string {
  return seconds === null ? '' : new Date(seconds * 1000).toISOString().slice(0, 19);
}

/** As the API takes it; absent where the span is open. */
export function spanQuery({ from, to }: Pick<Range, 'from' | 'to'>): { readonly from?: string; readonly to?: string } {
  return {
    ...(from === null ? {} : { from: `${spanText(from)}Z` }),
    ...(to === null ? {} : { to: `${spanText(to)}Z` }),
  };
}

/** The same question asked twice has the same key, although a rolling span has moved in between. */
export function spanKey({ word, from, to }: Range): string {
  if (word === 'today') return `today ${from}`;
  return word === 'fixed' ? `${from ?? ''}/${to ?? ''}` : word;
}

/** Whether something that lasted from `begin` to `end` (seconds since 1970) reaches into it. */
export function reachesInto({ from, to }: Pick<Range, 'from' | 'to'>, begin: number, end: number): boolean {
  return (from === null || end >= from) && (to === null || begin < to);
}

/** One pcap of a device, or of all where none is named. */
export function spanPath(device: string, range: Pick<Range, 'from' | 'to'>, phase = ''): string {
  const query = new URLSearchParams({ ...spanQuery(range), ...(phase === '' ? {} : { phase }) });
  const tail = query.size === 0 ? '' : `?${query.toString()}`;
  return device === '' ? `api/v1/pcap${tail}` : `api/v1/devices/${encodeURIComponent(device)}/pcap${tail}`;
}
