// Loss is never hidden: for a minute after frames were lost, wherever, capture says so.

import type { CaptureCounters } from '../model/ledger.ts';

const SHOWN_MS = 60_000;

type Losses = readonly (readonly [words: string, count: number])[];

function lossesOf(counters: CaptureCounters): Losses {
  return [
    ['in the kernel ring', counters.dropped_kernel ?? 0],
    ['with the engine', counters.lost_pipe ?? 0],
    ['for want of memory', counters.lost_queue],
    ['for want of a working disk', counters.lost_disk],
  ];
}

export class LossAlarm {
  #before: Losses | null = null;
  #rungAt = -Infinity;
  #reason = '';

  /** What the last loss was, in one line. */
  get reason(): string {
    return this.#reason;
  }

  recent(nowMs: number): boolean {
    return nowMs - this.#rungAt < SHOWN_MS;
  }

  /** Compares the books with those of the last look. */
  look(counters: CaptureCounters, nowMs: number): void {
    const losses = lossesOf(counters);
    const gained = losses.map(([words, count], i) => [words, count - (this.#before?.[i]?.[1] ?? 0)] as const);
    this.#before = losses;
    const told = gained.filter(([, count]) => count > 0).map(([words, count]) => `${count} frames lost ${words}`);
    if (told.length === 0) return;
    this.#rungAt = nowMs;
    this.#reason = `${told.join(', ')}; they are in the books of the segments; lower the load or raise capture.ring_kib`;
  }
}
