// Analysis of one device: a fold over its segments in `seq` order, each started from the carry of the one before.
// Devices do not know of each other, so the order in which their segments come never matters: live, replayed and
// rebuilt results are the same bytes. Runs in the analysis thread and in `weir replay`; no clock, no messages.

import { RECORD_HEADER_BYTES, read32, recordTime } from '../decode/pcap-record.ts';
import { formatSeconds } from '../model/clock.ts';
import { systemCode } from '../model/errors.ts';
import type { DeviceKey } from '../model/mac.ts';
import type { FoldedSegment, SegmentFlaw } from './index-records.ts';
import type { ProgressCell } from './progress.ts';
import type { Quarantine } from './quarantine.ts';
import type { MakeAnalyzer, SegmentAnalyzer } from './segment-analyzer.ts';
import type { CatalogSegment } from './segment-catalog.ts';
import { type RecordRun, SegmentTail, segmentFile } from './segment-tail.ts';
import type { FrameOwner, TrafficMeter } from './traffic-meter.ts';

/** What all folds of a thread share. */
export interface FoldRoom {
  readonly dataDir: string;
  readonly buffer: Uint8Array;
  readonly makeAnalyzer: MakeAnalyzer;
  readonly progress: ProgressCell;
  readonly quarantine: Quarantine;
  /** null where nobody looks at the live chart. */
  readonly meter: TrafficMeter | null;
}

/** `moved`: bytes were analysed; `finished`: a segment is done, take it; `idle`: nothing to do now. */
export type FoldStep = 'moved' | 'finished' | 'idle';

export interface LiveSegment {
  readonly seq: number;
  readonly packets: number;
  readonly last_ts: string | null;
  readonly summary: string;
}

/** The segment in hand. */
interface OpenWork {
  readonly tail: SegmentTail;
  readonly owner: FrameOwner;
  analyzer: SegmentAnalyzer | undefined;
  packets: number;
  firstNs: bigint | undefined;
  lastNs: bigint | undefined;
  quarantined: number[];
  flaw: SegmentFlaw | null;
}

/** Up to where the live chart has counted: a segment read again is not drawn again. */
interface Metered {
  seq: number;
  offset: number;
}

const EMPTY_SUMMARY = '';
const LEFT_OUT = 'quarantine';

export class DeviceFold {
  readonly device: DeviceKey;
  readonly #room: FoldRoom;
  readonly #queue: CatalogSegment[] = [];
  #carry: string | null;
  #done: number;
  #work: OpenWork | undefined;
  #finished: FoldedSegment | undefined;
  #changed = false;
  /** The segment in hand waits: see `park`. Or it did, and is read now. */
  #parked = false;
  #catchingUp = false;
  readonly #metered: Metered = { seq: -1, offset: 0 };

  /** `carry` and `done`: of the last segment that stands in the index; null and -1 for a device that is new. */
  /** What was deleted before this fold could read it. */
  readonly unread = { segments: 0, bytes: 0 };

  constructor(device: DeviceKey, room: FoldRoom, done: number, carry: string | null) {
    this.device = device;
    this.#room = room;
    this.#done = done;
    this.#carry = carry;
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
    if (segment === undefined || this.#parked) return 'idle';
    if (segment.state === 'empty') return this.#pass(segment);
    if (segment.state === 'deleted' && this.#work === undefined) return this.#miss(segment);
    const run = this.#read(this.#begin(segment), segment, limit);
    const work = this.#begin(segment);
    if (run === undefined) return segment.state === 'open' ? 'idle' : this.#finish(segment, work);
    this.#feed(segment, work, run);
    return 'moved';
  }

  /** Conversations in memory. */
  get conversations(): number {
    return this.#work?.analyzer?.conversations ?? 0;
  }

  get isParked(): boolean {
    return this.#parked;
  }

  /** Its segment was parked and is read now: it is not parked again, or it would never end. */
  get isCatchingUp(): boolean {
    return this.#catchingUp;
  }

  /** Gives the memory of the segment in hand back. It waits until `resume`, and begins anew then: with the same result. */
  park(): void {
    const segment = this.#queue[0];
    this.close();
    if (segment === undefined) return;
    this.#begin(segment);
    this.#parked = true;
  }

  /** False while capture still writes the parked segment. */
  get mayResume(): boolean {
    return this.#queue[0]?.state !== 'open';
  }

  resume(): void {
    this.#parked = false;
    this.#catchingUp = true;
    // Deleted meanwhile: nothing of it was read.
    if (this.#queue[0]?.state === 'deleted') this.close();
  }

  /** The segment that `step` reported as finished. */
  take(): FoldedSegment | undefined {
    const finished = this.#finished;
    this.#finished = undefined;
    return finished;
  }

  /** The open segment so far, when it changed since the last call; undefined otherwise. */
  takeLive(): LiveSegment | undefined {
    const segment = this.#queue[0];
    const work = this.#work;
    if (!this.#changed || segment === undefined || work?.analyzer === undefined) return undefined;
    this.#changed = false;
    return {
      seq: segment.seq,
      packets: work.packets,
      last_ts: seconds(work.lastNs),
      summary: work.analyzer.snapshot(),
    };
  }

  /** Packets of the segment in hand. */
  get packets(): number {
    return this.#work?.packets ?? 0;
  }

  /** Bytes of the segment in hand that were analysed. */
  get bytes(): number {
    return this.#work?.tail.offset ?? 0;
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
    this.unread.segments++;
    this.unread.bytes += segment.bytes ?? 0;
    return this.#pass(segment);
  }

  /** Nothing to fold, and the carry stays. */
  #pass(segment: CatalogSegment): FoldStep {
    this.close();
    this.#queue.shift();
    this.#done = segment.seq;
    this.#catchingUp = false;
    return 'moved';
  }

  /** The work in hand, begun where there is none. */
  #begin(segment: CatalogSegment): OpenWork {
    this.#work ??= {
      tail: new SegmentTail(segmentFile(this.#room.dataDir, segment.path), this.#room.buffer),
      owner: {
        device: this.device,
        mac: macBytes(this.device),
        infra: segment.infra.flatMap((mac) => macBytes(mac) ?? []),
      },
      analyzer: undefined,
      packets: 0,
      firstNs: undefined,
      lastNs: undefined,
      quarantined: [],
      flaw: null,
    };
    return this.#work;
  }

  #read(work: OpenWork, segment: CatalogSegment, limit: number): RecordRun | undefined {
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

  /** The segment from its start. */
  #again(segment: CatalogSegment, limit: number): RecordRun | undefined {
    this.close();
    return this.#read(this.#begin(segment), segment, limit);
  }

  #feed(segment: CatalogSegment, work: OpenWork, run: RecordRun): void {
    const { quarantine } = this.#room;
    work.analyzer ??= this.#makeAnalyzer(segment, run.format.linkType);
    for (let at = run.start; at < run.end; ) {
      const next = at + RECORD_HEADER_BYTES + read32(run.bytes, at + 8, run.format.bigEndian);
      const offset = run.offset + at;
      if (quarantine.isHopeless(segment.seq)) return this.#leaveRest(work, offset);
      if (quarantine.holds(segment.seq, offset)) work.quarantined.push(offset);
      else if (!this.#feedOne(segment, work, run, at, next, offset)) return;
      at = next;
    }
    this.#room.progress.idle();
    this.#changed = true;
  }

  /** False when the analyzer threw: a bug met a packet. The packet is left out and the segment begins again. */
  #feedOne(segment: CatalogSegment, work: OpenWork, run: RecordRun, at: number, next: number, offset: number): boolean {
    const { bytes, format } = run;
    const ns = recordTime(bytes, at, format);
    const length = read32(bytes, at + 12, format.bigEndian);
    const second = read32(bytes, at, format.bigEndian);
    this.#room.progress.at(segment.seq, offset);
    try {
      work.analyzer?.frame(
        bytes,
        at + RECORD_HEADER_BYTES,
        next,
        second,
        Number(ns % 1_000_000_000n),
        length,
        format.linkType,
      );
    } catch {
      this.#room.quarantine.add(segment.seq, offset);
      this.close();
      return false;
    }
    if (this.#isNew(segment.seq, offset)) {
      this.#room.meter?.add(work.owner, bytes, at + RECORD_HEADER_BYTES, next, second, length, format.linkType);
    }
    work.packets++;
    work.firstNs ??= ns;
    work.lastNs = ns;
    return true;
  }

  #isNew(seq: number, offset: number): boolean {
    const metered = this.#metered;
    if (seq < metered.seq || (seq === metered.seq && offset <= metered.offset)) return false;
    metered.seq = seq;
    metered.offset = offset;
    return true;
  }

  #leaveRest(work: OpenWork, offset: number): void {
    work.flaw = { offset, reason: LEFT_OUT };
    this.#room.progress.idle();
    this.#changed = true;
  }

  #makeAnalyzer(segment: CatalogSegment, linkType: number): SegmentAnalyzer {
    const { device, seq, infra } = segment;
    return this.#room.makeAnalyzer({ device, seq, infra, linkType, carry: this.#carry, dataDir: this.#room.dataDir });
  }

  #finish(segment: CatalogSegment, work: OpenWork): FoldStep {
    const short = segment.bytes !== null && work.tail.offset < segment.bytes && work.flaw === null;
    const end = work.analyzer?.finish() ?? { summary: EMPTY_SUMMARY, carry: this.#carry ?? '' };
    this.#finished = {
      device: this.device,
      seq: segment.seq,
      phase: segment.phase,
      path: segment.path,
      sha256: segment.sha256,
      packets: work.packets,
      bytes: work.flaw?.offset ?? work.tail.offset,
      first_ts: seconds(work.firstNs),
      last_ts: seconds(work.lastNs),
      quarantined: work.quarantined,
      flaw: short ? { offset: work.tail.offset, reason: work.tail.offset === 0 ? 'missing' : 'cut' } : work.flaw,
      ...end,
    };
    this.#carry = end.carry === '' ? null : end.carry;
    this.#pass(segment);
    this.#changed = false;
    return 'finished';
  }
}

const seconds = (ns: bigint | undefined) => (ns === undefined ? null : formatSeconds(ns));

/** Six bytes of `aa:bb:cc:00:01:02`; null for pseudo devices. */
function macBytes(text: string): Uint8Array | null {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text)) return null;
  return Uint8Array.from(text.split(':'), (pair) => Number.parseInt(pair, 16));
}
