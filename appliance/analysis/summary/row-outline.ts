// What a row of the flow table contributes to a summary: ends, times, who began, counts and payload. Called by flows.ts and
// unanswered.ts.

import type { FlowTable } from '../packet/flow-table.ts';
import type { MacTable } from '../packet/mac-table.ts';
import type { PayloadStats } from '../packet/payload/payload-stats.ts';
import { packWindows } from './merge-conversations.ts';
import { packBytes, packHistogram } from './packing.ts';
import {
  type ConversationOutline,
  type DirectionCounts,
  type DirectionRecord,
  earlier,
  emptyDirection,
  later,
} from './summary.ts';

/** Of a key's two ends the one that sent the first packet of the part: where each part has one direction, its sender. */
export function senderOf(table: FlowTable, row: number, part: 0 | 1, swapped: boolean): 0 | 1 {
  const [first] = directionsOf(table, row, part);
  const initiator = table.initiatorIsSecond(row) === swapped ? 0 : 1;
  return (first === 1) === (initiator === 0) ? 1 : 0;
}

/** Nothing where no SYN was seen. */
export function clientOf(table: FlowTable, row: number, swapped: boolean): Pick<ConversationOutline, 'client'> {
  const client = table.client(row);
  if (client === undefined) return {};
  const initiator = table.initiatorIsSecond(row) === swapped ? 0 : 1;
  return { client: client === 'a' ? initiator : initiator === 0 ? 1 : 0 };
}

export function macOf(table: FlowTable, macs: MacTable, row: number, end: 0 | 1): string {
  const mac = table.mac(row, end);
  return mac === 0 ? '' : macs.text(mac - 1);
}

export function hasPart(table: FlowTable, row: number, part: number): boolean {
  return table.part(row, 0) === part + 1 || table.part(row, 1) === part + 1;
}

/** That of the part's first packet first. */
export function directionsOf(table: FlowTable, row: number, part: number): readonly [0 | 1, 0 | 1] {
  return table.part(row, 0) === part + 1 ? [0, 1] : [1, 0];
}

export function timesOf(table: FlowTable, row: number, part: number): { first_ts: string; last_ts: string } {
  const x = table.part(row, 0) === part + 1 ? table.times(row, 0) : undefined;
  const y = table.part(row, 1) === part + 1 ? table.times(row, 1) : undefined;
  const [first = '', last = ''] = x ?? y ?? [];
  if (x === undefined || y === undefined) return { first_ts: first, last_ts: last };
  return { first_ts: earlier(first, y[0]), last_ts: later(last, y[1]) };
}

/** Of one direction; nothing where it belongs to another part. */
export function countsOf(
  table: FlowTable,
  payload: PayloadStats,
  row: number,
  direction: 0 | 1,
  part: number,
): DirectionCounts {
  if (table.part(row, direction) !== part + 1) return emptyDirection();
  const at = row * 2 + direction;
  return {
    packets: table.packets(row, direction),
    bytes: table.bytes(row, direction),
    payload: payload.payload(at),
    payload_packets: payload.packets(at),
    entropy_units: payload.entropyUnits(at),
    sessions: table.sessions(row, direction),
  };
}

/** As `countsOf`. */
export function payloadOf(
  table: FlowTable,
  payload: PayloadStats,
  row: number,
  direction: 0 | 1,
  part: number,
): Omit<DirectionRecord, keyof DirectionCounts> {
  const at = row * 2 + direction;
  if (table.part(row, direction) !== part + 1) return emptyDirection();
  const none = payload.packets(at) === 0;
  return {
    histogram: none ? '' : packHistogram(payload.histogram(at)),
    head: none ? '' : packBytes(payload.head(at)),
    evidence: none ? [] : withoutZerosAtEnd(payload.evidence(at)),
    windows: packWindows(payload.windows(at)),
  };
}

function withoutZerosAtEnd(counts: Int32Array): number[] {
  let length = counts.length;
  while (length > 0 && counts[length - 1] === 0) length--;
  return Array.from(counts.subarray(0, length));
}
