// One captured device: the block that is being filled, the segment that is being written, and when the one is cut from the
// other. Fed by demux.ts in the packet path; everything slow happens in segment.ts.

import { PCAP_HEADER_BYTES, type PcapFormat, recordTime } from '../decode/pcap-record.ts';
import type { CutReason } from '../model/segment.ts';
import type { DeviceAccount } from './accounts.ts';
import type { Block } from './block.ts';
import { BLOCK_BYTES } from './block.ts';
import { Segment, type SegmentLabel, type SegmentServices } from './segment.ts';

export interface DeviceServices extends SegmentServices {
  readonly segmentBytes: number;
  /** The phase and the tags of a segment of this device that starts now. */
  readonly label: (account: DeviceAccount) => SegmentLabel;
  /** A segment whose closing met an error: to be tried again. */
  readonly unfinished: (retry: () => Promise<void>) => void;
}

/** At a stop, blocks that the disk refuses are offered to so many new segments. */
const LAST_TRIES = 10;

export class DeviceWriter {
  readonly account: DeviceAccount;
  readonly #services: DeviceServices;
  #format: PcapFormat;
  /** Packet seconds that the current segment may hold: [from, to). Both 0 before the first packet. */
  hourStart = 0;
  hourEnd = 0;
  #block: Block | null = null;
  #segment: Segment | null = null;
  #held: Block[] = [];
  #filled = PCAP_HEADER_BYTES;
  #previous: Promise<string | null>;
  #touchedAt = 0;
  #seen = 0;
  #lastNs: bigint | null = null;

  /** `previous`: SHA-256 of the device's newest segment from before this run. */
  constructor(services: DeviceServices, account: DeviceAccount, format: PcapFormat, previous: string | null) {
    this.#services = services;
    this.account = account;
    this.#format = format;
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

  /** Monotonic milliseconds of the last look that found new packets. */
  get touchedAt(): number {
    return this.#touchedAt;
  }

  /** Bytes that fit into the current block; at most this much comes with one `append`, unless it is a single record. */
  get room(): number {
    return this.#block === null ? BLOCK_BYTES : this.#block.bytes.length - this.#block.used;
  }

  /** Takes a copy of whole records. `last` is the offset of the last of them; `shared` their number of copies (all or none). */
  append(bytes: Buffer, start: number, end: number, records: number, last: number, shared: number, original: number) {
    const length = end - start;
    this.account.captured += records;
    this.account.bytes += original;
    if (this.#filled + length > this.#services.segmentBytes && this.#filled > PCAP_HEADER_BYTES) this.cut('size');
    if (this.#block !== null && this.#block.bytes.length - this.#block.used < length) this.seal();
    if (this.#block === null) {
      if (this.#refuse({ records, shared, sharedBytes: shared > 0 ? original : 0 })) return;
      this.#block = this.#services.pool.take(length);
    }
    this.#block.copy(bytes, start, end, records, last);
    this.#filled += length;
    if (shared === 0) return;
    this.#block.shared += shared;
    this.#block.sharedBytes += original;
  }

  /** Drops and counts where there is no memory left, or where the disk has been failing for too long. */
  #refuse(count: { records: number; shared: number; sharedBytes: number }): boolean {
    const { gate, waiting, accounts } = this.#services;
    if (gate.state === 'counting') accounts.lostDisk(this.account, count);
    else if (!waiting.full) return false;
    else if (gate.state === 'open') accounts.lostQueue(this.account, count);
    else accounts.lostDisk(this.account, count);
    return true;
  }

  /** Sends the block that is being filled on its way. */
  seal(): void {
    const block = this.#block;
    if (block === null || block.used === 0) return;
    this.#lastNs = recordTime(block.bytes, block.last, this.#format);
    this.#block = null;
    this.#services.waiting.add(block);
    this.#hand(block);
  }

  #hand(block: Block): void {
    if (this.#held.length > 0 || (this.#segment === null && !this.#services.gate.passable)) {
      this.#held.push(block);
      return;
    }
    this.#segment ??= this.#open(block);
    this.#segment.add(block);
  }

  #open(block: Block): Segment {
    const { account } = this;
    const label = this.#services.label(account);
    const startNs = recordTime(block.bytes, 0, this.#format);
    const segment: Segment = new Segment(this.#services, account, this.#format, label, startNs, (rest) =>
      this.#takeBack(segment, rest),
    );
    return segment;
  }

  /** The segment failed: what it did not take waits for the next one. */
  #takeBack(segment: Segment, blocks: Block[]): void {
    this.#held.unshift(...blocks);
    if (this.#segment !== segment) return; // Cut before: its closing is under way.
    this.#segment = null;
    this.#filled = this.#held.reduce((sum, block) => sum + block.used, PCAP_HEADER_BYTES + (this.#block?.used ?? 0));
    this.#close(segment, 'error');
  }

  /** Once a tick: flushes when idle, carries held blocks on when the disk is back, gives them up when it stayed away. */
  tick(nowMs: number): void {
    if (this.account.captured !== this.#seen) this.#touchedAt = nowMs;
    this.#seen = this.account.captured;
    if (this.#segment === null || this.#segment.idle) this.seal();
    if (this.#services.gate.expired) this.#giveUp();
    if (this.#held.length === 0 || !this.#services.gate.passable) return;
    const held = this.#held;
    this.#held = [];
    for (const block of held) this.#hand(block);
  }

  #giveUp(): void {
    for (const block of this.#held.splice(0)) {
      this.#services.accounts.lostDisk(this.account, block);
      this.#services.waiting.remove(block);
      this.#services.pool.give(block);
    }
  }

  /** Ends the current segment; the next packet starts a new one. */
  cut(reason: CutReason): void {
    this.seal();
    this.#filled = PCAP_HEADER_BYTES;
    const segment = this.#segment;
    if (segment === null) return;
    this.#segment = null;
    this.#close(segment, reason);
  }

  /** Ends the current segment because the stream's format changed. */
  restart(format: PcapFormat): void {
    this.cut('engine');
    this.#format = format;
  }

  #close(segment: Segment, reason: CutReason): void {
    const previous = this.#previous;
    const attempt = async (): Promise<string | null> => (await segment.close(reason, previous)) ?? (await previous);
    this.#previous = attempt().catch((error: unknown) => {
      this.#services.gate.fail(`${String((error as NodeJS.ErrnoException).code ?? error)} on close`);
      this.#services.unfinished(async () => void (await attempt()));
      return previous;
    });
  }

  /**
   * Resolves when every segment that was cut is closed (or has failed to). What errors hand back meanwhile gets another segment,
   * a few times; the rest is given up.
   */
  async stop(reason: CutReason): Promise<void> {
    for (let i = 0; i < LAST_TRIES; i++) {
      this.#carryOn();
      this.cut(reason);
      await this.#previous;
      if (this.#held.length === 0 && this.#segment === null) return;
    }
    this.#giveUp();
  }

  /** Puts what waits into a segment, open or new, whatever the gate says. */
  #carryOn(): void {
    const held = this.#held;
    if (held.length === 0) return;
    this.#held = [];
    const segment = this.#segment ?? this.#open(held[0]!);
    this.#segment = segment;
    for (const block of held) segment.add(block);
  }
}
