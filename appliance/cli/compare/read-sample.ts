// Reads a selection: its frames pass once, through the analyzer and the sampler next to it. Next: experiment/compare/.

import { statSync } from 'node:fs';
import type { Analyzer } from '../../analysis/analyzer.ts';
import type { DocumentTables } from '../../analysis/document/tables.ts';
import { PacketText } from '../../analysis/packet/packet-text.ts';
import { renderDocument } from '../../analysis/render-document.ts';
import { emptySummary } from '../../analysis/summary/merge.ts';
import type { FrameSink } from '../../decode/files/records.ts';
import { Walk } from '../../decode/frames/walk.ts';
import type { Sample } from '../../experiment/compare/compare-samples.ts';
import { CoveredTime, type Span, without } from '../../experiment/compare/covered-time.ts';
import { Sampler } from '../../experiment/compare/sampler.ts';
import type { Selection } from '../../experiment/compare/selection.ts';
import { parseAddress } from '../../geo/address.ts';
import { WeirError } from '../../model/errors.ts';
import { type Mac, parseMac } from '../../model/mac.ts';
import { printable } from '../../model/text.ts';
import { analyzePaths, type FolderSegment, findCaptures } from '../analyze/analyze-folder.ts';
import { type WatchedTime, watchedTime } from './watched.ts';

export interface SampleRequest {
  /** MAC or address; null for all devices. */
  readonly device: string | null;
  readonly routers: readonly Mac[];
}

export interface ReadSample extends Sample {
  /** For the message where there is nothing to compare. */
  readonly read: readonly { readonly frames: number; readonly macs: ReadonlySet<string> }[];
}

/**
 * Without a packet of the device where capture ran and it said nothing.
 * @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE, USAGE where no frame is selected
 */
export async function readSample(
  selection: Selection,
  tables: DocumentTables,
  request: SampleRequest,
): Promise<ReadSample> {
  const { path, label } = selection;
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const paths = isFolder ? findCaptures(path) : [path];
  const watched = isFolder ? watchedTime(path, selection, request.device) : undefined;
  if (watched === undefined && (selection.tag !== null || selection.window !== null))
    throw new WeirError('USAGE', `${printable(label, 200)}: tags and windows are in a ledger, and there is none.`);
  const asked: Asked = { spans: watched?.spans ?? [openSpan(selection)], device: request.device };
  const sampler = new Sampler();
  const sinks: SampledFile[] = [];
  const { source, summary } = await analyzePaths(path, paths, {
    withHash: false,
    vault: undefined,
    words: undefined,
    routers: request.routers,
    between: (analyzer, segment) => {
      if (!isSelected(segment, selection, watched, request.device)) return undefined;
      const sink = new SampledFile(analyzer, segment, sinks.length, sampler, asked);
      sinks.push(sink);
      return sink;
    },
  }).catch((thrown: unknown) => {
    // A ledger says that capture ran: then a selection without a file is one in which nobody said anything.
    if (watched === undefined || sinks.length > 0 || !(thrown instanceof WeirError)) throw thrown;
    return { source: noFile(path), summary: emptySummary() };
  });
  const leftOut = new Map(
    source.files.flatMap(({ path: file, left_out }) => (left_out === null ? [] : [[file, left_out]])),
  );
  const read = sinks.filter((sink) => !leftOut.has(sink.segment.path));
  const covered =
    watched === undefined
      ? new CoveredTime(read.flatMap(({ span }) => (span === null ? [] : [span])))
      : new CoveredTime(without(watched.covered.spans, unreadTimes(sinks, leftOut)));
  if (watched === undefined && read.every(({ span }) => span === null))
    throw new WeirError('USAGE', nothingText({ label, read }, null));
  return {
    label,
    document: renderDocument(summary, tables, source),
    sampler,
    covered,
    files: sinks.map(({ segment }) => ({ path: segment.path, seq: segment.device === null ? null : segment.seq })),
    notes: [...(watched?.notes ?? []), ...[...leftOut.values()].map((why) => `${printable(why)} It is left out.`)],
    read,
  };
}

function noFile(path: string) {
  return { path, bytes: 0, sha256: null, format: 'pcap' as const, digits: 9, damage: null, files: [] };
}

function unreadTimes(sinks: readonly SampledFile[], leftOut: ReadonlyMap<string, string>): Span[] {
  return sinks.flatMap(({ segment: { path, times } }) => (leftOut.has(path) && times !== null ? [times] : []));
}

function openSpan({ from, to }: Selection): Span {
  return [from ?? Number.NEGATIVE_INFINITY, to ?? Number.POSITIVE_INFINITY];
}

/** With a ledger its windows decide: a phase may have been declared afterwards, and a device's file holds all its frames. */
function isSelected(
  { phase, device, times }: FolderSegment,
  selection: Selection,
  watched: WatchedTime | undefined,
  wanted: string | null,
): boolean {
  if (watched === undefined) return selection.phase === null || phase === selection.phase;
  const isOther = wanted !== null && parseMac(wanted) !== undefined && device !== null && device !== wanted;
  return !isOther && (times === null || watched.spans.some(([from, to]) => times[0] < to && times[1] >= from));
}

/** Why there is nothing to compare, and who was seen instead. */
export function nothingText({ label, read }: Pick<ReadSample, 'label' | 'read'>, device: string | null): string {
  const whose = device === null ? '' : ` of ${device}`;
  const frames = read.reduce((sum, { frames: count }) => sum + count, 0);
  const seen = [...new Set(read.flatMap(({ macs }) => [...macs]))].slice(0, 8).join(', ');
  if (frames === 0)
    return `${printable(label, 200)}: no closed capture file has a frame of it; nothing was compared. A file that is still written takes part once it is cut (\`weir phase\` cuts all).`;
  const hint = device !== null && seen !== '' ? ` Seen were ${seen}.` : '';
  return `${printable(label, 200)} holds no TCP or UDP packet${whose} (${frames} frames looked at); nothing was compared.${hint}`;
}

interface Asked {
  /** Half open. */
  readonly spans: readonly Span[];
  readonly device: string | null;
}

/** MACs that are kept for the message that names who was there. */
const MAX_MACS = 64;

/** One file of the selection on its way to the analyzer: only frames of the window and the device pass. */
class SampledFile implements FrameSink {
  readonly segment: FolderSegment;
  readonly #file: number;
  readonly #analyzer: Analyzer;
  readonly #sampler: Sampler;
  readonly #asked: Asked;
  readonly #walk = new Walk();
  readonly #text = new PacketText(this.#walk);
  readonly macs = new Set<string>();
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  #packets = 0;

  constructor(analyzer: Analyzer, segment: FolderSegment, file: number, sampler: Sampler, asked: Asked) {
    this.segment = segment;
    this.#analyzer = analyzer;
    this.#file = file;
    this.#sampler = sampler;
    this.#asked = asked;
  }

  get frames(): number {
    return this.#packets;
  }

  /** From the first to the last frame of the window, whosever they are: so long was watched. */
  get span(): Span | null {
    return this.#to < this.#from ? null : [this.#from, this.#to];
  }

  frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    seconds: number,
    nanoseconds: number,
    originalLength: number,
    linkType: number,
  ): void {
    this.#packets++;
    const time = seconds + nanoseconds / 1e9;
    const { spans, device } = this.#asked;
    if (!spans.some(([from, to]) => time >= from && time < to)) return;
    if (time < this.#from) this.#from = time;
    if (time > this.#to) this.#to = time;
    const walk = this.#walk;
    const text = this.#text;
    walk.walk(bytes, start, end, linkType);
    text.bytes = bytes;
    if (!this.#isOfDevice()) return;
    this.#analyzer.frame(bytes, start, end, seconds, nanoseconds, originalLength, linkType);
    // The other file of a frame between two devices has it as its own.
    if (this.#analyzer.part === 1 && device === null) return;
    this.#sampler.packet(
      walk,
      `${text.sourceIp()} ${walk.sourcePort}`,
      `${text.destinationIp()} ${walk.destinationPort}`,
      Math.max(originalLength, end - start),
      { file: this.#file, packet: this.#packets, seconds, nanoseconds },
    );
  }

  #isOfDevice(): boolean {
    const { device } = this.#asked;
    if (device === null) return true;
    const text = this.#text;
    if (this.macs.size < MAX_MACS) this.macs.add(text.sourceMac());
    return [text.sourceMac(), text.destinationMac(), text.sourceIp(), text.destinationIp()].includes(device);
  }
}

/** As frames have it. @throws WeirError USAGE */
export function parseDeviceWord(word: string): string {
  const mac = parseMac(word);
  if (mac !== undefined) return mac;
  if (parseAddress(word) !== undefined) return word;
  throw new WeirError('USAGE', `${printable(word, 60)} is neither a MAC nor an IP address; nothing was compared.`);
}
