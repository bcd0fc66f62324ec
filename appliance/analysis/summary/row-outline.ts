// What a row of the flow table tells in a summary beside payload and names: ends, times, who began. Called by flows.ts and
// unanswered.ts.

import type { FlowTable } from '../packet/flow-table.ts';
import type { MacTable } from '../packet/mac-table.ts';
import { type ConversationOutline, earlier, later } from './summary.ts';

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
