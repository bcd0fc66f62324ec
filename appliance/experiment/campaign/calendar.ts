// The moments that a campaign's file names by calendar. A job of schedule.ts for as long as a step waits, so that it follows the
// same guard: nothing is due before the clock can be believed, and a clock that was set makes the plan again.

import { once } from 'node:events';
import { Schedule } from '../schedule.ts';

export class CampaignCalendar {
  readonly #timezone: string;
  readonly #problem: (text: string) => void;
  #isBelieved = false;
  #schedule: Schedule | null = null;

  constructor(timezone: string, problem: (text: string) => void) {
    this.#timezone = timezone;
    this.#problem = problem;
  }

  /** The clock can be believed. */
  begin(): void {
    this.#isBelieved = true;
    this.#schedule?.begin();
  }

  /** The clock was set. */
  restart(): void {
    this.#schedule?.restart();
  }

  /** When the step that waits is due, as far as the clock is believed; null where none waits. */
  get next(): string | null {
    return this.#schedule?.rows()[0]?.next ?? null;
  }

  /** True at the moment that the expression names next; false where `signal` ended the wait. */
  async wait(cron: string, signal: AbortSignal): Promise<boolean> {
    const due = new AbortController();
    const run = async () => due.abort();
    const schedule = new Schedule([{ name: 'campaign', cron, timezone: this.#timezone, run }], this.#problem);
    this.#schedule = schedule;
    if (this.#isBelieved) schedule.begin();
    try {
      const ended = AbortSignal.any([signal, due.signal]);
      if (!ended.aborted) await once(ended, 'abort');
      return due.signal.aborted;
    } finally {
      this.#schedule = null;
      await schedule.stop();
    }
  }
}
