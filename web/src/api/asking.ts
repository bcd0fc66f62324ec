// Asks for one thing of the appliance again and again, one question at a time: on a busy machine an answer may take longer than the
// next question is away, and it counts all the same. Without an answer it asks again by itself, ever more seldom.

/** An answer that takes longer is missed by the reader of the figures. */
export const LATE_MS = 10_000;
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 30_000;

export interface Listener<T> {
  readonly onValue: (value: T) => void;
  /** No answer for ten seconds, or none at all; it is still asked for. */
  readonly onLate: () => void;
  /** What asking again does not mend. */
  readonly onProblem: (thrown: unknown) => void;
}

export class Asking<T> {
  readonly #load: () => Promise<T>;
  readonly #listener: Listener<T>;
  /** Whether a failure ends by itself, as that of a line or of an appliance that has much to do. */
  readonly #isPassing: (thrown: unknown) => boolean;
  #state: 'rest' | 'asked' | 'asked, and again' | 'pause' | 'ended' = 'rest';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = FIRST_PAUSE_MS;

  constructor(load: () => Promise<T>, isPassing: (thrown: unknown) => boolean, listener: Listener<T>) {
    this.#load = load;
    this.#isPassing = isPassing;
    this.#listener = listener;
  }

  /** Now; while a question is open, once more after its answer. */
  ask(): void {
    if (this.#state === 'ended') return;
    if (this.#state === 'asked' || this.#state === 'asked, and again') {
      this.#state = 'asked, and again';
      return;
    }
    this.#state = 'asked';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#listener.onLate, LATE_MS);
    this.#load().then(
      (value) => this.#answered(() => this.#listener.onValue(value)),
      (thrown: unknown) => this.#failed(thrown),
    );
  }

  end(): void {
    this.#state = 'ended';
    clearTimeout(this.#timer);
  }

  #answered(notify: () => void): void {
    if (this.#state === 'ended') return;
    clearTimeout(this.#timer);
    this.#pauseMs = FIRST_PAUSE_MS;
    const isAskedAgain = this.#state === 'asked, and again';
    this.#state = 'rest';
    notify();
    if (isAskedAgain) this.ask();
  }

  #failed(thrown: unknown): void {
    if (!this.#isPassing(thrown)) return this.#answered(() => this.#listener.onProblem(thrown));
    if (this.#state === 'ended') return;
    clearTimeout(this.#timer);
    this.#state = 'pause';
    this.#listener.onLate();
    this.#timer = setTimeout(() => this.ask(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }
}
