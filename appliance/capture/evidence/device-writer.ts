// One captured device: the block that is being filled, the segment that is being written, and when the one is cut from the
// other. Fed by demux.ts in the packet path; everything slow happens in segment.ts.

import { setTimeout as sleep } from 'node:timers/promises';
import { PCAP_HEADER_BYTES, type PcapFormat, read32, recordTime } from '../../decode/files/pcap-record.ts';
import { systemCode } from '../../model/errors.ts';
import type { CutReason } from '../../model/segment.ts';
import type { DeviceAccount } from './accounts.ts';
import type { Block } from './block.ts';
import { BLOCK_BYTES } from './block.ts';
import { Segment, type SegmentLabel, type SegmentOwner } from './segment.ts';
import type { SegmentServices } from './segment-services.ts';
import { SegmentWindow } from './segment-window.ts';

export interface DeviceServices extends SegmentServices {
  readonly segmentBytes: number;
  readonly segmentSeconds: number;
  readonly retryMs: number;
  /** The engine asks for room before it delivers: what it delivers has room. */
  readonly sourceWaits: boolean;
  /** The phase and the tags of a segment of this device that starts now. */
  readonly label: (account: DeviceAccount) => SegmentLabel;
  /** A segment whose closing met an error: to be tried again. */
  readonly unfinished: (retry: () => Promise<void>) => void;
}

/** A device that is sent so much by another begins a new segment: what it said before shares no file with the flood. */
const FLOOD_BYTES = 1024 * 1024;
/** At a stop, so many segments in a row may meet an error before the rest is given up. */
const LAST_TRIES = 10;
/** So far apart at most: a service manager gives a stop half a minute. */
const LAST_TRY_MS = 500;

export class DeviceWriter implements SegmentOwner {
  readonly account: DeviceAccount;
  readonly #services: DeviceServices;
  #format: PcapFormat;
  /** Packet seconds that the current segment may hold. */
  readonly window: SegmentWindow;
  #block: Block | null = null;
  #segment: Segment | null = null;
  /** Segments that are not written to their end, in their order; only the first of them writes. The last may be `#segment`. */
  readonly #queue: Segment[] = [];
  #filled = PCAP_HEADER_BYTES;
  /** Copies in the current segment, and whether the one before had few. */
  #copied = 0;
  #isCalm = true;
  #previous: Promise<string | null>;
  /** Those that left the queue; their last sync may be still to come. */
  readonly #closing = new Set<Segment>();
  /** Called when a segment has left the queue. */
  #left: () => void = () => undefined;
  /** Monotonic milliseconds of the last look that found new packets. */
  #touchedAt = 0;
  #seen = 0;
  /** Its blocks become full between two ticks. */
  #isFast = false;
  #lastNs: bigint | null = null;
  #heardSecond = 0;

  /** `previous`: SHA-256 of the device's newest segment from before this run. */
  constructor(services: DeviceServices, account: DeviceAccount, format: PcapFormat, previous: string | null) {
    this.#services = services;
    this.account = account;
    this.#format = format;
    this.window = new SegmentWindow(services.segmentSeconds);
    this.#previous = Promise.resolve(previous);
  }

  get segment(): Segment | null {
    return this.#segment;
  }

  /** Of the segment that is being filled, waiting ones included; 0 while there is none. */
  get openBytes(): number {
    return this.#filled > PCAP_HEADER_BYTES ? this.#filled : 0;
  }

  /** Time of the newest record that was sealed; at most a flush behind. */
  get lastNs(): bigint | null {
    return this.#lastNs;
  }

  /** Packet second of the newest frame that is no copy of another device's. */
  get heardSecond(): number {
    return this.#heardSecond;
  }

  /** Nothing is being filled, written or closed. */
  get isDone(): boolean {
    return this.#block === null && this.#segment === null && this.#queue.length === 0 && this.#closing.size === 0;
  }

  /** SHA-256 of the newest segment that was closed, or of the one before this run. */
  get newest(): Promise<string | null> {
    return this.#previous;
  }

  /** Bytes that fit into the current block; at most this much comes with one `append`, unless it is a single record. */
  get room(): number {
    return this.#block === null ? BLOCK_BYTES : this.#block.bytes.length - this.#block.used;
  }

  /** Before a record of this packet second: ends the segment where it may not hold that. */
  turn(second: number): void {
    const { window } = this;
    if (second >= window.from && second < window.to) return;
    if (window.turn(second, this.#filled)) this.cut('hour');
  }

  /** Ends the segment where packet time has gone beyond it, or where it holds enough and the device fell silent. */
  closeIfOver(second: number, silentMs: number, nowMs: number): void {
    if (this.#segment === null) return;
    if (this.window.isOver(second, this.#filled)) this.cut('hour');
    else if (nowMs - this.#touchedAt >= silentMs && !this.window.staysOpen(this.#filled)) this.cut('silent');
  }

  /** Takes a copy of whole records. `last` is the offset of the last of them; `shared` their number of copies (all or none). */
  append(bytes: Buffer, start: number, end: number, records: number, last: number, shared: number, original: number) {
    const length = end - start;
    this.account.captured += records;
    this.account.bytes += original;
    if (shared === 0) this.#heardSecond = read32(bytes, last, false);
    if (this.#filled + length > this.#services.segmentBytes && this.#filled > PCAP_HEADER_BYTES) this.cut('size');
    if (this.#block !== null && this.#block.bytes.length - this.#block.used < length) {
      this.seal();
      this.#isFast = true;
    }
    if (this.#block === null) {
      if (this.#refuse({ records, shared, sharedBytes: shared > 0 ? original : 0 })) return;
      this.#block = this.#services.pool.take(length, this.#isFast);
    }
    this.#block.copy(bytes, start, end, records, last);
    this.#filled += length;
    if (shared === 0) return;
    this.#block.shared += shared;
    this.#block.sharedBytes += original;
    this.#copied += length;
    if (this.#isCalm && this.#copied >= FLOOD_BYTES) this.cut('size');
  }

  /** Drops and counts where there is no memory left, or where the disk has been failing for too long. */
  #refuse(count: { records: number; shared: number; sharedBytes: number }): boolean {
    const { gate, waiting, accounts, sourceWaits } = this.#services;
    if (gate.state === 'counting') accounts.lostDisk(this.account, count);
    else if (sourceWaits || !waiting.full) return false;
    else if (gate.state === 'open') accounts.lostQueue(this.account, count);
    else accounts.lostDisk(this.account, count);
    return true;
  }

  /** Sends the block that is being filled on its way. */
  seal(): void {
    const filled = this.#block;
    if (filled === null || filled.used === 0) return;
    this.#isFast = filled.used > BLOCK_BYTES;
    this.#lastNs = recordTime(filled.bytes, filled.last, this.#format);
    this.#block = null;
    const block = this.#services.pool.pack(filled);
    this.#services.waiting.add(block);
    this.#hand(block);
  }

  #hand(block: Block): void {
    if (this.#segment === null) {
      this.#segment = this.#make(this.#services.label(this.account), this.#format, block);
      this.#queue.push(this.#segment);
    }
    this.#segment.add(block);
    this.#advance();
  }

  #make(label: SegmentLabel, format: PcapFormat, first: Block): Segment {
    const startNs = recordTime(first.bytes, 0, format);
    return new Segment(this.#services, this.account, format, label, startNs, this);
  }

  /** Lets the first segment that is not done write, where the disk lets; those that are done are closed, in their order. */
  #advance(): void {
    for (let first = this.#queue[0]; first?.isSettled === true; first = this.#queue[0]) {
      this.#queue.shift();
      this.#close(first);
      this.#left();
    }
    const [first] = this.#queue;
    if (first !== undefined && !first.started && this.#services.gate.passable) first.start();
  }

  /** What the disk refused goes into a segment of the same kind, before all that came later. */
  settled(segment: Segment, leftover: Block[]): void {
    const isCurrent = this.#segment === segment;
    if (isCurrent) this.#segment = null;
    const [first] = leftover;
    if (first !== undefined) this.#succeed(segment, leftover, first, isCurrent);
    else if (isCurrent) this.#filled = PCAP_HEADER_BYTES + (this.#block?.used ?? 0);
    this.#advance();
  }

  #succeed(segment: Segment, leftover: readonly Block[], first: Block, isCurrent: boolean): void {
    const successor = this.#make(segment.label, segment.format, first);
    for (const block of leftover) successor.add(block);
    this.#queue.splice(this.#queue.indexOf(segment) + 1, 0, successor);
    if (segment.cutReason !== null) successor.cut(segment.cutReason);
    if (!isCurrent) return;
    this.#segment = successor;
    this.#filled = leftover.reduce((sum, block) => sum + block.used, PCAP_HEADER_BYTES + (this.#block?.used ?? 0));
  }

  /** Once a tick: flushes when idle, tries the disk again when it may, gives up what has waited for too long. */
  tick(nowMs: number): void {
    if (this.account.captured !== this.#seen) this.#touchedAt = nowMs;
    this.#seen = this.account.captured;
    if (this.#segment === null || this.#segment.idle) this.seal();
    this.#advance();
    if (this.#services.gate.expired) this.#giveUp();
  }

  /** Counts as lost what no segment has begun to write. */
  #giveUp(): void {
    const waiting = this.#queue.filter((segment) => !segment.started);
    for (const segment of waiting) {
      for (const block of segment.surrender()) {
        this.#services.accounts.lostDisk(this.account, block);
        this.#services.waiting.remove(block);
        this.#services.pool.give(block);
      }
      this.#queue.splice(this.#queue.indexOf(segment), 1);
      if (this.#segment !== segment) continue;
      this.#segment = null;
      this.#filled = PCAP_HEADER_BYTES + (this.#block?.used ?? 0);
    }
  }

  /** Ends the current segment; the next packet starts a new one. */
  cut(reason: CutReason): void {
    this.seal();
    this.#filled = PCAP_HEADER_BYTES;
    this.#isCalm = this.#copied < FLOOD_BYTES;
    this.#copied = 0;
    this.#segment?.cut(reason);
    this.#segment = null;
    this.#advance();
  }

  /** Ends the current segment because the stream's format changed. */
  restart(format: PcapFormat): void {
    this.cut('engine');
    this.#format = format;
  }

  #close(segment: Segment): void {
    const previous = this.#previous;
    const attempt = async (): Promise<string | null> => (await segment.close(previous)) ?? (await previous);
    this.#closing.add(segment);
    this.#previous = attempt()
      .catch((error: unknown) => {
        this.#services.gate.fail(`${systemCode(error) ?? String(error)} on close`);
        this.#services.unfinished(async () => void (await attempt()));
        return previous;
      })
      .finally(() => this.#closing.delete(segment));
  }

  /** Makes all that came so far durable, also of segments that are being closed; false where the disk did not take it. */
  async sync(): Promise<boolean> {
    this.seal();
    let isDone = true;
    for (const segment of [...this.#closing, ...this.#queue]) isDone = (await segment.sync()) && isDone;
    return isDone;
  }

  /**
   * Resolves when every segment is closed (or has failed to). What errors hand back meanwhile gets another segment, a few times,
   * whatever the gate says; the rest is given up.
   */
  async stop(reason: CutReason): Promise<void> {
    this.cut(reason);
    let failures = 0;
    for (let first = this.#queue[0]; first !== undefined && failures < LAST_TRIES; first = this.#queue[0]) {
      first.start();
      await this.#settling(first);
      failures = first.state === 'failed' ? failures + 1 : 0;
      if (failures > 0) await sleep(Math.min(this.#services.retryMs, LAST_TRY_MS));
    }
    this.#giveUp();
    await this.#previous;
  }

  /** Resolves when the segment is out of the queue. */
  #settling(segment: Segment): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.#queue.includes(segment)) resolve();
        else this.#left = look;
      };
      look();
    });
  }
}
