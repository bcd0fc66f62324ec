// Which stored segments make room for new ones. Pure: from a folder scan and limits to a list of victims, so that storage.ts can
// only carry out what this file can explain. No clock is looked at: order is the sequence number, so a wrong clock deletes nothing.
//
// Bytes and files are shared alike, each by itself: who is furthest above an equal share of what is short pays. Copies of frames in
// the file of their receiver are charged to their sender, so that a flood evicts the flooder's evidence and not its victim's. All
// addresses that nobody knows yet (acquaintances.ts) are one payer, with a tenth at most: inventing addresses wins nothing.

import type { RetentionMode } from '../../model/capture-settings.ts';
import type { DeviceKey } from '../../model/mac.ts';
import type { Phase } from '../../model/phase.ts';

/** One closed segment with its sidecar, or an open one (which only takes room). */
export interface StoredFile {
  readonly path: string;
  readonly device: DeviceKey;
  readonly seq: number;
  readonly phase: Phase;
  readonly bytes: number;
  readonly open: boolean;
  /** Bytes of it that are copies, by sender. */
  readonly copies: ReadonlyMap<DeviceKey, number>;
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
  /** Being copied: spared as long as anything else can go, since a client may request everything. */
  readonly isHeld: (seq: number) => boolean;
  /** Not of the newcomers' pool. */
  readonly isKnown: (device: DeviceKey) => boolean;
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
/** Of each limit, for all newcomers together. */
const NEWCOMERS_SHARE = 0.1;
const NEWCOMERS = 'newcomers';
/** A file that is copies of one sender to this share, and not small, may go for that sender. */
const MOSTLY = 0.9;
const WORTH_BYTES = 4 * 1024 * 1024;

type Resource = 'bytes' | 'files';
type Amount = Record<Resource, number>;
type Payer = DeviceKey | typeof NEWCOMERS;

interface Share {
  readonly used: Amount;
  /** What may go, in this order: closed ones of its own, oldest first, then others' that are mostly copies of what it sent. */
  readonly candidates: StoredFile[];
  readonly foreign: StoredFile[];
  /** Candidates before this one are gone or locked. */
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
    new Choice(files, { ...limits, isHeld }, spare, victims).make(need);
  }
  return { victims, reason, blocked: need.bytes > 0 || need.files > 0 };
}

/** Whether anything has to go. */
export function isOverLimits(files: readonly StoredFile[], limits: RetentionLimits): boolean {
  return findNeed(files, limits).reason !== '';
}

function findNeed(files: readonly StoredFile[], limits: RetentionLimits): { need: Amount; reason: string } {
  const used = files.reduce((sum, file) => sum + file.bytes, 0);
  const overBudget = used - limits.budgetBytes;
  const belowFloor = limits.floorBytes - limits.freeBytes;
  const belowInodes = limits.floorInodes - limits.freeInodes;
  const tooMany = files.length * FILES_PER_SEGMENT - limits.maxFiles;
  const reasons = [
    overBudget > 0
      ? `captures take ${Math.ceil(overBudget)} bytes more than their budget (retention.budget_bytes)`
      : '',
    belowFloor > 0
      ? `the disk is full: ${Math.ceil(belowFloor)} bytes more must be free (the larger of retention.free_bytes and retention.free_percent)`
      : '',
    belowInodes > 0
      ? `the disk is full of files: ${Math.ceil(belowInodes)} more inodes must be free (retention.free_inodes_percent)`
      : '',
    tooMany > 0 ? `there are ${tooMany} files too many` : '',
  ];
  const need = { bytes: Math.max(overBudget, belowFloor, 0), files: Math.max(belowInodes, tooMany, 0) };
  return { need, reason: reasons.filter((text) => text !== '').join('; ') };
}

/** One round: nobody loses its newest `spare` segments. */
class Choice {
  readonly #limits: RetentionLimits;
  readonly #victims: StoredFile[];
  readonly #shares = new Map<Payer, Share>();
  /** Bytes in each device's folder, regardless of who is charged. */
  readonly #stored = new Map<DeviceKey, number>();
  /** What an equal share of the limit is. */
  readonly #equal: Amount;

  constructor(files: readonly StoredFile[], limits: RetentionLimits, spare: number, victims: StoredFile[]) {
    this.#limits = limits;
    this.#victims = victims;
    const gone = new Set(victims.map((file) => file.path));
    for (const file of files) if (!gone.has(file.path)) this.#charge(file);
    const used = { bytes: 0, files: 0 };
    for (const share of this.#shares.values()) {
      sortCandidates(share, spare);
      for (const resource of ['bytes', 'files'] as const) used[resource] += share.used[resource];
    }
    const payers = Math.max(1, this.#shares.size);
    const { budgetBytes, maxFiles } = limits;
    this.#equal = { bytes: Math.min(budgetBytes, used.bytes) / payers, files: Math.min(maxFiles, used.files) / payers };
  }

  #charge(file: StoredFile): void {
    const payer = this.#payerOf(file.device);
    const sender = mostlyCopiesOf(file);
    const owner = this.#shareOf(sender === null ? payer : this.#payerOf(sender));
    this.#use(file, 1);
    if (file.open) return;
    (sender === null ? owner.candidates : owner.foreign).push(file);
  }

  /** Adds what the file takes to those who pay for it, or takes it off again. */
  #use(file: StoredFile, sign: 1 | -1): void {
    this.#stored.set(file.device, (this.#stored.get(file.device) ?? 0) + sign * file.bytes);
    let own = file.bytes;
    for (const [sender, bytes] of file.copies) {
      this.#shareOf(this.#payerOf(sender)).used.bytes += sign * bytes;
      own -= bytes;
    }
    this.#shareOf(this.#payerOf(file.device)).used.bytes += sign * own;
    const counted = this.#payerOf(mostlyCopiesOf(file) ?? file.device);
    this.#shareOf(counted).used.files += sign * FILES_PER_SEGMENT;
  }

  #payerOf(device: DeviceKey): Payer {
    return this.#limits.isKnown(device) ? device : NEWCOMERS;
  }

  #shareOf(payer: Payer): Share {
    let share = this.#shares.get(payer);
    if (share === undefined) {
      share = { used: { bytes: 0, files: 0 }, candidates: [], foreign: [], next: 0 };
      this.#shares.set(payer, share);
    }
    return share;
  }

  make(need: Amount): void {
    for (const resource of ['bytes', 'files'] as const) {
      while (need[resource] > 0) {
        const share = this.#payer(resource);
        const victim = share?.candidates[share.next++];
        if (victim === undefined) break;
        this.#use(victim, -1);
        need.bytes -= victim.bytes;
        need.files -= FILES_PER_SEGMENT;
        this.#victims.push(victim);
      }
    }
  }

  /** The newcomers while they are above their share; then who is furthest above an equal one. Nobody below half of its own. */
  #payer(resource: Resource): Share | undefined {
    const pool = this.#shares.get(NEWCOMERS);
    if (pool !== undefined && pool.used[resource] > this.#due(pool)[resource] && this.#canPay(pool, resource))
      return pool;
    let found: Share | undefined;
    for (const share of this.#shares.values()) {
      if (found !== undefined && share.used[resource] <= found.used[resource]) continue;
      if (this.#canPay(share, resource)) found = share;
    }
    return found;
  }

  /** What is fair for one payer. */
  #due(share: Share): Amount {
    if (share !== this.#shares.get(NEWCOMERS)) return this.#equal;
    const { budgetBytes, maxFiles } = this.#limits;
    const { bytes, files } = this.#equal;
    return {
      bytes: Math.min(bytes, budgetBytes * NEWCOMERS_SHARE),
      files: Math.min(files, maxFiles * NEWCOMERS_SHARE),
    };
  }

  #canPay(share: Share, resource: Resource): boolean {
    const first = this.#firstFree(share);
    if (first === undefined) return false;
    const price = resource === 'bytes' ? first.bytes : FILES_PER_SEGMENT;
    return share.used[resource] - price >= this.#due(share)[resource] / 2;
  }

  /** The first candidate that may go. */
  #firstFree(share: Share): StoredFile | undefined {
    const { modeOf, isHeld, isLocked } = this.#limits;
    for (; share.next < share.candidates.length; share.next++) {
      const file = share.candidates[share.next]!;
      if (modeOf(file.phase) !== 'ring' || isHeld(file.seq) || !this.#mayLeave(file)) continue;
      if (!isLocked(file.path)) return file;
    }
    return undefined;
  }

  /** A flooded device's file holds something of its own too: it goes only where an equal share is left in that folder. */
  #mayLeave(file: StoredFile): boolean {
    if (mostlyCopiesOf(file) === null) return true;
    return (this.#stored.get(file.device) ?? 0) - file.bytes >= this.#equal.bytes;
  }
}

/** The sender whose copies are nearly all of the file; null where it is its device's own. */
function mostlyCopiesOf(file: StoredFile): DeviceKey | null {
  if (file.bytes < WORTH_BYTES) return null;
  for (const [sender, bytes] of file.copies) if (bytes >= file.bytes * MOSTLY) return sender;
  return null;
}

function sortCandidates(share: Share, spare: number): void {
  const { candidates, foreign } = share;
  candidates.sort((a, b) => a.seq - b.seq);
  candidates.length = Math.max(0, candidates.length - Math.max(1, spare));
  candidates.push(...foreign.toSorted((a, b) => a.seq - b.seq));
}
