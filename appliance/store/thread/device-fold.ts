// Analysis of one device: a fold over its segments in `seq` order, each started from the carry of the one before. A segment
// is folded in slices: with the first packet of a later hour (UTC, of packets) the slice so far is finished like a segment.
// Devices do not know of each other, so the order in which their segments come never matters: live, replayed and
// rebuilt results are the same bytes. Runs in the analysis thread and in `weir replay`; no clock, no messages.

import { RECORD_HEADER_BYTES, read32, recordNanoseconds } from '../../decode/files/pcap-record.ts';
import { systemCode } from '../../model/errors.ts';
import { expectOnly } from '../../model/expected-error.ts';
import type { DeviceKey } from '../../model/mac.ts';
import type { FoldedSegment } from '../index/index-records.ts';
import { packText, unpackText, wrapText } from '../index/packed-text.ts';
import type { CatalogSegment } from '../tail/segment-catalog.ts';
import { type RecordRun, SegmentTail, segmentFile, sizeOfSegment } from '../tail/segment-tail.ts';
import type { Checkpoint } from './analysis-messages.ts';
import { type LiveSegment, liveMark } from './live-segment.ts';
import { beginSlice, countPacket, firstTime, hourText, isOfLaterHour, lastTime, type OpenSlice } from './open-slice.ts';
import type { OwnScans } from './own-scans.ts';
import type { ProgressCell } from './progress.ts';
import type { Quarantine } from './quarantine.ts';
import type { ReadPlace } from './read-marks.ts';
import type { MakeAnalyzer, SegmentAnalyzer } from './segment-analyzer.ts';
import type { TrafficMeter } from './traffic-meter.ts';

/** What all folds of a thread share. */
export interface FoldRoom {
  readonly dataDir: string;
  readonly buffer: Uint8Array;
  readonly makeAnalyzer: MakeAnalyzer;
  readonly progress: ProgressCell;
  readonly quarantine: Quarantine;
  /** Absent where no frame can be of the appliance's own scanner. */
  readonly scans?: OwnScans;
  /** null where nobody looks at the live chart. */
  readonly meter: TrafficMeter | null;
}

/** `moved`: bytes were analysed; `finished`: a slice is done, take it; `idle`: nothing to do now. */
export type FoldStep = 'moved' | 'finished' | 'idle';

/** Up to where the live chart has counted: a segment read again is not drawn again. */
interface Metered {
  seq: number;
  offset: number;
}

/** The scanner sends what the bridge carries. */
const LINK_ETHERNET = 1;
const EMPTY_SUMMARY = '';
const LEFT_OUT = 'quarantine';

export class DeviceFold {
  readonly device: DeviceKey;
  readonly #room: FoldRoom;
  readonly #queue: CatalogSegment[] = [];
  #carry: string | null;
  #done: number;
  /** A segment that was begun: the slice to go on with, and where. */
  #place = { seq: -1, slice: 0, offset: 0 };
  #work: OpenSlice | undefined;
  #finished: FoldedSegment | undefined;
  readonly #metered: Metered = { seq: -1, offset: 0 };

  /** What was deleted before this fold could read it. */
  readonly unread = { segments: 0, bytes: 0 };

  /** `checkpoint`: of the newest slice that is in the index; undefined for a device that is new. */
  constructor(device: DeviceKey, room: FoldRoom, checkpoint: Checkpoint | undefined) {
    this.device = device;
    this.#room = room;
    const { seq, slice, offset, carry } = checkpoint ?? { seq: -1, slice: 0, offset: null, carry: undefined };
    this.#carry = carry === undefined ? null : unpackText(carry) || null;
    this.#done = offset === null ? seq : seq - 1;
    if (offset !== null) this.#place = { seq, slice: slice + 1, offset };
  }

  /** A segment appeared or changed its state. Segments at or before the checkpoint are known already. */
  announce(segment: CatalogSegment): void {
    if (segment.seq <= this.#done) return;
    // Nearly always the newest; searched among all, a rebuild of a year would take minutes.
    const last = this.#queue.at(-1);
    const at =
      last === undefined || last.seq < segment.seq ? -1 : this.#queue.findIndex(({ seq }) => seq >= segment.seq);
    if (at === -1) this.#queue.push(segment);
    else if (this.#queue[at]?.seq === segment.seq) this.#queue[at] = segment;
    else this.#queue.splice(at, 0, segment);
    if (at === 0 && segment.state === 'closed') this.#tryFlawAgain();
  }

  /** Analyses at most `limit` bytes. A finished segment must be taken before the next step does anything. */
  step(limit: number): FoldStep {
    if (this.#finished !== undefined) return 'finished';
    const segment = this.#queue[0];
    if (segment === undefined) return 'idle';
    if (segment.state === 'empty') return this.#pass(segment);
    if (segment.state === 'deleted' && this.#work === undefined) return this.#miss(segment);
    const run = this.#read(this.#begin(segment), segment, limit);
    const work = this.#begin(segment);
    if (run === undefined) return segment.state === 'open' ? 'idle' : this.#finish(segment, work);
    return this.#feed(segment, work, run);
  }

  /** The slice that `step` reported as finished. */
  take(): FoldedSegment | undefined {
    const finished = this.#finished;
    this.#finished = undefined;
    return finished;
  }

  /** The open slice so far; `same` where the one who asks has it already, undefined where nothing is open. */
  live(have: string): LiveSegment | 'same' | undefined {
    const segment = this.#queue[0];
    const work = this.#work;
    if (segment === undefined || work?.analyzer === undefined) return undefined;
    const place = { seq: segment.seq, slice: work.slice, packets: work.packets };
    if (liveMark(place) === have) return 'same';
    const hour = hourText(segment, work);
    const scan = work.scan === undefined ? {} : { scan: wrapText(work.scan.snapshot()) };
    return { ...place, hour, last_ts: lastTime(work), summary: wrapText(work.analyzer.snapshot()), ...scan };
  }

  /** Whether the last step came to the end of what there was. What a closed segment follows is not known to be all. */
  get hasReadAll(): boolean {
    return this.#queue.length === 1 && this.#queue[0]?.state === 'open' && this.#work?.tail.reachedEnd === true;
  }

  get hasWork(): boolean {
    return this.#queue.length > 0;
  }

  /** Whether a later segment waits for the end of this one. */
  get hasNext(): boolean {
    return this.#queue.length > 1;
  }

  /** Up to where this device's files are analysed. */
  get place(): ReadPlace {
    const segment = this.#queue[0];
    if (segment === undefined) return { seq: this.#done, offset: Infinity };
    const begun = this.#place.seq === segment.seq ? this.#place.offset : 0;
    return { seq: segment.seq, offset: this.#work?.tail.offset ?? begun };
  }

  /** Where they end now. */
  end(): ReadPlace {
    const last = this.#queue.at(-1);
    if (last === undefined) return this.place;
    const { seq, bytes, path } = last;
    if (bytes !== null) return { seq, offset: bytes };
    const isRead = this.#queue.length === 1 && this.#work !== undefined;
    return { seq, offset: isRead ? this.#work!.tail.size() : sizeOfSegment(segmentFile(this.#room.dataDir, path)) };
  }

  /** Packets of the current slice. */
  get packets(): number {
    return this.#work?.packets ?? 0;
  }

  /** Bytes of the current slice that were analysed. */
  get bytes(): number {
    return this.#work === undefined ? 0 : Math.max(0, this.#work.tail.offset - this.#work.from);
  }

  /** Bytes known to exist and not analysed yet, and their segments. */
  backlog(): { bytes: number; segments: number } {
    let bytes = 0;
    for (const segment of this.#queue) bytes += segment.bytes ?? 0;
    const open = this.#work;
    if (open !== undefined) bytes += open.tail.size() - open.tail.offset - (this.#queue[0]?.bytes ?? 0);
    return { bytes: Math.max(0, bytes), segments: this.#queue.filter((segment) => segment.state === 'closed').length };
  }

  close(): void {
    this.#work?.tail.close();
    this.#work = undefined;
  }

  /** What could not be read while the file grew may be whole now that capture has closed it. */
  #tryFlawAgain(): void {
    const work = this.#work;
    if (work === undefined || work.flaw === null || work.flaw.reason === LEFT_OUT) return;
    work.flaw = null;
    work.tail.rewind(work.tail.offset);
  }

  /** Deleted before it was read: in no figure, so it is counted. */
  #miss(segment: CatalogSegment): FoldStep {
    const read = this.#place.seq === segment.seq ? this.#place.offset : 0;
    this.unread.segments++;
    this.unread.bytes += Math.max(0, (segment.bytes ?? 0) - read);
    return this.#pass(segment);
  }

  /** Nothing to fold, and the carry stays. */
  #pass(segment: CatalogSegment): FoldStep {
    this.close();
    this.#queue.shift();
    this.#done = segment.seq;
    return 'moved';
  }

  /** The current work, begun where there is none: at the segment's start, or behind its slices that are done. */
  #begin(segment: CatalogSegment): OpenSlice {
    if (this.#work !== undefined) return this.#work;
    const tail = new SegmentTail(segmentFile(this.#room.dataDir, segment.path), this.#room.buffer);
    if (this.#place.seq !== segment.seq) this.#place = { seq: segment.seq, slice: 0, offset: 0 };
    tail.rewind(this.#place.offset);
    return this.#beginSlice(segment, tail);
  }

  #beginSlice(segment: CatalogSegment, tail: SegmentTail): OpenSlice {
    this.#work = beginSlice(segment, tail, this.#place);
    return this.#work;
  }

  #read(work: OpenSlice, segment: CatalogSegment, limit: number): RecordRun | undefined {
    if (work.flaw !== null) return undefined;
    // Recovery kept less than was there while the file was open: what counts is the file as it was closed.
    if (segment.bytes !== null && work.tail.offset > segment.bytes) return this.#again(segment, limit);
    try {
      const left = segment.bytes === null ? limit : Math.min(limit, segment.bytes - work.tail.offset);
      const run = segment.bytes !== null && left <= 0 ? undefined : work.tail.read(left);
      const damage = work.tail.damage;
      if (run === undefined && damage !== undefined) work.flaw = { offset: damage.offset, reason: damage.fault };
      return run;
    } catch (thrown) {
      work.flaw = { offset: work.tail.offset, reason: systemCode(thrown) ?? 'unreadable' };
      return undefined;
    }
  }

  /** The slice from its start. Nothing where even that is gone: what is known of it ends there. */
  #again(segment: CatalogSegment, limit: number): RecordRun | undefined {
    if (segment.bytes !== null && this.#place.offset > segment.bytes) return undefined;
    this.close();
    return this.#read(this.#begin(segment), segment, limit);
  }

  #feed(segment: CatalogSegment, work: OpenSlice, run: RecordRun): FoldStep {
    const { quarantine, scans } = this.#room;
    scans?.beginRun();
    work.analyzer ??= this.#makeAnalyzer(segment, run.format.linkType, this.#carry);
    for (let at = run.start; at < run.end; ) {
      const next = at + RECORD_HEADER_BYTES + read32(run.bytes, at + 8, run.format.bigEndian);
      const offset = run.offset + at;
      if (isOfLaterHour(work, run, at)) return this.#cut(segment, work, offset);
      if (quarantine.isHopeless(segment.seq)) return this.#leaveRest(work, offset);
      if (quarantine.holds(segment.seq, offset)) work.quarantined.push(offset);
      else if (!this.#feedOne(segment, work, run, at, next, offset)) return 'moved';
      at = next;
    }
    this.#room.progress.idle();
    return 'moved';
  }

  /** False when the analyzer threw: a bug met a packet. The packet is left out and the segment begins again. */
  #feedOne(
    segment: CatalogSegment,
    work: OpenSlice,
    run: RecordRun,
    at: number,
    next: number,
    offset: number,
  ): boolean {
    const { bytes, format } = run;
    const nanosecond = recordNanoseconds(bytes, at, format);
    const length = read32(bytes, at + 12, format.bigEndian);
    const second = read32(bytes, at, format.bigEndian);
    this.#room.progress.at(segment.seq, offset);
    try {
      this.#analyzerOf(segment, work, run, at, next)?.frame(
        bytes,
        at + RECORD_HEADER_BYTES,
        next,
        second,
        nanosecond,
        length,
        format.linkType,
      );
    } catch (thrown) {
      expectOnly(thrown, 'analysis of a packet');
      this.#room.quarantine.add(segment.seq, offset);
      this.close();
      return false;
    }
    if (this.#isNew(segment.seq, offset)) {
      this.#room.meter?.add(work.owner, bytes, at + RECORD_HEADER_BYTES, next, second, length, format.linkType);
    }
    countPacket(work, second, nanosecond);
    return true;
  }

  /** Frames of the appliance's own scanner have an analyzer of their own: they are in no other figure. */
  #analyzerOf(
    segment: CatalogSegment,
    work: OpenSlice,
    { bytes, format }: RecordRun,
    at: number,
    next: number,
  ): SegmentAnalyzer | undefined {
    const { scans } = this.#room;
    if (scans === undefined || format.linkType !== LINK_ETHERNET) return work.analyzer;
    const second = read32(bytes, at, format.bigEndian);
    const nanosecond = recordNanoseconds(bytes, at, format);
    if (!scans.has(bytes, at + RECORD_HEADER_BYTES, next, work.appliance, second, nanosecond)) return work.analyzer;
    work.scan ??= this.#makeAnalyzer(segment, format.linkType, null);
    work.scan.numberFrom((work.analyzer?.skip() ?? 1) - 1);
    return work.scan;
  }

  #isNew(seq: number, offset: number): boolean {
    const metered = this.#metered;
    if (seq < metered.seq || (seq === metered.seq && offset <= metered.offset)) return false;
    metered.seq = seq;
    metered.offset = offset;
    return true;
  }

  #leaveRest(work: OpenSlice, offset: number): FoldStep {
    work.flaw = { offset, reason: LEFT_OUT };
    this.#room.progress.idle();
    return 'moved';
  }

  /** The slice ends at a record of a later hour, which begins the next one. What it holds is on the card before it is reported. */
  #cut(segment: CatalogSegment, work: OpenSlice, offset: number): FoldStep {
    this.#room.progress.idle();
    const { tail } = work;
    tail.rewind(offset);
    if (segment.state === 'open') tail.sync();
    this.#finished = this.#fold(segment, work, false);
    this.#place = { seq: segment.seq, slice: work.slice + 1, offset };
    this.#beginSlice(segment, tail);
    return 'finished';
  }

  #makeAnalyzer(segment: CatalogSegment, linkType: number, carry: string | null): SegmentAnalyzer {
    const { device, seq, infra } = segment;
    return this.#room.makeAnalyzer({ device, seq, infra, linkType, carry, dataDir: this.#room.dataDir });
  }

  #finish(segment: CatalogSegment, work: OpenSlice): FoldStep {
    this.#finished = this.#fold(segment, work, true);
    this.#pass(segment);
    return 'finished';
  }

  #fold(segment: CatalogSegment, work: OpenSlice, ends: boolean): FoldedSegment {
    const { seq, phase, path, sha256, bytes } = segment;
    const { slice, from, tail, packets, quarantined, flaw } = work;
    const short = ends && bytes !== null && tail.offset < bytes && flaw === null;
    const end = work.analyzer?.finish() ?? { summary: EMPTY_SUMMARY, carry: this.#carry ?? '' };
    this.#carry = end.carry === '' ? null : end.carry;
    return {
      device: this.device,
      seq,
      slice,
      ends,
      hour: hourText(segment, work),
      phase,
      path,
      sha256,
      packets,
      from,
      bytes: flaw?.offset ?? tail.offset,
      first_ts: firstTime(work),
      last_ts: lastTime(work),
      quarantined,
      flaw: short ? { offset: tail.offset, reason: tail.offset === 0 ? 'missing' : 'cut' } : flaw,
      summary: packText(end.summary),
      ...(work.scan === undefined ? {} : { scan: packText(work.scan.finish().summary) }),
      carry: packText(end.carry),
    };
  }
}
