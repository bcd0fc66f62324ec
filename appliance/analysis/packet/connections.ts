// Which TCP connection of its five-tuple a packet belongs to: a SYN of another sequence number begins the next one, as
// tshark counts `tcp.stream`. Rows are those of flow-table.ts; called by flows.ts once per TCP packet.

import { grow } from './key-table.ts';

const SYN = 2;
const ACK = 16;

/** First sequence numbers of the current connection, by direction, for the next segment; null while unknown. */
export type ConnectionCarry = readonly [number | null, number | null];

export class Connections {
  /** Of a row: whose first sequence number is known (1 a → b, 2 b → a), then those of a → b and of b → a. */
  #rows = new Int32Array(0);

  open(row: number): void {
    this.#rows = grow(this.#rows, (row + 1) * 3);
    this.#rows.fill(0, row * 3, row * 3 + 3);
  }

  /** True for a SYN of another sequence number than that its sender began with. An answer (SYN, ACK) begins nothing. */
  packet(row: number, direction: 0 | 1, flags: number, sequence: number): boolean {
    const rows = this.#rows;
    const at = row * 3;
    const bit = 1 << direction;
    const first = (flags & SYN) === 0 ? (sequence - 1) | 0 : sequence | 0;
    const begins = (flags & (SYN | ACK)) === SYN && (rows[at]! & bit) !== 0 && rows[at + 1 + direction] !== first;
    if (begins) rows[at] = 0;
    if ((rows[at]! & bit) === 0) {
      rows[at] = rows[at]! | bit;
      rows[at + 1 + direction] = first;
    }
    return begins;
  }

  /** Whether the direction's first number is known: then only a SYN changes anything. */
  knows(row: number, direction: 0 | 1): boolean {
    return (this.#rows[row * 3]! & (1 << direction)) !== 0;
  }

  carry(row: number): ConnectionCarry {
    const [known, forth, back] = this.#rows.subarray(row * 3, row * 3 + 3);
    return [(known! & 1) === 0 ? null : forth!, (known! & 2) === 0 ? null : back!];
  }

  resume(row: number, [forth, back]: ConnectionCarry): void {
    this.#rows.set([(forth === null ? 0 : 1) | (back === null ? 0 : 2), forth ?? 0, back ?? 0], row * 3);
  }
}
