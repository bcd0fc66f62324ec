// What captures take on the disk and what is left: keeps the ballast, carries out retention, answers status. What is deleted is
// decided from a folder scan (an index would leave orphans), and is in the ledger before it happens.

import path from 'node:path';
import type { CaptureSettings, RetentionMode } from '../../model/capture-settings.ts';
import { systemCode } from '../../model/errors.ts';
import { floorBytes } from '../../model/free-floor.ts';
import { FORGOTTEN_REASON } from '../../model/ledger.ts';
import { type DeviceKey, parseDevice } from '../../model/mac.ts';
import type { Phase } from '../../model/phase.ts';
import { parseSegmentFile, type SegmentSidecar } from '../../model/segment.ts';
import { type Clock, parseSeconds } from '../../model/time/clock.ts';
import type { StorageNow } from '../control/status.ts';
import { sidecarPath } from '../evidence/segment.ts';
import { readSidecar } from '../evidence/sidecar-file.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Acquaintances } from './acquaintances.ts';
import { ageLimitNs, beganBefore } from './age.ts';
import { Ballast, ballastPath } from './ballast.ts';
import { Deletions, removeEmptyFolders, removePutAside } from './deletions.ts';
import { deviceBytes, ownBytes } from './device-writes.ts';
import type { DiskSpace, EvidenceDisk } from './disk.ts';
import { type FoundFile, scanCaptures } from './folder-scan.ts';
import { isOverLimits, planRetention, type RetentionLimits, type RetentionPlan, type StoredFile } from './retention.ts';

/** Free space must exceed the ballast so many times before the ballast is made. */
const BALLAST_SHARE = 8;
const BUDGET_SHARE = 0.8;
/** A year of 64 quiet devices is 23,360 segments, of two files each. */
const MAX_FILES = 50_000;
/** Of smaller files it does not matter whose copies they contain. */
const COPIES_BYTES = 1024 * 1024;
/** What is left of a limit that was exceeded. */
const ROOM_SHARE = 0.99;
/** Segments of a forgotten device that one sync of the ledger announces. */
const AT_ONCE = 64;
const LOOKS_WHEN_BLOCKED = 3;
/** A scan of 20,000 files costs seconds on a Pi: between scans the sums are kept up, and checked this often anyway. */
const SCAN_NS = 3_600_000_000_000n;

export interface StorageParts {
  readonly settings: CaptureSettings;
  readonly disk: EvidenceDisk;
  readonly capturesFolder: string;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** The highest segment number from before this run. */
  readonly lastSequence: number;
  readonly acquaintances: Acquaintances;
  /** Whether somebody is copying that segment. */
  readonly isHeld: (seq: number) => boolean;
  /** Bytes of the segments that are being written now. */
  readonly openBytes: () => number;
  /** Nothing may be stored any more (with the reason), or may again (empty). */
  readonly block: (reason: string) => void;
  readonly say: (line: string) => void;
  /** Devices whose segments up to a number have to go, whatever is kept otherwise. */
  readonly forgotten: ReadonlyMap<DeviceKey, number>;
  /** Whether something is known to keep the wall clock right. */
  readonly isClockRight: () => boolean;
}

interface DeviceTotal {
  bytes: number;
  segments: number;
}

export class Storage {
  readonly #parts: StorageParts;
  readonly #ballast: Ballast;
  readonly #deletions: Deletions;
  /** Closed segments with their sidecars. */
  #byDevice = new Map<DeviceKey, DeviceTotal>();
  #closedBytes = 0;
  #segments = 0;
  #scannedAt: bigint | null = null;
  /** Sidecars never change, so what one says of tags is read once. */
  #tagged = new Map<string, boolean>();
  /** What sidecars say of copies, read once as well; of large files only. */
  #copies = new Map<string, StoredFile['copies']>();
  /** Paths of the segments of this run whose closing is in the ledger. */
  readonly #recorded = new Set<string>();
  #space: DiskSpace | null = null;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;
  #startedNs = 0n;
  #addedBytes = 0;
  #blocked = '';

  constructor(parts: StorageParts) {
    const { settings, disk } = parts;
    this.#parts = parts;
    this.#ballast = new Ballast(disk, ballastPath(settings.dataDir), settings.ballastBytes);
    this.#deletions = new Deletions(parts, ({ device, bytes, path: name }) => {
      this.#add(device, -bytes, -1);
      this.#recorded.delete(name);
    });
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
    this.#space = await disk.space(capturesFolder);
    const limits = this.#limits(this.#space);
    if (this.#isScanDue(limits)) await this.#scan(limits);
    if (this.#blocked === '') await this.#ballast.fill(settings.ballastBytes * (BALLAST_SHARE - 1));
  }

  #isScanDue(limits: RetentionLimits): boolean {
    if (this.#scannedAt === null || this.#blocked !== '') return true;
    if (this.#parts.clock.monotonic() - this.#scannedAt > SCAN_NS) return true;
    if (this.#usedBytes > limits.budgetBytes || this.#segments * 2 > limits.maxFiles) return true;
    return limits.freeBytes < limits.floorBytes || limits.freeInodes < limits.floorInodes;
  }

  async #scan(limits: RetentionLimits): Promise<void> {
    this.#scannedAt = this.#parts.clock.monotonic();
    const found = toStored(await scanCaptures(this.#parts.capturesFolder));
    // A final file whose closing line is still to come must not get a deletion line before it.
    const files = found.map((file) => (this.#isRecorded(file) ? file : { ...file, open: true }));
    this.#count(files);
    const kept = await this.#withoutOld(await this.#withoutForgotten(files));
    const plan = planWithRoom(isOverLimits(kept, limits) ? await this.#withCopies(kept) : kept, limits);
    for (const victim of plan.victims) await this.#deletions.carryOut([victim], plan.reason);
    this.#setBlocked(plan.blocked ? plan.reason : '');
  }

  /** Deletes what was recorded of forgotten devices, being copied or not; an open one at a later look. */
  async #withoutForgotten(files: readonly StoredFile[]): Promise<readonly StoredFile[]> {
    const { forgotten, capturesFolder, disk } = this.#parts;
    const isGone = ({ device, seq, open }: StoredFile) => !open && seq <= (forgotten.get(device) ?? -1);
    const victims = files.filter(isGone);
    for (let at = 0; at < victims.length; at += AT_ONCE)
      await this.#deletions.carryOut(victims.slice(at, at + AT_ONCE), FORGOTTEN_REASON);
    const kept = files.filter((file) => !isGone(file));
    // The address is in the names of its folders as well.
    for (const device of new Set(victims.map((file) => file.device))) {
      await removePutAside(disk, capturesFolder, device, forgotten.get(device) ?? -1);
      if (!kept.some((file) => file.device === device)) await removeEmptyFolders(capturesFolder, device);
    }
    return kept;
  }

  /** Deletes what is older than the settings allow, of every phase and tag; what is being copied goes at a later look. */
  async #withoutOld(files: readonly StoredFile[]): Promise<readonly StoredFile[]> {
    const { settings, clock, isClockRight, isHeld } = this.#parts;
    const limit = ageLimitNs(clock.wall(), settings.maxAgeDays);
    if (limit === null || !isClockRight()) return files;
    const kept: StoredFile[] = [];
    for (const file of files) {
      if (file.open || isHeld(file.seq) || !beganBefore(file.path, limit) || !this.#endedBefore(file, limit))
        kept.push(file);
      else await this.#deletions.carryOut([file], `older than ${settings.maxAgeDays} days (retention.max_age_days)`);
    }
    return kept;
  }

  #endedBefore({ path: name }: StoredFile, limit: bigint): boolean {
    const last = readSidecar(sidecarPath(path.join(this.#parts.capturesFolder, name)))?.value.last_ts;
    const ns = typeof last === 'string' ? parseSeconds(last) : undefined;
    return ns !== undefined && ns < limit;
  }

  async #withCopies(files: readonly StoredFile[]): Promise<StoredFile[]> {
    const known = this.#copies;
    this.#copies = new Map();
    const learned: StoredFile[] = [];
    for (const file of files) {
      if (file.bytes < COPIES_BYTES || file.open) learned.push(file);
      else learned.push({ ...file, copies: await this.#copiesIn(file, known.get(file.path)) });
    }
    return learned;
  }

  async #copiesIn(file: StoredFile, known: StoredFile['copies'] | undefined): Promise<StoredFile['copies']> {
    let copies = known;
    if (copies === undefined) {
      const sidecar = readSidecar(sidecarPath(path.join(this.#parts.capturesFolder, file.path)));
      copies = copiesOf(sidecar?.value.shared_from);
      // Thousands may be read after a start: packets have their turn in between.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#copies.set(file.path, copies);
    return copies;
  }

  #isRecorded(file: StoredFile): boolean {
    return file.seq <= this.#parts.lastSequence || this.#recorded.has(file.path);
  }

  #count(files: readonly StoredFile[]): void {
    const known = this.#tagged;
    this.#tagged = new Map();
    this.#byDevice = new Map();
    this.#closedBytes = 0;
    this.#segments = 0;
    for (const file of files) {
      if (file.open) continue;
      this.#add(file.device, file.bytes, 1);
      const tagged = known.get(file.path);
      if (tagged !== undefined) this.#tagged.set(file.path, tagged);
    }
  }

  #add(device: DeviceKey, bytes: number, segments: number): void {
    const total = this.#byDevice.get(device) ?? { bytes: 0, segments: 0 };
    total.bytes += bytes;
    total.segments += segments;
    this.#byDevice.set(device, total);
    this.#closedBytes += bytes;
    this.#segments += segments;
  }

  /** Of a file system that counts inodes. */
  get inodesGone(): boolean {
    return this.#space !== null && this.#space.inodes > 0 && this.#space.freeInodes === 0;
  }

  get #usedBytes(): number {
    return this.#closedBytes + this.#parts.openBytes();
  }

  #limits(space: DiskSpace): RetentionLimits {
    const { settings } = this.#parts;
    return {
      budgetBytes: this.#budget(),
      floorBytes: floorBytes(settings.floor, space.totalBytes),
      // The ballast is room that is kept on purpose.
      freeBytes: space.freeBytes + (this.#ballast.present ? settings.ballastBytes : 0),
      floorInodes: space.inodes * settings.freeInodeShare,
      freeInodes: space.freeInodes,
      maxFiles: MAX_FILES,
      keepNewest: settings.keepNewest,
      modeOf: (phase) => this.#modeOf(phase),
      isLocked: (name) => this.#isTagged(name),
      isKnown: (device) => this.#parts.acquaintances.isKnown(device),
      isHeld: this.#parts.isHeld,
    };
  }

  #modeOf(phase: Phase): RetentionMode {
    const { retentionIdle, retentionIntensive } = this.#parts.settings;
    return phase === 'idle' || phase === 'unlabelled' ? retentionIdle : retentionIntensive;
  }

  #setBlocked(reason: string): void {
    if (reason === '' && this.#blocked === '') return;
    this.#blocked = reason;
    this.#parts.block(reason);
  }

  /** A device was forgotten: what is there of it goes now. */
  forget(): void {
    this.#scannedAt = null;
    // A look that is under way may have passed its files already.
    void Promise.resolve(this.#looking).then(() => this.look());
  }

  /** A disk error with its system code first: a full disk gets the ballast back, and what may go, goes. */
  diskFailed(reason: string): void {
    if (!/^(ENOSPC|EDQUOT)/.test(reason)) return;
    void this.#ballast.release().then(() => this.look());
  }

  /** A segment and its sidecar are on the disk and in the ledger. */
  segmentClosed(device: DeviceKey, name: string, bytes: number): void {
    this.#recorded.add(name);
    this.#addedBytes += bytes;
    this.#add(device, bytes, 1);
    if (this.#parts.forgotten.has(device)) this.forget();
    if (this.#usedBytes > this.#budget()) this.look();
  }

  #isTagged(name: string): boolean {
    const known = this.#tagged.get(name);
    if (known !== undefined) return known;
    const sidecar = readSidecar(sidecarPath(path.join(this.#parts.capturesFolder, name)));
    const tagged = (sidecar?.value.tags.length ?? 0) > 0;
    this.#tagged.set(name, tagged);
    return tagged;
  }

  now(): StorageNow {
    const budgetBytes = this.#budget();
    const { freeBytes, totalBytes } = this.#space ?? { freeBytes: 0, totalBytes: 0 };
    const floor = floorBytes(this.#parts.settings.floor, totalBytes);
    const room = Math.min(budgetBytes - this.#usedBytes, freeBytes - floor);
    return {
      bytes: this.#usedBytes,
      segments: this.#segments,
      freeBytes,
      budgetBytes,
      forecastSeconds: this.#forecast(room),
      writtenBytes: ownBytes(),
      deviceWrittenBytes: deviceBytes(this.#parts.settings.dataDir),
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

/** Where something has to go, a little more goes: otherwise each segment that is closed would cost a scan from then on. */
export function planWithRoom(files: readonly StoredFile[], limits: RetentionLimits): RetentionPlan {
  const needed = planRetention(files, limits);
  if (needed.victims.length === 0 || needed.blocked) return needed;
  const { budgetBytes, maxFiles } = limits;
  const roomy = { ...limits, budgetBytes: budgetBytes * ROOM_SHARE, maxFiles: maxFiles * ROOM_SHARE };
  return { ...needed, victims: planRetention(files, roomy).victims };
}

const NO_COPIES: StoredFile['copies'] = new Map();

/** A sidecar's `shared_from`; anything else in its place says nothing. */
function copiesOf(shared: SegmentSidecar['shared_from']): StoredFile['copies'] {
  const copies = new Map<DeviceKey, number>();
  for (const [text, bytes] of Object.entries(shared ?? {})) {
    const sender = parseDevice(text);
    if (sender !== undefined && Number.isSafeInteger(bytes) && bytes > 0) copies.set(sender, bytes);
  }
  return copies.size === 0 ? NO_COPIES : copies;
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
    stored.push({ path: file.path, device, seq, phase, bytes, open, copies: NO_COPIES });
  }
  return stored;
}
