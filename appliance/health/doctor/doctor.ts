// The doctor of the running appliance: checks periodically and on request; the last report remains valid meanwhile.

import type { DoctorReport } from './report.ts';

/** After the start, when capture and access point had time to come up; then every quarter of an hour. */
const FIRST_MS = 20_000;
const EVERY_MS = 15 * 60_000;
/** More frequent requests get the last report: a look starts a dozen programs. */
const PAUSE_MS = 15_000;

/** Makes a report; `measuresCard` writes 4 MiB to the card, so only when a person asked. */
export type Examine = (measuresCard: boolean) => Promise<DoctorReport>;

export class Doctor {
  readonly #examine: Examine;
  readonly #now: () => number;
  #report: DoctorReport | null = null;
  #running: Promise<void> | undefined;
  #askedAt = -Infinity;
  #timers: NodeJS.Timeout[] = [];

  constructor(examine: Examine, now: () => number = () => performance.now()) {
    this.#examine = examine;
    this.#now = now;
  }

  /** null until the first look is over. */
  get report(): DoctorReport | null {
    return this.#report;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  start(): void {
    this.#timers = [
      setTimeout(() => void this.#look(false), FIRST_MS),
      setInterval(() => void this.#look(false), EVERY_MS),
    ];
  }

  /** Waits for a look that is under way: it reads files that the owner may remove next. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    await this.#running;
  }

  /** A person asks: begins a look, at most one every 15 s, and never two at once. False where none was begun. */
  ask(): boolean {
    if (this.isRunning || this.#now() - this.#askedAt < PAUSE_MS) return false;
    this.#askedAt = this.#now();
    void this.#look(true);
    return true;
  }

  /** A failed check keeps the last report. */
  #look(measuresCard: boolean): Promise<void> {
    this.#running ??= this.#examine(measuresCard)
      .then(
        (report) => {
          this.#report = report;
        },
        () => undefined,
      )
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }
}
