// What is known about the time, and what follows when somebody sets the clock: a ledger line at once, and a cut of all segments at
// the first packet after the step. Used by recorder.ts.

import { type Clock, type ClockState, formatSeconds } from '../../model/time/clock.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Boot } from './boot.ts';
import { ClockWatch } from './clock-watch.ts';
import { readTimeSync, type SyncState, UNKNOWN_SYNC } from './time-sync.ts';

export interface ClockGuardParts {
  readonly clock: Clock;
  readonly boot: Boot;
  readonly ledger: Ledger;
  readonly stepMs: number;
  readonly cut: () => void;
  readonly say: (line: string) => void;
}

/** Packets from before a step are in the kernel's ring for at most one second. */
const LATE_PACKETS_MS = 1500;
/** As long as tcpdump's ring keeps a frame. */
const RING_MS = 1000;

export class ClockGuard {
  readonly #parts: ClockGuardParts;
  readonly #watch: ClockWatch;
  #sync: SyncState = UNKNOWN_SYNC;
  /** Monotonic milliseconds of a step whose cut is still to come; 0 for none. */
  #stepAt = 0;

  constructor(parts: ClockGuardParts) {
    this.#parts = parts;
    this.#watch = new ClockWatch(parts.clock, parts.stepMs);
  }

  state(): ClockState {
    const { clock, boot } = this.#parts;
    return { ...boot, monotonic_ns: clock.monotonic().toString(), wall: formatSeconds(clock.wall()), ...this.#sync };
  }

  nowMs(): number {
    return Number(this.#parts.clock.monotonic() / 1_000_000n);
  }

  /** Asks whether the clock is kept right; never rejects. */
  async refresh(): Promise<void> {
    this.#sync = await readTimeSync();
  }

  /** Looks for a step. */
  poll(): void {
    const step = this.#watch.poll();
    if (step === null) return;
    const { ledger, say } = this.#parts;
    const seconds = Number(step / 1_000_000n) / 1000;
    ledger.append({ type: 'clock-step', step_seconds: seconds, clock: this.state() });
    void ledger.sync().catch(() => undefined);
    say(`the clock was set by ${seconds} s; segments are cut there and capture goes on`);
    this.#stepAt = this.nowMs();
    void this.refresh();
  }

  /** Milliseconds since the kernel stamped a frame that comes in now. Unknown where the clock was set meanwhile: then the most. */
  ageMs(stampNs: bigint): number {
    this.poll();
    const age = Number((this.#parts.clock.wall() - stampNs) / 1_000_000n);
    return this.#stepAt > 0 || age < 0 ? RING_MS : age;
  }

  /** Packet time jumped: where the clock was set just now, this is the first packet after it. */
  packetTimeJumped(): void {
    this.poll();
    if (this.#stepAt > 0) this.#cut();
  }

  /** Cuts where no packet showed the jump (a small step, or a silent network). */
  tick(): void {
    if (this.#stepAt > 0 && this.nowMs() - this.#stepAt >= LATE_PACKETS_MS) this.#cut();
  }

  #cut(): void {
    this.#stepAt = 0;
    this.#parts.cut();
  }
}
