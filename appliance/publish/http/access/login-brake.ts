// Slows password guessing down without shutting anybody else out: five failures a minute from one address, and a pause that doubles.
// Strangers together have forty a minute, four at the same moment; browsers that logged in before, and the machine
// itself, need none of that room, so that strangers cannot use it up for them. (OWASP: "Slow down online guessing attacks with
// device cookies".)

const MINUTE_MS = 60_000;
const PER_LANE = 5;
const STRANGERS_PER_MINUTE = 40;
const STRANGERS_AT_ONCE = 4;
const LONGEST_PAUSE_MS = 15 * MINUTE_MS;
/** Browsers and addresses that are remembered; the one that tried longest ago is forgotten first. */
const MAX_LANES = 1024;
const CROWD_MS = 1000;

export interface Guesser {
  /** Whose failures count together. */
  readonly lane: string;
  readonly isStranger: boolean;
}

export type Attempt = 'right' | 'wrong' | { readonly waitMs: number };

interface Failures {
  count: number;
  /** Start of the minute being counted. */
  since: number;
  pauseMs: number;
  /** End of the pause. */
  until: number;
}

export class LoginBrake {
  readonly #lanes = new Map<string, Failures>();
  #strangers: number[] = [];
  #strangersNow = 0;

  /** Checks where this guesser may try now. A try counts before the check, so that tries in parallel count as well. */
  async attempt({ lane, isStranger }: Guesser, now: number, check: () => Promise<boolean>): Promise<Attempt> {
    const waitMs = this.#wait(lane, isStranger, now);
    if (waitMs > 0) return { waitMs };
    this.#count(lane, now);
    if (isStranger) {
      this.#strangers.push(now);
      this.#strangersNow++;
    }
    try {
      if (!(await check())) return 'wrong';
      this.#lanes.delete(lane);
      if (isStranger) this.#strangers.splice(this.#strangers.indexOf(now), 1);
      return 'right';
    } finally {
      if (isStranger) this.#strangersNow--;
    }
  }

  /** Milliseconds; 0 to go on. `now`: monotonic milliseconds. */
  #wait(lane: string, isStranger: boolean, now: number): number {
    const own = Math.max(0, (this.#lanes.get(lane)?.until ?? 0) - now);
    if (!isStranger) return own;
    this.#strangers = this.#strangers.filter((at) => now - at < MINUTE_MS);
    const room = this.#strangers.length < STRANGERS_PER_MINUTE ? 0 : (this.#strangers[0] ?? now) + MINUTE_MS - now;
    return Math.max(own, room, this.#strangersNow < STRANGERS_AT_ONCE ? 0 : CROWD_MS);
  }

  #count(lane: string, now: number): void {
    const known = this.#lanes.get(lane) ?? { count: 0, since: now, pauseMs: MINUTE_MS / 2, until: 0 };
    if (now - known.since > MINUTE_MS && known.until < now) Object.assign(known, { count: 0, since: now });
    known.count++;
    if (known.count >= PER_LANE) {
      known.pauseMs = Math.min(LONGEST_PAUSE_MS, known.pauseMs * 2);
      Object.assign(known, { count: 0, since: now, until: now + known.pauseMs });
    }
    this.#lanes.delete(lane);
    this.#lanes.set(lane, known);
    const oldest = this.#lanes.keys().next();
    if (this.#lanes.size > MAX_LANES && oldest.done !== true) this.#lanes.delete(oldest.value);
  }
}
