// The figures that people see: the content of the index, plus what is on its way there, plus the open slices as analysis
// reports them on request. Everything rendered here is the same document that `weir analyze` prints.

import type { AnalysisDocument, DocumentFinding } from '../../model/analysis-document.ts';
import { toError } from '../../model/errors.ts';
import { expectOnly } from '../../model/expected-error.ts';
import { type DeviceKey, deviceFolder } from '../../model/mac.ts';
import type { Phase } from '../../model/phase.ts';
import { type FlowWindow, inWindow, type StoredFlows } from '../index/flow-index.ts';
import {
  byPhase,
  countGone,
  countHours,
  joinHours,
  listHours,
  type OpenHour,
  type StoredHours,
  sliceHours,
} from '../index/hour-list.ts';
import { asOf, type HourNames, type HourRow, namesOf, withoutNames } from '../index/hour-row.ts';
import { isKnown } from '../index/index-growth.ts';
import type { TotalScope } from '../index/index-keys.ts';
import type { FoldedSegment, StoredPlace, StoredSum } from '../index/index-records.ts';
import type { PackedText } from '../index/packed-text.ts';
import type { SummaryOrigin, SummaryTools } from '../summary-tools.ts';
import type { Identities } from '../tail/identities.ts';
import type { SegmentCatalog } from '../tail/segment-catalog.ts';
import type { LiveSegment } from '../thread/live-segment.ts';
import { addCounts, addHeads, countFindings, type DeviceHead, rowOf } from './device-head.ts';
import { deviceOrigin } from './device-origin.ts';
import type { DeviceRow, FindingCounts } from './device-row.ts';
import { addGroups, type FlowGroups, type FlowQuestion, NO_GROUPS } from './flow-groups.ts';
import { Turnstile } from './turnstile.ts';

/** The part of the index that figures are made from. */
export interface FigureSource {
  place(device: DeviceKey): Promise<StoredPlace | undefined>;
  sum(device: DeviceKey, scope: TotalScope): Promise<StoredSum | undefined>;
  scopes(): Promise<readonly { readonly device: DeviceKey; readonly scope: TotalScope }[]>;
  hours(device: DeviceKey): Promise<StoredHours>;
  /** Of which an earlier index counted hours with more packets than this one has. */
  flooredDevices(): Promise<readonly DeviceKey[]>;
  flows(device: DeviceKey, window: FlowWindow): Promise<StoredFlows | undefined>;
}

/** The open slice of a device, where analysis has one (live-slices.ts). */
export interface LiveSource {
  of(device: DeviceKey): Promise<LiveSegment | undefined>;
  all(devices: readonly DeviceKey[]): Promise<ReadonlyMap<DeviceKey, LiveSegment>>;
}

/** Devices whose open slices are asked for together: they have room among what live-slices.ts keeps. */
const MAX_ASKED = 8;

/** The head of the closed slices, and which they were. */
interface ClosedHead {
  readonly mark: string;
  readonly head: DeviceHead;
  readonly isEmpty: boolean;
}

/** Of all devices together, each frame once. */
export interface FigureTotals {
  readonly packets: number;
  readonly bytes: number;
  readonly findings: FindingCounts;
  readonly destinations: number;
  /** Of the devices' documents: conversations in one row with others of their service, and those in none. */
  readonly conversations: { readonly joined: number; readonly evicted: number };
}

export class Figures {
  readonly #source: FigureSource;
  readonly #tools: SummaryTools;
  readonly #catalog: SegmentCatalog;
  readonly #pending: () => readonly FoldedSegment[];
  readonly #identities: Identities;
  readonly #live: LiveSource;
  readonly #devices = new Set<DeviceKey>();
  /** Since when, in monotonic milliseconds: devices whose rows are not those of now, and those whose rows are being made. */
  readonly #changed = new Map<DeviceKey, number>();
  readonly #making = new Map<DeviceKey, number>();
  /** Devices whose rows could not be made last time, and why. */
  readonly #failed = new Map<DeviceKey, string>();
  readonly #closed = new Map<DeviceKey, ClosedHead>();
  readonly #heads = new Map<DeviceKey, DeviceHead>();
  readonly #rows = new Map<DeviceKey, DeviceRow>();
  readonly #turnstile = new Turnstile();
  #version = 0;
  /** Rises when people say what devices are: then closed heads are rebuilt. */
  #said = 0;

  /** `pending`: slices that analysis finished and the index does not hold yet. */
  constructor(
    source: FigureSource,
    tools: SummaryTools,
    catalog: SegmentCatalog,
    pending: () => readonly FoldedSegment[],
    identities: Identities,
    live: LiveSource,
  ) {
    this.#source = source;
    this.#tools = tools;
    this.#catalog = catalog;
    this.#pending = pending;
    this.#identities = identities;
    this.#live = live;
  }

  async load(): Promise<void> {
    for (const { device } of await this.#source.scopes()) this.touch(device);
  }

  get devices(): readonly DeviceKey[] {
    return [...this.#devices].sort();
  }

  /** Packets of a device came, or a slice of it is finished. */
  touch(device: DeviceKey): void {
    this.#version++;
    this.#devices.add(device);
    if (!this.#changed.has(device)) this.#changed.set(device, performance.now());
  }

  /** Somebody said what devices are: the recorded ones are rendered again. */
  identified(): void {
    this.#said++;
    for (const device of this.#devices) this.touch(device);
  }

  /** Rises with every change: what was rendered at the same version is the same. */
  get version(): number {
    return this.#version;
  }

  /** Undefined for a device that was never seen. */
  async document(device: DeviceKey, scope: TotalScope): Promise<AnalysisDocument | undefined> {
    if (!this.#devices.has(device)) return undefined;
    const live = await this.#live.of(device);
    return this.#turnstile.pass(async () =>
      this.#tools.document(await this.#parts(device, scope, live), this.#origin(device)),
    );
  }

  /** All devices together; a frame between two of them counts once. */
  async everything(scope: TotalScope): Promise<AnalysisDocument> {
    const sum = this.#tools.combine();
    try {
      for await (const [device, live] of this.#each(this.devices))
        await this.#turnstile.pass(async () => sum.add(await this.#parts(device, scope, live)));
    } catch (thrown) {
      sum.abandon();
      throw thrown;
    }
    const { bytes } = this.#catalog.stored(null);
    return sum.document({ device: null, path: 'captures', bytes, identities: this.#identities.all() });
  }

  /** Hours of a device in order, complete once they are over at `nowSecond` of capture time. */
  async hours(device: DeviceKey, nowSecond: number): Promise<HourRow[]> {
    return (await listHours(device, await this.#hours(device), this.#tools))
      .map(withoutNames)
      .map((row) => asOf(row, nowSecond));
  }

  /** The names that a device asked for in DNS, hour by hour. */
  async names(device: DeviceKey): Promise<HourNames[]> {
    return (await countHours(device, await this.#hours(device), this.#tools))
      .map(namesOf)
      .filter(({ dns_queries }) => dns_queries > 0);
  }

  /** Packets that an earlier index counted and that no file has any more: of one device, or of all (null). */
  async gone(device: DeviceKey | null, scope: TotalScope): Promise<number> {
    let gone = 0;
    for (const each of await this.#source.flooredDevices()) {
      if (device !== null && each !== device) continue;
      const stored = await this.#hours(each);
      gone += countGone(await countHours(each, stored, this.#tools), stored.floors, scope);
    }
    return gone;
  }

  /** What the index has, what is on its way there, and the open slice. */
  async #hours(device: DeviceKey): Promise<StoredHours> {
    const live = await this.#live.of(device);
    const waiting = this.#waiting(device);
    const stored = await this.#source.hours(device);
    return { ...stored, open: [...stored.open, ...this.#unstored(stored.place, waiting, live)] };
  }

  /** Slices that lie behind a place in the index, by hour and phase. */
  #unstored(
    place: StoredPlace | undefined,
    waiting: readonly FoldedSegment[],
    live: LiveSegment | undefined,
  ): OpenHour[] {
    const { pending, newest } = behind(place, waiting);
    const open = pending.flatMap((slice) => sliceHours(slice, slice.phase));
    const phase = live === undefined || isKnown(newest, live) ? undefined : this.#catalog.get(live.seq)?.phase;
    return live === undefined || phase === undefined ? open : [...open, ...sliceHours(live, phase)];
  }

  /** Of one device, or of all, one after the other. */
  async flows(device: DeviceKey | null, window: FlowWindow, question: FlowQuestion): Promise<FlowGroups> {
    let sum = NO_GROUPS;
    for await (const [each, live] of this.#each(device === null ? this.devices : [device])) {
      const found = await this.#turnstile.pass(() => this.#flowsOf(each, window, question, live));
      sum = addGroups(sum, found);
    }
    return sum;
  }

  /** Devices, one after the other, with their open slices. */
  async *#each(devices: readonly DeviceKey[]): AsyncGenerator<readonly [DeviceKey, LiveSegment | undefined]> {
    for (let at = 0; at < devices.length; at += MAX_ASKED) {
      const some = devices.slice(at, at + MAX_ASKED);
      const live = await this.#live.all(some);
      for (const device of some) yield [device, live.get(device)];
    }
  }

  /** What the index has, what is on its way there, and the open slice, by hour and phase. */
  async #flowsOf(
    device: DeviceKey,
    window: FlowWindow,
    question: FlowQuestion,
    live: LiveSegment | undefined,
  ): Promise<FlowGroups> {
    const waiting = this.#waiting(device);
    const stored = await this.#source.flows(device, window);
    const open = [...(stored?.open ?? []), ...this.#unstored(stored?.place, waiting, live)];
    const within = open.filter((part) => inWindow(part.hour, part.phase, window));
    return this.#tools.groupFlows({ device, blocks: stored?.blocks ?? [], open: joinHours(within) }, question);
  }

  /** Rows of devices that changed since the last call, at most `most`; the rest comes next time. */
  async refresh(nowSecond: number, most: number): Promise<DeviceRow[]> {
    const rows: DeviceRow[] = [];
    for (const [device, since] of [...this.#changed].slice(0, most)) {
      const head = await this.#changedHead(device, since);
      if (head === undefined) continue;
      const row = rowOf(device, head, this.#catalog.stored(device).segments, nowSecond);
      this.#heads.set(device, head);
      this.#rows.set(device, row);
      rows.push(row);
    }
    return rows;
  }

  /** What cannot be made stays changed, comes after the others next time, and is reported. */
  async #changedHead(device: DeviceKey, since: number): Promise<DeviceHead | undefined> {
    this.#changed.delete(device);
    this.#making.set(device, since);
    try {
      const head = await this.#head(device);
      this.#failed.delete(device);
      return head;
    } catch (thrown) {
      this.#changed.set(device, since);
      this.#failed.set(device, toError(thrown).message);
      expectOnly(thrown, `drawing the figures of ${deviceFolder(device)}`);
      return undefined;
    } finally {
      this.#making.delete(device);
    }
  }

  /** The rows as last refreshed, by device. */
  rows(): DeviceRow[] {
    return this.devices.flatMap((device) => this.#rows.get(device) ?? []);
  }

  /** Whether some device was never refreshed, or changed since. */
  get isStale(): boolean {
    return this.#changed.size > 0;
  }

  /** Whether every device has a row, however old. */
  get isComplete(): boolean {
    return this.#rows.size === this.#devices.size;
  }

  /** Milliseconds since the oldest change that no row shows yet; 0 where there is none. */
  get ageMs(): number {
    const since = Math.min(...this.#changed.values(), ...this.#making.values());
    return since === Number.POSITIVE_INFINITY ? 0 : performance.now() - since;
  }

  /** Devices whose row could not be made when it was last tried, and why the latest of them could not. */
  get undrawn(): { readonly devices: number; readonly reason: string } {
    return { devices: this.#failed.size, reason: [...this.#failed.values()].at(-1) ?? '' };
  }

  /** Findings of all devices as last refreshed; undefined while one of them never was. */
  findings(): DocumentFinding[] | undefined {
    return this.#heads.size < this.#devices.size ? undefined : [...this.#uniqueFindings().values()];
  }

  totals(): FigureTotals {
    const heads = [...this.#heads.values()];
    const more = heads.reduce((sum, head) => addCounts(sum, head.more_findings), countFindings([]));
    return {
      packets: heads.reduce((sum, { own }) => sum + own.packets, 0),
      bytes: heads.reduce((sum, { own }) => sum + own.bytes, 0),
      findings: addCounts(countFindings([...this.#uniqueFindings().values()]), more),
      destinations: new Set(heads.flatMap(({ destinations }) => destinations)).size,
      conversations: {
        joined: heads.reduce((sum, { joined }) => sum + joined, 0),
        evicted: heads.reduce((sum, { evicted }) => sum + evicted, 0),
      },
    };
  }

  /** What two devices said to each other is in both their heads: it is taken from the one it is about. */
  #uniqueFindings(): Map<string, DocumentFinding> {
    const unique = new Map<string, DocumentFinding>();
    for (const [device, { findings }] of this.#heads)
      for (const finding of findings)
        if (finding.device === device || !unique.has(finding.id)) unique.set(finding.id, finding);
    return unique;
  }

  /** That of the closed slices is rebuilt, and its sum read from the card, only when they change. */
  async #head(device: DeviceKey): Promise<DeviceHead> {
    const live = await this.#live.of(device);
    return this.#turnstile.pass(async () => {
      const waiting = this.#waiting(device);
      const { newest } = behind(await this.#source.place(device), waiting);
      let known = this.#closed.get(device);
      let open = this.#open('all', live, newest);
      if (known?.mark !== this.#mark(newest)) {
        const split = await this.#split(device, 'all', live);
        const head = await this.#tools.head(split.closed, this.#origin(device));
        known = { mark: split.mark, head, isEmpty: split.closed.length === 0 };
        open = split.open;
        this.#closed.set(device, known);
      }
      if (open.length === 0) return known.head;
      const now = await this.#tools.head(open, this.#origin(device));
      return known.isEmpty ? now : addHeads(known.head, now);
    });
  }

  #origin(device: DeviceKey): SummaryOrigin {
    return deviceOrigin(device, this.#catalog, this.#identities);
  }

  async #parts(device: DeviceKey, scope: TotalScope, live: LiveSegment | undefined): Promise<PackedText[]> {
    const { closed, open } = await this.#split(device, scope, live);
    return [...closed, ...open];
  }

  /** Summaries in the order of capture: the index and what is on its way there, and the open slice. */
  async #split(device: DeviceKey, scope: TotalScope, live: LiveSegment | undefined) {
    const waiting = this.#waiting(device);
    const sum = await this.#source.sum(device, scope);
    const { pending, newest } = behind(sum?.place, waiting);
    const closed = [...(sum?.parts ?? []), ...pending.flatMap((slice) => summariesOf(slice, slice.phase, scope))];
    return {
      closed: closed.filter((part) => part.length > 0),
      open: this.#open(scope, live, newest),
      mark: this.#mark(newest),
    };
  }

  /** To be taken before the index is asked: what reaches it in between is recognised by its position and not added twice. */
  #waiting(device: DeviceKey): readonly FoldedSegment[] {
    return this.#pending().filter((slice) => slice.device === device);
  }

  #open(scope: TotalScope, live: LiveSegment | undefined, newest: SlicePlace | undefined): PackedText[] {
    const phase = live === undefined || isKnown(newest, live) ? undefined : this.#catalog.get(live.seq)?.phase;
    return live === undefined || phase === undefined ? [] : summariesOf(live, phase, scope);
  }

  /** Names the closed slices up to the newest, and what people had said by then. */
  #mark(newest: SlicePlace | undefined): string {
    return `${newest?.seq ?? -1} ${newest?.slice ?? -1} ${this.#said}`;
  }
}

type SlicePlace = Pick<StoredPlace, 'seq' | 'slice'>;

/** Of what waits for the index, that which lies behind a place in it; and the newest slice of both. */
function behind(place: StoredPlace | undefined, waiting: readonly FoldedSegment[]) {
  const pending = waiting.filter((slice) => !isKnown(place, slice));
  return { pending, newest: pending.at(-1) ?? place };
}

type Summaries = Pick<LiveSegment, 'summary' | 'scan'>;

function summariesOf(slice: Summaries, phase: Phase, scope: TotalScope): PackedText[] {
  return byPhase(slice, phase).flatMap((part) => (scope === 'all' || scope === part.phase ? [part.summary] : []));
}
