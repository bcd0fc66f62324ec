// Rows of devices rebuilt on request, and how long a question waits for them. Where analysis is busy, as during a scan,
// a row takes seconds: then the answer is the rows there are, and it says how old they are. Used by appliance-answers.ts.

import { setTimeout as pause } from 'node:timers/promises';
import { orElse, STOPPED } from '../../model/expected-error.ts';
import type { DeviceRow } from '../../store/figures/device-row.ts';

/** What rows are made of (store/figures/figures.ts, store/live-analysis.ts). */
export interface RowSource {
  readonly devices: readonly unknown[];
  readonly isStale: boolean;
  readonly isComplete: boolean;
  readonly ageMs: number;
  refresh(nowSecond: number, most: number): Promise<DeviceRow[]>;
}

export interface RowTimes {
  /** Rows are rebuilt on request at most so often. */
  readonly everyMs: number;
  /** A question waits so long where its rows would be old, or a device has none. */
  readonly longMs: number;
  /** And so long where analysis is busy or the rows are young. */
  readonly shortMs: number;
  /** Younger rows are worth no long wait. */
  readonly youngMs: number;
  /** A question waits so long for analysis that has begun a moment ago and reads what is open from its start. */
  readonly beginMs: number;
}

export const ROW_TIMES: RowTimes = { everyMs: 1000, longMs: 1000, shortMs: 150, youngMs: 10_000, beginMs: 2000 };
const LOOK_MS = 50;
/** Rows drawn in one step; between steps other questions are answered. */
const MAX_ROWS = 8;

export interface AnalysisState {
  /** Capture time in seconds since 1970. */
  readonly nowSecond: number;
  readonly isBusy: boolean;
  /** It has not read to the end yet since it began: a device may be without its name. */
  readonly isBeginning: boolean;
}

export class FreshRows {
  readonly #rows: () => RowSource;
  readonly #analysis: () => AnalysisState;
  readonly #times: RowTimes;
  #refreshed = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<void> | undefined;

  constructor(rows: () => RowSource, analysis: () => AnalysisState, times: RowTimes = ROW_TIMES) {
    this.#rows = rows;
    this.#analysis = analysis;
    this.#times = times;
  }

  /** Until the rows are those of now, but no longer than they are worth. What is late is made for the next one who asks. */
  async wait(): Promise<void> {
    await this.#begin();
    if (this.#refreshing === undefined && performance.now() - this.#refreshed > this.#times.everyMs)
      this.#refreshing = this.#refresh().finally(() => {
        this.#refreshed = performance.now();
        this.#refreshing = undefined;
      });
    if (this.#refreshing === undefined) return;
    const wait = new AbortController();
    const late = pause(this.#patience(), undefined, { signal: wait.signal }).catch(
      orElse(undefined, 'waiting for rows', STOPPED),
    );
    await Promise.race([this.#refreshing, late]);
    wait.abort();
  }

  async #begin(): Promise<void> {
    const end = performance.now() + this.#times.beginMs;
    while (this.#analysis().isBeginning && performance.now() < end) await pause(LOOK_MS);
  }

  #patience(): number {
    const { isComplete, ageMs } = this.#rows();
    const { longMs, shortMs, youngMs } = this.#times;
    if (!isComplete) return longMs;
    return this.#analysis().isBusy || ageMs < youngMs ? shortMs : longMs;
  }

  /** Each device that changed, once; those that cannot be read stay changed. */
  async #refresh(): Promise<void> {
    const rows = this.#rows();
    for (let left = rows.devices.length; left > 0 && rows.isStale; left -= MAX_ROWS)
      await rows.refresh(this.#analysis().nowSecond, MAX_ROWS).catch(orElse(undefined, 'drawing rows'));
  }
}
