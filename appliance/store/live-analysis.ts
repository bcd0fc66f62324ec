// Joins the store's parts into the running appliance's analysis: ledger → catalog → thread → queue → index, and the figures
// that come of it. Owns them all: `start` opens in that order, `stop` closes in the reverse one.

import { join } from 'node:path';
import { toError, WeirError } from '../model/errors.ts';
import type { LedgerLine } from '../model/ledger.ts';
import { Figures } from './figures/figures.ts';
import { LiveSlices } from './figures/live-slices.ts';
import { TrafficRing } from './figures/traffic-ring.ts';
import { CommitQueue } from './index/commit-queue.ts';
import { FolderSize } from './index/folder-size.ts';
import type { FoldedSegment } from './index/index-records.ts';
import { IndexStore, indexDirectory } from './index/index-store.ts';
import type { SummaryTools } from './summary-tools.ts';
import { ForgottenDevices } from './tail/forgotten-devices.ts';
import { Identities } from './tail/identities.ts';
import { LedgerTail } from './tail/ledger-tail.ts';
import { RecordedTime } from './tail/recorded-time.ts';
import { type CatalogSegment, SegmentCatalog } from './tail/segment-catalog.ts';
import { SetAside } from './tail/set-aside.ts';
import type { AnalysisLoad, Checkpoint, FromWorker } from './thread/analysis-messages.ts';
import { AnalysisSupervisor, SUPERVISOR_DEFAULTS } from './thread/analysis-supervisor.ts';
import type { QuarantineList } from './thread/quarantine.ts';
import { readQuarantine, writeQuarantine } from './thread/quarantine-file.ts';
import { EVERY_DEVICE } from './thread/traffic-meter.ts';

/** Part of the two seconds from packet to page. */
const LEDGER_POLL_MS = 200;

export interface LiveAnalysisSettings {
  readonly dataDir: string;
  /** URL of the module that exports `makeAnalyzer`. */
  readonly analyzer: string;
  readonly tools: SummaryTools;
  readonly checkMs?: number;
  readonly hangChecks?: number;
}

/** Who wants to hear: page, broker, log. */
export interface LiveAnalysisListener {
  ledger(lines: readonly LedgerLine[]): void;
  segment(segment: CatalogSegment): void;
  stored(segment: FoldedSegment): void;
  /** A device was forgotten: holders of figures have to begin again without it. */
  forgotten?(): void;
  /** One line for the log: something was set aside, restarted, left out. */
  problem(text: string): void;
}

export class LiveAnalysis {
  readonly #settings: LiveAnalysisSettings;
  readonly #listener: LiveAnalysisListener;
  readonly #ledger: LedgerTail;
  /** Of the ledger as it is at the start, which the index is compared with; undefined after it. */
  #points: Map<string, string> | undefined = new Map();
  /** Of segments that are not in the index yet. */
  readonly #closedAt = new Map<string, { readonly n: number; readonly previous: string }>();
  readonly catalog = new SegmentCatalog();
  readonly traffic = new TrafficRing();
  readonly recorded = new RecordedTime();
  readonly setAside = new SetAside();
  readonly forgotten = new ForgottenDevices();
  readonly identities = new Identities();
  readonly #supervisor: AnalysisSupervisor;
  readonly #live = new LiveSlices((question) => this.#supervisor.ask(question));
  readonly #indexSize: FolderSize;
  #store: IndexStore | undefined;
  #queue: CommitQueue | undefined;
  #figures: Figures | undefined;
  #timer: NodeJS.Timeout | undefined;
  #load: AnalysisLoad = {
    backlog_bytes: 0,
    backlog_segments: 0,
    unread_segments: 0,
    unread_bytes: 0,
    packets: 0,
    bytes: 0,
    lag_seconds: 0,
  };
  /** The thread's first report may come before it heard of any segment. */
  #isFirstLoad = true;
  #isBeginning = true;
  #head = -1;
  #setAside = '';
  #ledgerProblem = '';

  constructor(settings: LiveAnalysisSettings, listener: LiveAnalysisListener) {
    this.#settings = settings;
    this.#listener = listener;
    this.#ledger = new LedgerTail(join(settings.dataDir, 'ledger.ndjson'));
    const { dataDir, analyzer, checkMs, hangChecks } = settings;
    this.#indexSize = new FolderSize(indexDirectory(dataDir));
    this.#supervisor = new AnalysisSupervisor(
      {
        ...SUPERVISOR_DEFAULTS,
        dataDir,
        analyzer,
        ...(checkMs === undefined ? {} : { checkMs }),
        ...(hangChecks === undefined ? {} : { hangChecks }),
      },
      () => this.catalog.all(),
      {
        message: (message) => this.#receive(message),
        quarantined: (list) => this.#keepQuarantine(list),
        restarted: (reason) => this.#restarted(reason),
      },
    );
  }

  get figures(): Figures {
    if (this.#figures === undefined) throw new TypeError('not started');
    return this.#figures;
  }

  get store(): IndexStore {
    if (this.#store === undefined) throw new TypeError('not started');
    return this.#store;
  }

  /** Number of the newest ledger line seen; -1 before the first. */
  get ledgerHead(): number {
    return this.#head;
  }

  /** Capture time, seconds since 1970; of the clock on the wall while no packet was seen. */
  get nowSecond(): number {
    return this.traffic.now(performance.now()) || Math.floor(Date.now() / 1000);
  }

  get load(): AnalysisLoad {
    return this.#load;
  }

  /** On the card, of a minute ago or so; null until somebody has asked once. */
  get indexBytes(): number | null {
    return this.#indexSize.get(performance.now());
  }

  get quarantinedPackets(): number {
    return this.#supervisor.quarantinedPackets;
  }

  get restarts(): number {
    return this.#supervisor.restarts;
  }

  /** There are captures, and since the start analysis has not read to their end once. */
  get isBeginning(): boolean {
    return this.#isBeginning && this.catalog.size > 0;
  }

  get isRunning(): boolean {
    return this.#supervisor.isRunning;
  }

  /** `rebuilding` after the index was set aside, until everything closed is in it again. */
  get indexState(): {
    readonly state: 'open' | 'rebuilding' | 'waiting';
    readonly reason: string;
    readonly segments: number;
  } {
    const segments = this.#store?.segments ?? 0;
    const waiting = this.#queue?.reason ?? '';
    if (waiting !== '') return { state: 'waiting', reason: waiting, segments };
    const rebuilding = this.#setAside !== '' && this.#load.backlog_segments > 0;
    return {
      state: rebuilding ? 'rebuilding' : 'open',
      reason: rebuilding ? this.#setAside : this.#ledgerProblem,
      segments,
    };
  }

  /** @throws WeirError INDEX_LOCKED, DATA_FULL, DATA_UNWRITABLE; FILE_UNREADABLE where the ledger cannot be read. */
  async start(): Promise<void> {
    this.#readWholeLedger();
    this.#store = await IndexStore.open(this.#settings.dataDir, this.#settings.tools, this.#witness(), (reason) => {
      this.#setAside = reason;
      this.#listener.problem(`index set aside and being rebuilt from the captures: ${reason}`);
    });
    const store = this.#store;
    this.#queue = new CommitQueue(
      { commit: (segment) => this.#commit(segment), reopen: () => store.reopen() },
      (segment) => this.#stored(segment),
    );
    const queue = this.#queue;
    this.#figures = new Figures(
      store,
      this.#settings.tools,
      this.catalog,
      () => queue.waiting,
      this.identities,
      this.#live,
    );
    await this.#figures.load();
    const quarantine = readQuarantine(this.#settings.dataDir, this.catalog, (text) => this.#listener.problem(text));
    // The file names segments by their paths, which hold addresses.
    if (this.forgotten.all().length > 0) this.#storeQuarantine(quarantine);
    const checkpoints = await store.checkpoints();
    this.#forgetStored(checkpoints);
    this.#supervisor.start(checkpoints, quarantine);
    this.#timer = setInterval(() => this.#poll(), LEDGER_POLL_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#supervisor.stop();
    await this.#queue?.stop();
    await this.#store?.close();
    this.#ledger.close();
  }

  #readWholeLedger(): void {
    const path = join(this.#settings.dataDir, 'ledger.ndjson');
    try {
      this.#readLedger();
    } catch (thrown) {
      throw new WeirError(
        'FILE_UNREADABLE',
        `${path}: the ledger cannot be read (${toError(thrown).message}); nothing was started. Check its owner and mode.`,
        { cause: thrown },
      );
    }
  }

  /** A year has half a million segments: of those that are in the index no line of the ledger is needed any more. */
  #forgetStored(checkpoints: readonly Checkpoint[]): void {
    this.#points = undefined;
    const done = new Map(checkpoints.map(({ device, seq }) => [device, seq]));
    for (const seq of this.#closedAt.keys()) {
      const device = this.catalog.get(Number(seq))?.device;
      if (device !== undefined && Number(seq) <= (done.get(device) ?? -1)) this.#closedAt.delete(seq);
    }
  }

  #witness() {
    return {
      segment: (seq: number) => this.catalog.get(seq),
      previous: (n: number) => this.#points?.get(String(n)),
      forgotten: () => this.forgotten.all(),
    };
  }

  #readLedger(): readonly CatalogSegment[] {
    const changed: CatalogSegment[] = [];
    for (let more = true; more; ) {
      const read = this.#ledger.poll();
      if (read.restarted) this.#forgetLedger();
      for (const line of read.lines) this.#take(line, changed);
      if (read.lines.length > 0) this.#listener.ledger(read.lines);
      more = read.more;
    }
    return changed;
  }

  #take(line: LedgerLine, changed: CatalogSegment[]): void {
    this.#head = line.n;
    this.recorded.apply(line);
    this.setAside.apply(line);
    this.forgotten.apply(line);
    // Read at the start, the line is followed at the start; later everything begins again without that device.
    if (line.type === 'device-forgotten' && this.#points === undefined) this.#listener.forgotten?.();
    if (this.identities.apply(line)) this.#figures?.identified();
    const segment = this.catalog.apply(line);
    if (segment === undefined) return;
    if (line.type === 'segment-closed') {
      this.#points?.set(String(line.n), line.previous);
      this.#closedAt.set(String(line.seq), { n: line.n, previous: line.previous });
    }
    changed.push(segment);
  }

  /** Another ledger replaced it: what was known of segments is void; the index is compared at the next start. */
  #forgetLedger(): void {
    this.catalog.clear();
    this.identities.clear();
    this.setAside.clear();
    this.forgotten.clear();
    this.recorded.clear();
    this.#points?.clear();
    this.#closedAt.clear();
    this.#head = -1;
    this.#listener.problem('the ledger was replaced or became shorter; segments are read from it again');
  }

  #poll(): void {
    try {
      const changed = this.#readLedger();
      this.#ledgerProblem = '';
      if (changed.length === 0) return;
      this.#supervisor.announce(changed);
      for (const segment of changed) this.#listener.segment(segment);
    } catch (thrown) {
      this.#ledgerProblem = `the ledger cannot be read (${toError(thrown).message}); new segments are not seen`;
    }
  }

  #receive(message: Exclude<FromWorker, { type: 'quarantine' }>): void {
    switch (message.type) {
      case 'finished':
        this.#queue?.push(message.segment);
        this.#live.finish(message.segment);
        this.figures.touch(message.segment.device);
        break;
      case 'live':
        this.#live.receive(message.device, message.live);
        break;
      case 'traffic':
        this.traffic.add(message.cells, performance.now());
        for (const { device } of message.cells) if (device !== EVERY_DEVICE) this.figures.touch(device);
        break;
      case 'load':
        this.#load = message;
        if (!this.#isFirstLoad && message.lag_seconds === 0) this.#isBeginning = false;
        this.#isFirstLoad = false;
        break;
    }
  }

  #commit(segment: FoldedSegment): Promise<void> {
    return this.store.commit(segment, this.#closedAt.get(String(segment.seq)) ?? null);
  }

  #stored(segment: FoldedSegment): void {
    this.#closedAt.delete(String(segment.seq));
    this.#supervisor.stored(segment);
    this.#listener.stored(segment);
  }

  #keepQuarantine(list: QuarantineList): void {
    this.#listener.problem(
      `analysis left out ${this.quarantinedPackets} packets on which it hung or failed; they are in the captures`,
    );
    this.#storeQuarantine(list);
  }

  #storeQuarantine(list: QuarantineList): void {
    try {
      writeQuarantine(this.#settings.dataDir, this.catalog, list);
    } catch (thrown) {
      this.#listener.problem(`the quarantine could not be stored: ${toError(thrown).message}`);
    }
  }

  #restarted(reason: string): void {
    this.#live.clear();
    this.traffic.clear();
    this.#listener.problem(`analysis thread restarted: ${reason}`);
  }
}
