// Loss is never hidden: for a minute after frames were lost, wherever, capture says so.

import type { CaptureCounters } from '../../model/ledger.ts';

const SHOWN_MS = 60_000;

interface Loss {
  readonly where: string;
  readonly advice: string;
  readonly count: number;
}

function lossesOf(counters: CaptureCounters): readonly Loss[] {
  return [
    {
      where: 'in the kernel ring',
      advice: 'lower the load or raise capture.ring_kib',
      count: counters.dropped_kernel ?? 0,
    },
    { where: 'with the engine', advice: 'the engine was started again', count: counters.lost_pipe ?? 0 },
    {
      where: 'for want of memory',
      advice: 'the disk is slower than the traffic; lower the load or raise capture.queue_bytes',
      count: counters.lost_queue,
    },
    {
      where: 'for want of a working disk',
      advice: 'look after the disk and its free space',
      count: counters.lost_disk,
    },
  ];
}

export class LossAlarm {
  #before: readonly Loss[] | null = null;
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
    const gained = losses
      .map((loss, i) => ({ ...loss, count: loss.count - (this.#before?.[i]?.count ?? 0) }))
      .filter(({ count }) => count > 0);
    this.#before = losses;
    if (gained.length === 0) return;
    this.#rungAt = nowMs;
    const lost = gained.map(({ where, count }) => `${count} frames lost ${where}`).join(', ');
    const advice = gained.map((loss) => loss.advice).join('; ');
    this.#reason = `${lost}; they are in the books of the segments; ${advice}`;
  }
}
