// TCP that nobody answered but with a RST, counted by peer and service: a port scan brings thousands a second, and none of
// them has anything to report but its packets. Numbers only; of a pair of addresses the first ports have rows of their own, as
// in joined-rows.ts, whose keys these rows have in a summary. Filled by flows.ts.

import { serverEnd } from '../ports/server-end.ts';
import type { Bounds } from '../summary/bounds.ts';
import { addRow, MANY_WITHOUT_PAYLOAD, MAX_UNANSWERED_SERVICES } from '../summary/joined-rows.ts';
import { clientOf, directionsOf, hasPart, macOf, senderOf, timesOf } from '../summary/row-outline.ts';
import { type ConversationRecord, type DirectionRecord, emptyDirection, type Part, table } from '../summary/summary.ts';
import { FlowTable } from './flow-table.ts';
import type { MacTable } from './mac-table.ts';

/** End of a conversation whose port a joined row still contains. */
type TellsPort = 'a' | 'b' | 'none';

export class Unanswered {
  readonly #table: FlowTable;
  readonly #macs: MacTable;

  /** A pair of addresses has a row, and each of its services. */
  constructor({ joined }: Bounds, macs: MacTable) {
    this.#table = new FlowTable(joined * 2);
    this.#macs = macs;
  }

  /** Takes in what a row of `flows` has counted. Returns which end's port the joined row contains; undefined: there is no room. */
  add(flows: FlowTable, row: number): TellsPort | undefined {
    const [proto, a, b] = flows.ports(row);
    const end = serverEnd(proto, [a, b], flows.client(row));
    const serviceIsFirst = (end === 'b') === flows.initiatorIsSecond(row);
    const port = end === 'b' ? b : a;
    const joined = this.#serviceRow(flows, row, serviceIsFirst ? port << 16 : port);
    const known = joined >= 0 ? joined : this.#table.findJoined(flows, row, 0, true);
    if (known < 0) return undefined;
    this.#table.addRow(known, flows, row);
    return joined >= 0 ? end : 'none';
  }

  /** -1 where the pair has no room for another service. */
  #serviceRow(flows: FlowTable, row: number, ports: number): number {
    const known = this.#table.findJoined(flows, row, ports, false);
    if (known >= 0) return known;
    const pair = this.#table.findJoined(flows, row, 0, true);
    if (pair < 0 || this.#table.listener(pair) >= MAX_UNANSWERED_SERVICES) return -1;
    const made = this.#table.findJoined(flows, row, ports, true);
    if (made >= 0) this.#table.setListener(pair, this.#table.listener(pair) + 1);
    return made;
  }

  fill(part: Part, index: 0 | 1): void {
    const flows = this.#table;
    for (let row = 0; row < flows.rows; row++) {
      if (!flows.isOpen(row) || !hasPart(flows, row, index)) continue;
      const { text, swapped } = flows.key(row);
      const [proto = '', ip0 = '', port0 = '', ip1 = '', port1 = ''] = text.split(' ');
      const portText = (port: string): string => (port === '0' ? MANY_WITHOUT_PAYLOAD : port);
      const key = `${proto} ${ip0} ${portText(port0)} ${ip1} ${portText(port1)}`;
      addRow(part.conversations, key, this.#record(row, index, swapped));
    }
  }

  #record(row: number, index: 0 | 1, swapped: boolean): ConversationRecord {
    const [first, second] = directionsOf(this.#table, row, index);
    return {
      a: senderOf(this.#table, row, index, swapped),
      a_mac: macOf(this.#table, this.#macs, row, first),
      b_mac: macOf(this.#table, this.#macs, row, second),
      ...timesOf(this.#table, row, index),
      service: null,
      proof: null,
      marks: [],
      names: table(),
      ...clientOf(this.#table, row, swapped),
      ab: this.#direction(row, first, index),
      ba: this.#direction(row, second, index),
    };
  }

  #direction(row: number, direction: 0 | 1, index: number): DirectionRecord {
    const flows = this.#table;
    if (flows.part(row, direction) !== index + 1) return emptyDirection();
    return {
      ...emptyDirection(),
      packets: flows.packets(row, direction),
      bytes: flows.bytes(row, direction),
      sessions: flows.sessions(row, direction),
    };
  }
}
