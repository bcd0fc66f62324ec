// Slows password guessing down: five failures a minute from one address, twenty from all, and a pause that doubles. With
// 125 bits nobody guesses; the brake keeps scrypt from being used to keep the processor busy.

const MINUTE_MS = 60_000;
const PER_ADDRESS = 5;
const OVERALL = 20;
const LONGEST_PAUSE_MS = 15 * MINUTE_MS;
const MOST_ADDRESSES = 1024;

interface Failures {
  count: number;
  /** Start of the minute being counted, then the end of the pause. */
  since: number;
  pauseMs: number;
  until: number;
}

export class LoginBrake {
  readonly #byAddress = new Map<string, Failures>();
  #overall: number[] = [];

  /** Milliseconds to wait before this address may try; 0 to go on. `now`: monotonic milliseconds. */
  wait(address: string, now: number): number {
    this.#overall = this.#overall.filter((at) => now - at < MINUTE_MS);
    const own = Math.max(0, (this.#byAddress.get(address)?.until ?? 0) - now);
    const first = this.#overall[0] ?? now;
    return this.#overall.length >= OVERALL ? Math.max(own, first + MINUTE_MS - now) : own;
  }

  failed(address: string, now: number): void {
    this.#overall.push(now);
    const known = this.#byAddress.get(address) ?? { count: 0, since: now, pauseMs: MINUTE_MS / 2, until: 0 };
    if (now - known.since > MINUTE_MS && known.until < now) Object.assign(known, { count: 0, since: now });
    known.count++;
    if (known.count >= PER_ADDRESS) {
      known.pauseMs = Math.min(LONGEST_PAUSE_MS, known.pauseMs * 2);
      Object.assign(known, { count: 0, since: now, until: now + known.pauseMs });
    }
    this.#byAddress.delete(address);
    this.#byAddress.set(address, known);
    const oldest = this.#byAddress.keys().next();
    if (this.#byAddress.size > MOST_ADDRESSES && oldest.done !== true) this.#byAddress.delete(oldest.value);
  }

  succeeded(address: string): void {
    this.#byAddress.delete(address);
  }
}
