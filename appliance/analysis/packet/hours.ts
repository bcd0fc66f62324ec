// Packets and bytes of each address by hour of the packets' times: the base of a device's ordinary hour. Costs a
// comparison or two per packet: the counters of mac-table.ts are read when the hour turns, those of the hour's addresses alone.

import { minuteOf } from '../summary/minutes.ts';
import { type Table, table } from '../summary/summary.ts';
import { grow } from './key-table.ts';
import type { MacTable } from './mac-table.ts';

/** Rows of one analysis; the rest is counted as dropped. A segment is at most an hour of one device. */
const MAX_ROWS = 20_000;

/** By `mac hour`, the hour since 1970: packets sent, bytes sent, packets received, bytes received. */
export class Hours {
  readonly #macs: MacTable;
  readonly #isSubject: (mac: number) => boolean;
  readonly #rows: readonly Table<number[]>[] = [table(), table()];
  readonly #counted: readonly number[][] = [[], []];
  /** Rows of the MAC table that had packets since the hour turned, and whether a row is among them. */
  readonly #touched: number[] = [];
  #isTouched = new Uint8Array(0);
  #kept = 0;
  #hour = -1;
  dropped = 0;

  /** `isSubject` decides for a row of the MAC table whether its hours are of interest. */
  constructor(macs: MacTable, isSubject: (mac: number) => boolean) {
    this.#macs = macs;
    this.#isSubject = isSubject;
  }

  /** Before a packet is counted. */
  turn(seconds: number): void {
    const hour = Math.floor(minuteOf(seconds) / 60);
    if (hour === this.#hour) return;
    this.#flush();
    this.#hour = hour;
  }

  /** A packet from or to a row of the MAC table is counted in this hour. */
  touch(row: number): void {
    if (this.#isTouched[row] === 1) return;
    this.#isTouched = grow(this.#isTouched, row + 1);
    this.#isTouched[row] = 1;
    this.#touched.push(row);
  }

  #flush(): void {
    for (const row of this.#touched.sort((x, y) => x - y)) {
      this.#isTouched[row] = 0;
      if (!this.#isSubject(row)) continue;
      this.#flushRow(row, 0);
      this.#flushRow(row, 1);
    }
    this.#touched.length = 0;
  }

  #flushRow(row: number, part: 0 | 1): void {
    const now = this.#macs.counts(row, part);
    const counted = this.#counted[part]!;
    const at = row * now.length;
    let changed = false;
    for (let i = 0; i < now.length; i++) changed ||= now[i] !== (counted[at + i] ?? 0);
    if (!changed) return;
    const sums = this.#sums(part, `${this.#macs.text(row)} ${this.#hour}`);
    for (let i = 0; i < now.length; i++) {
      if (sums !== undefined) sums[i]! += now[i]! - (counted[at + i] ?? 0);
      counted[at + i] = now[i]!;
    }
  }

  #sums(part: 0 | 1, key: string): number[] | undefined {
    const rows = this.#rows[part]!;
    const known = rows[key];
    if (known !== undefined) return known;
    if (this.#kept >= MAX_ROWS) {
      this.dropped++;
      return undefined;
    }
    this.#kept++;
    const sums = [0, 0, 0, 0];
    rows[key] = sums;
    return sums;
  }

  records(part: 0 | 1): Table<number[]> {
    this.#flush();
    const records = table<number[]>();
    for (const [key, sums] of Object.entries(this.#rows[part]!)) records[key] = [...sums];
    return records;
  }
}

export interface HourSums {
  /** Since 1970. */
  readonly hour: number;
  readonly packets_sent: number;
  readonly bytes_sent: number;
  readonly packets_received: number;
  readonly bytes_received: number;
}

/** By address, in the order of time. */
export function readHours(rows: Table<number[]>): Map<string, HourSums[]> {
  const byMac = new Map<string, HourSums[]>();
  for (const [key, [packetsSent = 0, sent = 0, packetsReceived = 0, received = 0]] of Object.entries(rows)) {
    const space = key.lastIndexOf(' ');
    const mac = key.slice(0, space);
    const sums: HourSums = {
      hour: Number(key.slice(space + 1)),
      packets_sent: packetsSent,
      bytes_sent: sent,
      packets_received: packetsReceived,
      bytes_received: received,
    };
    const list = byMac.get(mac);
    if (list === undefined) byMac.set(mac, [sums]);
    else list.push(sums);
  }
  for (const list of byMac.values()) list.sort((x, y) => x.hour - y.hour);
  return byMac;
}
