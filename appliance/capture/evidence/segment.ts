// One segment of one device: takes blocks, writes them in order with at most one write in flight, and when it is cut turns the
// `.part` into evidence: drain -> fdatasync -> rename -> folder fsync -> sidecar -> ledger line. Made by device-writer.ts.

import path from 'node:path';
import { type PcapFormat, recordTime } from '../../decode/files/pcap-record.ts';
import { systemCode } from '../../model/errors.ts';
import type { Interaction, Phase } from '../../model/phase.ts';
import type { CutReason, SegmentSidecar } from '../../model/segment.ts';
import { segmentPath } from '../../model/segment.ts';
import type { ClockState } from '../../model/time/clock.ts';
import { formatSeconds } from '../../model/time/clock.ts';
import { lineHash } from '../ledger/ledger-chain.ts';
import { writeDurably } from '../storage/durable-file.ts';
import type { DeviceAccount } from './accounts.ts';
import type { Block, RecordCount } from './block.ts';
import { SegmentCopies } from './segment-copies.ts';
import { SegmentFile } from './segment-file.ts';
import type { SegmentServices } from './segment-services.ts';
import { WriteProgress } from './write-progress.ts';

export interface SegmentLabel {
  readonly phase: Phase;
  readonly interaction: Interaction;
  /** Tags that overlapped the segment, also those opened while it was. */
  readonly tags: Set<string>;
}

/** The sidecar of a final segment file. */
export function sidecarPath(pcap: string): string {
  return pcap.replace(/\.pcap$/, '.json');
}

export type SegmentState = 'new' | 'open' | 'failed' | 'closed';

/** The device's writer. */
export interface SegmentOwner {
  /** Nothing more will be written; `leftover` are the blocks that the disk refused, in their order. */
  settled(segment: Segment, leftover: Block[]): void;
}

export class Segment {
  readonly #services: SegmentServices;
  readonly #account: DeviceAccount;
  readonly #format: PcapFormat;
  readonly #label: SegmentLabel;
  readonly #owner: SegmentOwner;
  readonly #startNs: bigint;
  #blocks: Block[] = [];
  readonly #progress = new WriteProgress();
  #busy = false;
  #state: SegmentState = 'new';
  #file: SegmentFile | null = null;
  #path = '';
  #sequence = 0;
  #opened: ClockState | null = null;
  #dropsAtOpen: number | null = null;
  #lostAtOpen: readonly [number, number];
  #count: RecordCount = { records: 0, shared: 0, sharedBytes: 0 };
  readonly #copies = new SegmentCopies();
  #firstNs: bigint | null = null;
  #lastNs: bigint | null = null;
  #syncError = '';
  #cut: CutReason | null = null;
  #started = false;
  #isSettled = false;
  #previous: Promise<string | null> = Promise.resolve(null);
  #step = 0;
  #sha256 = '';
  #sidecarText = '';

  constructor(
    services: SegmentServices,
    account: DeviceAccount,
    format: PcapFormat,
    label: SegmentLabel,
    startNs: bigint,
    owner: SegmentOwner,
  ) {
    this.#services = services;
    this.#account = account;
    this.#format = format;
    this.#label = label;
    this.#startNs = startNs;
    this.#owner = owner;
    this.#lostAtOpen = [account.lostDisk, account.lostQueue];
  }

  get state(): SegmentState {
    return this.#state;
  }

  get format(): PcapFormat {
    return this.#format;
  }

  get label(): SegmentLabel {
    return this.#label;
  }

  /** Path below the captures folder without `.part`; empty until the file is there. */
  get path(): string {
    return this.#path;
  }

  /** Nothing waits and nothing is being written. */
  get idle(): boolean {
    return !this.#busy && this.#blocks.length === 0;
  }

  /** Takes ownership of the block; it is written once the segment was started. */
  add(block: Block): void {
    this.#blocks.push(block);
    this.#progress.added();
    this.#kick();
  }

  /** Its turn has come: the device's segments before this one are all written. */
  start(): void {
    this.#started = true;
    this.#kick();
  }

  get started(): boolean {
    return this.#started;
  }

  /** No block will be added any more. */
  cut(reason: CutReason): void {
    this.#cut = reason;
    if (this.#started && this.idle) this.#settle();
  }

  /** Why it was cut; null while blocks may be added. */
  get cutReason(): CutReason | null {
    return this.#cut;
  }

  /** Cut and written, or failed: nothing more will be written. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Gives back the blocks of a segment that was never started. */
  surrender(): Block[] {
    return this.#started ? [] : this.#blocks.splice(0);
  }

  #kick(): void {
    if (this.#started && !this.#busy && this.#state !== 'failed') void this.#pump();
  }

  #settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#progress.end();
    this.#owner.settled(this, this.#blocks.splice(0));
  }

  /**
   * Makes what was added so far durable; false where the disk did not take all of it. A failed sync ends the segment: its bytes
   * are in doubt from there on.
   */
  async sync(): Promise<boolean> {
    const isWriting = this.#started && !this.#isSettled && this.#state !== 'failed';
    if (!(await this.#progress.untilNow(isWriting))) return false;
    return this.#services.syncing.run(() => this.#syncFile());
  }

  async #syncFile(): Promise<boolean> {
    const file = this.#file;
    if (file === null || !file.dirty) return true;
    if (this.#syncError !== '') return false;
    try {
      await file.sync();
      return true;
    } catch (error) {
      this.#doubt(file, error);
      if (!this.#isSettled) this.#fail(error, 'sync');
      return false;
    }
  }

  /**
   * Makes evidence of a settled segment. Resolves with the SHA-256 of the final file, or null where no record was kept. Rejects
   * with the system's error; a later call goes on where this one stopped. `previous` is the SHA-256 of the device's segment
   * before this one.
   */
  close(previous: Promise<string | null>): Promise<string | null> {
    this.#previous = previous;
    return this.#services.closing.run(() => this.#close());
  }

  async #pump(): Promise<void> {
    this.#busy = true;
    try {
      if (this.#state === 'new') await this.#open();
      while (this.#state === 'open' && this.#blocks.length > 0) await this.#writeFirst();
    } finally {
      this.#busy = false;
    }
    if (this.#state === 'failed' || (this.#cut !== null && this.#blocks.length === 0)) this.#settle();
  }

  async #open(): Promise<void> {
    const { disk, capturesFolder, ledger, gate } = this.#services;
    const seq = this.#services.nextSequence();
    const device = this.#account.device;
    const name = segmentPath({ device, startNs: this.#startNs, seq, phase: this.#label.phase });
    const file = new SegmentFile(disk, path.join(capturesFolder, `${name}.part`), this.#format);
    try {
      await disk.makeFolder(path.dirname(file.path));
      await file.open();
    } catch (error) {
      this.#fail(error, 'open');
      return;
    }
    gate.succeed();
    this.#file = file;
    this.#path = name;
    this.#sequence = seq;
    this.#state = 'open';
    this.#opened = this.#services.clockState();
    this.#dropsAtOpen = await this.#services.kernelDrops(false);
    const { infra } = this.#services.facts;
    ledger.append({ type: 'segment-opened', device, seq, path: name, phase: this.#label.phase, infra: [...infra] });
  }

  async #writeFirst(): Promise<void> {
    const block = this.#blocks[0];
    const file = this.#file;
    if (block === undefined || file === null) return;
    const outcome = await file.append(block);
    if (outcome.error === null) {
      this.#blocks.shift();
      this.#progress.written();
      this.#keep(block, block, outcome.last);
      this.#services.waiting.remove(block);
      this.#services.pool.give(block);
      this.#services.gate.succeed();
      return;
    }
    if (outcome.records > 0) this.#keepPart(block, outcome.bytes, outcome.records, outcome.last);
    this.#fail(outcome.error, 'write');
  }

  #keep(block: Block, count: RecordCount, last: number): void {
    this.#count.records += count.records;
    this.#count.shared += count.shared;
    this.#count.sharedBytes += count.sharedBytes;
    this.#firstNs ??= recordTime(block.bytes, 0, this.#format);
    this.#lastNs = recordTime(block.bytes, last, this.#format);
    if (count.shared > 0) this.#copies.count(this.#services, block, last, this.#account.device, this.#format);
    this.#services.accounts.written(this.#account, count);
  }

  /** The first `bytes` of the block are in the file; what follows stays in the block. */
  #keepPart(block: Block, bytes: number, records: number, last: number): void {
    const shared = this.#services.countShared(block, bytes, this.#account.device, this.#format);
    const kept = { records, shared: shared.shared, sharedBytes: shared.sharedBytes };
    this.#keep(block, kept, last);
    block.bytes.copyWithin(0, bytes, block.used);
    block.used -= bytes;
    block.last -= bytes;
    block.records -= records;
    block.shared -= kept.shared;
    block.sharedBytes -= kept.sharedBytes;
  }

  #fail(error: unknown, during: string): void {
    const code = systemCode(error) ?? String(error);
    this.#state = 'failed';
    this.#services.gate.fail(`${code} on ${during}`);
    if (!this.#busy) this.#settle();
  }

  /** Runs the closing steps from where they stopped; a step that fails is tried again by the next call. */
  async #close(): Promise<string | null> {
    const file = this.#file;
    if (file === null) return null;
    if (this.#count.records === 0) return this.#discard(file);
    const steps = this.#closingSteps(file);
    while (this.#step < steps.length) {
      await steps[this.#step]?.();
      this.#step++;
    }
    this.#state = 'closed';
    return this.#sha256;
  }

  #closingSteps(file: SegmentFile): (() => Promise<void>)[] {
    const { disk, ledger } = this.#services;
    const finalPath = file.path.slice(0, -'.part'.length);
    return [
      () => this.#lastSync(file),
      () => file.close(),
      () => disk.rename(file.path, finalPath),
      () => disk.syncFolder(path.dirname(finalPath)),
      () => this.#makeSidecar(file),
      () => writeDurably(disk, sidecarPath(finalPath), this.#sidecarText),
      // Apart from its sync: what is tried again after a failure must not close the file a second time.
      async () => this.#recordClosed(file),
      () => ledger.sync(),
    ];
  }

  get #finalCut(): CutReason {
    return this.#state === 'failed' || this.#cut === null ? 'error' : this.#cut;
  }

  async #lastSync(file: SegmentFile): Promise<void> {
    if (this.#syncError !== '' || !file.dirty) return;
    try {
      await file.sync();
    } catch (error) {
      this.#doubt(file, error);
    }
  }

  #doubt(file: SegmentFile, error: unknown): void {
    const code = systemCode(error) ?? 'error';
    this.#syncError = `fdatasync failed with ${code}: bytes beyond ${file.syncedSize} may not be on the card`;
    this.#services.gate.fail(`${code} on sync`);
    this.#services.ledger.append({ type: 'finding', code: 'DISK_SYNC', detail: `${this.#path}: ${this.#syncError}` });
  }

  async #makeSidecar(file: SegmentFile): Promise<void> {
    this.#sha256 = file.digest();
    this.#sidecarText = `${JSON.stringify(await this.#sidecar(file.size, this.#sha256), null, 1)}\n`;
  }

  #recordClosed(file: SegmentFile): void {
    this.#services.ledger.append({
      type: 'segment-closed',
      device: this.#account.device,
      seq: this.#sequence,
      path: this.#path,
      sha256: this.#sha256,
      bytes: file.size,
      packets: this.#count.records,
      cut: this.#finalCut,
      sidecar_sha256: lineHash(this.#sidecarText),
    });
    this.#services.closed(this.#account.device, this.#path, file.size + this.#sidecarText.length);
  }

  /** A segment that could not keep a single record leaves no file, only a line. */
  async #discard(file: SegmentFile): Promise<null> {
    await file.abandon();
    await this.#services.disk.remove(file.path);
    const { device } = this.#account;
    this.#services.ledger.append({ type: 'segment-empty', device, seq: this.#sequence, path: this.#path });
    this.#state = 'closed';
    return null;
  }

  async #sidecar(bytes: number, sha256: string): Promise<SegmentSidecar> {
    const opened = this.#opened ?? this.#services.clockState();
    const drops = await this.#services.kernelDrops(true);
    return {
      schema: 'weir.segment/1',
      ...this.#services.facts,
      device: this.#account.device,
      seq: this.#sequence,
      file: path.basename(this.#path),
      sha256,
      bytes,
      packets: this.#count.records,
      first_ts: this.#firstNs === null ? null : formatSeconds(this.#firstNs),
      last_ts: this.#lastNs === null ? null : formatSeconds(this.#lastNs),
      link_type: this.#format.linkType,
      snaplen: this.#format.snapLength,
      resolution: this.#format.resolution,
      phase: this.#label.phase,
      interaction: this.#label.interaction,
      tags: [...this.#label.tags].toSorted(),
      shared_packets: this.#count.shared,
      shared_bytes: this.#count.sharedBytes,
      shared_from: this.#copies.reported(),
      lost_disk: this.#account.lostDisk - this.#lostAtOpen[0],
      lost_queue: this.#account.lostQueue - this.#lostAtOpen[1],
      dropped_kernel: drops === null || this.#dropsAtOpen === null ? null : drops - this.#dropsAtOpen,
      opened,
      closed: this.#services.clockState(),
      cut: this.#finalCut,
      previous_sha256: await this.#previous,
      recovered: null,
    };
  }
}
