// Adds up the lines that a start reads, as far as signatures reach: what follows the last of them is counted, and no more. Where the
// text begins with a later volume, that volume's beginning represents all before it. Asked by start-check.ts.

import { expectOnly, MALFORMED } from '../../model/expected-error.ts';
import type { LedgerLine } from '../../model/ledger.ts';
import type { CheckedLine } from './ledger-chain.ts';
import { LedgerState } from './ledger-state.ts';
import { restoreVolume } from './volume-state.ts';

/** So many lines can wait for their seal at most: one minute of a full house at the full hour. */
export const MAX_HONEST_TAIL = 2000;
/** Lines that wait for a seal behind them at most, before they are taken as they come. */
const MAX_BUFFERED = 4 * MAX_HONEST_TAIL;

/** Adds up lines as far as seals reach; those behind the last one wait until it is known what covers them. */
export class StartFold {
  readonly state = new LedgerState();
  readonly #first: number;
  #buffered: { checked: CheckedLine; at: number }[] = [];
  #taken = 0;
  #parts = 0;
  #bytesBefore: number | null = null;
  /** Lines that were not taken. */
  behind = 0;
  /** They are all of a volume's beginning, which says nothing new. */
  isBeginning = true;
  /** Of the ledger before the volume. */
  linesBefore = 0;
  /** Where the beginning of the volume has been taken whole. */
  wholeAt = Number.POSITIVE_INFINITY;

  constructor(first: number) {
    this.#first = first;
  }

  /** Of the volume before, as this one says; null where it says nothing. */
  get bytesBefore(): number | null {
    return this.#bytesBefore;
  }

  /** `until`: where it is known already what is covered. */
  take(checked: CheckedLine, at: number, until = Number.POSITIVE_INFINITY): void {
    if (at > until) return this.#leave(checked);
    this.#buffered.push({ checked, at });
    if (checked.line?.type === 'seal' || this.#buffered.length > MAX_BUFFERED) this.#apply(at);
  }

  /** Takes what is covered; false where more was taken than that. */
  endAt(bytes: number): boolean {
    this.#apply(bytes);
    for (const { checked } of this.#buffered) this.#leave(checked);
    this.#buffered = [];
    return this.#taken <= bytes;
  }

  #leave({ line }: CheckedLine): void {
    this.behind++;
    if (line?.type !== 'volume' && line?.type !== 'volume-state') this.isBeginning = false;
  }

  #apply(until: number): void {
    let count = 0;
    for (const { checked, at } of this.#buffered) {
      if (at > until) break;
      count++;
      this.#taken = at;
      this.#add(checked, at);
    }
    this.#buffered.splice(0, count);
  }

  #add({ line, fault, omitted }: CheckedLine, at: number): void {
    // A ledger leaves nothing out; only an export's copy does.
    if (fault !== null || omitted > 0) this.state.faults++;
    if (line === undefined) return;
    if (this.#first > 1 && this.wholeAt > at) this.#begin(line, at);
    else this.#takeIn(line);
  }

  /** So many lines may wait that some are taken before it is known whether anybody signed them: their fields may be anything. */
  #takeIn(line: LedgerLine): void {
    try {
      this.state.apply(line);
    } catch (thrown) {
      expectOnly(thrown, 'applying a ledger line', ...MALFORMED, RangeError);
      this.state.faults++;
    }
  }

  /** The first lines of a volume represent all before it. */
  #begin(line: LedgerLine, at: number): void {
    if (line.type === 'volume' && line.volume === this.#first) {
      this.#parts = line.parts;
      this.#bytesBefore = line.before_bytes;
      this.linesBefore = line.n - 1;
    } else if (line.type !== 'volume-state' || this.#bytesBefore === null) {
      throw new TypeError(`volume ${this.#first} does not begin as one`);
    } else this.#parts--;
    restoreVolume(this.state, line);
    if (this.#parts === 0) this.wholeAt = at;
  }
}
