// One word for the state of the card, shared by all devices: after an error nobody hammers it, and one success opens it for
// all. While it is closed records wait in memory; when it stays closed for too long they are counted as lost instead.

export type GateState = 'open' | 'trying' | 'closed' | 'counting';

export interface GateTimes {
  /** Between attempts while closed. */
  readonly retryMs: number;
  /** How long records may wait in memory. */
  readonly holdMs: number;
}

export class DiskGate {
  readonly #times: GateTimes;
  readonly #now: () => number;
  readonly #failed: (reason: string) => void;
  #state: GateState = 'open';
  #reason = '';
  #blocked = '';
  #closedAt = 0;
  #triedAt = 0;
  #errors = 0;

  /** `now`: monotonic milliseconds. `failed` is called at each error with its system code first (`ENOSPC on write`). */
  constructor(times: GateTimes, now: () => number, failed: (reason: string) => void) {
    this.#times = times;
    this.#now = now;
    this.#failed = failed;
  }

  get state(): GateState {
    return this.#state;
  }

  /** What the last error said, or why nothing may be stored; empty while open. */
  get reason(): string {
    return this.#blocked === '' ? this.#reason : this.#blocked;
  }

  /** Nothing may be stored until this is called with an empty reason. Without hold: waiting in memory would not help. */
  block(reason: string): void {
    this.#blocked = reason;
    if (reason !== '') this.#state = 'counting';
    else this.#state = this.#reason === '' ? 'open' : 'closed';
  }

  get errors(): number {
    return this.#errors;
  }

  /** Whether a segment may be opened or written to now. */
  get passable(): boolean {
    return this.#state === 'open' || this.#state === 'trying';
  }

  fail(reason: string): void {
    if (this.#reason === '') this.#closedAt = this.#now();
    this.#errors++;
    this.#reason = reason;
    this.#triedAt = this.#now();
    this.#state = this.#held() || this.#blocked !== '' ? 'counting' : 'closed';
    this.#failed(reason);
  }

  /** Something was written. Only an attempt that the gate let through says that the problem is over. */
  succeed(): void {
    if (this.#state !== 'trying') return;
    this.#state = 'open';
    this.#reason = '';
  }

  /** To be called a few times a second: lets the next attempt through when it is time. True when it just became passable. */
  tick(): boolean {
    if (this.passable || this.#blocked !== '') return false;
    if (this.#now() - this.#triedAt < this.#times.retryMs) {
      if (this.#held()) this.#state = 'counting';
      return false;
    }
    this.#state = 'trying';
    return true;
  }

  /** Records have waited for as long as they may. */
  get expired(): boolean {
    return this.#blocked !== '' || (this.#reason !== '' && this.#held());
  }

  #held(): boolean {
    return this.#now() - this.#closedAt >= this.#times.holdMs;
  }
}
