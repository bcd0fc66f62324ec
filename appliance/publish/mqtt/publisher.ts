// Says on the broker what the appliance knows: states that stay, events that pass (CONVENTIONS §1). A broker that is not
// there changes nothing for anybody else. Fed by broadcast.ts.

import { readFileSync } from 'node:fs';
import type { DocumentFinding } from '../../model/analysis-document.ts';
import { toError, WeirError } from '../../model/errors.ts';
import type { LedgerLine } from '../../model/ledger.ts';
import { type DeviceKey, deviceId, parseDevice } from '../../model/mac.ts';
import type { FoldedSegment } from '../../store/index/index-records.ts';
import type { LiveAnalysis } from '../../store/live-analysis.ts';
import type { ApplianceApi } from '../appliance-api.ts';
import type { FindingChange } from '../finding-watch.ts';
import type { DeviceRow } from '../schemas/devices.ts';
import type { MqttView, StatusResponse } from '../schemas/status.ts';
import { answerCommand, CommandPace } from './commands.ts';
import { BrokerConnection } from './connection.ts';
import {
  applianceDiscovery,
  applianceDiscoveryTopic,
  type DiscoveryContext,
  deviceDiscovery,
  deviceDiscoveryTopic,
} from './discovery.ts';
import {
  applianceState,
  type DaySum,
  daySummary,
  deviceState,
  findingEvent,
  hourSummary,
  openFindings,
  payloadText,
} from './payloads.ts';
import { RetainedTopics } from './retained-topics.ts';
import { makeTopics, type Topics, word } from './topics.ts';

export interface PublisherSettings {
  readonly id: string;
  readonly version: string;
  /** Empty publishes nothing. */
  readonly url: string;
  readonly username: string;
  readonly password_file: string;
  readonly base_topic: string;
  readonly discovery: boolean;
  readonly discovery_prefix: string;
  readonly commands: boolean;
  readonly pageUrl: () => string;
  readonly trouble: (text: string) => void;
}

const TOPICS_SETTING = 'mqtt-topics';
/** States are repeated at least so often, and told no more often than that while nothing changes but counters. */
const STATE_MS = 60_000;
const BUSY_MS = 10_000;
const SAVE_MS = 5000;
/** Home Assistant restarts with many of us: not all at once. */
const JITTER_MS = 3000;

interface Told {
  readonly at: number;
  /** What is worth telling at once when it changes. */
  readonly mark: string;
}

export class MqttPublisher {
  readonly #settings: PublisherSettings;
  readonly #api: ApplianceApi;
  readonly #analysis: LiveAnalysis;
  readonly #topics: Topics;
  readonly #pace = new CommandPace();
  readonly #told = new Map<string, Told>();
  readonly #discovered = new Map<string, string>();
  #retained = new RetainedTopics([]);
  #connection: BrokerConnection | undefined;
  #saveTimer: NodeJS.Timeout | undefined;
  #jitterTimer: NodeJS.Timeout | undefined;
  /** Devices with an hour that the broker did not hear of. */
  readonly #hoursDue = new Set<DeviceKey>();
  #openFindings = '';
  #withdrawn = true;

  constructor(settings: PublisherSettings, api: ApplianceApi, analysis: LiveAnalysis) {
    this.#settings = settings;
    this.#api = api;
    this.#analysis = analysis;
    this.#topics = makeTopics(settings.base_topic, settings.id);
  }

  /** @throws WeirError CONFIG_INVALID for an address that is none, or a password file that cannot be read. */
  async start(): Promise<void> {
    const { url, username, id, discovery, discovery_prefix, commands } = this.#settings;
    if (url === '') return;
    checkUrl(url);
    const password = readPassword(this.#settings);
    this.#retained = new RetainedTopics(await this.#analysis.store.setting(TOPICS_SETTING));
    this.#connection = new BrokerConnection(
      {
        url,
        username,
        password,
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
      broker: brokerName(this.#settings.url),
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
    for (const row of rows) {
      if (row.mac === null) continue;
      this.#discoverDevice(row);
      const { state } = this.#topics.device(row.id);
      const mark = `${row.present} ${row.cleartext} ${row.findings.high} ${row.name}`;
      if (this.#isDue(state, mark, BUSY_MS)) this.#keep(state, payloadText(deviceState(row, ts)));
    }
  }

  /** A slice reached the index: its hour has new figures, which are made when a broker is there to hear them. */
  stored({ device }: FoldedSegment): void {
    if (this.#connection === undefined || parseDevice(deviceId(device))?.startsWith('_')) return;
    this.#hoursDue.add(device);
    this.#publishHours();
  }

  #publishHours(): void {
    if (!this.isConnected) return;
    for (const device of this.#hoursDue) {
      this.#hoursDue.delete(device);
      this.#publishHour(device).catch((thrown: unknown) =>
        this.#settings.trouble(`hourly summary not published: ${toError(thrown).message}`),
      );
    }
  }

  async #publishHour(device: DeviceKey): Promise<void> {
    const row = await this.#analysis.store.lastHour(device);
    const id = deviceId(device);
    if (row !== undefined)
      this.#keep(this.#topics.device(id).hour, payloadText(hourSummary(id, row, new Date().toISOString())));
  }

  finding({ type, finding }: FindingChange): void {
    const device = finding.device === null ? '_' : finding.device.replaceAll(':', '');
    const topic = this.#topics.finding(device, finding.id);
    // A device that repeats itself every second is told about once a minute.
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
    if (mark === this.#openFindings && this.#told.has(this.#topics.openFindings)) return;
    this.#openFindings = mark;
    this.#isDue(this.#topics.openFindings, mark);
    this.#keep(this.#topics.openFindings, payloadText(openFindings(findings, new Date().toISOString())));
  }

  /** Phases and tags are events for whoever follows the experiment. */
  ledger(lines: readonly LedgerLine[]): void {
    for (const line of lines) {
      const isEvent = line.type === 'phase' || line.type.startsWith('tag-') || line.type === 'gap';
      if (isEvent) this.#pass(this.#topics.event, payloadText({ schema: 'weir.mqtt.event/1', ...line }));
    }
  }

  /** The 24 full hours before this one. */
  async publishDay(): Promise<void> {
    const end = Math.floor(Date.now() / 3_600_000) * 3_600_000;
    const from = new Date(end - 86_400_000).toISOString();
    const to = new Date(end).toISOString();
    const sums: DaySum[] = [];
    for (const row of this.#api.devices()) {
      const device = parseDevice(row.id);
      const hours = device === undefined || row.mac === null ? [] : ((await this.#api.hours(device)) ?? []);
      const within = hours.filter((hour) => hour.hour >= from.slice(0, 19) && hour.hour < to.slice(0, 19));
      if (within.length > 0) sums.push(sumHours(row.id, within));
    }
    this.#keep(this.#topics.day, payloadText(daySummary(from, to, sums, new Date().toISOString())));
  }

  #connected(): void {
    // The broker may have lost what it kept: everything is told again.
    this.#told.clear();
    this.#withdrawn = false;
    this.#discoverAll();
    this.status(this.#api.status());
    this.#publishHours();
  }

  #receive(topic: string, payload: string, retained: boolean): void {
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
      .catch((thrown: unknown) => this.#settings.trouble(`request ${word(verb)} failed: ${toError(thrown).message}`));
  }

  #discoverAll(): void {
    if (!this.#settings.discovery) return;
    this.#discovered.clear();
    const context = this.#context();
    this.#keep(applianceDiscoveryTopic(context), JSON.stringify(applianceDiscovery(context)));
    for (const row of this.#api.devices()) if (row.mac !== null) this.#discoverDevice(row);
  }

  /** Again when its name or vendor became known. */
  #discoverDevice(row: DeviceRow): void {
    if (!this.#settings.discovery || this.#connection === undefined) return;
    const context = this.#context();
    const text = payloadText(deviceDiscovery(context, row));
    if (this.#discovered.get(row.id) === text) return;
    this.#discovered.set(row.id, text);
    this.#keep(deviceDiscoveryTopic(context, row.id), text);
  }

  #context(): DiscoveryContext {
    const { discovery_prefix: prefix, id: applianceId, version } = this.#settings;
    return { prefix, applianceId, version, pageUrl: this.#settings.pageUrl(), topics: this.#topics };
  }

  /** Once per connection, when it is known which devices there are: not while the index is being rebuilt. */
  #withdrawStale(): void {
    const { indexState, load, figures } = this.#analysis;
    if (this.#withdrawn || indexState.state !== 'open' || load.backlog_segments > 0) return;
    this.#withdrawn = true;
    const context = this.#context();
    const ids = figures.devices.map(deviceId);
    const current = new Set([
      ...(this.#settings.discovery ? [applianceDiscoveryTopic(context)] : []),
      ...(this.#settings.discovery ? ids.map((id) => deviceDiscoveryTopic(context, id)) : []),
      ...ids.flatMap((id) => Object.values(this.#topics.device(id))),
      this.#topics.state,
      this.#topics.day,
      this.#topics.openFindings,
    ]);
    for (const topic of this.#retained.takeStale((topic) => current.has(topic))) {
      this.#connection?.publish({ topic, payload: '', retain: true });
    }
  }

  /** Due when its mark changed, or the interval passed. */
  #isDue(topic: string, mark: string, busyMs = STATE_MS): boolean {
    const told = this.#told.get(topic);
    const now = performance.now();
    if (told !== undefined && told.mark === mark && now - told.at < busyMs) return false;
    this.#told.set(topic, { at: now, mark });
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
      .catch((thrown: unknown) => this.#settings.trouble(`list of topics not stored: ${toError(thrown).message}`));
  }
}

function sumHours(
  device: string,
  hours: readonly { packets: number; bytes_up: number; bytes_down: number; dns_queries: number }[],
): DaySum {
  const sum = (value: (hour: (typeof hours)[number]) => number) =>
    hours.reduce((total, hour) => total + value(hour), 0);
  return {
    device,
    packets: sum((hour) => hour.packets),
    bytes_up: sum((hour) => hour.bytes_up),
    bytes_down: sum((hour) => hour.bytes_down),
    dns_queries: sum((hour) => hour.dns_queries),
    hours: hours.length,
  };
}

function checkUrl(url: string): void {
  if (URL.canParse(url) && ['mqtt:', 'mqtts:', 'tcp:', 'tls:', 'ws:', 'wss:'].includes(new URL(url).protocol)) return;
  throw new WeirError(
    'CONFIG_INVALID',
    'mqtt.url: not an address of a broker; nothing is published. Example: mqtt://127.0.0.1:1883',
  );
}

function readPassword({ password_file, username }: PublisherSettings): string {
  if (username === '' || password_file === '') return '';
  try {
    return readFileSync(password_file, 'utf8').trim();
  } catch (thrown) {
    throw new WeirError(
      'CONFIG_INVALID',
      `mqtt.password_file: ${password_file} cannot be read (${toError(thrown).message}); nothing is published.`,
      { cause: thrown },
    );
  }
}

/** Without user and password, which an address may hold. */
function brokerName(url: string): string {
  return URL.canParse(url) ? `${new URL(url).protocol}//${new URL(url).host}` : '';
}
