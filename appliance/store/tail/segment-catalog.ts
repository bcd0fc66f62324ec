// What the ledger says about each segment, in memory: which are open, closed, deleted, where they lie. Fed by
// ledger-tail.ts; asked by the analysis (what to read next) and by the API (what can be downloaded). No I/O.

import type { LedgerLine } from '../../model/ledger.ts';
import { type DeviceKey, parseDevice } from '../../model/mac.ts';
import { isPhase, type Phase } from '../../model/phase.ts';
import { parseSegmentFile } from '../../model/segment.ts';

export type SegmentState = 'open' | 'closed' | 'empty' | 'deleted';

export interface CatalogSegment {
  /** Number of the ledger's line that first named it. */
  readonly n: number;
  readonly device: DeviceKey;
  readonly seq: number;
  /** Relative to the captures folder, without `.part`. */
  readonly path: string;
  readonly phase: Phase;
  readonly infra: readonly string[];
  readonly state: SegmentState;
  readonly opened: string;
  readonly closed: string | null;
  readonly bytes: number | null;
  readonly packets: number | null;
  readonly sha256: string | null;
  readonly cut: string | null;
  /** Of a deleted one: time of its newest packet, where the ledger reports it. */
  readonly lastTs: string | null;
}

/** Closed segments and their bytes. */
export interface StoredSum {
  readonly segments: number;
  readonly bytes: number;
}

const NOTHING: StoredSum = { segments: 0, bytes: 0 };

export class SegmentCatalog {
  readonly #bySeq = new Map<string, CatalogSegment>();
  /** Kept up with each change: asked for at each look at a device, when there may be a hundred thousand segments. */
  readonly #stored = new Map<DeviceKey, StoredSum>();
  readonly #byPath = new Map<string, string>();
  /** Of forgotten devices: the number up to which there is nothing. */
  readonly #forgotten = new Map<DeviceKey, number>();
  #refused = 0;

  /** Segment lines whose fields are not what capture writes. */
  get refusedLines(): number {
    return this.#refused;
  }

  get size(): number {
    return this.#bySeq.size;
  }

  /** The segment that a ledger line changed, in its new state; undefined for lines about something else. */
  apply(line: LedgerLine): CatalogSegment | undefined {
    if (line.type === 'segment-opened') return this.#put(line, { infra: macTexts(line.infra) });
    if (line.type === 'segment-empty') return this.#put(line, { state: 'empty', closed: line.ts, packets: 0 });
    if (line.type === 'segment-deleted') return this.#delete(line);
    if (line.type === 'device-forgotten') return this.#forget(line);
    if (line.type !== 'segment-closed') return undefined;
    return this.#put(line, {
      state: 'closed',
      closed: line.ts,
      bytes: whole(line.bytes),
      packets: whole(line.packets),
      sha256: hash(line.sha256),
      cut: typeof line.cut === 'string' ? line.cut : null,
    });
  }

  get(seq: number): CatalogSegment | undefined {
    return this.#bySeq.get(String(seq));
  }

  /** In the order in which the ledger first named them: of one device in `seq` order. */
  all(): IterableIterator<CatalogSegment> {
    return this.#bySeq.values();
  }

  /** Of one device, or of all. */
  stored(device: DeviceKey | null): StoredSum {
    if (device !== null) return this.#stored.get(device) ?? NOTHING;
    return [...this.#stored.values()].reduce(addSums, NOTHING);
  }

  clear(): void {
    this.#bySeq.clear();
    this.#stored.clear();
    this.#byPath.clear();
    this.#forgotten.clear();
  }

  /** As if its segments had never been: neither their names nor that there were any are shown again. */
  #forget({ device, up_to: upTo }: LedgerLine & { readonly type: 'device-forgotten' }): undefined {
    this.#forgotten.set(device, upTo);
    for (const [key, segment] of this.#bySeq) {
      if (segment.device !== device || segment.seq > upTo) continue;
      this.#count(segment, -1);
      this.#bySeq.delete(key);
      this.#byPath.delete(segment.path);
    }
  }

  #put(
    line: LedgerLine & { device: DeviceKey; seq: number; path: string },
    change: Partial<CatalogSegment>,
  ): CatalogSegment | undefined {
    const name = segmentIdentity(line);
    if (name === undefined) {
      this.#refused++;
      return undefined;
    }
    if (name.seq <= (this.#forgotten.get(name.device) ?? -1)) return undefined;
    const known = this.#bySeq.get(String(name.seq));
    const segment: CatalogSegment = { ...(known ?? freshSegment(name, line)), ...change };
    this.#replace(known, segment);
    this.#byPath.set(segment.path, String(name.seq));
    return segment;
  }

  #delete({ path, last_ts: last }: { readonly path: unknown; readonly last_ts?: unknown }): CatalogSegment | undefined {
    const key = typeof path === 'string' ? this.#byPath.get(capturesRelative(path)) : undefined;
    const known = key === undefined ? undefined : this.#bySeq.get(key);
    if (key === undefined || known === undefined) return undefined;
    const deleted: CatalogSegment = { ...known, state: 'deleted', lastTs: typeof last === 'string' ? last : null };
    this.#replace(known, deleted);
    return deleted;
  }

  #replace(known: CatalogSegment | undefined, segment: CatalogSegment): void {
    this.#bySeq.set(String(segment.seq), segment);
    this.#count(known, -1);
    this.#count(segment, 1);
  }

  #count(segment: CatalogSegment | undefined, sign: 1 | -1): void {
    if (segment?.state !== 'closed') return;
    const change = { segments: sign, bytes: sign * (segment.bytes ?? 0) };
    this.#stored.set(segment.device, addSums(this.stored(segment.device), change));
  }
}

function addSums(a: StoredSum, b: StoredSum): StoredSum {
  return { segments: a.segments + b.segments, bytes: a.bytes + b.bytes };
}

interface SegmentIdentity {
  readonly device: DeviceKey;
  readonly seq: number;
  readonly path: string;
  readonly phase: Phase;
}

function freshSegment(name: SegmentIdentity, { n, ts: opened }: LedgerLine): CatalogSegment {
  return {
    n,
    ...name,
    infra: [],
    state: 'open',
    opened,
    closed: null,
    bytes: null,
    packets: null,
    sha256: null,
    cut: null,
    lastTs: null,
  };
}

/** Device, number, phase and path must agree with each other: a path is opened later, so nothing else gets this far. */
function segmentIdentity(line: { device: unknown; seq: unknown; path: unknown }): SegmentIdentity | undefined {
  if (typeof line.path !== 'string' || typeof line.device !== 'string') return undefined;
  const path = capturesRelative(line.path);
  const parts = path.split('/');
  const file = parseSegmentFile(parts.at(-1) ?? '');
  const device = parseDevice(line.device);
  if (file === undefined || file.open || device !== file.device || file.seq !== line.seq) return undefined;
  const folders = parts.slice(0, -1);
  if (folders.length !== 4 || !folders.slice(1).every((part) => /^\d{2,4}$/.test(part))) return undefined;
  if (folders[0] !== file.device.replaceAll(':', '-') || !isPhase(file.phase)) return undefined;
  return { device: file.device, seq: file.seq, path, phase: file.phase };
}

/** Paths are taken with or without the leading folder name. */
function capturesRelative(path: string): string {
  return path.startsWith('captures/') ? path.slice('captures/'.length) : path;
}

const whole = (value: unknown) => (Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null);
const hash = (value: unknown) => (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value : null);
const macTexts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string').slice(0, 64) : [];
