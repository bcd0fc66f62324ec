// What captures take on the disk and what is left: keeps the ballast, carries out retention, answers status. Decided from folder
// scans (an index would leave orphans); every deletion is in the ledger before it happens.

import path from 'node:path';
import type { CaptureSettings, RetentionMode } from '../model/capture-settings.ts';
import type { Clock } from '../model/clock.ts';
import { systemCode } from '../model/errors.ts';
import type { DeviceKey } from '../model/mac.ts';
import type { Phase } from '../model/phase.ts';
import { parseSegmentFile } from '../model/segment.ts';
import { Ballast, ballastPath } from './ballast.ts';
import { writtenBytes } from './device-writes.ts';
import type { DiskSpace, EvidenceDisk } from './disk.ts';
import { hashFile } from './file-hash.ts';
import { type FoundFile, scanCaptures } from './folder-scan.ts';
import type { Ledger } from './ledger.ts';
import { readLocks } from './locks.ts';
import { readSidecar } from './recovery.ts';
import { planRetention, type RetentionLimits, type StoredFile } from './retention.ts';
import { sidecarPath } from './segment.ts';
import type { StorageNow } from './status.ts';

/** Free space must exceed the ballast so many times before the ballast is made. */
const BALLAST_SHARE = 8;
const BUDGET_SHARE = 0.8;
const MAX_FILES = 30_000;
const LOOKS_WHEN_BLOCKED = 3;

export interface StorageParts {
  readonly settings: CaptureSettings;
  readonly disk: EvidenceDisk;
  readonly capturesFolder: string;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Nothing may be stored any more (with the reason), or may again (empty). */
  readonly block: (reason: string) => void;
  readonly say: (line: string) => void;
}

interface DeviceTotal {
  bytes: number;
  segments: number;
}

export class Storage {
  readonly #parts: StorageParts;
  readonly #ballast: Ballast;
  #byDevice = new Map<DeviceKey, DeviceTotal>();
  #space: DiskSpace | null = null;
  #usedBytes = 0;
  #segments = 0;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;
  #startedNs = 0n;
  #addedBytes = 0;
  #addedSinceLook = 0;
  #blocked = '';

  constructor(parts: StorageParts) {
    const { settings, disk } = parts;
    this.#parts = parts;
    this.#ballast = new Ballast(disk, ballastPath(settings.dataDir), settings.ballastBytes);
  }

  async start(): Promise<void> {
    const { settings, clock } = this.#parts;
    this.#startedNs = clock.monotonic();
    await this.#ballast.adopt();
    await this.#look();
    // Where storing is stopped, room is looked for more often.
    let turn = 0;
    this.#timer = setInterval(
      () => {
        if (turn++ % LOOKS_WHEN_BLOCKED === 0 || this.#blocked !== '') this.look();
      },
      (settings.retentionSeconds * 1000) / LOOKS_WHEN_BLOCKED,
    );
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#looking;
  }

  /** Looks at the folder and makes room where needed; one look at a time. Never rejects. */
  look(): void {
    this.#looking ??= this.#look()
      .catch((error: unknown) =>
        this.#parts.say(`the captures folder cannot be looked through (${systemCode(error) ?? String(error)})`),
      )
      .finally(() => (this.#looking = null));
  }

  async #look(): Promise<void> {
    const { capturesFolder, disk, settings } = this.#parts;
    this.#addedSinceLook = 0;
    const files = toStored(await scanCaptures(capturesFolder));
    this.#space = await disk.space(capturesFolder);
    this.#count(files);
    const plan = planRetention(files, this.#limits(this.#space));
    for (const victim of plan.victims) await this.#delete(victim, plan.reason);
    this.#setBlocked(plan.blocked ? plan.reason : '');
    if (plan.reason === '') await this.#ballast.fill(settings.ballastBytes * (BALLAST_SHARE - 1));
  }

  #count(files: readonly StoredFile[]): void {
    this.#byDevice = new Map();
    this.#usedBytes = 0;
    this.#segments = 0;
    for (const file of files) {
      const total = this.#byDevice.get(file.device) ?? { bytes: 0, segments: 0 };
      total.bytes += file.bytes;
      total.segments += file.open ? 0 : 1;
      this.#byDevice.set(file.device, total);
      this.#usedBytes += file.bytes;
      this.#segments += file.open ? 0 : 1;
    }
  }

  #limits(space: DiskSpace): RetentionLimits {
    const { settings, capturesFolder } = this.#parts;
    const locks = readLocks(path.join(settings.dataDir, 'run'));
    return {
      budgetBytes: this.#budget(),
      floorBytes: Math.max(settings.freeBytes, space.totalBytes * settings.freeShare),
      // The ballast is room that is kept on purpose.
      freeBytes: space.freeBytes + (this.#ballast.present ? settings.ballastBytes : 0),
      floorInodes: space.inodes * settings.freeInodeShare,
      freeInodes: space.freeInodes,
      maxFiles: MAX_FILES,
      keepNewest: settings.keepNewest,
      modeOf: (phase) => this.#modeOf(phase),
      isLocked: (name) => locks.has(name) || isTagged(path.join(capturesFolder, name)),
    };
  }

  #modeOf(phase: Phase): RetentionMode {
    const { retentionIdle, retentionIntensive } = this.#parts.settings;
    return phase === 'idle' || phase === 'unlabelled' ? retentionIdle : retentionIntensive;
  }

  /** Said, made durable, done, said again: whatever happens in between, the next start can finish it. */
  async #delete(victim: StoredFile, reason: string): Promise<void> {
    const { ledger, disk, capturesFolder } = this.#parts;
    const absolute = path.join(capturesFolder, victim.path);
    const sha256 = readSidecar(sidecarPath(absolute))?.value.sha256 ?? (await hashFile(absolute));
    ledger.append({ type: 'segment-deleting', path: victim.path, sha256, reason });
    await ledger.sync();
    await disk.remove(absolute);
    await disk.remove(sidecarPath(absolute)).catch(() => undefined);
    ledger.append({ type: 'segment-deleted', path: victim.path, sha256, reason });
    this.#usedBytes -= victim.bytes;
    this.#segments--;
  }

  #setBlocked(reason: string): void {
    if (reason === '' && this.#blocked === '') return;
    this.#blocked = reason;
    this.#parts.block(reason);
  }

  /** A disk error with its system code first: a full disk gets the ballast back, and what may go, goes. */
  diskFailed(reason: string): void {
    if (!/^(ENOSPC|EDQUOT)/.test(reason)) return;
    void this.#ballast.release().then(() => this.look());
  }

  segmentClosed(bytes: number): void {
    this.#addedBytes += bytes;
    this.#addedSinceLook += bytes;
    const room = Math.min(
      this.#budget() - this.#usedBytes,
      (this.#space?.freeBytes ?? 0) - this.#parts.settings.freeBytes,
    );
    if (this.#addedSinceLook > room) this.look();
  }

  now(): StorageNow {
    const budgetBytes = this.#budget();
    const freeBytes = this.#space?.freeBytes ?? 0;
    const room = Math.min(budgetBytes - this.#usedBytes, freeBytes - this.#parts.settings.freeBytes);
    return {
      bytes: this.#usedBytes,
      segments: this.#segments,
      freeBytes,
      budgetBytes,
      forecastSeconds: this.#forecast(room),
      writtenBytes: writtenBytes(this.#parts.settings.dataDir),
      byDevice: this.#byDevice,
    };
  }

  #budget(): number {
    const { budgetBytes } = this.#parts.settings;
    return budgetBytes > 0 ? budgetBytes : Math.floor((this.#space?.totalBytes ?? 0) * BUDGET_SHARE);
  }

  /** Seconds until the room is used up at this run's rate; null while nothing can be said. */
  #forecast(room: number): number | null {
    const seconds = Number(this.#parts.clock.monotonic() - this.#startedNs) / 1e9;
    if (this.#addedBytes === 0 || seconds < 60) return null;
    return Math.max(0, Math.round((room * seconds) / this.#addedBytes));
  }
}

/** Segments with their sidecars' bytes, and open files. */
export function toStored(found: readonly FoundFile[]): StoredFile[] {
  const sidecars = new Map(found.filter((file) => file.kind === 'sidecar').map((file) => [file.path, file.bytes]));
  const stored: StoredFile[] = [];
  for (const file of found) {
    if (file.kind !== 'segment' && file.kind !== 'part') continue;
    const name = parseSegmentFile(path.basename(file.path));
    if (name === undefined) continue;
    const { device, seq, phase, open } = name;
    const bytes = file.bytes + (sidecars.get(sidecarPath(file.path)) ?? 0);
    stored.push({ path: file.path, device, seq, phase, bytes, open });
  }
  return stored;
}

function isTagged(absolute: string): boolean {
  return (readSidecar(sidecarPath(absolute))?.value.tags.length ?? 0) > 0;
}
