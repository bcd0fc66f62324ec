// What happens, sent to open pages, to the broker and to the notifier as it happens: rows of devices that changed, each second's
// traffic, segments, phases, findings. Owns the clockwork; asks the figures no more often than the machine can bear, and not at all
// while neither a page is open nor a broker connected nor somebody to be notified.

import type { Scans } from '../experiment/scan/scans.ts';
import { orElse } from '../model/expected-error.ts';
import type { LedgerLine } from '../model/ledger.ts';
import type { FoldedSegment } from '../store/index/index-records.ts';
import type { LiveAnalysis } from '../store/live-analysis.ts';
import type { CatalogSegment } from '../store/tail/segment-catalog.ts';
import { EVERY_DEVICE } from '../store/thread/traffic-meter.ts';
import type { ApplianceApi } from './appliance-api.ts';
import { FindingWatch } from './finding-watch.ts';
import type { EventStream } from './http/event-stream.ts';
import type { MqttPublisher } from './mqtt/publisher.ts';
import type { Notifier } from './notify/notifier.ts';
import { withScanFindings } from './scan-view.ts';
import type { DeviceRow } from './schemas/devices.ts';
import type { TrafficParts } from './schemas/events.ts';
import { segmentRow } from './segment-rows.ts';

const TRAFFIC_MS = 1000;
const STATUS_MS = 5000;
/** Between two rounds of rows: for a person who looks, and for a broker or a notifier alone, which take a state every 10 s. */
const ROWS_MS = 1000;
const UNSEEN_ROWS_MS = 5000;
/** And while devices have no row yet. */
const FIRST_ROWS_MS = 250;
/** After a round a pause of so many times its length, but never so long that a page looks dead. */
const ROWS_COST_FACTOR = 15;
const LONGEST_ROWS_MS = 5000;
/** Rows drawn in one round, so that it stays short; the next round draws the others, and does not wait for the longer pause. */
const MAX_ROWS = 8;

export class Broadcast {
  readonly #api: ApplianceApi;
  readonly #analysis: LiveAnalysis;
  readonly #events: EventStream;
  readonly #mqtt: MqttPublisher;
  readonly #notifier: Notifier;
  readonly #scans: Pick<Scans, 'findings'>;
  readonly #findings = new FindingWatch();
  readonly #timers: NodeJS.Timeout[] = [];
  #rowsTimer: NodeJS.Timeout | undefined;
  #stopped = true;
  #phase = '';

  constructor(
    api: ApplianceApi,
    analysis: LiveAnalysis,
    scans: Pick<Scans, 'findings'>,
    events: EventStream,
    mqtt: MqttPublisher,
    notifier: Notifier,
  ) {
    this.#api = api;
    this.#scans = scans;
    this.#analysis = analysis;
    this.#events = events;
    this.#mqtt = mqtt;
    this.#notifier = notifier;
  }

  start(): void {
    this.#stopped = false;
    this.#timers.push(setInterval(() => this.#traffic(), TRAFFIC_MS));
    this.#timers.push(setInterval(() => this.#status(), STATUS_MS));
    void this.#rows();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#rowsTimer);
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  /** Capture's state or phase changed. */
  changed(): void {
    if (!this.#stopped) this.#status();
  }

  ledger(lines: readonly LedgerLine[]): void {
    if (!this.#stopped) this.#mqtt.ledger(lines);
  }

  segment(segment: CatalogSegment): void {
    if (segment.state !== 'empty') this.#events.send('segment', segmentRow(segment, undefined));
  }

  stored(segment: FoldedSegment): void {
    const entry = this.#analysis.catalog.get(segment.seq);
    if (entry !== undefined) this.#events.send('segment', segmentRow(entry, segment));
    this.#mqtt.stored(segment);
  }

  #traffic(): void {
    const window = this.#analysis.traffic.window(EVERY_DEVICE, 2, performance.now());
    if (window.from <= 0) return;
    // The second that just ended; the current one still grows.
    this.#events.traffic({ second: window.from, out: partsAt(window.out, 0), in: partsAt(window.in, 0) });
  }

  #status(): void {
    if (!this.#isHeard) return;
    const status = this.#api.status();
    this.#events.status(status);
    this.#mqtt.status(status);
    const { phase, interaction, since } = status.phase;
    const now = `${phase} ${interaction} ${since ?? ''}`;
    // Capture not answering is no change of phase.
    if (since === null || phase === 'unknown' || interaction === 'unknown') return;
    if (now !== this.#phase) this.#events.send('phase', { phase, interaction, since });
    this.#phase = now;
  }

  get #isHeard(): boolean {
    return this.#events.size > 0 || this.#mqtt.isConnected || this.#notifier.isOn;
  }

  async #rows(): Promise<void> {
    const start = performance.now();
    const rows = this.#isHeard ? await this.#changedRows() : [];
    if (rows.length > 0) {
      this.#events.send('device', { devices: rows });
      this.#mqtt.devices(rows);
    }
    if (this.#stopped) return;
    if (this.#isHeard) this.#tellFindings();
    const cost = performance.now() - start;
    const wait = Math.min(LONGEST_ROWS_MS, Math.max(this.#leastWait(rows.length), cost * ROWS_COST_FACTOR));
    this.#rowsTimer = setTimeout(() => void this.#rows(), wait);
  }

  /** Devices without a row yet are waited for most: after a start, and after a crowd came. */
  #leastWait(drawn: number): number {
    if (drawn > 0 && !this.#analysis.figures.isComplete) return FIRST_ROWS_MS;
    return this.#events.size > 0 || drawn >= MAX_ROWS ? ROWS_MS : UNSEEN_ROWS_MS;
  }

  /** None while the index cannot be read; what changed stays changed. */
  async #changedRows(): Promise<DeviceRow[]> {
    const { figures, nowSecond } = this.#analysis;
    const rows = await figures.refresh(nowSecond, MAX_ROWS).catch(orElse([], 'drawing rows'));
    return rows.map((row) => withScanFindings(row, this.#scans.findings));
  }

  #tellFindings(): void {
    const ofPackets = this.#analysis.figures.findings();
    if (ofPackets === undefined) return;
    const findings = [...ofPackets, ...this.#scans.findings];
    for (const change of this.#findings.compare(findings)) {
      this.#events.send('finding', change);
      this.#mqtt.finding(change);
    }
    this.#mqtt.openFindings(findings);
    // While the index is rebuilt or read up, what there is comes in pieces and would look new.
    const { indexState, load } = this.#analysis;
    if (indexState.state === 'open' && load.backlog_segments === 0)
      this.#notifier.look(findings, () => this.#api.status().warnings, performance.now());
  }
}

function partsAt(series: Readonly<Record<keyof TrafficParts, number[]>>, index: number): TrafficParts {
  const at = (values: number[]) => values[index] ?? 0;
  return {
    total: at(series.total),
    tcp: at(series.tcp),
    udp: at(series.udp),
    http: at(series.http),
    https: at(series.https),
  };
}
