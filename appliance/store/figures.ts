// The figures that people see: what stands in the index, plus what is on its way there, plus the open segments as analysis
// last told them. Everything rendered here is the same document that `weir analyze` prints.

import type { AnalysisDocument } from '../model/analysis-document.ts';
import { type DeviceKey, deviceFolder } from '../model/mac.ts';
import type { Phase } from '../model/phase.ts';
import type { LiveSegment } from './device-fold.ts';
import { type DeviceRow, deviceRow } from './device-row.ts';
import { addHourRows, type HourRow, hourRow, isHourOver } from './hour-row.ts';
import type { Identities } from './identities.ts';
import { isKnown } from './index-growth.ts';
import type { TotalScope } from './index-keys.ts';
import type { FoldedSegment, StoredSum } from './index-records.ts';
import type { PackedText } from './packed-text.ts';
import type { SegmentCatalog } from './segment-catalog.ts';
import type { SummaryTools } from './summary-tools.ts';

/** The part of the index that figures are made from. */
export interface FigureSource {
  sum(device: DeviceKey, scope: TotalScope): Promise<StoredSum | undefined>;
  scopes(): Promise<readonly { readonly device: DeviceKey; readonly scope: TotalScope }[]>;
  hours(device: DeviceKey): Promise<HourRow[]>;
}

interface LiveDevice {
  readonly phase: Phase;
  readonly path: string;
  readonly live: LiveSegment;
}

export class Figures {
  readonly #source: FigureSource;
  readonly #tools: SummaryTools;
  readonly #catalog: SegmentCatalog;
  readonly #pending: () => readonly FoldedSegment[];
  readonly #identities: Identities;
  readonly #live = new Map<DeviceKey, LiveDevice>();
  readonly #devices = new Set<DeviceKey>();
  readonly #changed = new Set<DeviceKey>();
  readonly #rows = new Map<DeviceKey, DeviceRow>();
  #version = 0;

  /** `pending`: segments that analysis finished and the index does not hold yet. */
  constructor(
    source: FigureSource,
    tools: SummaryTools,
    catalog: SegmentCatalog,
    pending: () => readonly FoldedSegment[],
    identities: Identities,
  ) {
    this.#source = source;
    this.#tools = tools;
    this.#catalog = catalog;
    this.#pending = pending;
    this.#identities = identities;
  }

  async load(): Promise<void> {
    for (const { device } of await this.#source.scopes()) this.#touch(device);
  }

  get devices(): readonly DeviceKey[] {
    return [...this.#devices].sort();
  }

  /** The open segment of a device grew. */
  setLive(device: DeviceKey, live: LiveSegment): void {
    const segment = this.#catalog.get(live.seq);
    if (segment === undefined) return;
    this.#live.set(device, { phase: segment.phase, path: segment.path, live });
    this.#touch(device);
  }

  /** A segment is finished: from now on it comes from `pending` or the index. */
  finish(segment: FoldedSegment): void {
    const live = this.#live.get(segment.device)?.live;
    if (live !== undefined && isKnown(segment, live)) this.#live.delete(segment.device);
    this.#touch(segment.device);
  }

  /** Somebody said what devices are: those on record are drawn anew. */
  identified(): void {
    for (const device of this.#devices) this.#touch(device);
  }

  /** Analysis begins again: what it told about open segments is told anew. */
  forgetLive(): void {
    this.#version++;
    for (const device of this.#live.keys()) this.#changed.add(device);
    this.#live.clear();
  }

  /** Rises with every change: what was rendered at the same version is the same. */
  get version(): number {
    return this.#version;
  }

  /** Undefined for a device that was never seen. */
  async document(device: DeviceKey, scope: TotalScope): Promise<AnalysisDocument | undefined> {
    if (!this.#devices.has(device)) return undefined;
    const path = `captures/${deviceFolder(device)}`;
    const { bytes } = this.#catalog.stored(device);
    const identities = this.#identities.all();
    return this.#tools.document(await this.#parts(device, scope), { device, path, bytes, identities });
  }

  /** All devices together; a frame between two of them counts once. */
  async everything(scope: TotalScope): Promise<AnalysisDocument> {
    const sum = this.#tools.combine();
    try {
      for (const device of this.devices) await sum.add(await this.#parts(device, scope));
    } catch (thrown) {
      sum.abandon();
      throw thrown;
    }
    const { bytes } = this.#catalog.stored(null);
    return sum.document({ device: null, path: 'captures', bytes, identities: this.#identities.all() });
  }

  /** Hours of a device in order, complete once they are over at `nowSecond` of capture time. */
  async hours(device: DeviceKey, nowSecond: number): Promise<HourRow[]> {
    const rows = new Map((await this.#source.hours(device)).map((row) => [`${row.hour} ${row.phase}`, row]));
    const live = this.#live.get(device);
    if (live !== undefined) {
      const { hour, summary } = live.live;
      const document = await this.#tools.document([summary], { device, path: live.path, bytes: 0 });
      const row = hourRow(document, hour, live.phase, false);
      const key = `${row.hour} ${row.phase}`;
      rows.set(key, { ...addHourRows(rows.get(key), row), complete: false });
    }
    const order = [...rows.keys()].sort();
    return order
      .flatMap((key) => rows.get(key) ?? [])
      .map((row) => ({
        ...row,
        complete: row.complete || isHourOver(row, nowSecond),
      }));
  }

  /** Rows of devices that changed since the last call, at most `most`; the rest comes next time. */
  async refresh(nowSecond: number, most: number): Promise<DeviceRow[]> {
    const rows: DeviceRow[] = [];
    for (const device of [...this.#changed].slice(0, most)) {
      this.#changed.delete(device);
      const document = await this.document(device, 'all').catch((thrown: unknown) => {
        this.#changed.add(device);
        throw thrown;
      });
      if (document === undefined) continue;
      const row = deviceRow(device, document, this.#catalog.stored(device).segments, nowSecond);
      this.#rows.set(device, row);
      rows.push(row);
    }
    return rows;
  }

  /** The rows as last refreshed, by device. */
  rows(): DeviceRow[] {
    return this.devices.flatMap((device) => this.#rows.get(device) ?? []);
  }

  /** Summaries in the order of capture: the index, what is on its way there, the open segment. */
  async #parts(device: DeviceKey, scope: TotalScope): Promise<PackedText[]> {
    const seen = (phase: Phase) => scope === 'all' || scope === phase;
    // Taken before the index is asked; what reached it in between is told by its place and not added twice.
    const pending = this.#pending().filter((segment) => segment.device === device && seen(segment.phase));
    const live = this.#live.get(device);
    const sum = await this.#source.sum(device, scope);
    const parts = [
      ...(sum?.parts ?? []),
      ...pending.filter((slice) => !isKnown(sum?.place, slice)).map((slice) => slice.summary),
    ];
    if (live !== undefined && seen(live.phase) && !isKnown(sum?.place, live.live)) parts.push(live.live.summary);
    return parts.filter((part) => part.length > 0);
  }

  #touch(device: DeviceKey): void {
    this.#version++;
    this.#devices.add(device);
    this.#changed.add(device);
  }
}
