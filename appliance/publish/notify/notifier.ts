// Notifies people by the configured channels: findings and warnings that are new, the summary of a day. Remembers over restarts what
// each channel has sent; at its first start all that there is counts as known. Fed by broadcast.ts.

import type { DocumentFinding, Severity } from '../../model/analysis-document.ts';
import { toError } from '../../model/errors.ts';
import { compareSeverities } from '../../model/severity.ts';
import type { ApplianceApi } from '../appliance-api.ts';
import type { NotificationTest } from '../schemas/experiment.ts';
import { type Channel, makeChannels, type NotifySettings } from './channels.ts';
import { dailyNotices } from './daily-text.ts';
import { Delivery, type DeliveryView } from './delivery.ts';
import { findingNotice, type Notice, type Notification, warningNotice } from './notification.ts';

export interface NotifierSettings extends NotifySettings {
  readonly severity: Severity;
  /** Only these; empty: all. */
  readonly rules: readonly string[];
  readonly warnings: boolean;
  readonly daily: boolean;
  readonly wait_seconds: number;
}

/** Where it is kept what was sent. */
export interface NotifierStore {
  setting(name: string): Promise<unknown>;
  putSetting(name: string, value: unknown): Promise<void>;
}

export interface NotifierRoom {
  readonly api: ApplianceApi;
  readonly store: () => NotifierStore;
  readonly pageUrl: () => string;
  readonly problem: (text: string) => void;
}

const SETTING = 'notified';
const LOOK_MS = 5000;
/** A warning that comes and goes is one. */
const WARNING_LASTS_MS = 600_000;

export class Notifier {
  readonly #settings: NotifierSettings;
  readonly #room: NotifierRoom;
  readonly #warnings = new Map<string, { readonly notice: Notice; readonly until: number }>();
  #channels: readonly Channel[] = [];
  #deliveries: readonly Delivery[] = [];
  /** By channel; undefined where nothing was ever kept. */
  #kept: Readonly<Record<string, readonly string[]>> = {};
  #lastLook = Number.NEGATIVE_INFINITY;
  #saving: Promise<void> = Promise.resolve();

  constructor(settings: NotifierSettings, room: NotifierRoom) {
    this.#settings = settings;
    this.#room = room;
  }

  /** @throws WeirError CONFIG_INVALID for settings that cannot be used. */
  async start(): Promise<void> {
    this.#channels = makeChannels(this.#settings);
    if (this.#channels.length === 0) return;
    this.#kept = keptIds(await this.#room.store().setting(SETTING));
  }

  async stop(): Promise<void> {
    for (const delivery of this.#deliveries) await delivery.stop();
    await this.#saving;
  }

  /** Whether anyone is to be notified. */
  get isOn(): boolean {
    return this.#channels.length > 0;
  }

  view(): DeliveryView[] {
    return this.#deliveries.map((delivery) => delivery.view);
  }

  /** All findings that there are, and the warnings of now, asked for only when it is time. `now`: monotonic milliseconds. */
  look(findings: readonly DocumentFinding[], warnings: () => readonly string[], now: number): void {
    if (!this.isOn || now - this.#lastLook < LOOK_MS) return;
    this.#lastLook = now;
    const notices = [...this.#findingNotices(findings), ...this.#warningNotices(warnings(), now)];
    const all = new Set(notices.map(({ id }) => id));
    if (this.#deliveries.length === 0) this.#deliveries = this.#makeDeliveries(all);
    for (const delivery of this.#deliveries) delivery.take(notices, all);
  }

  /** The 24 full hours before `nowMs` (milliseconds since 1970), where that is wanted. */
  async sendDay(nowMs: number): Promise<void> {
    if (!this.#settings.daily || !this.isOn) return;
    const { title, notices } = await dailyNotices(this.#room.api, this.#room.pageUrl(), nowMs);
    await Promise.all(this.#channels.map((channel) => this.#sendOne(channel, this.#frame('daily', title, notices))));
  }

  /** To every channel, at once; what became of each. */
  test(): Promise<NotificationTest['channels']> {
    const text = 'This is a test. Notifications from this appliance arrive here.';
    const notice: Notice = { ...warningNotice(text, this.#room.pageUrl()), severity: 'low' };
    const notification = this.#frame('test', 'Test', [notice]);
    return Promise.all(
      this.#channels.map(async (channel) => ({
        channel: channel.name,
        error: await this.#sendOne(channel, notification),
      })),
    );
  }

  /** Empty, or why it was not sent. */
  async #sendOne(channel: Channel, notification: Notification): Promise<string> {
    try {
      await channel.send(notification);
      return '';
    } catch (thrown) {
      const reason = toError(thrown).message;
      this.#room.problem(`notify.${channel.name}: ${notification.kind} not sent (${reason})`);
      return reason;
    }
  }

  #frame(kind: Notification['kind'], title: string, notices: readonly Notice[]): Notification {
    const ts = new Date().toISOString();
    return { schema: 'weir.notification/1', ts, kind, title, notices, more: 0, ...this.#origin() };
  }

  #origin(): Pick<Notification, 'appliance' | 'link'> {
    return { appliance: this.#room.api.id, link: `${this.#room.pageUrl()}/#/findings` };
  }

  #findingNotices(findings: readonly DocumentFinding[]): Notice[] {
    const { severity, rules } = this.#settings;
    const wanted = findings.filter(
      (finding) =>
        compareSeverities(finding, { severity }) <= 0 && (rules.length === 0 || rules.includes(finding.rule)),
    );
    const names = new Map(this.#room.api.devices().map(({ mac, name }) => [mac, name]));
    return wanted.map((finding) => findingNotice(finding, names.get(finding.device) ?? '', this.#room.pageUrl()));
  }

  #warningNotices(warnings: readonly string[], now: number): Notice[] {
    for (const [id, { until }] of this.#warnings) if (until < now) this.#warnings.delete(id);
    for (const warning of this.#settings.warnings ? warnings : []) {
      const notice = warningNotice(warning, this.#room.pageUrl());
      this.#warnings.set(notice.id, { notice, until: now + WARNING_LASTS_MS });
    }
    return [...this.#warnings.values()].map(({ notice }) => notice);
  }

  #makeDeliveries(all: ReadonlySet<string>): Delivery[] {
    const room = {
      waitMs: this.#settings.wait_seconds * 1000,
      frame: () => this.#origin(),
      sent: () => this.#save(),
      problem: this.#room.problem,
    };
    const made = this.#channels.map(
      (channel) =>
        new Delivery(channel, room, this.#kept[channel.name] ?? [...all].filter((id) => !id.startsWith('warning '))),
    );
    this.#deliveries = made;
    this.#save();
    return made;
  }

  #save(): void {
    const kept = Object.fromEntries(this.#deliveries.map((delivery) => [delivery.view.channel, delivery.reported]));
    this.#saving = this.#saving
      .then(() => this.#room.store().putSetting(SETTING, kept))
      .catch((thrown: unknown) => this.#room.problem(`what was notified is not stored: ${toError(thrown).message}`));
  }
}

/** Whatever is in the index: only lists of texts are taken. */
function keptIds(value: unknown): Record<string, readonly string[]> {
  if (typeof value !== 'object' || value === null) return {};
  const lists = Object.entries(value).filter(([, list]) => Array.isArray(list));
  return Object.fromEntries(
    lists.map(([name, list]) => [name, (list as unknown[]).filter((id) => typeof id === 'string')]),
  );
}
