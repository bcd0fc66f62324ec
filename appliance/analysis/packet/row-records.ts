// One conversation's row as summary and document have it. Made from the columns when somebody asks; a conversation without packets since
// then is not made again. Owned by flows.ts.

import type { FlowNotes } from '../inspect/collector.ts';
import { clientOf, countsOf, directionsOf, macOf, payloadOf, senderOf, timesOf } from '../summary/row-outline.ts';
import { type ConversationOutline, type ConversationRecord, table } from '../summary/summary.ts';
import type { MacPairs } from './mac-pairs.ts';
import type { MacTable } from './mac-table.ts';
import type { FlowColumns } from './row-carry.ts';

const NO_NAMES = table<number>();

interface Made {
  readonly packets: number;
  readonly key: string;
  readonly record: ConversationRecord;
}

/**
 * Records of one analyzer that are kept for the next question, in which few have changed. A record takes 2 kB: all rows of 64 devices in
 * a flood would take a third of the thread's memory.
 */
const MAX_KEPT = 32;

export class RowRecords {
  readonly #columns: FlowColumns;
  readonly #macs: MacTable;
  readonly #pairs: MacPairs;
  /** By part, then by row. */
  readonly #made: (Made | undefined)[][] = [[], []];
  #kept = 0;

  constructor(columns: FlowColumns, macs: MacTable, pairs: MacPairs) {
    this.#columns = columns;
    this.#macs = macs;
    this.#pairs = pairs;
  }

  forget(row: number): void {
    for (const made of this.#made) {
      if (made[row] !== undefined) this.#kept--;
      made[row] = undefined;
    }
  }

  of(row: number, part: 0 | 1): Made {
    const { table, notes } = this.#columns;
    const packets = table.packets(row, 0) + table.packets(row, 1);
    const known = this.#made[part]![row];
    if (known?.packets === packets) return known;
    const { text: key, swapped } = table.key(row);
    const made = { packets, key, record: this.#record(row, part, swapped, notes[part]![row]) };
    if (known === undefined && this.#kept >= MAX_KEPT) return made;
    if (known === undefined) this.#kept++;
    this.#made[part]![row] = made;
    return made;
  }

  #record(row: number, part: 0 | 1, swapped: boolean, notes: FlowNotes | undefined): ConversationRecord {
    const { table: flows, payload } = this.#columns;
    const outline = this.outline(row, part, swapped, notes);
    const [first, second] = directionsOf(flows, row, part);
    return {
      ...outline,
      names: Object.assign(table<number>(), outline.names),
      ab: { ...outline.ab, ...payloadOf(flows, payload, row, first, part) },
      ba: { ...outline.ba, ...payloadOf(flows, payload, row, second, part) },
    };
  }

  /** All but what lies in the payload; the names are those of the notes. */
  outline(row: number, part: 0 | 1, swapped: boolean, notes: FlowNotes | undefined): ConversationOutline {
    const { table: flows, payload } = this.#columns;
    const [first, second] = directionsOf(flows, row, part);
    const { first_ts, last_ts } = timesOf(flows, row, part);
    const a = senderOf(flows, row, part, swapped);
    const ab = countsOf(flows, payload, row, first, part);
    const ba = countsOf(flows, payload, row, second, part);
    const macs = { a_mac: macOf(flows, this.#macs, row, first), b_mac: macOf(flows, this.#macs, row, second) };
    return {
      a,
      ...this.#pairs.shares(row, first === 1, { a, ...macs, ab, ba }),
      ...macs,
      first_ts,
      last_ts,
      service: notes?.service ?? null,
      proof: notes?.proof ?? null,
      marks: notes === undefined || notes.marks.size === 0 ? [] : [...notes.marks].sort(),
      names: notes?.names ?? NO_NAMES,
      ...clientOf(flows, row, swapped),
      ab,
      ba,
    };
  }
}
