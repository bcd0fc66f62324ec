// The stored segments once more through the same analysis: `weir replay` compares its output with what the live run kept
// (the bytes must be equal), `weir rebuild` rebuilds the index. Both read the ledger to learn what there is. What leaves here are
// the documents that the page shows: summaries hold account names as they were said, documents mask them.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { AnalysisDocument } from '../model/analysis-document.ts';
import { WeirError } from '../model/errors.ts';
import { type DeviceKey, deviceId } from '../model/mac.ts';
import { isPhase } from '../model/phase.ts';
import { deviceOrigin } from './figures/device-origin.ts';
import { EVER, MAX_FLOWS, type StoredFlowBlock } from './index/flow-index.ts';
import type { OpenHour } from './index/hour-list.ts';
import { growDevice } from './index/index-growth.ts';
import type { FoldedSegment, StoredDevice, StoredSum } from './index/index-records.ts';
import { IndexStore } from './index/index-store.ts';
import { NO_TEXT, type PackedText, unpackText } from './index/packed-text.ts';
import type { PieceRef } from './index/piece-files.ts';
import { LiveAnalysis } from './live-analysis.ts';
import type { SummaryTools } from './summary-tools.ts';
import { Identities } from './tail/identities.ts';
import { LedgerTail } from './tail/ledger-tail.ts';
import { type CatalogSegment, SegmentCatalog } from './tail/segment-catalog.ts';
import { TAIL_BUFFER_BYTES } from './tail/segment-tail.ts';
import { DeviceFold, type FoldRoom } from './thread/device-fold.ts';
import { makeAnalyzer } from './thread/make-analyzer.ts';
import { OwnScans } from './thread/own-scans.ts';
import { ProgressCell } from './thread/progress.ts';
import { Quarantine } from './thread/quarantine.ts';
import { readQuarantine } from './thread/quarantine-file.ts';
import type { MakeAnalyzer } from './thread/segment-analyzer.ts';

/** One device: the sum of its segments in the order of capture. */
export interface DeviceReplay {
  readonly device: DeviceKey;
  readonly segments: number;
  readonly last_seq: number;
  readonly document: AnalysisDocument;
  /** Its hours by phase, and SHA-256 of their rows of the flow matrix (index/flow-row.ts), as canonical JSON in that order. */
  readonly flows: FlowsDigest;
}

/** What the ledger contains about segments and about confirmed identities. */
interface LedgerRecord {
  readonly catalog: SegmentCatalog;
  readonly identities: Identities;
}

interface FlowsDigest {
  readonly hours: number;
  readonly sha256: string;
}

type Sum = Pick<StoredSum, 'segments' | 'last_seq' | 'parts'> & { readonly flows: FlowsDigest };

const STEP_BYTES = 1024 * 1024;
const ANALYZER = new URL('./thread/make-analyzer.js', import.meta.url).href;
const LOOK_MS = 100;

/**
 * Devices in order of their id, without the packets that are in quarantine; `problem` hears where that cannot be read.
 * @throws WeirError FILE_UNREADABLE where the folder has no ledger.
 */
export async function* replayFolder(
  dataDir: string,
  tools: SummaryTools,
  problem: (text: string) => void,
  analyzer: MakeAnalyzer = makeAnalyzer,
): AsyncGenerator<DeviceReplay> {
  const record = readRecord(dataDir);
  const { catalog } = record;
  // Of a segment that is open the hours that are over are in the index too.
  const stored = [...catalog.all()].filter(({ state }) => state === 'closed' || state === 'open');
  const room: FoldRoom = {
    dataDir,
    buffer: new Uint8Array(TAIL_BUFFER_BYTES),
    makeAnalyzer: analyzer,
    progress: new ProgressCell(),
    quarantine: new Quarantine(readQuarantine(dataDir, catalog, problem)),
    scans: new OwnScans(dataDir),
    meter: null,
  };
  for (const device of devicesOf(stored)) {
    const segments = stored.filter((segment) => segment.device === device);
    const sum = await sumOf(device, foldSegments(device, segments, room), tools);
    if (sum !== undefined) yield await shown(device, sum, record, tools);
  }
}

/** What the index holds, in the same shape. The appliance must not be running. @throws WeirError INDEX_LOCKED. */
export async function* readIndexDocuments(dataDir: string, tools: SummaryTools): AsyncGenerator<DeviceReplay> {
  const record = readRecord(dataDir);
  const witness = { segment: (seq: number) => record.catalog.get(seq), previous: () => undefined };
  const store = await IndexStore.inspect(dataDir, tools, witness);
  try {
    for (const { device, scope } of await store.scopes()) {
      const sum = scope === 'all' ? await store.sum(device, scope) : undefined;
      if (sum === undefined) continue;
      const stored = await store.flows(device, { ...EVER, hourly: true });
      const flows = await hashFlows(device, stored?.blocks ?? [], stored?.open ?? [], tools);
      yield await shown(device, { ...sum, flows }, record, tools);
    }
  } finally {
    await store.close();
  }
}

/** One line of JSON. */
export function deviceReplayLine({ device, ...sum }: DeviceReplay): string {
  return JSON.stringify({ device: deviceId(device), ...sum });
}

/**
 * Sets the index aside and rebuilds it from every stored segment, watched like the live one.
 * @returns the number of segments. @throws WeirError INDEX_LOCKED while an appliance runs, DATA_FULL, FILE_UNREADABLE.
 */
export async function rebuildIndex(
  dataDir: string,
  tools: SummaryTools,
  problem: (text: string) => void,
  analyzer: string = ANALYZER,
): Promise<number> {
  const wanted = [...readRecord(dataDir).catalog.all()].filter((segment) => segment.state === 'closed').length;
  await (await IndexStore.fresh(dataDir, tools)).close();
  const silent = () => undefined;
  const analysis = new LiveAnalysis(
    { dataDir, analyzer, tools },
    { ledger: silent, segment: silent, stored: silent, problem },
  );
  await analysis.start();
  try {
    while (analysis.store.segments < wanted) await pause(LOOK_MS);
    return analysis.store.segments;
  } finally {
    await analysis.stop();
  }
}

function readRecord(dataDir: string): LedgerRecord {
  const path = join(dataDir, 'ledger.ndjson');
  if (!existsSync(path)) {
    throw new WeirError(
      'FILE_UNREADABLE',
      `${path}: there is no ledger; nothing was read. Name the data folder of an appliance.`,
    );
  }
  const tail = new LedgerTail(path);
  const record = { catalog: new SegmentCatalog(), identities: new Identities() };
  for (let more = true; more; ) {
    const read = tail.poll();
    for (const line of read.lines) {
      record.catalog.apply(line);
      record.identities.apply(line);
    }
    more = read.more;
  }
  tail.close();
  return record;
}

function devicesOf(segments: readonly CatalogSegment[]): DeviceKey[] {
  const order = (a: DeviceKey, b: DeviceKey) => (deviceId(a) < deviceId(b) ? -1 : 1);
  return [...new Set(segments.map((segment) => segment.device))].sort(order);
}

function* foldSegments(
  device: DeviceKey,
  segments: readonly CatalogSegment[],
  room: FoldRoom,
): Generator<FoldedSegment> {
  const fold = new DeviceFold(device, room, undefined);
  for (const segment of segments) fold.announce(segment);
  for (let step = fold.step(STEP_BYTES); step !== 'idle'; step = fold.step(STEP_BYTES)) {
    const finished = step === 'finished' ? fold.take() : undefined;
    if (finished !== undefined) yield finished;
  }
  fold.close();
}

/** Grown as the index grows, with its pieces in memory. Undefined where there is nothing to add. */
async function sumOf(
  device: DeviceKey,
  folded: Iterable<FoldedSegment>,
  tools: SummaryTools,
): Promise<Sum | undefined> {
  const contents = new Map<number, PackedText>();
  const read = async ({ id }: PieceRef) => contents.get(id) ?? NO_TEXT;
  let known: StoredDevice | undefined;
  let pieces = 1;
  const blocks: StoredFlowBlock[] = [];
  for (const slice of folded) {
    const grown = await growDevice(known, slice, pieces, { merge: (parts) => tools.merge(parts), read });
    for (const { ref, content } of grown.fresh) contents.set(ref.id, content);
    for (const id of grown.dead) contents.delete(id);
    known = grown.device;
    pieces = grown.pieces;
    for (const { hour, phase, summary } of grown.closed) {
      const { flows } = await tools.hour([summary], { device, hour, phase });
      blocks.push({ phase, label: hour, flows });
    }
  }
  const tower = known?.towers.all;
  if (tower === undefined) return undefined;
  const { segments, last_seq, parts } = tower;
  const flows = await hashFlows(device, blocks, await openHours(known, read), tools);
  return { segments, last_seq, flows, parts: await Promise.all(parts.map(({ piece }) => read(piece))) };
}

/** From the same parts and the same words as the page's (figures.ts). */
async function shown(
  device: DeviceKey,
  { segments, last_seq, parts, flows }: Sum,
  { catalog, identities }: LedgerRecord,
  tools: SummaryTools,
): Promise<DeviceReplay> {
  const some = parts.filter((part) => part.length > 0);
  const document = await tools.document(some, deviceOrigin(device, catalog, identities));
  return { device, segments, last_seq, document, flows };
}

/** As the index returns them (index-store.ts). */
async function openHours(
  known: StoredDevice | undefined,
  read: (ref: PieceRef) => Promise<PackedText>,
): Promise<OpenHour[]> {
  const open: OpenHour[] = [];
  for (const [phase, tower] of Object.entries(known?.towers ?? {})) {
    const slices = tower.parts.filter(({ level }) => level === 0);
    const [first] = slices;
    if (!isPhase(phase) || first === undefined) continue;
    open.push({ hour: first.hour, phase, parts: await Promise.all(slices.map(({ piece }) => read(piece))) });
  }
  return open;
}

/** Hours that are over, in the order in which they were, and those that are not. An hour may come several times. */
async function hashFlows(
  device: DeviceKey,
  blocks: readonly StoredFlowBlock[],
  open: readonly OpenHour[],
  tools: SummaryTools,
): Promise<FlowsDigest> {
  const hours = new Map<string, PackedText>();
  const add = async (key: string, flows: PackedText) => {
    const before = hours.get(key);
    hours.set(key, before === undefined ? flows : (await tools.addFlows([before, flows], MAX_FLOWS.hour)).flows);
  };
  for (const { phase, label, flows } of blocks) await add(`${phase} ${label}`, flows);
  for (const { hour, phase, parts } of open)
    await add(`${phase} ${hour}`, (await tools.hour(parts, { device, hour, phase })).flows);
  const hash = createHash('sha256');
  for (const key of [...hours.keys()].sort()) hash.update(`${key} ${unpackText(hours.get(key) ?? NO_TEXT)}\n`);
  return { hours: hours.size, sha256: hash.digest('hex') };
}
