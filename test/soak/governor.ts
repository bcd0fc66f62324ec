// Back-pressure: simulated time is held while analysis is behind or the appliance does not answer, so that accelerated days measure
// the work of a day and not an ever longer queue.

import type { StatusResponse } from '../../appliance/publish/schemas/status.ts';
import { askStatus } from './local-api.ts';
import type { SimClock } from './sim-clock.ts';

const POLL_MS = 500;
const PATIENCE_MS = 3000;
/** Behind: so much waits for analysis, or for so long. Half of it lets time go on. */
const MAX_BACKLOG_BYTES = 16 * 1024 * 1024;
const MAX_LAG_SECONDS = 10;

export class Governor {
  readonly #socket: () => string;
  readonly #clock: SimClock;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();
  #heldSince = 0;
  #heldMs = 0;
  #paused = false;
  /** Polls and writes nothing on its own account while true: windows at real speed are measured without it. */
  isOff = false;
  /** False under a flood, which goes on whatever analysis does. */
  mayHold = true;
  worstBacklogBytes = 0;
  worstLagSeconds = 0;
  status: StatusResponse | undefined;

  constructor(socket: () => string, clock: SimClock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  start(): void {
    this.#timer = setInterval(() => {
      if (!this.#paused && !this.isOff) this.#polling = this.#poll();
    }, POLL_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#polling;
  }

  /** Milliseconds for which time was held. */
  get heldMs(): number {
    return this.#heldMs + (this.#heldSince > 0 ? performance.now() - this.#heldSince : 0);
  }

  async #poll(): Promise<void> {
    this.#paused = true;
    try {
      const { analysis } = (this.status = await askStatus(this.#socket(), PATIENCE_MS));
      this.worstBacklogBytes = Math.max(this.worstBacklogBytes, analysis.backlog_bytes);
      this.worstLagSeconds = Math.max(this.worstLagSeconds, analysis.lag_seconds);
      const factor = this.#heldSince > 0 ? 0.5 : 1;
      const isBehind =
        analysis.backlog_bytes > MAX_BACKLOG_BYTES * factor || analysis.lag_seconds > MAX_LAG_SECONDS * factor;
      this.#hold(isBehind);
    } catch {
      this.#hold(true);
    } finally {
      this.#paused = false;
    }
  }

  #hold(isBehind: boolean): void {
    if (isBehind === this.#heldSince > 0 || (isBehind && !this.mayHold)) return;
    if (isBehind) {
      this.#clock.hold('behind');
      this.#heldSince = performance.now();
    } else {
      this.#clock.release('behind');
      this.#heldMs += performance.now() - this.#heldSince;
      this.#heldSince = 0;
    }
  }
}
