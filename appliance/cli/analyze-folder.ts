// A folder of captures to one document. Segments of an appliance (they have sidecars) are folded per device in the order of
// capture, and a frame that two devices share counts once; any other capture file counts as it is.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Analyzer } from '../analysis/analyzer.ts';
import type { Carry } from '../analysis/carry.ts';
import { combineDevices, mergeSummaries } from '../analysis/merge.ts';
import { emptySummary, type Summary } from '../analysis/summary.ts';
import type { Vault } from '../analysis/vault.ts';
import type { CaptureDamage } from '../model/analysis-document.ts';
import { WeirError } from '../model/errors.ts';
import { type DeviceKey, type Mac, parseDevice, parseMac } from '../model/mac.ts';
import type { SegmentSidecar } from '../model/segment.ts';
import { type CaptureFile, readCaptureFile } from './capture-file.ts';

export interface FolderSource {
  /** `path` is the folder, `bytes` the sum, `damage` the first found. */
  readonly source: CaptureFile;
  readonly summary: Summary;
  readonly damaged: readonly { readonly path: string; readonly damage: CaptureDamage }[];
}

interface Segment {
  readonly path: string;
  readonly device: DeviceKey | null;
  readonly infra: readonly Mac[];
  readonly seq: number;
}

const CAPTURE_NAME = /\.(pcap|pcapng|cap|dmp)(\.gz)?$/;

/** @throws WeirError NOT_A_CAPTURE where the folder holds none */
export async function analyzeFolder(folder: string, vault: Vault | undefined): Promise<FolderSource> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => CAPTURE_NAME.test(name));
  if (paths.length === 0) throw new WeirError('NOT_A_CAPTURE', `${folder} holds no capture file (.pcap, .pcapng).`);
  const lanes = groupByDevice(paths.sort().map((path) => describeSegment(join(folder, path))));
  const files: CaptureFile[] = [];
  const summaries: Summary[] = [];
  for (const lane of lanes) summaries.push(await foldLane(lane, vault, files));
  const damaged = files.flatMap(({ path, damage }) => (damage === null ? [] : [{ path, damage }]));
  const source: CaptureFile = {
    path: folder,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    sha256: null,
    format: files[0]?.format ?? 'pcap',
    digits: files.reduce((digits, file) => Math.max(digits, file.digits), 0),
    damage: damaged[0]?.damage ?? null,
  };
  return { source, summary: combineDevices(summaries), damaged };
}

/** Without a readable sidecar a file belongs to nobody. */
function describeSegment(path: string): Segment {
  const sidecar = readSidecar(path.replace(/\.pcap(\.gz)?$/, '.json'));
  const device = sidecar === undefined ? undefined : parseDevice(sidecar.device);
  if (sidecar === undefined || device === undefined) return { path, device: null, infra: [], seq: 0 };
  const infra = sidecar.infra.map(parseMac).filter((mac) => mac !== undefined);
  return { path, device, infra, seq: sidecar.seq };
}

function readSidecar(path: string): SegmentSidecar | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const sidecar = JSON.parse(readFileSync(path, 'utf8')) as Partial<SegmentSidecar>;
    return sidecar.schema === 'weir.segment/1' && Array.isArray(sidecar.infra)
      ? (sidecar as SegmentSidecar)
      : undefined;
  } catch {
    return undefined; // a torn sidecar: the capture beside it is read all the same
  }
}

function groupByDevice(segments: readonly Segment[]): Segment[][] {
  const lanes = new Map<string, Segment[]>();
  for (const segment of segments) {
    const key = segment.device ?? '';
    lanes.set(key, [...(lanes.get(key) ?? []), segment]);
  }
  return [...lanes.values()].map((lane) => lane.sort((a, b) => a.seq - b.seq));
}

/** Files of nobody are not one stream: nothing is carried between them. */
async function foldLane(lane: readonly Segment[], vault: Vault | undefined, files: CaptureFile[]): Promise<Summary> {
  let sum = emptySummary();
  let carry: Carry | undefined;
  for (const { path, device, infra, seq } of lane) {
    const analyzer = new Analyzer({ owner: device, infra, segment: seq, vault }, carry);
    files.push(await readCaptureFile(path, analyzer, false));
    const end = analyzer.end();
    sum = mergeSummaries(sum, end.summary);
    carry = device === null ? undefined : end.carry;
  }
  return sum;
}
