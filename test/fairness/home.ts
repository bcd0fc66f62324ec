// A home in simulated time, without a disk: devices send, the window that capture uses cuts their segments, and the retention that
// capture uses deletes them. What is simulated are the frames and the folder; what is decided is decided by the real code.

import { SegmentWindow } from '../../appliance/capture/evidence/segment-window.ts';
import { Acquaintances } from '../../appliance/capture/storage/acquaintances.ts';
import type { RetentionLimits, StoredFile } from '../../appliance/capture/storage/retention.ts';
import { planWithRoom } from '../../appliance/capture/storage/storage.ts';
import type { DeviceKey, Mac } from '../../appliance/model/mac.ts';
import { segmentPath } from '../../appliance/model/segment.ts';

const SEGMENT_BYTES = 64 * 1024 * 1024;
const SIDECAR_BYTES = 1400;
const SILENT_SECONDS = 300;
/** As in device-writer.ts. */
const FLOOD_BYTES = 1024 * 1024;
/** 2026-01-01T00:00Z. */
const START = 1_767_225_600;
const DAY_SECONDS = 86_400;

export interface Sender {
  readonly device: Mac;
  readonly everySeconds: number;
  /** Of all frames of one turn. */
  readonly bytes: number;
  readonly fromDay: number;
  readonly toDay: number;
  /** Who gets a copy. */
  readonly to?: Mac;
}

interface Open {
  readonly window: SegmentWindow;
  start: number;
  newest: number;
  bytes: number;
  copies: Map<DeviceKey, number>;
  isCalm: boolean;
}

export interface Kept {
  readonly segments: number;
  /** What the device itself sent. */
  readonly bytes: number;
  /** Copies included. */
  readonly stored: number;
}

export class Home {
  readonly #limits: Pick<RetentionLimits, 'budgetBytes' | 'maxFiles'>;
  readonly #open = new Map<DeviceKey, Open>();
  readonly #acquaintances = new Acquaintances();
  readonly made = new Map<DeviceKey, { segments: number; bytes: number }>();
  files: StoredFile[] = [];
  deleted = 0;
  #sequence = 0;

  constructor(limits: Pick<RetentionLimits, 'budgetBytes' | 'maxFiles'>) {
    this.#limits = limits;
  }

  /** Lives through the given days. */
  live(senders: readonly Sender[], days: number): void {
    for (let day = 0; day < days; day++) {
      for (const sender of senders) if (day >= sender.fromDay && day < sender.toDay) this.#day(sender, day);
      this.#makeRoom();
    }
    for (const device of this.#open.keys()) this.#close(device);
    this.#makeRoom();
  }

  #day(sender: Sender, day: number): void {
    const end = START + (day + 1) * DAY_SECONDS;
    for (let second = START + day * DAY_SECONDS; second < end; second += sender.everySeconds) {
      this.#store(sender.device, sender.device, second, sender.bytes);
      if (sender.to !== undefined) this.#store(sender.to, sender.device, second, sender.bytes);
    }
  }

  #store(device: DeviceKey, sender: DeviceKey, second: number, bytes: number): void {
    const open = this.#opened(device, second);
    this.#cutIfOver(device, open, second, bytes);
    if (open.bytes === 0) open.start = second;
    open.newest = second;
    open.bytes += bytes;
    if (sender === device) return this.#count(device, 0, bytes);
    open.copies.set(sender, (open.copies.get(sender) ?? 0) + bytes);
    if (open.isCalm && copiesIn(open.copies) >= FLOOD_BYTES) this.#close(device);
  }

  #opened(device: DeviceKey, second: number): Open {
    let open = this.#open.get(device);
    if (open !== undefined) return open;
    open = {
      window: new SegmentWindow(3600),
      start: second,
      newest: second,
      bytes: 0,
      copies: new Map(),
      isCalm: true,
    };
    this.#open.set(device, open);
    return open;
  }

  #cutIfOver(device: DeviceKey, open: Open, second: number, bytes: number): void {
    const { window } = open;
    const isOutside = second < window.from || second >= window.to;
    const isSilent = second - open.newest >= SILENT_SECONDS && !window.staysOpen(open.bytes);
    if ((isOutside && window.turn(second, open.bytes)) || isSilent || open.bytes + bytes > SEGMENT_BYTES)
      this.#close(device);
  }

  #close(device: DeviceKey): void {
    const open = this.#open.get(device);
    if (open === undefined || open.bytes === 0) return;
    const seq = ++this.#sequence;
    const path = segmentPath({ device, startNs: BigInt(open.start) * 1_000_000_000n, seq, phase: 'idle' });
    const bytes = open.bytes + SIDECAR_BYTES;
    this.files.push({ path, device, seq, phase: 'idle', bytes, open: false, copies: open.copies });
    this.#acquaintances.learn(device, path, bytes);
    this.#count(device, 1, 0);
    open.isCalm = copiesIn(open.copies) < FLOOD_BYTES;
    open.bytes = 0;
    open.copies = new Map();
  }

  #count(device: DeviceKey, segments: number, bytes: number): void {
    const made = this.made.get(device) ?? { segments: 0, bytes: 0 };
    made.segments += segments;
    made.bytes += bytes;
    this.made.set(device, made);
  }

  #makeRoom(): void {
    const plan = planWithRoom(this.files, {
      ...this.#limits,
      floorBytes: 0,
      freeBytes: 1,
      floorInodes: 0,
      freeInodes: 1,
      keepNewest: 10,
      modeOf: () => 'ring',
      isLocked: () => false,
      isHeld: () => false,
      isKnown: (device) => this.#acquaintances.isKnown(device),
    });
    if (plan.victims.length === 0) return;
    const gone = new Set(plan.victims);
    this.files = this.files.filter((file) => !gone.has(file));
    this.deleted += gone.size;
  }

  /** Among whom retention shares: the known devices that have segments, and all newcomers as one (retention.ts). */
  get payers(): number {
    const known = [...this.made.keys()].filter((device) => this.#acquaintances.isKnown(device));
    return known.length + (known.length < this.made.size ? 1 : 0);
  }

  /** What is left of what the device itself sent. */
  kept(device: DeviceKey): Kept {
    const own = this.files.filter((file) => file.device === device);
    const bytes = own.reduce((sum, file) => sum + ownBytes(file), 0);
    return { segments: own.length, bytes, stored: own.reduce((sum, file) => sum + file.bytes, 0) };
  }
}

function ownBytes(file: StoredFile): number {
  return file.bytes - SIDECAR_BYTES - copiesIn(file.copies);
}

function copiesIn(copies: StoredFile['copies']): number {
  let sum = 0;
  for (const bytes of copies.values()) sum += bytes;
  return sum;
}
