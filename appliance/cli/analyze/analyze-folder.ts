// A folder of captures to one document. Segments of an appliance (they have sidecars) are folded per device in the order of
// capture, and a frame that two devices share counts once; any other capture file counts as it is. A file that cannot be read is
// left out and named; the others are analysed all the same.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Analyzer } from '../../analysis/analyzer.ts';
import type { Vault } from '../../analysis/secrets/vault.ts';
import type { WordList } from '../../analysis/secrets/word-list.ts';
import type { Carry } from '../../analysis/summary/carry.ts';
import { combineDevices, emptySummary, mergeSummaries } from '../../analysis/summary/merge.ts';
import { type Summary } from '../../analysis/summary/summary.ts';
import type { FrameSink } from '../../decode/files/records.ts';
import type { DocumentFile } from '../../model/analysis-document.ts';
import { WeirError } from '../../model/errors.ts';
import { expectOnly, MALFORMED, UNREADABLE } from '../../model/expected-error.ts';
import { LEDGER_FILE } from '../../model/files/ledger-files.ts';
import { type DeviceKey, type Mac, parseDevice, parseMac } from '../../model/mac.ts';
import { isPhase, type Phase } from '../../model/phase.ts';
import type { SegmentSidecar } from '../../model/segment.ts';
import { type CaptureFile, readCaptureFile, unreadable } from '../files/capture-file.ts';

export interface FolderSource {
  /** `path` is the folder, `bytes` the sum, `damage` the first found. */
  readonly source: CaptureFile & { readonly files: readonly DocumentFile[] };
  readonly summary: Summary;
}

/** How the files of a folder are read: with their hashes, searched for a tester's secrets. */
export interface FolderRequest {
  readonly withHash: boolean;
  readonly vault: Vault | undefined;
  readonly words: WordList | undefined;
  readonly routers: readonly Mac[];
  /** What is put between a file and its analyzer; undefined leaves the file out unread. */
  readonly between?: (analyzer: Analyzer, segment: FolderSegment) => FrameSink | undefined;
}

/** A file of a folder, and what its sidecar says where there is one. */
export interface FolderSegment {
  readonly path: string;
  readonly device: DeviceKey | null;
  readonly infra: readonly Mac[];
  readonly seq: number;
  readonly phase: Phase | null;
  /** Of its first and last packet, in seconds since 1970. */
  readonly times: readonly [first: number, last: number] | null;
}

const CAPTURE_NAME = /\.(pcap|pcapng|cap|dmp)(\.(gz|zst|xz|bz2|lz4|zip|7z))?$/;

/** @throws WeirError NOT_A_CAPTURE, FILE_UNREADABLE where the folder, or no file in it, can be read */
export async function analyzeFolder(folder: string, request: FolderRequest): Promise<FolderSource> {
  return await analyzePaths(folder, findCaptures(folder), request);
}

/** Of the files of a folder only these. @throws WeirError as `analyzeFolder` */
export async function analyzePaths(
  folder: string,
  paths: readonly string[],
  request: FolderRequest,
): Promise<FolderSource> {
  if (paths.length === 0) throw new WeirError('NOT_A_CAPTURE', `${folder} holds no capture file (.pcap, .pcapng).`);
  const reading: Reading = { request, read: [], leftOut: [] };
  const summaries: Summary[] = [];
  for (const lane of groupByDevice(paths.map(describeSegment))) summaries.push(await foldLane(lane, reading));
  const [first] = reading.read;
  if (first === undefined)
    throw (
      reading.leftOut[0]?.error ?? new WeirError('NOT_A_CAPTURE', `No capture file of ${folder} is in the selection.`)
    );
  const files = listFiles(reading);
  const source = {
    path: folder,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    sha256: null,
    format: first.format,
    digits: reading.read.reduce((digits, file) => Math.max(digits, file.digits), 0),
    damage: files.find(({ damage }) => damage !== null)?.damage ?? null,
    files,
  };
  return { source, summary: combineDevices(summaries) };
}

/** What came of the files so far. */
interface Reading {
  readonly request: FolderRequest;
  readonly read: CaptureFile[];
  readonly leftOut: { readonly path: string; readonly error: WeirError }[];
}

/**
 * In the order of their names. A part of the folder that nobody may look into may hold evidence: then nothing is said about the rest.
 * @throws WeirError FILE_UNREADABLE
 */
export function findCaptures(folder: string): string[] {
  const inside = capturesOf(folder);
  try {
    const names = readdirSync(inside, { recursive: true, encoding: 'utf8' });
    return names
      .filter((name) => CAPTURE_NAME.test(name))
      .map((name) => join(inside, name))
      .sort();
  } catch (thrown) {
    throw unreadable((thrown as NodeJS.ErrnoException).path ?? inside, thrown);
  }
}

/** Of a data folder, a bundle or a site of an archive: exports of it are in the same place and would count twice. */
function capturesOf(folder: string): string {
  const captures = join(folder, 'captures');
  return existsSync(captures) && existsSync(join(folder, LEDGER_FILE)) ? captures : folder;
}

function describeRead({ path, bytes, sha256, damage, further_headers }: CaptureFile): DocumentFile {
  const file = { path, bytes, sha256, damage, left_out: null };
  return further_headers === undefined ? file : { ...file, further_headers };
}

function listFiles({ read, leftOut }: Reading): DocumentFile[] {
  const files = [
    ...read.map(describeRead),
    ...leftOut.map(({ path, error }) => ({ path, bytes: 0, sha256: null, damage: null, left_out: error.message })),
  ];
  return files.sort((x, y) => (x.path < y.path ? -1 : 1));
}

/** Without a readable sidecar a file belongs to nobody. */
export function describeSegment(path: string): FolderSegment {
  const sidecar = readSidecar(path.replace(/\.pcap(\.gz)?$/, '.json'));
  const device = sidecar === undefined ? undefined : parseDevice(sidecar.device);
  if (sidecar === undefined || device === undefined)
    return { path, device: null, infra: [], seq: 0, phase: null, times: null };
  const infra = sidecar.infra.map(parseMac).filter((mac) => mac !== undefined);
  const { seq, phase, first_ts, last_ts } = sidecar;
  const times = first_ts === null || last_ts === null ? null : ([Number(first_ts), Number(last_ts)] as const);
  return { path, device, infra, seq, phase: isPhase(phase) ? phase : null, times };
}

function readSidecar(path: string): SegmentSidecar | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const sidecar = JSON.parse(readFileSync(path, 'utf8')) as Partial<SegmentSidecar>;
    return sidecar.schema === 'weir.segment/1' && Array.isArray(sidecar.infra)
      ? (sidecar as SegmentSidecar)
      : undefined;
  } catch (thrown) {
    expectOnly(thrown, 'reading a sidecar', ...UNREADABLE, ...MALFORMED);
    return undefined; // a torn sidecar: its capture is read nevertheless
  }
}

function groupByDevice(segments: readonly FolderSegment[]): FolderSegment[][] {
  const lanes = new Map<string, FolderSegment[]>();
  for (const segment of segments) {
    const key = segment.device ?? '';
    lanes.set(key, [...(lanes.get(key) ?? []), segment]);
  }
  return [...lanes.values()].map((lane) => lane.sort((a, b) => a.seq - b.seq));
}

/** Files of nobody are not one stream: nothing is carried between them. */
async function foldLane(lane: readonly FolderSegment[], reading: Reading): Promise<Summary> {
  let sum = emptySummary();
  let carry: Carry | undefined;
  for (const segment of lane) {
    const end = await readSegment(segment, carry, reading);
    if (end === undefined) continue;
    sum = mergeSummaries(sum, end.summary);
    carry = segment.device === null ? undefined : end.carry;
  }
  return sum;
}

/** Undefined for a file that could not be read (to its end): then nothing of it counts. */
async function readSegment(
  segment: FolderSegment,
  carry: Carry | undefined,
  { request, read, leftOut }: Reading,
): Promise<ReturnType<Analyzer['end']> | undefined> {
  const { path, device, infra, seq } = segment;
  const analyzer = new Analyzer(
    {
      owner: device,
      infra: device === null ? request.routers : infra,
      segment: seq,
      vault: request.vault,
      words: request.words,
    },
    carry,
  );
  const sink = request.between === undefined ? analyzer : request.between(analyzer, segment);
  if (sink === undefined) return undefined;
  try {
    read.push(await readCaptureFile(path, sink, request.withHash));
    return analyzer.end();
  } catch (thrown) {
    if (!(thrown instanceof WeirError)) throw thrown;
    leftOut.push({ path, error: thrown });
    return undefined;
  }
}
