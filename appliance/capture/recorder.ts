// The heart of `weir capture`: joins an engine to the demultiplexer, the writers, the ledger and the books, and carries out what
// the control socket asks. main.ts makes one after recovery; status.ts describes it.

import { type PcapFormat, recordTime } from '../decode/files/pcap-record.ts';
import type { CaptureSettings } from '../model/capture-settings.ts';
import type { SyncStatus } from '../model/capture-status.ts';
import type { CaptureCounters } from '../model/ledger.ts';
import type { DeviceKey } from '../model/mac.ts';
import type { CutReason } from '../model/segment.ts';
import { type Clock, type ClockState, formatSeconds } from '../model/time/clock.ts';
import type { Boot } from './clock/boot.ts';
import { ClockGuard } from './clock/clock-guard.ts';
import { Canary } from './control/canary.ts';
import { type CaptureCondition, captureCondition } from './control/condition.ts';
import { Labels } from './control/labels.ts';
import { LossAlarm } from './control/loss-alarm.ts';
import { type Order, Orders } from './control/orders.ts';
import { type Pulse, Watchdog } from './control/watchdog.ts';
import type { Engine, EngineGap, EngineSink, EngineState } from './engines/engine.ts';
import { EngineWatch } from './engines/engine-watch.ts';
import { Accounts, type EngineCounts } from './evidence/accounts.ts';
import { BlockPool } from './evidence/block.ts';
import { Demux } from './evidence/demux.ts';
import { type DeviceServices, DeviceWriter } from './evidence/device-writer.ts';
import { GapLog } from './evidence/gap-log.ts';
import { infraAddresses, type RecorderFacts } from './evidence/infra-addresses.ts';
import { CLOSING_AT_A_TIME, CLOSINGS_AHEAD, Lane, SYNCING_AT_A_TIME } from './evidence/lane.ts';
import { Unfinished } from './evidence/unfinished.ts';
import { WaitingBytes } from './evidence/waiting-bytes.ts';
import type { Ledger } from './ledger/ledger.ts';
import { LEDGER_FORMAT } from './ledger/ledger-chain.ts';
import type { LedgerState } from './ledger/ledger-state.ts';
import type { EvidenceDisk } from './storage/disk.ts';
import { DiskGate } from './storage/disk-gate.ts';
import { StorageBlock } from './storage/storage-block.ts';
import { Upkeep } from './upkeep.ts';

/** What main.ts has made ready. */
export interface RecorderParts {
  readonly settings: CaptureSettings;
  readonly clock: Clock;
  readonly disk: EvidenceDisk;
  readonly capturesFolder: string;
  readonly boot: Boot;
  readonly ledger: Ledger;
  /** Fingerprint of the public key that signs. */
  readonly key: string;
  /** Of the ledger, as it grows. */
  readonly state: LedgerState;
  /** Segments go on behind this number. */
  readonly lastSequence: number;
  readonly facts: RecorderFacts;
  readonly engine: Engine;
  /** The capture interface's own address; undefined while it does not exist. */
  readonly interfaceAddress: () => string | undefined;
  /** Called at each disk error, with its system code first. */
  readonly diskFailed: (reason: string) => void;
  /** Whether the last look found space for bytes, but none for files. */
  readonly inodesGone: () => boolean;
  /** Called with path and bytes (sidecar included) of each segment whose closing is in the ledger. */
  readonly segmentClosed: (device: DeviceKey, path: string, bytes: number) => void;
  /** The ledger says that a device is forgotten. */
  readonly forgotten: () => void;
  /** One line for the operator. */
  readonly say: (line: string) => void;
}

/** At a stop, closings that met an error are tried again so often. */
const LAST_TRIES = 8;

export class Recorder implements EngineSink {
  readonly parts: RecorderParts;
  readonly accounts = new Accounts();
  readonly gate: DiskGate;
  readonly waiting: WaitingBytes;
  readonly labels: Labels;
  readonly #gapLog: GapLog;
  readonly startedNs: bigint;
  readonly canary: Canary;
  readonly #watchdog: Watchdog;
  readonly #services: DeviceServices;
  readonly #demux: Demux;
  readonly #guard: ClockGuard;
  readonly #upkeep: Upkeep;
  readonly #unfinished: Unfinished;
  readonly #orders: Orders;
  #sequence: number;
  readonly #engine: EngineWatch;
  #engineCounts: EngineCounts = { received: null, dropped: null, lostPipe: null };
  #stopping = false;
  #announced = false;
  /** SHA-256 of the newest segment of devices that gave their place back: it may be closed in the ledger later. */
  readonly #newest = new Map<DeviceKey, string>();
  readonly #losses = new LossAlarm();
  readonly storage: StorageBlock;
  #ended: (reason: string) => void = () => undefined;
  /** Resolves when the engine came to its end by itself (a file). */
  readonly ended: Promise<string>;

  constructor(parts: RecorderParts) {
    const { settings, clock, state, lastSequence } = parts;
    this.parts = parts;
    this.#guard = new ClockGuard({ ...parts, stepMs: settings.clockStepMs, cut: () => void this.cutAll('clock_step') });
    this.gate = new DiskGate(settings, () => this.#nowMs(), parts.diskFailed);
    this.#unfinished = new Unfinished(this.gate);
    this.waiting = new WaitingBytes(settings.queueBytes);
    this.startedNs = clock.wall();
    this.#sequence = lastSequence;
    this.#gapLog = new GapLog(parts.ledger, clock);
    this.#engine = new EngineWatch(settings.interface, parts.say);
    this.labels = new Labels(settings, parts.ledger, clock, state);
    this.canary = new Canary(settings, parts.interfaceAddress);
    this.#watchdog = new Watchdog(() => this.#pulse());
    this.#demux = this.#makeDemux();
    this.#services = this.#makeServices();
    this.#upkeep = this.#makeUpkeep();
    this.#orders = this.#makeOrders();
    this.storage = new StorageBlock({
      ...parts,
      gate: this.gate,
      lost: () => this.counters().lost_disk,
      cutAll: () => this.cutAll('error'),
      gap: (gap) => this.onGap(gap),
    });
    this.ended = new Promise((resolve) => (this.#ended = resolve));
  }

  #makeDemux(): Demux {
    const { settings, facts } = this.parts;
    const events = {
      openDevice: (device: DeviceKey) => this.#openDevice(device),
      closeDevice: (writer: DeviceWriter) => this.#closeDevice(writer),
      isKnown: (device: DeviceKey) => this.parts.state.acquaintances.isKnown(device),
      timeJump: () => this.#guard.packetTimeJumped(),
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
      syncing: new Lane(SYNCING_AT_A_TIME),
      clockState: () => this.clockState(),
      kernelDrops: async (fresh) => (await this.#refreshCounts(fresh)).dropped,
      nextSequence: () => ++this.#sequence,
      countShared: this.#demux.countShared,
      eachCopy: this.#demux.eachCopy,
      closed: segmentClosed,
      segmentBytes: settings.segmentBytes,
      segmentSeconds: settings.segmentSeconds,
      retryMs: settings.retryMs,
      sourceWaits: this.parts.engine.waits,
      label: (account) => this.labels.labelFor(account.device),
      unfinished: (retry) => this.#unfinished.add(retry),
    };
  }

  #makeUpkeep(): Upkeep {
    const { settings, ledger } = this.parts;
    return new Upkeep({
      settings,
      ledger,
      guard: this.#guard,
      gate: this.gate,
      labels: this.labels,
      demux: this.#demux,
      unfinished: this.#unfinished,
      refreshCounts: () => void this.#refreshCounts(true),
      account: () => this.#account(),
    });
  }

  #makeOrders(): Orders {
    const { ledger, clock, engine, say } = this.parts;
    return new Orders({
      labels: this.labels,
      demux: this.#demux,
      ledger,
      clock,
      engine,
      sink: this,
      cutAll: (reason) => this.cutAll(reason),
      boundarySet: () => this.#upkeep.boundarySet(),
      paused: (from, reason) => this.#gapLog.begin({ from, reason }),
      resuming: () => this.#engine.starts(),
      newestSequence: () => this.#sequence,
      forgotten: this.parts.forgotten,
      say,
    });
  }

  /** Starts engine and timers. Rejects with the engine's WeirError. `missedSince`: where the last run ended, if there was one. */
  async start(missedSince: { from: bigint; reason: string } | null): Promise<void> {
    await this.#guard.refresh();
    this.#gapLog.begin(missedSince);
    await this.parts.engine.start(this);
    this.#announce();
    await this.parts.ledger.sync();
    this.#upkeep.start();
    this.canary.start(() => this.#engine.state === 'running' && this.#orders.paused === '');
    this.#watchdog.start(process.env);
  }

  /** Once, before the first thing that the engine reports. An engine that is refused leaves no line: a restart loop fills no card. */
  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    const { settings, ledger, facts, state } = this.parts;
    ledger.append({
      type: 'start',
      format: LEDGER_FORMAT,
      key: this.parts.key,
      version: settings.version,
      config_sha256: settings.configSha256,
      engine: facts.engine,
      interface: settings.interface,
      clock: this.clockState(),
    });
    if (state.phase === null) {
      const { phase, interaction } = this.labels.phase;
      ledger.append({ type: 'phase', phase, interaction, by: 'start', note: '' });
    }
    ledger.seal();
  }

  /** Stops the engine, empties its pipe, closes every segment and says so in the ledger. Loses nothing. */
  async stop(reason: string): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const { engine, ledger } = this.parts;
    this.#watchdog.stop();
    this.canary.stop();
    const until = formatSeconds(this.parts.clock.wall());
    if (this.#orders.paused === '') await engine.stop();
    await this.#refreshCounts(false);
    this.#demux.passBoundary();
    await Promise.all([...this.#demux.writers()].map((writer) => writer.stop('stop')));
    this.#upkeep.stop();
    const left = await this.#unfinished.finish(LAST_TRIES, this.parts.settings.retryMs);
    if (left > 0) this.parts.say(`${left} segments could not be closed; the next start recovers them`);
    this.#gapLog.end();
    this.#account();
    ledger.append({ type: 'stop', reason, counters: this.counters(), clock: this.clockState(), until });
    ledger.seal();
    await ledger.sync();
  }

  // What the engine says.

  onStream(format: PcapFormat): void {
    this.#announce();
    this.#gapLog.end();
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
    const { sync } = this.#upkeep;
    if (!sync.isWaiting) sync.arrived(this.#ageMs(bytes, start));
    this.#demux.feed(bytes, start, end);
  }

  #ageMs(bytes: Buffer, start: number): number {
    const { format } = this.#demux;
    if (format === null || this.parts.engine.timestamps !== 'kernel') return 0;
    return this.#guard.ageMs(recordTime(bytes, start, format));
  }

  onState(state: EngineState, reason: string): void {
    this.#announce();
    this.#engine.on(state, reason);
    if (state === 'ended') this.#ended(reason);
  }

  onGap(gap: EngineGap): void {
    this.#gapLog.add(gap);
  }

  room(): Promise<void> | null {
    return this.waiting.room() ?? this.#services.closing.room(CLOSINGS_AHEAD);
  }

  // What people ask for.

  /** Carries a request out; rejects with a WeirError where it cannot. */
  carryOut(order: Order): Promise<unknown> {
    return this.#orders.carryOut(order);
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

  #account(): void {
    this.parts.ledger.append({ type: 'counters', counters: this.counters(), devices: this.accounts.takeMinute() });
  }

  async #pulse(): Promise<Pulse> {
    const canariesSeen = this.canary.status.seen;
    const engineAnswers = this.#orders.paused !== '' || (await this.parts.engine.responsive());
    return { captured: this.accounts.captured, canariesSeen, engineAnswers };
  }

  async #refreshCounts(fresh: boolean): Promise<EngineCounts> {
    this.#engineCounts = await this.parts.engine.stats(fresh);
    this.#losses.look(this.counters(), this.#nowMs());
    return this.#engineCounts;
  }

  // What others read.

  counters(): CaptureCounters {
    return this.accounts.counters(this.#engineCounts);
  }

  clockState(): ClockState {
    return this.#guard.state();
  }

  get syncStatus(): SyncStatus {
    return this.#upkeep.sync.status;
  }

  get gaps(): readonly EngineGap[] {
    return this.#gapLog.recent;
  }

  get placesGivenBack(): number {
    return this.#demux.givenBack;
  }

  get writers(): Iterable<DeviceWriter> {
    return this.#demux.writers();
  }

  /** Bytes of the segments that are being written. */
  get openBytes(): number {
    let bytes = 0;
    for (const writer of this.#demux.writers()) bytes += writer.openBytes;
    return bytes;
  }

  /** How it is doing, for a person. */
  get condition(): CaptureCondition {
    const nowMs = this.#nowMs();
    return captureCondition({
      stopping: this.#stopping,
      paused: this.#orders.paused,
      engine: this.#engine.state,
      engineReason: this.#engine.reason,
      noRoom: this.storage.reason,
      diskError: this.gate.reason,
      inodesGone: this.parts.inodesGone(),
      unfinished: this.#unfinished.length,
      losses: this.#losses.recent(nowMs) ? this.#losses.reason : '',
      canaryLost: this.canary.status.state === 'lost',
    });
  }

  #openDevice(device: DeviceKey): DeviceWriter {
    const account = this.accounts.openDevice(device);
    this.parts.ledger.append({ type: 'device', device });
    const format = this.#demux.format;
    if (format === null) throw new TypeError('a packet before the stream began');
    const newest = this.#newest.get(device) ?? this.parts.state.newest.get(device);
    return new DeviceWriter(this.#services, account, format, newest ?? null);
  }

  /** What is heard of it later goes on behind its newest segment. */
  #closeDevice(writer: DeviceWriter): void {
    const { account } = writer;
    this.accounts.closeDevice(account);
    void writer.newest.then((sha256) => {
      if (sha256 !== null) this.#newest.set(account.device, sha256);
    });
  }

  #nowMs(): number {
    return this.#guard.nowMs();
  }
}
