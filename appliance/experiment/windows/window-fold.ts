// The packets of a window, read from the stored segments and analysed as if they were a capture of their own: what `editcap -A -B` would
// cut out. Each device's segments in the order of capture; numbers in findings are those of the segment, so that they can be looked up.
// Called by window-figures.ts; never by capture.

import { join } from 'node:path';
import { Analyzer } from '../../analysis/analyzer.ts';
import { readVault, VAULT_FILE } from '../../analysis/secrets/vault-file.ts';
import { readWords, WORDS_FILE } from '../../analysis/secrets/word-file.ts';
import type { Carry } from '../../analysis/summary/carry.ts';
import { combineDevices, emptySummary, mergeSummaries } from '../../analysis/summary/merge.ts';
import { type Summary } from '../../analysis/summary/summary.ts';
import { RECORD_HEADER_BYTES, read32, recordNanoseconds } from '../../decode/files/pcap-record.ts';
import { systemCode } from '../../model/errors.ts';
import { parseMac } from '../../model/mac.ts';
import type { CatalogSegment } from '../../store/tail/segment-catalog.ts';
import { type RecordRun, SegmentTail, segmentFile, TAIL_BUFFER_BYTES } from '../../store/tail/segment-tail.ts';
import type { Piece } from './window-pieces.ts';
import type { WantedSegment } from './window-segments.ts';

/** A segment of which not everything could be read, and why. */
export interface UnreadSegment {
  readonly path: string;
  readonly reason: string;
}

export interface FoldedWindow {
  readonly summary: Summary;
  /** Segments that had a packet of the window, and their bytes on the card. */
  readonly segments: number;
  readonly bytes: number;
  /** Segments that are still being written: what capture holds in memory is not in them yet. */
  readonly open: number;
  readonly unread: readonly UnreadSegment[];
}

type Searched = Pick<ConstructorParameters<typeof Analyzer>[0], 'vault' | 'words'>;

/** `wanted` in the order of window-segments.ts. @throws WeirError CONFIG_INVALID where the list of secrets or words is damaged. */
export function foldWindow(dataDir: string, wanted: readonly WantedSegment[]): FoldedWindow {
  const searched = { vault: readVault(join(dataDir, VAULT_FILE)), words: readWords(join(dataDir, WORDS_FILE)) };
  const buffer = new Uint8Array(TAIL_BUFFER_BYTES);
  const lanes: Summary[] = [];
  const unread: UnreadSegment[] = [];
  const sums = { segments: 0, bytes: 0, open: 0 };
  for (let at = 0; at < wanted.length; ) {
    const owner = wanted[at]!.segment.device;
    const lane = new Lane(searched);
    for (; wanted[at]?.segment.device === owner; at++) {
      const { segment, pieces } = wanted[at]!;
      const before = lane.taken;
      const flaw = lane.read(segment, pieces, new SegmentTail(segmentFile(dataDir, segment.path), buffer));
      if (flaw !== undefined) unread.push({ path: segment.path, reason: flaw });
      if (lane.taken === before) continue;
      sums.segments++;
      sums.bytes += segment.bytes ?? 0;
      if (segment.state === 'open') sums.open++;
    }
    lanes.push(lane.summary);
  }
  const summary = lanes.length === 1 ? lanes[0]! : combineDevices(lanes);
  return { summary, ...sums, unread };
}

/** One device. */
class Lane {
  readonly #searched: Searched;
  summary = emptySummary();
  /** Packets of the window so far. */
  taken = 0;
  #carry: Carry | undefined;
  #analyzer: Analyzer | undefined;
  #segment: CatalogSegment | undefined;
  /** Packets of the current segment so far. */
  #seen = 0;

  constructor(searched: Searched) {
    this.#searched = searched;
  }

  /** Undefined where all of it was read; else why not. */
  read(segment: CatalogSegment, pieces: readonly Piece[], tail: SegmentTail): string | undefined {
    this.#segment = segment;
    this.#seen = 0;
    const limits = pieces.map(limitsOf);
    try {
      for (let run = tail.read(); run !== undefined; run = tail.read()) this.#feed(run, limits);
      if (tail.damage !== undefined) return `damaged at byte ${tail.damage.offset} (${tail.damage.fault})`;
      if (tail.format === undefined) return 'the file is not there';
      const isWhole = segment.state === 'open' || segment.packets === null || this.#seen === segment.packets;
      return isWhole ? undefined : `holds ${this.#seen} packets, where the ledger says ${segment.packets}`;
    } catch (thrown) {
      return systemCode(thrown) ?? 'unreadable';
    } finally {
      tail.close();
      this.#close();
    }
  }

  #feed({ bytes, start, end, format }: RecordRun, limits: readonly Limits[]): void {
    for (let at = start; at < end; ) {
      const seconds = read32(bytes, at, format.bigEndian);
      const nanoseconds = recordNanoseconds(bytes, at, format);
      const frame = at + RECORD_HEADER_BYTES;
      const next = frame + read32(bytes, at + 8, format.bigEndian);
      const original = read32(bytes, at + 12, format.bigEndian);
      if (isInside(limits, seconds, nanoseconds)) {
        this.#analyzer ??= this.#begin();
        this.#analyzer.frame(bytes, frame, next, seconds, nanoseconds, original, format.linkType);
        this.taken++;
      } else this.#close();
      this.#seen++;
      at = next;
    }
  }

  /** Behind what was left out of the segment. */
  #begin(): Analyzer {
    const { device, infra, seq } = this.#segment!;
    const macs = infra.map(parseMac).filter((mac) => mac !== undefined);
    const context = { owner: device, infra: macs, segment: seq, ...this.#searched };
    const carry = this.#carry ?? new Analyzer(context).carry();
    return new Analyzer(context, { ...carry, segment: seq, packets: this.#seen });
  }

  #close(): void {
    if (this.#analyzer === undefined) return;
    const { summary, carry } = this.#analyzer.end();
    this.summary = mergeSummaries(this.summary, summary);
    this.#carry = carry;
    this.#analyzer = undefined;
  }
}

/** A limit in the two numbers that a record has: no big integers for each packet. */
interface Limits {
  readonly fromSeconds: number;
  readonly fromNanoseconds: number;
  readonly toSeconds: number;
  readonly toNanoseconds: number;
}

function limitsOf({ from, to }: Piece): Limits {
  const second = 1_000_000_000n;
  return {
    fromSeconds: from === null ? -1 : Number(from / second),
    fromNanoseconds: from === null ? 0 : Number(from % second),
    toSeconds: to === null ? Number.POSITIVE_INFINITY : Number(to / second),
    toNanoseconds: to === null ? 0 : Number(to % second),
  };
}

function isInside(limits: readonly Limits[], seconds: number, nanoseconds: number): boolean {
  for (const { fromSeconds, fromNanoseconds, toSeconds, toNanoseconds } of limits) {
    const isFrom = seconds > fromSeconds || (seconds === fromSeconds && nanoseconds >= fromNanoseconds);
    if (isFrom && (seconds < toSeconds || (seconds === toSeconds && nanoseconds < toNanoseconds))) return true;
  }
  return false;
}
