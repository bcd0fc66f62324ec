// Downloads take turns: a card that serves them must still take captures. Two are read at once; who waits is served by turns, one who
// has none running first; and one that hardly moves ends while others wait, so that a closed laptop shuts nobody out.

const AT_ONCE = 2;
/** Downloads that wait for their turn; the next one is asked to come later. */
const MAX_WAITING = 16;
/** Of one session or token, or the machine itself, so that others get a turn; one more is asked to come later. */
const MAX_WAITING_OF_ONE = 4;
const LONGEST_WAIT_MS = 45_000;
const LOOK_MS = 2500;
/** A second. */
const SLOWEST_BYTES = 16 * 1024;
/** Looks in a row. */
const MAX_SLOW_LOOKS = 3;

/** What is read while it runs. */
export interface Running {
  readonly bytesRead: () => number;
  readonly cut: () => void;
}

export interface Turn {
  run(what: Running): void;
  end(): void;
}

interface Reading {
  readonly owner: string;
  what: Running | undefined;
  seen: number;
  slowLooks: number;
}

interface Waiting {
  readonly owner: string;
  readonly since: number;
  readonly settle: (turn: Turn | undefined) => void;
}

export class Downloads {
  readonly #now: () => number;
  readonly #reading = new Set<Reading>();
  #waiting: Waiting[] = [];
  /** The least recently served first. */
  readonly #served = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Resolves when it is `owner`'s turn; undefined where too many wait, or it did not come in time. */
  enter(owner: string): Promise<Turn | undefined> {
    const own = this.#waiting.filter((other) => other.owner === owner).length;
    if (this.#waiting.length >= MAX_WAITING || own >= MAX_WAITING_OF_ONE) return Promise.resolve(undefined);
    this.#timer ??= setInterval(() => this.look(), LOOK_MS);
    return new Promise((settle) => {
      this.#waiting.push({ owner, since: this.#now(), settle });
      this.#serve();
    });
  }

  /** Runs by a timer while anything is read or waits. */
  look(): void {
    const now = this.#now();
    const late = this.#waiting.filter(({ since }) => now - since > LONGEST_WAIT_MS);
    this.#waiting = this.#waiting.filter((one) => !late.includes(one));
    for (const { settle } of late) settle(undefined);
    for (const reading of this.#reading) this.#judge(reading);
    if (this.#reading.size === 0 && this.#waiting.length === 0) this.stop();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const { settle } of this.#waiting.splice(0)) settle(undefined);
  }

  #judge(reading: Reading): void {
    const bytes = reading.what?.bytesRead() ?? 0;
    reading.slowLooks = bytes - reading.seen < (SLOWEST_BYTES * LOOK_MS) / 1000 ? reading.slowLooks + 1 : 0;
    reading.seen = bytes;
    if (reading.slowLooks >= MAX_SLOW_LOOKS && this.#waiting.length > 0) reading.what?.cut();
  }

  #serve(): void {
    while (this.#reading.size < AT_ONCE && this.#waiting.length > 0) {
      const next = this.#next();
      this.#waiting = this.#waiting.filter((one) => one !== next);
      this.#served.delete(next.owner);
      this.#served.add(next.owner);
      const [oldest] = this.#served;
      if (this.#served.size > MAX_WAITING && oldest !== undefined) this.#served.delete(oldest);
      next.settle(this.#begin(next.owner));
    }
  }

  #next(): Waiting {
    const turns = [...this.#served];
    const rank = ({ owner }: Waiting) =>
      [...this.#reading].filter((reading) => reading.owner === owner).length * MAX_WAITING * 2 + turns.indexOf(owner);
    return this.#waiting.reduce((first, one) => (rank(one) < rank(first) ? one : first));
  }

  #begin(owner: string): Turn {
    const reading: Reading = { owner, what: undefined, seen: 0, slowLooks: 0 };
    this.#reading.add(reading);
    return {
      run: (what) => {
        reading.what = what;
      },
      end: () => {
        if (this.#reading.delete(reading)) this.#serve();
      },
    };
  }
}
