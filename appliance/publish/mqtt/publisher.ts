// Says on the broker what the appliance knows: states that stay, events that pass (CONVENTIONS §1). A broker that is not
// there changes nothing for anybody else. Fed by broadcast.ts.

import type { DocumentFinding } from '../../model/analysis-document.ts';
import { parseBrokerUrl } from '../../model/broker-url.ts';
import { toError } from '../../model/errors.ts';
import type { LedgerLine } from '../../model/ledger.ts';
import { type DeviceKey, deviceId, parseDevice } from '../../model/mac.ts';
import { asOf } from '../../store/index/hour-row.ts';
import type { FoldedSegment } from '../../store/index/index-records.ts';
import type { LiveAnalysis } from '../../store/live-analysis.ts';
import type { ApplianceApi } from '../appliance-api.ts';
import type { FindingChange } from '../finding-watch.ts';
import type { Refusals } from '../refusals.ts';
import type { DeviceRow } from '../schemas/devices.ts';
import type { MqttView, StatusResponse } from '../schemas/status.ts';
import { type BrokerAccess, brokerOptions } from './broker-access.ts';
import { answerCommand, CommandPace } from './commands.ts';
import { BrokerConnection } from './connection.ts';
import { DailySummary } from './daily-summary.ts';
import {
  applianceAnnouncements,
  applianceTopics,
  type DiscoveryContext,
  type DiscoveryForm,
  deviceAnnouncements,
  deviceTopics,
} from './discovery.ts';
import { HourlySummaries } from './hourly-summaries.ts';
import { applianceState, deviceState, findingEvent, hourSummary, openFindings, payloadText } from './payloads.ts';
import { RetainedTopics } from './retained-topics.ts';
import { makeTopics, type Topics, word } from './topics.ts';

export interface PublisherSettings extends BrokerAccess {
  readonly id: string;
  readonly version: string;
  readonly base_topic: string;
  readonly discovery: boolean;
  readonly discovery_prefix: string;
  readonly discovery_form: DiscoveryForm;
  readonly commands: boolean;
  readonly pageUrl: () => string;
  readonly problem: (text: string) => void;
  readonly refusals: Refusals;
}

const TOPICS_SETTING = 'mqtt-topics';
/** States are repeated at least so often, and sent no more often than that while nothing changes but counters. */
const STATE_MS = 60_000;
const BUSY_MS = 10_000;
const SAVE_MS = 5000;
/** Home Assistant restarts with many of us: not all at once. */
const JITTER_MS = 3000;
/** A broker that forgot is sent many devices in rounds, so that nothing falls out of the full queue (outbox.ts). */
const MAX_WAITING = 300;
/** Hours have room of their own: states are repeated all the time. */
const MAX_WAITING_HOURS = 600;

interface Reported {
  readonly at: number;
  /** What is sent at once when it changes. */
  readonly mark: string;
}

export class MqttPublisher {
  readonly #settings: PublisherSettings;
  readonly #api: ApplianceApi;
  readonly #analysis: LiveAnalysis;
  readonly #topics: Topics;
  readonly #pace: CommandPace;
  readonly #reported = new Map<string, Reported>();
  readonly #discovered = new Map<string, string>();
  #retained = new RetainedTopics([]);
  #connection: BrokerConnection | undefined;
  #saveTimer: NodeJS.Timeout | undefined;
  #jitterTimer: NodeJS.Timeout | undefined;
  readonly #hours: HourlySummaries;
  readonly #day: DailySummary;
  /** A topic of others that somebody waits for: a campaign has one action at a time. */
  #heard: { readonly topic: string; readonly hear: (payload: string) => void } | undefined;
  #openFindings = '';
  #withdrawn = true;

  constructor(settings: PublisherSettings, api: ApplianceApi, analysis: LiveAnalysis) {
    this.#settings = settings;
    this.#pace = new CommandPace(() => settings.refusals.commands++);
    this.#api = api;
    this.#analysis = analysis;
    this.#topics = makeTopics(settings.base_topic, settings.id);
    this.#day = new DailySummary(api);
    this.#hours = new HourlySummaries({
      hasRoom: () => this.#hasRoom(MAX_WAITING_HOURS),
      publish: (device) => this.#publishHour(device),
      problem: settings.problem,
    });
  }

  /** @throws WeirError CONFIG_INVALID for an address that is none, or a password file that cannot be read. */
  async start(): Promise<void> {
    const { url, id, discovery, discovery_prefix, commands } = this.#settings;
    if (url === '') return;
    const access = brokerOptions(this.#settings);
    this.#retained = new RetainedTopics(await this.#analysis.store.setting(TOPICS_SETTING));
    await this.#day.load(this.#analysis.store);
    this.#connection = new BrokerConnection(
      {
        url,
        access,
        clientId: `weir-${word(id)}`,
        availability: this.#topics.availability,
        subscriptions: [
          ...(discovery ? [`${discovery_prefix}/status`] : []),
          ...(commands ? [this.#topics.requests] : []),
        ],
      },
      {
        connected: () => this.#connected(),
        message: (topic, payload, retained) => this.#receive(topic, payload, retained),
      },
    );
    this.#connection.start();
    this.#saveTimer = setInterval(() => void this.#saveTopics(), SAVE_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#saveTimer);
    clearTimeout(this.#jitterTimer);
    await this.#connection?.stop();
    await this.#saveTopics();
  }

  get isConnected(): boolean {
    return this.#connection?.state === 'connected';
  }

  view(): MqttView {
    const counts = this.#connection?.counts ?? { published: 0, queued: 0, dropped: 0, errors: 0 };
    return {
      state: this.#connection?.state ?? 'off',
      reason: this.#connection?.reason ?? '',
      broker: parseBrokerUrl(this.#settings.url)?.shown ?? '',
      base_topic: this.#topics.base,
      ...counts,
    };
  }

  status(status: StatusResponse): void {
    const { capture, phase } = status;
    const mark = `${capture?.state ?? ''} ${phase.phase} ${phase.interaction} ${status.clock.synced}`;
    if (this.#isDue(this.#topics.state, mark)) this.#keep(this.#topics.state, payloadText(applianceState(status)));
    this.devices(this.#api.devices());
    this.#withdrawStale();
  }

  devices(rows: readonly DeviceRow[]): void {
    const ts = new Date().toISOString();
    for (const { row, state, reported } of this.#longestUntold(rows)) {
      if (!this.#hasRoom(MAX_WAITING)) break;
      this.#discoverDevice(row);
      const mark = `${row.present} ${row.cleartext} ${row.findings.high} ${row.platforms.join()} ${row.name}`;
      if (this.#isDue(state, mark, BUSY_MS)) this.#keep(state, payloadText(deviceState(row, ts)));
      // New on this connection: its newest hour may be lost, also where nothing of it will be stored again.
      const device = reported === undefined ? parseDevice(row.id) : undefined;
      if (device !== undefined) this.#hours.add(device);
    }
    void this.#hours.publishDue();
  }

  /** Devices with an address, those first that the broker heard of longest ago or never: all get their turn. */
  #longestUntold(rows: readonly DeviceRow[]): { row: DeviceRow; state: string; reported: Reported | undefined }[] {
    return rows
      .filter((row) => row.mac !== null)
      .map((row) => ({ row, state: this.#topics.device(row.id).state }))
      .map(({ row, state }) => ({ row, state, reported: this.#reported.get(state) }))
      .sort((a, b) => (a.reported?.at ?? 0) - (b.reported?.at ?? 0));
  }

  #hasRoom(most: number): boolean {
    return this.isConnected && (this.#connection?.counts.queued ?? most) < most;
  }

  /** A slice reached the index: its hour has new figures, which are made when a broker is there to hear them. */
  stored({ device }: FoldedSegment): void {
    if (this.#connection === undefined || parseDevice(deviceId(device))?.startsWith('_')) return;
    this.#hours.add(device);
    void this.#hours.publishDue();
  }

  async #publishHour(device: DeviceKey): Promise<void> {
    const { store, nowSecond } = this.#analysis;
    const row = await store.lastHour(device);
    const id = deviceId(device);
    if (row !== undefined)
      this.#keep(
        this.#topics.device(id).hour,
        payloadText(hourSummary(id, asOf(row, nowSecond), new Date().toISOString())),
      );
  }

  finding({ type, finding }: FindingChange): void {
    const device = finding.device === null ? '_' : finding.device.replaceAll(':', '');
    const topic = this.#topics.finding(device, finding.id);
    // A device that repeats itself every second is reported about once a minute.
    if (!this.#isDue(topic, type === 'end' ? 'gone' : 'there')) return;
    const payload = payloadText(findingEvent(type, finding, new Date().toISOString()));
    this.#pass(topic, payload);
    this.#pass(this.#topics.event, payload);
  }

  openFindings(findings: readonly DocumentFinding[]): void {
    const mark = findings
      .map((finding) => finding.id)
      .sort()
      .join(' ');
    if (mark === this.#openFindings && this.#reported.has(this.#topics.openFindings)) return;
    this.#openFindings = mark;
    this.#isDue(this.#topics.openFindings, mark);
    this.#keep(this.#topics.openFindings, payloadText(openFindings(findings, new Date().toISOString())));
  }

  /** Phases and tags are events for followers of the experiment. */
  ledger(lines: readonly LedgerLine[]): void {
    for (const line of lines) {
      const isEvent = line.type === 'phase' || line.type.startsWith('tag-') || line.type === 'gap';
      if (isEvent) this.#pass(this.#topics.event, payloadText({ schema: 'weir.mqtt.event/1', ...line }));
    }
  }

  /** For the executor of a campaign's action; false while no broker is connected. */
  call(action: Readonly<Record<string, unknown>>): boolean {
    if (!this.isConnected) return false;
    this.#pass(this.#topics.call, payloadText({ schema: 'weir.mqtt.call/1', ts: new Date().toISOString(), ...action }));
    return true;
  }

  /** Hears each message of a topic of others, the kept one too, until the returned function is called; null while not connected. */
  listen(topic: string, hear: (payload: string) => void): (() => void) | null {
    if (!this.isConnected) return null;
    this.#heard = { topic, hear };
    this.#connection?.subscribe(topic);
    return () => {
      if (this.#heard?.hear !== hear) return;
      this.#heard = undefined;
      this.#connection?.unsubscribe(topic);
    };
  }

  /** The 24 full hours before this one. */
  async publishDay(): Promise<void> {
    if (this.#connection === undefined) return;
    this.#keep(this.#topics.day, await this.#day.make(Date.now()));
    await this.#day.store(this.#analysis.store);
  }

  #connected(): void {
    // The broker may have lost what it kept: everything is sent again.
    this.#reported.clear();
    this.#withdrawn = false;
    // Published by the connection itself; kept by the broker like the others.
    this.#retained.add(this.#topics.availability);
    if (this.#day.payload !== '') this.#keep(this.#topics.day, this.#day.payload);
    this.#discoverAll();
    this.status(this.#api.status());
  }

  #receive(topic: string, payload: string, retained: boolean): void {
    if (topic === this.#heard?.topic) return this.#heard.hear(payload);
    if (topic === `${this.#settings.discovery_prefix}/status`) {
      if (payload !== 'online') return;
      clearTimeout(this.#jitterTimer);
      this.#jitterTimer = setTimeout(() => this.#discoverAll(), Math.random() * JITTER_MS);
      return;
    }
    // A request that the broker kept was for another day.
    if (!this.#settings.commands || retained) return;
    const verb = topic.slice(`${this.#topics.base}/request/`.length);
    answerCommand(this.#api, verb, payload, this.#pace)
      .then((answer) => {
        if (answer !== undefined) this.#pass(this.#topics.response(verb), payloadText(answer));
      })
      .catch((thrown: unknown) => this.#settings.problem(`request ${word(verb)} failed: ${toError(thrown).message}`));
  }

  #discoverAll(): void {
    if (!this.#settings.discovery) return;
    this.#discovered.clear();
    for (const { topic, payload } of applianceAnnouncements(this.#context())) this.#keep(topic, payloadText(payload));
    for (const row of this.#api.devices()) {
      // The others follow with their states.
      if (!this.#hasRoom(MAX_WAITING)) return;
      if (row.mac !== null) this.#discoverDevice(row);
    }
  }

  /** Again when its name or vendor became known. */
  #discoverDevice(row: DeviceRow): void {
    if (!this.#settings.discovery || this.#connection === undefined) return;
    const messages = deviceAnnouncements(this.#context(), row).map(
      ({ topic, payload }) => [topic, payloadText(payload)] as const,
    );
    const text = messages.join('\n');
    if (this.#discovered.get(row.id) === text) return;
    this.#discovered.set(row.id, text);
    for (const [topic, payload] of messages) this.#keep(topic, payload);
  }

  #context(): DiscoveryContext {
    const { discovery_prefix: prefix, discovery_form: form, id: applianceId, version } = this.#settings;
    return { prefix, form, applianceId, version, pageUrl: this.#settings.pageUrl(), topics: this.#topics };
  }

  /** Once per connection, when it is known which devices there are: not while the index is being rebuilt. */
  #withdrawStale(): void {
    const { indexState, load, figures } = this.#analysis;
    if (this.#withdrawn || indexState.state !== 'open' || load.backlog_segments > 0) return;
    this.#withdrawn = true;
    const context = this.#context();
    const ids = figures.devices.map(deviceId);
    const current = new Set([
      ...this.#topics.kept(ids),
      ...(this.#settings.discovery ? applianceTopics(context) : []),
      ...(this.#settings.discovery ? ids.flatMap((id) => deviceTopics(context, id)) : []),
    ]);
    for (const topic of this.#retained.takeStale((topic) => current.has(topic))) {
      this.#connection?.publish({ topic, payload: '', retain: true });
    }
  }

  /** Due when its mark changed, or the interval passed. */
  #isDue(topic: string, mark: string, busyMs = STATE_MS): boolean {
    const reported = this.#reported.get(topic);
    const now = performance.now();
    if (reported !== undefined && reported.mark === mark && now - reported.at < busyMs) return false;
    this.#reported.set(topic, { at: now, mark });
    return true;
  }

  #keep(topic: string, payload: string): void {
    if (this.#connection === undefined) return;
    this.#retained.add(topic);
    this.#connection.publish({ topic, payload, retain: true });
  }

  #pass(topic: string, payload: string): void {
    this.#connection?.publish({ topic, payload, retain: false });
  }

  async #saveTopics(): Promise<void> {
    const list = this.#retained.takeChanged();
    if (list === undefined) return;
    await this.#analysis.store
      .putSetting(TOPICS_SETTING, list)
      .catch((thrown: unknown) => this.#settings.problem(`list of topics not stored: ${toError(thrown).message}`));
  }
}
