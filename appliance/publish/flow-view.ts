// A question to the flow matrix as the API takes it, and its answer as JSON or CSV. Pure.

import { WeirError } from '../model/errors.ts';
import { csvField, printable } from '../model/text.ts';
import {
  FLOW_DIMENSIONS,
  type FlowDimension,
  type FlowGroups,
  type FlowQuestion,
  firstGroups,
} from '../store/figures/flow-groups.ts';
import { type FlowWindow, flowWindow } from '../store/index/flow-index.ts';
import { hourIso } from '../store/index/hour-row.ts';
import type { FlowGroupRow, FlowsQuery, FlowsResponse } from './schemas/flows.ts';

const DEFAULT_BY: readonly FlowDimension[] = ['device', 'country'];
/** Rows of one answer when the question names no number. */
const DEFAULT_LIMIT = 1000;
/** Of single hours, and so of blocks that are read for each device and phase. */
const MAX_DAYS_BY_HOUR = 31;
const DAY_SECONDS = 86_400;

export interface FlowsAsked {
  readonly window: FlowWindow;
  readonly question: FlowQuestion;
  readonly limit: number;
}

/** All of it but the device. `nowSecond`: since 1970. @throws WeirError REQUEST_INVALID. */
export function readFlowsQuery(query: FlowsQuery, nowSecond: number): FlowsAsked {
  const { by: said, device: _device, phase, from, to, limit = DEFAULT_LIMIT, ...filter } = query;
  const by = said === undefined ? DEFAULT_BY : FLOW_DIMENSIONS.filter((one) => said.split(',').includes(one));
  const [first, last] = [readTime('from', from), readTime('to', to)];
  const hourly = by.includes('hour');
  if (hourly && (first === null || (last ?? nowSecond) - first > MAX_DAYS_BY_HOUR * DAY_SECONDS))
    throw new WeirError(
      'REQUEST_INVALID',
      `Groups by hour are of ${MAX_DAYS_BY_HOUR} days at most; nothing was summed. Say from, and to where it is longer ago.`,
    );
  return {
    window: { ...flowWindow(first, last), phase, hourly },
    question: { by, filter },
    limit,
  };
}

/** Seconds since 1970. */
function readTime(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = Date.parse(text);
  if (Number.isNaN(ms) || ms < 0)
    throw new WeirError(
      'REQUEST_INVALID',
      `${name} is no time as 2026-11-20T12:00:00Z: ${printable(text, 40)}; nothing was summed.`,
    );
  return ms / 1000;
}

export function flowsResponse({ window, question, limit }: FlowsAsked, found: FlowGroups, ts: string): FlowsResponse {
  const { groups, totals, left_out, joined, without_row } = firstGroups(found, limit);
  return {
    schema: 'weir.flows/1',
    ts,
    ...shownWindow(window),
    by: [...question.by],
    groups: groups.map(({ words, ...sums }) => ({ ...named(question.by, words), ...sums })),
    totals,
    left_out,
    joined,
    without_row,
  };
}

/** ISO 8601 UTC; null where the window has no such end. */
export function shownWindow({ from, to }: FlowWindow): { from: string | null; to: string | null } {
  const bound = (hour: string) => (hour.includes('T') ? hourIso(hour) : null);
  return { from: bound(from), to: bound(to) };
}

function named(by: readonly FlowDimension[], words: readonly string[]): Partial<Record<FlowDimension, string>> {
  return Object.fromEntries(by.map((dimension, i) => [dimension, words[i] ?? '']));
}

const SUMS = ['devices', 'packets_up', 'bytes_up', 'packets_down', 'bytes_down'] as const;

/** RFC 4180. What is left out is the last row, so that the rows add up to all. */
export function flowsCsv({ by, groups, left_out }: FlowsResponse): string {
  const rows: FlowGroupRow[] = [...groups];
  if (left_out.groups > 0) {
    const [first = 'device'] = by;
    const { groups: number, ...sums } = left_out;
    rows.push({ [first]: `${number} groups left out`, devices: 0, ...sums });
  }
  const lines = rows.map((row) => [
    ...by.map((dimension) => csvField(printable(row[dimension] ?? '', 256))),
    ...SUMS.map((name) => csvField(row[name])),
  ]);
  return [[...by, ...SUMS], ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

/** Whether CSV is asked for rather than JSON. */
export function wantsCsv(accept: string | undefined): boolean {
  const [first = ''] = (accept ?? '').split(',').filter((type) => /text\/csv|json/.test(type));
  return first.includes('text/csv');
}
