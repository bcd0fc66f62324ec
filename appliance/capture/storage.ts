// What captures take on the disk and what is left, for status, ballast and retention. Decided from folder scans, kept up to date
// between them by what the writers report.

import fs from 'node:fs';
import path from 'node:path';
import type { CaptureSettings } from '../model/capture-settings.ts';
import type { Clock } from '../model/clock.ts';
import type { DeviceKey } from '../model/mac.ts';
import { Ballast } from './ballast.ts';
import type { DiskSpace, EvidenceDisk } from './disk.ts';
import { scanCaptures } from './folder-scan.ts';
import type { StorageNow } from './status.ts';

/** Free space must exceed the ballast so many times before the ballast is made. */
const BALLAST_SHARE = 8;

interface DeviceTotal {
  bytes: number;
  segments: number;
}

export class Storage {
  readonly #settings: CaptureSettings;
  readonly #disk: EvidenceDisk;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #ballast: Ballast;
  #byDevice = new Map<DeviceKey, DeviceTotal>();
  #space: DiskSpace | null = null;
  #timer: NodeJS.Timeout | null = null;
  #startedNs = 0n;
  #addedBytes = 0;

  constructor(settings: CaptureSettings, disk: EvidenceDisk, folder: string, clock: Clock) {
    this.#settings = settings;
    this.#disk = disk;
    this.#folder = folder;
    this.#clock = clock;
    this.#ballast = new Ballast(disk, path.join(settings.dataDir, 'ballast'), settings.ballastBytes);
  }

  async start(): Promise<void> {
    this.#startedNs = this.#clock.monotonic();
    fs.rmSync(path.join(this.#settings.dataDir, 'ballast'), { force: true });
    await this.#look();
    await this.#ballast.fill(this.#settings.ballastBytes * (BALLAST_SHARE - 1));
    this.#timer = setInterval(() => void this.#look().catch(() => undefined), this.#settings.retentionSeconds * 1000);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#ballast.release();
  }

  async #look(): Promise<void> {
    const byDevice = new Map<DeviceKey, DeviceTotal>();
    for (const file of await scanCaptures(this.#folder)) {
      if (file.device === null) continue;
      const total = byDevice.get(file.device) ?? { bytes: 0, segments: 0 };
      total.bytes += file.bytes;
      if (file.kind === 'segment') total.segments++;
      byDevice.set(file.device, total);
    }
    this.#byDevice = byDevice;
    this.#space = await this.#disk.space(this.#folder);
  }

  /** A disk error with its system code first: a full disk gets the ballast back. */
  diskFailed(reason: string): void {
    if (/^(ENOSPC|EDQUOT)/.test(reason)) void this.#ballast.release();
  }

  segmentClosed(bytes: number): void {
    this.#addedBytes += bytes;
  }

  now(): StorageNow {
    let bytes = 0;
    let segments = 0;
    for (const total of this.#byDevice.values()) {
      bytes += total.bytes;
      segments += total.segments;
    }
    const budgetBytes = this.#budget();
    const freeBytes = this.#space?.freeBytes ?? 0;
    const forecastSeconds = this.#forecast(Math.min(budgetBytes - bytes, freeBytes - this.#settings.freeBytes));
    return {
      bytes,
      segments,
      freeBytes,
      budgetBytes,
      forecastSeconds,
      writtenBytes: writtenBytes(),
      byDevice: this.#byDevice,
    };
  }

  #budget(): number {
    if (this.#settings.budgetBytes > 0) return this.#settings.budgetBytes;
    return Math.floor((this.#space?.totalBytes ?? 0) * 0.8);
  }

  /** Seconds until the room is used up at this run's rate; null while nothing can be said. */
  #forecast(room: number): number | null {
    const seconds = Number(this.#clock.monotonic() - this.#startedNs) / 1e9;
    if (this.#addedBytes === 0 || seconds < 60) return null;
    return Math.max(0, Math.round((room * seconds) / this.#addedBytes));
  }
}

/** Bytes that this process had the storage layer write since it started (proc(5), `write_bytes`); 0 where unknown. */
function writtenBytes(): number {
  try {
    const match = /^write_bytes: (\d+)$/m.exec(fs.readFileSync('/proc/self/io', 'utf8'));
    return Number(match?.[1] ?? 0);
  } catch {
    return 0;
  }
}
