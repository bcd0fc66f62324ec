// The heart of `weir capture`: joins an engine to the demultiplexer, the writers, the ledger and the books, and carries out what
// the control socket asks. main.ts makes one after recovery; status.ts describes it.

import type { PcapFormat } from '../decode/pcap-record.ts';
import type { CaptureSettings } from '../model/capture-settings.ts';
import type { CaptureRequest, CaptureState } from '../model/capture-status.ts';
import { type Clock, type ClockState, formatSeconds } from '../model/clock.ts';
import { toError, WeirError } from '../model/errors.ts';
import type { CaptureCounters } from '../model/ledger.ts';
import type { DeviceKey, Mac } from '../model/mac.ts';
import { parseMac } from '../model/mac.ts';
import type { Interaction, Phase } from '../model/phase.ts';
import type { CutReason } from '../model/segment.ts';
import { Accounts, type EngineCounts } from './accounts.ts';
import { BlockPool } from './block.ts';
import type { Boot } from './boot.ts';
import { Canary } from './canary.ts';
import { ClockWatch } from './clock-watch.ts';
import { Demux } from './demux.ts';
import { type DeviceServices, DeviceWriter } from './device-writer.ts';
import type { EvidenceDisk } from './disk.ts';
import { DiskGate } from './disk-gate.ts';
import type { Engine, EngineGap, EngineSink, EngineState } from './engine.ts';
import { Lane } from './lane.ts';
import type { Ledger } from './ledger.ts';
import type { LedgerState, LedgerTag } from './ledger-state.ts';
import { LossAlarm } from './loss-alarm.ts';
import type { SegmentFacts, SegmentLabel } from './segment.ts';
import { readTimeSync, type SyncState, UNKNOWN_SYNC } from './time-sync.ts';
import { WaitingBytes } from './waiting-bytes.ts';
import { type Pulse, Watchdog } from './watchdog.ts';

/** The access point's addresses may grow by the interface's own, once that exists. */
export type RecorderFacts = Omit<SegmentFacts, 'infra'> & { readonly infra: Mac[] };

/** What main.ts has made ready. */
export interface RecorderParts {
  readonly settings: CaptureSettings;
  readonly clock: Clock;
  readonly disk: EvidenceDisk;
  readonly capturesFolder: string;
  readonly boot: Boot;
  readonly ledger: Ledger;
  readonly state: LedgerState;
  readonly facts: RecorderFacts;
  readonly engine: Engine;
  /** The capture interface's own address; undefined while it does not exist. */
  readonly interfaceAddress: () => string | undefined;
  /** Called at each disk error, with its system code first. */
  readonly diskFailed: (reason: string) => void;
  /** Called with the bytes of each closed segment and its sidecar. */
  readonly segmentClosed: (bytes: number) => void;
  /** One line for the operator. */
  readonly say: (line: string) => void;
}

/** A boundary in packet time waits so long for a packet beyond it: the kernel's ring hands over within one second. */
const BOUNDARY_MS = 1500;
/** An hour's files are closed this long after it, where no packet of the next hour did it. */
const HOUR_GRACE_SECONDS = 2;
/** The chain is signed in the ledger this often. */
const SEAL_MS = 3_600_000;
const KEPT_GAPS = 100;
/** The clock's synchronisation is asked for this often. */
const TIME_SYNC_MS = 30_000;
const CLOSING_AT_A_TIME = 4;
const SYNCING_AT_A_TIME = 2;
/** At a stop, closings that met an error are tried again so often. */
const LAST_TRIES = 3;

export interface PhaseNow {
  readonly phase: Phase;
  readonly interaction: Interaction;
  readonly since: string;
}

export class Recorder implements EngineSink {
  readonly parts: RecorderParts;
  readonly accounts = new Accounts();
  readonly gate: DiskGate;
  readonly waiting: WaitingBytes;
  readonly tags: Map<string, LedgerTag>;
  readonly gaps: EngineGap[] = [];
  readonly startedNs: bigint;
  readonly canary: Canary;
  readonly #watchdog: Watchdog;
  readonly #services: DeviceServices;
  readonly #demux: Demux;
  readonly #watch: ClockWatch;
  readonly #syncing = new Lane(SYNCING_AT_A_TIME);
  #phase: PhaseNow;
  /** What new segments are labelled with; follows `#phase` when packet time has reached the switch. */
  #label: PhaseNow;
  #sequence: number;
  #engineState: EngineState = 'starting';
  #engineReason = '';
  #engineCounts: EngineCounts = { received: null, dropped: null, lostPipe: null };
  #paused = false;
  #pauseFrom = 0n;
  #stopping = false;
  #timeSync: SyncState = UNKNOWN_SYNC;
  readonly #losses = new LossAlarm();
  #timers: NodeJS.Timeout[] = [];
  #unfinished: (() => Promise<void>)[] = [];
  #openGap: { from: bigint; reason: string } | null = null;
  #stepSince = 0;
  #boundarySince = 0;
  #blockReason = '';
  #blockFrom = { ns: 0n, lost: 0 };
  #syncedAt = 0;
  #ledgerAt = 0;
  #sealedAt = 0;
  #statsAt = 0;
  #secondSeen = -1;
  #secondSeenAt = 0;
  #ended: (reason: string) => void = () => undefined;
  /** Resolves when the engine came to its end by itself (a file). */
  readonly ended: Promise<string>;

  constructor(parts: RecorderParts) {
    const { settings, clock, state } = parts;
    this.parts = parts;
    this.gate = new DiskGate(settings, () => this.#nowMs(), parts.diskFailed);
    this.waiting = new WaitingBytes(settings.queueBytes);
    this.tags = new Map(state.tags);
    this.startedNs = clock.wall();
    this.#sequence = state.highestSeq;
    const { phase, interaction } = settings;
    this.#phase = state.phase ?? { phase, interaction, since: formatSeconds(clock.wall()) };
    this.#label = this.#phase;
    this.canary = new Canary(settings, parts.interfaceAddress);
    this.#watchdog = new Watchdog(() => this.#pulse());
    this.#watch = new ClockWatch(clock, settings.clockStepMs);
    this.#demux = this.#makeDemux();
    this.#services = this.#makeServices();
    this.ended = new Promise((resolve) => (this.#ended = resolve));
  }

  #makeDemux(): Demux {
    const { settings, facts } = this.parts;
    const events = {
      openDevice: (device: DeviceKey) => this.#openDevice(device),
      timeJump: () => this.#timeJump(),
      isCanary: (bytes: Buffer, frame: number, end: number) => this.canary.take(bytes, frame, end),
    };
    const demux = new Demux(this.accounts, settings, events);
    for (const mac of facts.infra) demux.addInfra(Buffer.from(mac.replaceAll(':', ''), 'hex'));
    return demux;
  }

  #makeServices(): DeviceServices {
    const { settings, disk, capturesFolder, ledger, facts, segmentClosed } = this.parts;
    return {
      disk,
      capturesFolder,
      ledger,
      facts,
      gate: this.gate,
      pool: new BlockPool(),
      waiting: this.waiting,
      accounts: this.accounts,
      closing: new Lane(CLOSING_AT_A_TIME),
      clockState: () => this.clockState(),
      kernelDrops: async (fresh) => (await this.#refreshCounts(fresh)).dropped,
      nextSequence: () => ++this.#sequence,
      countShared: this.#demux.countShared,
      closed: segmentClosed,
      segmentBytes: settings.segmentBytes,
      label: (account) => this.#labelFor(account.device),
      unfinished: (retry) => this.#unfinished.push(retry),
    };
  }

  /** Starts engine and timers. Rejects with the engine's WeirError. `missedSince`: where the last run ended, if there was one. */
  async start(missedSince: { from: bigint; reason: string } | null): Promise<void> {
    const { settings, ledger, facts, state } = this.parts;
    await this.#readTimeSync();
    ledger.append({
      type: 'start',
      version: settings.version,
      config_sha256: settings.configSha256,
      engine: facts.engine,
      interface: settings.interface,
      clock: this.clockState(),
    });
    if (state.phase === null) ledger.append({ type: 'phase', ...this.#words(this.#phase), by: 'start', note: '' });
    ledger.seal();
    this.#openGap = missedSince;
    await ledger.sync();
    await this.parts.engine.start(this);
    this.#startTimers();
    this.canary.start();
    this.#watchdog.start(process.env);
  }

  #startTimers(): void {
    const { settings } = this.parts;
    const nowMs = this.#nowMs();
    this.#syncedAt = nowMs;
    this.#ledgerAt = nowMs;
    this.#sealedAt = nowMs;
    this.#statsAt = nowMs;
    this.#timers = [
      setInterval(() => this.#tick(), settings.flushMs),
      setInterval(() => this.#pollClock(), settings.clockPollMs),
      setInterval(() => void this.#readTimeSync(), TIME_SYNC_MS),
    ];
  }

  /** Stops the engine, empties its pipe, closes every segment and says so in the ledger. Loses nothing. */
  async stop(reason: string): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const { engine, ledger } = this.parts;
    this.#watchdog.stop();
    this.canary.stop();
    if (!this.#paused) await engine.stop();
    await this.#refreshCounts(false);
    this.#demux.passBoundary();
    await Promise.all([...this.#demux.writers()].map((writer) => writer.stop('stop')));
    for (const timer of this.#timers) clearInterval(timer);
    await this.#lastTries();
    ledger.append({ type: 'counters', counters: this.counters(), devices: this.accounts.takeMinute() });
    ledger.append({ type: 'stop', reason, counters: this.counters(), clock: this.clockState() });
    ledger.seal();
    await ledger.sync();
  }

  async #lastTries(): Promise<void> {
    for (let i = 0; i < LAST_TRIES && this.#unfinished.length > 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, this.parts.settings.retryMs));
      await this.#retryUnfinished();
    }
    if (this.#unfinished.length === 0) return;
    this.parts.say(`${this.#unfinished.length} segments could not be closed; the next start recovers them`);
  }

  // What the engine says.

  onStream(format: PcapFormat): void {
    const gap = this.#openGap;
    this.#openGap = null;
    if (gap !== null) this.onGap({ ...gap, to: this.parts.clock.wall(), lost: null });
    this.#learnAddress();
    this.#demux.begin(format);
  }

  /** An interface that was missing at start has its address only now. */
  #learnAddress(): void {
    const { facts, interfaceAddress } = this.parts;
    for (const mac of infraAddresses([interfaceAddress()])) {
      if (facts.infra.includes(mac)) continue;
      facts.infra.push(mac);
      this.#demux.addInfra(Buffer.from(mac.replaceAll(':', ''), 'hex'));
    }
  }

  onBatch(bytes: Buffer, start: number, end: number): void {
    this.#demux.feed(bytes, start, end);
  }

  onState(state: EngineState, reason: string): void {
    if (reason !== '' && reason !== this.#engineReason) this.parts.say(reason);
    else if (state === 'running' && this.#engineReason !== '') this.parts.say('capturing again');
    this.#engineState = state;
    this.#engineReason = reason;
    if (state === 'ended') this.#ended(reason);
  }

  onGap(gap: EngineGap): void {
    this.gaps.push(gap);
    if (this.gaps.length > KEPT_GAPS) this.gaps.shift();
    const { from, to, reason, lost } = gap;
    this.parts.ledger.append({ type: 'gap', from: formatSeconds(from), to: formatSeconds(to), reason, lost });
  }

  room(): Promise<void> | null {
    return this.waiting.room();
  }

  // What people ask for.

  /** Carries a request out; throws a WeirError where it cannot. `status` is answered by status.ts. */
  carryOut(request: Exclude<CaptureRequest, { verb: 'status' }>): unknown {
    switch (request.verb) {
      case 'phase':
        return this.#setPhase(request.phase, request.interaction, request.by, request.note);
      case 'rotate':
        return this.cutAll('command');
      case 'pause':
        return this.#pause(request.by);
      case 'resume':
        return this.#resume(request.by);
      case 'tag-start':
        return this.#startTag(request.tag, request.device, request.by);
      case 'tag-stop':
        return this.#endTag(request.tag, 'tag-stopped');
      case 'tag-cancel':
        return this.#endTag(request.tag, 'tag-cancelled');
      case 'note': {
        const { type, by, files, detail } = request;
        this.parts.ledger.append({ type, by, files, detail });
        return this.parts.ledger.sync();
      }
    }
  }

  /** Ends every open segment; the next packets begin new ones. */
  cutAll(reason: CutReason): { cut: number } {
    let cut = 0;
    for (const writer of this.#demux.writers()) {
      if (writer.segment !== null) cut++;
      writer.cut(reason);
    }
    return { cut };
  }

  #setPhase(phase: Phase, interaction: Interaction, by: string, note: string): PhaseNow {
    const { ledger, clock, engine } = this.parts;
    const nowNs = clock.wall();
    this.#demux.passBoundary();
    this.#phase = { phase, interaction, since: formatSeconds(nowNs) };
    ledger.append({ type: 'phase', phase, interaction, by, note });
    void ledger.sync().catch(() => undefined);
    const next = this.#phase;
    const second = Number(nowNs / 1_000_000_000n);
    const fraction = Number(nowNs % 1_000_000_000n) / (this.#demux.format?.resolution === 'us' ? 1000 : 1);
    this.#demux.setBoundary(second, fraction, () => {
      this.#label = next;
      this.cutAll('phase');
    });
    this.#boundarySince = this.#nowMs();
    // Only the kernel's time stamps can be compared with now.
    if (engine.timestamps !== 'kernel') this.#demux.passBoundary();
    return next;
  }

  async #pause(by: string): Promise<PhaseNow> {
    const { engine, clock } = this.parts;
    if (engine.timestamps === 'file') throw new WeirError('REQUEST_INVALID', 'A replay cannot be paused. It goes on.');
    if (this.#paused) return this.#phase;
    this.#paused = true;
    await engine.stop();
    this.#pauseFrom = clock.wall();
    this.#openGap = { from: this.#pauseFrom, reason: `paused by ${by || 'request'}` };
    this.cutAll('command');
    return this.#phase;
  }

  async #resume(by: string): Promise<PhaseNow> {
    if (!this.#paused) return this.#phase;
    this.#paused = false;
    this.parts.say(`resumed by ${by || 'request'}`);
    await this.parts.engine.start(this);
    return this.#phase;
  }

  #startTag(tag: string, device: DeviceKey | null, owner: string): LedgerTag {
    if (this.tags.has(tag)) throw new WeirError('REQUEST_INVALID', `Tag ${tag} is open already. Nothing was changed.`);
    const started = { tag, device, owner, since: formatSeconds(this.parts.clock.wall()) };
    this.tags.set(tag, started);
    this.parts.ledger.append({ type: 'tag-started', tag, device, owner });
    for (const writer of this.#demux.writers()) {
      if (device === null || device === writer.account.device) writer.segment?.label.tags.add(tag);
    }
    void this.parts.ledger.sync().catch(() => undefined);
    return started;
  }

  #endTag(tag: string, type: 'tag-stopped' | 'tag-cancelled'): LedgerTag {
    const open = this.tags.get(tag);
    if (open === undefined) throw new WeirError('REQUEST_INVALID', `Tag ${tag} is not open. Nothing was changed.`);
    this.tags.delete(tag);
    this.parts.ledger.append({ type, tag, device: open.device, owner: open.owner });
    void this.parts.ledger.sync().catch(() => undefined);
    return open;
  }

  // What goes on by itself.

  #tick(): void {
    const nowMs = this.#nowMs();
    const { settings, ledger } = this.parts;
    this.gate.tick();
    this.#passOldBoundaries(nowMs);
    const streamSecond = this.#streamSecond(nowMs);
    for (const writer of this.#demux.writers()) this.#tend(writer, nowMs, streamSecond);
    if (ledger.waiting > 0) ledger.flush().catch((error: unknown) => this.#ledgerFailed(error));
    if (this.gate.passable && this.#unfinished.length > 0) void this.#retryUnfinished();
    if (nowMs - this.#syncedAt >= this.#syncSeconds() * 1000) this.#sync(nowMs);
    if (nowMs - this.#statsAt >= settings.statsSeconds * 1000) {
      this.#statsAt = nowMs;
      void this.#refreshCounts(true);
    }
    if (nowMs - this.#ledgerAt >= settings.ledgerSeconds * 1000) this.#account(nowMs);
  }

  #tend(writer: DeviceWriter, nowMs: number, streamSecond: number): void {
    writer.tick(nowMs);
    if (writer.segment === null) return;
    if (streamSecond >= writer.hourEnd + HOUR_GRACE_SECONDS && writer.hourEnd > 0) writer.cut('hour');
    else if (nowMs - writer.touchedAt >= this.parts.settings.silentSeconds * 1000) writer.cut('silent');
  }

  /** Packet time now: the newest packet's plus what has gone by since. Independent of the wall clock. */
  #streamSecond(nowMs: number): number {
    if (this.#demux.lastSecond !== this.#secondSeen) {
      this.#secondSeen = this.#demux.lastSecond;
      this.#secondSeenAt = nowMs;
    }
    return this.#secondSeen < 0 ? -1 : this.#secondSeen + (nowMs - this.#secondSeenAt) / 1000;
  }

  #syncSeconds(): number {
    const { phase } = this.#phase;
    const { syncSecondsIdle, syncSecondsIntensive } = this.parts.settings;
    return phase === 'idle' || phase === 'unlabelled' ? syncSecondsIdle : syncSecondsIntensive;
  }

  #sync(nowMs: number): void {
    this.#syncedAt = nowMs;
    for (const { segment } of this.#demux.writers()) {
      if (segment?.dirty === true) void this.#syncing.run(() => segment.sync());
    }
  }

  #account(nowMs: number): void {
    this.#ledgerAt = nowMs;
    this.parts.ledger.append({ type: 'clock', clock: this.clockState() });
    this.parts.ledger.append({ type: 'counters', counters: this.counters(), devices: this.accounts.takeMinute() });
    if (nowMs - this.#sealedAt < SEAL_MS) return;
    this.#sealedAt = nowMs;
    this.parts.ledger.seal();
  }

  async #retryUnfinished(): Promise<void> {
    for (const retry of this.#unfinished.splice(0)) {
      await retry().catch((error: unknown) => {
        this.gate.fail(`${(error as NodeJS.ErrnoException).code ?? String(error)} on close`);
        this.#unfinished.push(retry);
      });
    }
  }

  #ledgerFailed(error: unknown): void {
    this.gate.fail(`${(error as NodeJS.ErrnoException).code ?? toError(error).message} on ledger`);
  }

  #passOldBoundaries(nowMs: number): void {
    if (this.#demux.hasBoundary && nowMs - this.#boundarySince >= BOUNDARY_MS) this.#demux.passBoundary();
    if (this.#stepSince > 0 && nowMs - this.#stepSince >= BOUNDARY_MS) this.#cutAtStep();
  }

  #pollClock(): void {
    const step = this.#watch.poll();
    if (step === null) return;
    const seconds = Number(step / 1_000_000n) / 1000;
    this.parts.ledger.append({ type: 'clock-step', step_seconds: seconds, clock: this.clockState() });
    void this.parts.ledger.sync().catch(() => undefined);
    this.parts.say(`the clock was set by ${seconds} s; segments are cut there and capture goes on`);
    this.#stepSince = this.#nowMs();
  }

  /** Packet time jumped: where the clock was set just now, this is the first packet after it. */
  #timeJump(): void {
    this.#pollClock();
    if (this.#stepSince > 0) this.#cutAtStep();
  }

  #cutAtStep(): void {
    this.#stepSince = 0;
    this.cutAll('clock_step');
  }

  async #pulse(): Promise<Pulse> {
    const canariesSeen = this.canary.status.seen;
    const engineAnswers = this.#paused || (await this.parts.engine.responsive());
    return { captured: this.accounts.captured, canariesSeen, engineAnswers };
  }

  async #readTimeSync(): Promise<void> {
    this.#timeSync = await readTimeSync();
  }

  async #refreshCounts(fresh: boolean): Promise<EngineCounts> {
    this.#engineCounts = await this.parts.engine.stats(fresh);
    this.#losses.look(this.counters(), this.#nowMs());
    return this.#engineCounts;
  }

  /** Retention found no room (with the reason), or has found some again (empty). */
  blockStorage(reason: string): void {
    if (reason === this.#blockReason) return;
    const { ledger, clock, say } = this.parts;
    if (this.#blockReason === '') {
      this.#blockFrom = { ns: clock.wall(), lost: this.counters().lost_disk };
      ledger.append({ type: 'finding', code: 'DISK_BUDGET', detail: reason });
      say(`storing stops, counting goes on: ${reason}; delete or export captures, or raise retention.budget_bytes`);
      this.cutAll('error');
    }
    this.#blockReason = reason;
    this.gate.block(reason);
    if (reason !== '') return;
    say('there is room again; storing goes on');
    const lost = this.counters().lost_disk - this.#blockFrom.lost;
    this.onGap({ from: this.#blockFrom.ns, to: clock.wall(), reason: 'no room to store', lost });
  }

  // What others read.

  counters(): CaptureCounters {
    return this.accounts.counters(this.#engineCounts);
  }

  clockState(): ClockState {
    const { clock, boot } = this.parts;
    const wall = formatSeconds(clock.wall());
    return { ...boot, monotonic_ns: clock.monotonic().toString(), wall, ...this.#timeSync };
  }

  get phase(): PhaseNow {
    return this.#phase;
  }

  get writers(): Iterable<DeviceWriter> {
    return this.#demux.writers();
  }

  get captureState(): CaptureState {
    if (this.#stopping) return 'stopping';
    if (this.#paused) return 'paused';
    if (this.#engineState === 'starting') return 'starting';
    if (this.#engineState === 'waiting') return 'waiting';
    const well = this.gate.state === 'open' && this.#unfinished.length === 0 && !this.#losses.recent(this.#nowMs());
    return well ? 'capturing' : 'degraded';
  }

  /** What is wrong, in one line; empty while nothing is. */
  get reason(): string {
    if (this.#blockReason !== '') {
      return `storing stopped: ${this.#blockReason}; frames are counted as lost; delete or export captures`;
    }
    if (this.gate.reason !== '') {
      return `disk error (${this.gate.reason}); packets wait in memory, then are counted as lost; capture tries again by itself`;
    }
    if (this.#engineReason !== '') return this.#engineReason;
    return this.#losses.recent(this.#nowMs()) ? this.#losses.reason : '';
  }

  #labelFor(device: DeviceKey): SegmentLabel {
    const tags = new Set<string>();
    for (const tag of this.tags.values()) if (tag.device === null || tag.device === device) tags.add(tag.tag);
    return { phase: this.#label.phase, interaction: this.#label.interaction, tags };
  }

  #openDevice(device: DeviceKey): DeviceWriter {
    const account = this.accounts.openDevice(device);
    this.parts.ledger.append({ type: 'device', device });
    const format = this.#demux.format;
    if (format === null) throw new TypeError('a packet before the stream began');
    return new DeviceWriter(this.#services, account, format, this.parts.state.newest.get(device) ?? null);
  }

  #words(phase: PhaseNow): { phase: Phase; interaction: Interaction } {
    return { phase: phase.phase, interaction: phase.interaction };
  }

  #nowMs(): number {
    return Number(this.parts.clock.monotonic() / 1_000_000n);
  }
}

/** Valid addresses among the given ones, canonical and each once. */
export function infraAddresses(texts: readonly (string | undefined)[]): Mac[] {
  const macs = texts.map((text) => (text === undefined ? undefined : parseMac(text)));
  return [...new Set(macs.filter((mac) => mac !== undefined))];
}
