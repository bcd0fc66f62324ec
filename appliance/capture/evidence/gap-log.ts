// Intervals without recording: each is a line of the ledger, and the recent ones are in the status.

import { type Clock, formatSeconds } from '../../model/time/clock.ts';
import type { EngineGap } from '../engines/engine.ts';
import type { Ledger } from '../ledger/ledger.ts';

const KEPT = 100;

export class GapLog {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #recent: EngineGap[] = [];
  #open: { readonly from: bigint; readonly reason: string } | null = null;

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** The newest, oldest first. */
  get recent(): readonly EngineGap[] {
    return this.#recent;
  }

  add(gap: EngineGap): void {
    this.#recent.push(gap);
    if (this.#recent.length > KEPT) this.#recent.shift();
    const { from, to, reason, lost } = gap;
    this.#ledger.append({ type: 'gap', from: formatSeconds(from), to: formatSeconds(to), reason, lost });
    void this.#ledger.sync().catch(() => undefined);
  }

  /** Nothing is recorded from there on: a pause, or since the last run ended; null for no gap. */
  begin(open: { readonly from: bigint; readonly reason: string } | null): void {
    this.#open = open;
  }

  /** What was begun, if anything, is over. */
  end(): void {
    const open = this.#open;
    this.#open = null;
    if (open !== null) this.add({ ...open, to: this.#clock.wall(), lost: null });
  }
}
