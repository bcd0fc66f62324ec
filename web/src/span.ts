// A span of time as the address has it: `2026-11-20T10:00:00`, UTC, each end may be absent. Pure.

export interface Span {
  /** As a field of a form takes it; empty where the span is open there. */
  readonly from: string;
  readonly to: string;
  /** What is wrong with it; empty where nothing is. */
  readonly trouble: string;
}

export const SPANS = [
  { name: 'Last hour', hours: 1 },
  { name: 'Last day', hours: 24 },
  { name: 'Last week', hours: 168 },
  { name: 'All', hours: null },
] as const;

const TEXT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/;

/** What is no time counts as absent: addresses are typed by people. */
export function spanOf(from: string, to: string): Span {
  const [begin, end] = [from, to].map((text) => (isTime(text) ? text : ''));
  const isReversed = begin && end && Date.parse(`${begin}Z`) >= Date.parse(`${end}Z`);
  return { from: begin ?? '', to: end ?? '', trouble: isReversed ? 'The end is not later than the begin.' : '' };
}

function isTime(text: string): boolean {
  return TEXT.test(text) && !Number.isNaN(Date.parse(`${text}Z`));
}

export function spanPath(device: string, from: string, to: string): string {
  const query = new URLSearchParams();
  for (const [name, text] of [
    ['from', from],
    ['to', to],
  ] as const)
    if (text !== '') query.set(name, `${text}Z`);
  const tail = query.size === 0 ? '' : `?${query.toString()}`;
  return `api/v1/devices/${encodeURIComponent(device)}/pcap${tail}`;
}
