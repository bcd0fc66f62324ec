// The rhythm of one device: jobs that repeat, faster in the intensive phase, and hold still when the home is quiesced.
import { SeededRandom } from '../seeded-random.ts';

export type HomePhase = 'idle' | 'intensive';

/** Seconds between the starts of a job in each phase; a phase without a number does not run it. */
interface Rhythm {
  /** Seconds after power-on. */
  readonly first: number;
  readonly idle?: number;
  readonly intensive?: number;
}

type Action = (random: SeededRandom, phase: HomePhase) => Promise<void>;

/** Called with the job's name and what went wrong; a failed action is tried again at its next turn. */
type FailureListener = (job: string, reason: unknown) => void;

/** Share by which an interval may be shorter or longer, so that devices do not march in step. */
const JITTER = 0.1;
const NEVER_SECONDS = 86_400;

export class Life {
  readonly #seed: readonly [number, string];
  readonly #onFailure: FailureListener;
  readonly #wake = new Set<() => void>();
  readonly #onRest = new Set<() => void>();
  #phase: HomePhase = 'idle';
  #paused = false;
  #running = 0;

  constructor(seed: number, device: string, onFailure: FailureListener) {
    this.#seed = [seed, device];
    this.#onFailure = onFailure;
  }

  /** Repeats `action` until the process ends. Each turn of each job draws from a stream of its own. */
  job(name: string, rhythm: Rhythm, action: Action): void {
    void this.#repeat(name, rhythm, action);
  }

  setPhase(phase: HomePhase): void {
    this.#phase = phase;
    this.#wakeAll();
  }

  /** No action starts from here on; resolves when the last running one has ended. */
  async pause(): Promise<void> {
    this.#paused = true;
    if (this.#running > 0) await new Promise<void>((resolve) => this.#onRest.add(resolve));
  }

  resume(): void {
    this.#paused = false;
    this.#wakeAll();
  }

  async #repeat(name: string, rhythm: Rhythm, action: Action): Promise<void> {
    const random = new SeededRandom(...this.#seed, name);
    let turn = 0;
    let woken = await this.#sleep(rhythm.first);
    for (;;) {
      while (this.#paused) await this.#sleep(NEVER_SECONDS);
      const seconds = rhythm[this.#phase];
      if (seconds !== undefined && !woken) await this.#act(name, action, ++turn);
      const stretch = woken ? random.fraction() : 1 - JITTER + 2 * JITTER * random.fraction();
      woken = await this.#sleep((seconds ?? NEVER_SECONDS) * stretch);
    }
  }

  async #act(name: string, action: Action, turn: number): Promise<void> {
    this.#running++;
    try {
      await action(new SeededRandom(...this.#seed, name, turn), this.#phase);
    } catch (reason) {
      this.#onFailure(name, reason);
    }
    this.#running--;
    if (this.#running > 0) return;
    for (const resolve of this.#onRest) resolve();
    this.#onRest.clear();
  }

  /** True when woken before the time was over. */
  #sleep(seconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (woken: boolean): void => {
        clearTimeout(timer);
        this.#wake.delete(wake);
        resolve(woken);
      };
      const wake = (): void => end(true);
      const timer = setTimeout(() => end(false), seconds * 1000);
      this.#wake.add(wake);
    });
  }

  #wakeAll(): void {
    for (const wake of this.#wake) wake();
  }
}
