// The books: every frame that reached capture ends in exactly one column, so that
//   received = captured + dropped_kernel + lost_pipe   and   captured = written + waiting + lost_queue + lost_disk + canaries.
// Frames between two devices are stored twice; the columns follow the sender's copy, each device's row follows its own file.

import type { CaptureCounters } from '../../model/ledger.ts';
import type { DeviceKey } from '../../model/mac.ts';
import type { RecordCount } from './block.ts';

/** One device's row. `captured` = `written` + waiting + `lost_queue` + `lost_disk`, copies included. */
export class DeviceAccount {
  readonly device: DeviceKey;
  captured = 0;
  /** Original frame lengths. */
  bytes = 0;
  written = 0;
  lostQueue = 0;
  lostDisk = 0;

  constructor(device: DeviceKey) {
    this.device = device;
  }
}

export interface EngineCounts {
  readonly received: number | null;
  readonly dropped: number | null;
  readonly lostPipe: number | null;
}

/** [captured, written, lost_queue, lost_disk] of one device in one minute. */
export type MinuteRow = readonly [number, number, number, number];

export class Accounts {
  captured = 0;
  /** Of those captured, in no column of their own: they are stored as others are, in `_infra`. */
  sourceless = 0;
  canaries = 0;
  #written = 0;
  #lostQueue = 0;
  #lostDisk = 0;
  readonly #devices = new Set<DeviceAccount>();
  readonly #closed = new Set<DeviceAccount>();
  readonly #minute = new Map<DeviceAccount, MinuteRow>();

  openDevice(device: DeviceKey): DeviceAccount {
    const account = new DeviceAccount(device);
    this.#devices.add(account);
    return account;
  }

  /** A device has gone: its row ends with this minute. */
  closeDevice(account: DeviceAccount): void {
    this.#closed.add(account);
  }

  written(account: DeviceAccount, count: RecordCount): void {
    account.written += count.records;
    this.#written += count.records - count.shared;
  }

  lostQueue(account: DeviceAccount, count: RecordCount): void {
    account.lostQueue += count.records;
    this.#lostQueue += count.records - count.shared;
  }

  lostDisk(account: DeviceAccount, count: RecordCount): void {
    account.lostDisk += count.records;
    this.#lostDisk += count.records - count.shared;
  }

  counters(engine: EngineCounts): CaptureCounters {
    // The engine's word may be older than the frames that arrived since.
    const known = this.captured + (engine.dropped ?? 0) + (engine.lostPipe ?? 0);
    return {
      received: engine.received === null ? null : Math.max(engine.received, known),
      dropped_kernel: engine.dropped,
      lost_pipe: engine.lostPipe,
      captured: this.captured,
      written: this.#written,
      lost_queue: this.#lostQueue,
      lost_disk: this.#lostDisk,
      refused: 0,
      sourceless: this.sourceless,
      canaries: this.canaries,
    };
  }

  /** What each device's row gained since the last call; devices without change are left out. */
  takeMinute(): Record<string, MinuteRow> {
    const rows: Record<string, MinuteRow> = {};
    for (const account of this.#devices) {
      const now: MinuteRow = [account.captured, account.written, account.lostQueue, account.lostDisk];
      const before = this.#minute.get(account) ?? [0, 0, 0, 0];
      const gained: MinuteRow = [now[0] - before[0], now[1] - before[1], now[2] - before[2], now[3] - before[3]];
      this.#minute.set(account, now);
      // One that went and came again within the minute has two accounts.
      const sum = rows[account.device] ?? [0, 0, 0, 0];
      const all: MinuteRow = [sum[0] + gained[0], sum[1] + gained[1], sum[2] + gained[2], sum[3] + gained[3]];
      if (all.some((n) => n !== 0)) rows[account.device] = all;
    }
    for (const account of this.#closed) {
      this.#devices.delete(account);
      this.#minute.delete(account);
    }
    this.#closed.clear();
    return rows;
  }
}
