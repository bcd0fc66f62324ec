// Comparisons of a running appliance: made when somebody asks, one after the other, kept until the ledger goes on. Owned by appliance.ts.

import type { Comparison } from '../model/experiment/comparison.ts';
import { Turnstile } from '../store/figures/turnstile.ts';
import { type DiffEnd, type DiffOrder, runDiff } from './comparison-child.ts';

/** A Pi reads and analyses some 20 MB a second. */
const MAX_MS = 20 * 60_000;
/** One that is older is made again, when the ledger went on meanwhile. */
const FRESH_MS = 10 * 60_000;
/** What could not be made is tried again. */
const REFUSAL_MS = 30_000;
/** Those who ask wait so long for the answer itself. */
const PATIENCE_MS = 4000;
/** Whose turn comes when nobody has asked for it so long is not made. */
const FORGOTTEN_MS = 60_000;
/** Answers asked for last; an older one is computed again. What is being made stays in any case. */
const MAX_KEPT = 8;

export interface ComparisonState {
  readonly state: 'making' | 'made' | 'refused';
  /** When the comparison, or the refusal, was made; null while there is none. */
  readonly made: string | null;
  /** A newer one is being made. */
  readonly renewing: boolean;
  /** Why there is none. */
  readonly why: string | null;
  readonly comparison: Comparison | null;
}

interface Kept {
  end: { readonly at: number; readonly ledger: number; readonly result: Comparison | string } | undefined;
  work: Promise<void> | undefined;
  asked: number;
}

interface ComparisonRoom {
  readonly dataDir: string;
  /** Number of the ledger's last line. */
  readonly ledger: () => number;
  readonly run?: (order: DiffOrder, limitMs: number, stop: AbortSignal) => Promise<DiffEnd>;
}

export class Comparisons {
  readonly #room: ComparisonRoom;
  readonly #turnstile = new Turnstile();
  readonly #kept = new Map<string, Kept>();
  #stop = new AbortController();

  constructor(room: ComparisonRoom) {
    this.#room = room;
  }

  start(): void {
    this.#stop = new AbortController();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#kept.values()].flatMap(({ work }) => work ?? []));
    this.#kept.clear();
  }

  /** @param device MAC; null for all. @param a, b as selection.ts reads them */
  async ask(device: string | null, a: string, b: string): Promise<ComparisonState> {
    const key = JSON.stringify([device, a, b]);
    const kept = this.#kept.get(key) ?? { end: undefined, work: undefined, asked: 0 };
    // The one that was asked for last is forgotten last.
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    kept.asked = performance.now();
    if (!this.#isFresh(kept)) kept.work ??= this.#make(kept, { dataDir: this.#room.dataDir, device, a, b });
    if (kept.end === undefined) await Promise.race([kept.work, patience()]);
    this.#forget();
    return stateOf(kept);
  }

  #isFresh({ end }: Kept): boolean {
    if (end === undefined) return false;
    const age = performance.now() - end.at;
    if (typeof end.result === 'string') return age < REFUSAL_MS;
    return age < FRESH_MS || end.ledger === this.#room.ledger();
  }

  async #make(kept: Kept, order: DiffOrder): Promise<void> {
    const { ledger, run = runDiff } = this.#room;
    await this.#turnstile.pass(async () => {
      if (this.#stop.signal.aborted || performance.now() - kept.asked > FORGOTTEN_MS) return;
      const before = ledger();
      const end = await run(order, MAX_MS, this.#stop.signal);
      const result = 'text' in end ? (JSON.parse(end.text) as Comparison) : end.why;
      kept.end = { at: performance.now(), ledger: before, result };
    });
    kept.work = undefined;
  }

  /** What is being made stays. */
  #forget(): void {
    for (const [key, { work }] of this.#kept) {
      if (this.#kept.size <= MAX_KEPT) return;
      if (work === undefined) this.#kept.delete(key);
    }
  }
}

function stateOf({ end, work }: Kept): ComparisonState {
  const renewing = end !== undefined && work !== undefined;
  if (end === undefined) return { state: 'making', made: null, renewing, why: null, comparison: null };
  const made = new Date(Date.now() - (performance.now() - end.at)).toISOString();
  return typeof end.result === 'string'
    ? { state: 'refused', made, renewing, why: end.result, comparison: null }
    : { state: 'made', made, renewing, why: null, comparison: end.result };
}

function patience(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, PATIENCE_MS).unref();
  });
}
