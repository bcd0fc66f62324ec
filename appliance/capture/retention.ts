// Which stored segments make room for new ones. Pure: from a folder scan and limits to a list of victims, so that storage.ts can
// only carry out what this file can explain. No clock is looked at: order is the sequence number, so a wrong clock deletes nothing.

import type { RetentionMode } from '../model/capture-settings.ts';
import type { DeviceKey } from '../model/mac.ts';
import type { Phase } from '../model/phase.ts';

/** One closed segment with its sidecar, or an open one (which only takes room). */
export interface StoredFile {
  readonly path: string;
  readonly device: DeviceKey;
  readonly seq: number;
  readonly phase: Phase;
  readonly bytes: number;
  readonly open: boolean;
}

export interface RetentionLimits {
  readonly budgetBytes: number;
  /** Bytes that must stay free on the file system, and how many are. */
  readonly floorBytes: number;
  readonly freeBytes: number;
  /** The same for inodes. */
  readonly floorInodes: number;
  readonly freeInodes: number;
  readonly maxFiles: number;
  readonly keepNewest: number;
  readonly modeOf: (phase: Phase) => RetentionMode;
  /** Tagged. Reads a file: asked of nothing that is not about to go. */
  readonly isLocked: (path: string) => boolean;
  /** Being copied: spared as long as anything else can go, since whoever asks for that may ask for all. */
  readonly isHeld: (seq: number) => boolean;
}

export interface RetentionPlan {
  /** In the order of deletion. */
  readonly victims: readonly StoredFile[];
  /** Why anything has to go; empty when nothing has. */
  readonly reason: string;
  /** Limits stay exceeded after all victims: nothing more may be stored. */
  readonly blocked: boolean;
}

/** Each segment is two files. */
const FILES_PER_SEGMENT = 2;

interface Need {
  bytes: number;
  files: number;
}

interface DeviceShare {
  bytes: number;
  /** Closed ones, oldest first; those before `next` are gone or locked. */
  readonly candidates: StoredFile[];
  next: number;
}

export function planRetention(files: readonly StoredFile[], limits: RetentionLimits): RetentionPlan {
  const { need, reason } = findNeed(files, limits);
  const victims: StoredFile[] = [];
  // The newest few of each device, and what is being copied, are spared as long as anything else can go.
  for (const [spare, isHeld] of [
    [limits.keepNewest, limits.isHeld],
    [1, limits.isHeld],
    [1, () => false],
  ] as const) {
    if (need.bytes <= 0 && need.files <= 0) break;
    chooseVictims(files, { ...limits, isHeld }, spare, need, victims);
  }
  return { victims, reason, blocked: need.bytes > 0 || need.files > 0 };
}

function findNeed(files: readonly StoredFile[], limits: RetentionLimits): { need: Need; reason: string } {
  const used = files.reduce((sum, file) => sum + file.bytes, 0);
  const overBudget = used - limits.budgetBytes;
  const belowFloor = limits.floorBytes - limits.freeBytes;
  const belowInodes = limits.floorInodes - limits.freeInodes;
  const tooMany = files.length * FILES_PER_SEGMENT - limits.maxFiles;
  const reasons = [
    overBudget > 0 ? `captures take ${Math.ceil(overBudget)} bytes more than their budget` : '',
    belowFloor > 0 ? `the disk is full: ${Math.ceil(belowFloor)} bytes more must be free` : '',
    belowInodes > 0 ? `the disk is full of files: ${Math.ceil(belowInodes)} more inodes must be free` : '',
    tooMany > 0 ? `there are ${tooMany} files too many` : '',
  ];
  const need = { bytes: Math.max(overBudget, belowFloor, 0), files: Math.max(belowInodes, tooMany, 0) };
  return { need, reason: reasons.filter((text) => text !== '').join('; ') };
}

/** From the device furthest above its fair share, oldest first, never below its floor. */
function chooseVictims(
  files: readonly StoredFile[],
  limits: RetentionLimits,
  spare: number,
  need: Need,
  victims: StoredFile[],
): void {
  const gone = new Set(victims.map((file) => file.path));
  const shares = shareOut(
    files.filter((file) => !gone.has(file.path)),
    spare,
  );
  const used = files.reduce((sum, file) => sum + file.bytes, 0);
  const floor = Math.min(limits.budgetBytes, used) / (2 * Math.max(1, shares.size));
  while (need.bytes > 0 || need.files > 0) {
    const share = furthestAbove(shares, floor, limits);
    const victim = share?.candidates[share.next++];
    if (share === undefined || victim === undefined) return;
    share.bytes -= victim.bytes;
    need.bytes -= victim.bytes;
    need.files -= FILES_PER_SEGMENT;
    victims.push(victim);
  }
}

function shareOut(files: readonly StoredFile[], spare: number): Map<DeviceKey, DeviceShare> {
  const shares = new Map<DeviceKey, DeviceShare>();
  for (const file of files) {
    const share = shares.get(file.device) ?? { bytes: 0, candidates: [], next: 0 };
    share.bytes += file.bytes;
    shares.set(file.device, share);
    if (!file.open) share.candidates.push(file);
  }
  for (const { candidates } of shares.values()) {
    candidates.sort((a, b) => a.seq - b.seq);
    candidates.length = Math.max(0, candidates.length - Math.max(1, spare));
  }
  return shares;
}

/** The oldest of the device that may go. */
function firstFree(share: DeviceShare, limits: RetentionLimits): StoredFile | undefined {
  for (; share.next < share.candidates.length; share.next++) {
    const file = share.candidates[share.next]!;
    if (limits.modeOf(file.phase) === 'ring' && !limits.isHeld(file.seq) && !limits.isLocked(file.path)) return file;
  }
  return undefined;
}

/** Shares are equal, so the largest is the one furthest above. */
function furthestAbove(
  shares: ReadonlyMap<DeviceKey, DeviceShare>,
  floor: number,
  limits: RetentionLimits,
): DeviceShare | undefined {
  let found: DeviceShare | undefined;
  for (const share of shares.values()) {
    if (found !== undefined && share.bytes <= found.bytes) continue;
    const first = firstFree(share, limits);
    if (first !== undefined && share.bytes - first.bytes >= floor) found = share;
  }
  return found;
}
