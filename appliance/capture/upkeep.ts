// What must happen without a packet: flush, close what is over, sync, ask the engine, keep the books in the ledger. All on the
// monotonic clock; a set wall clock changes nothing here. Driven by recorder.ts.

import type { CaptureSettings } from '../model/capture-settings.ts';
import { systemCode, toError } from '../model/errors.ts';
import type { ClockGuard } from './clock/clock-guard.ts';
import type { Labels } from './control/labels.ts';
import type { Demux } from './evidence/demux.ts';
import type { Unfinished } from './evidence/unfinished.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { DiskGate } from './storage/disk-gate.ts';
import { SyncSchedule } from './storage/sync-schedule.ts';

export interface UpkeepParts {
  readonly settings: CaptureSettings;
  readonly guard: ClockGuard;
  readonly gate: DiskGate;
  readonly ledger: Ledger;
  readonly labels: Labels;
  readonly demux: Demux;
  readonly unfinished: Unfinished;
  /** Asks the engine for its counts. */
  readonly refreshCounts: () => void;
  /** Appends the minute's rows to the ledger. */
  readonly account: () => void;
}

/** A boundary in packet time waits so long for a packet beyond it: the kernel's ring hands over within one second. */
const BOUNDARY_MS = 1500;
/** An hour's files are closed this long after it, where no packet of the next hour did it. */
const HOUR_GRACE_SECONDS = 2;
/** The clock's synchronisation is asked for this often. */
const TIME_SYNC_MS = 30_000;
/** Whether a sync is due is looked at this often. */
const SYNC_LOOK_MS = 100;

export class Upkeep {
  readonly #parts: UpkeepParts;
  readonly sync: SyncSchedule;
  #timers: NodeJS.Timeout[] = [];
  #boundaryAt = 0;
  #askedAt = 0;
  #accountedAt = 0;
  #secondSeen = -1;
  #secondSeenAt = 0;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
    this.sync = new SyncSchedule({
      intervalMs: () => this.#intervalMs,
      nowMs: () => parts.guard.nowMs(),
      syncAll: () => this.#syncAll(),
    });
  }

  start(): void {
    const { settings, guard } = this.#parts;
    const nowMs = guard.nowMs();
    this.#askedAt = nowMs;
    this.#accountedAt = nowMs;
    this.#timers = [
      setInterval(() => this.#tick(), settings.flushMs),
      setInterval(() => this.sync.look(), SYNC_LOOK_MS),
      setInterval(() => guard.poll(), settings.clockPollMs),
      setInterval(() => void guard.refresh(), TIME_SYNC_MS),
    ];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }

  /** A boundary was set now. */
  boundarySet(): void {
    this.#boundaryAt = this.#parts.guard.nowMs();
  }

  #tick(): void {
    const nowMs = this.#parts.guard.nowMs();
    this.#parts.gate.tick();
    this.#passBoundaries(nowMs);
    this.#tendWriters(nowMs);
    this.#retryDisk();
    this.#ask(nowMs);
    this.#account(nowMs);
  }

  #passBoundaries(nowMs: number): void {
    const { demux, guard } = this.#parts;
    if (demux.hasBoundary && nowMs - this.#boundaryAt >= BOUNDARY_MS) demux.passBoundary();
    guard.tick();
  }

  #tendWriters(nowMs: number): void {
    const streamSecond = this.#streamSecond(nowMs);
    const silentMs = this.#parts.settings.silentSeconds * 1000;
    for (const writer of this.#parts.demux.writers()) {
      writer.tick(nowMs);
      writer.closeIfOver(streamSecond - HOUR_GRACE_SECONDS, silentMs, nowMs);
    }
    this.#parts.demux.settle();
  }

  /** Packet time now: the newest packet's plus what has gone by since. Independent of the wall clock. */
  #streamSecond(nowMs: number): number {
    const { lastSecond } = this.#parts.demux;
    if (lastSecond !== this.#secondSeen) {
      this.#secondSeen = lastSecond;
      this.#secondSeenAt = nowMs;
    }
    return lastSecond < 0 ? -1 : lastSecond + (nowMs - this.#secondSeenAt) / 1000;
  }

  #retryDisk(): void {
    const { ledger, gate, unfinished } = this.#parts;
    if (ledger.waiting > 0) {
      ledger.flush().catch((thrown: unknown) => {
        const error: NodeJS.ErrnoException = toError(thrown);
        gate.fail(`${systemCode(error) ?? error.message} on ledger`);
      });
    }
    if (gate.passable && unfinished.length > 0) void unfinished.retry();
  }

  get #intervalMs(): number {
    const { settings, labels } = this.#parts;
    return (labels.isIdle ? settings.syncSecondsIdle : settings.syncSecondsIntensive) * 1000;
  }

  async #syncAll(): Promise<boolean> {
    const done = await Promise.all([...this.#parts.demux.writers()].map((writer) => writer.sync()));
    return done.every((isDone) => isDone);
  }

  #ask(nowMs: number): void {
    if (nowMs - this.#askedAt < this.#parts.settings.statsSeconds * 1000) return;
    this.#askedAt = nowMs;
    this.#parts.refreshCounts();
  }

  #account(nowMs: number): void {
    const { settings, ledger, guard, account } = this.#parts;
    if (nowMs - this.#accountedAt < settings.ledgerSeconds * 1000) return;
    this.#accountedAt = nowMs;
    ledger.append({ type: 'clock', clock: guard.state() });
    account();
    // Sealed each minute: a crash leaves no more than that without a signature. An error shows in what waits.
    ledger.sync().catch(() => undefined);
  }
}
