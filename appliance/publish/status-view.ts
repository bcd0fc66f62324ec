// The status of the appliance, put together from its parts. Reads what they last knew; asks nobody.

import { readFileSync } from 'node:fs';
import type { ApStatus } from '../ap/status/status.ts';
import { readApStatus } from '../ap/status/status-reader.ts';
import { apWarnings } from '../ap/status/warnings.ts';
import type { CaptureStatus } from '../model/capture-status.ts';
import { ABSENT, expectOnly } from '../model/expected-error.ts';
import { PROXY_STATE_FILE, parseProxyState } from '../model/files/proxy-state.ts';
import { bytesText } from '../model/quantity.ts';
import { printable } from '../model/text.ts';
import { isoText } from '../model/time/iso-time.ts';
import type { FigureTotals } from '../store/figures/figures.ts';
import type { LiveAnalysis } from '../store/live-analysis.ts';
import type { ApplianceParts } from './appliance-parts.ts';
import type { DeviceRow } from './schemas/devices.ts';
import type {
  AccessPointView,
  AnalysisView,
  CaptureView,
  ClockView,
  OpenTag,
  StatusResponse,
  StorageView,
} from './schemas/status.ts';

/** The newest; the ledger has a line for each. */
const MAX_GAPS = 20;
/** Below it a warning is shown: the card is nearly full. */
const LOW_DISK_BYTES = 500_000_000;

export function makeStatus(parts: ApplianceParts, rows: readonly DeviceRow[], totals: FigureTotals): StatusResponse {
  const capture = parts.watch.status;
  const { status: known, reason } = readApStatus();
  const status: Omit<StatusResponse, 'warnings'> = {
    schema: 'weir.status/1',
    ts: new Date().toISOString(),
    appliance: {
      id: parts.id,
      version: parts.version,
      started: parts.started,
      uptime_seconds: Math.round(process.uptime()),
      pid: process.pid,
    },
    capture: capture === null ? null : captureView(capture),
    capture_reason: parts.watch.reason,
    phase: {
      phase: capture?.phase ?? 'unknown',
      interaction: capture?.interaction ?? 'unknown',
      since: capture === null ? null : isoText(capture.phase_since),
    },
    tags: openTags(capture),
    windows_line: parts.analysis.recorded.changedBy,
    analysis: analysisView(parts.analysis),
    mqtt: parts.mqtt(),
    notifications: parts.notifications(),
    storage: storageView(parts, capture),
    clock: clockView(parts),
    ap: known === null ? null : accessPointView(known),
    proxy: proxyView(),
    check_up: checkUpView(parts),
    refused: parts.refusals.view(),
    totals: {
      devices: rows.filter((row) => row.mac !== null).length,
      ...totals,
    },
  };
  return { ...status, warnings: [...parts.bootWarnings, ...warningsOf(status), ...accessPointWarnings(known, reason)] };
}

export function openTags(capture: CaptureStatus | null): OpenTag[] {
  return (capture?.tags ?? []).map((tag) => ({ ...tag, since: isoText(tag.since) }));
}

function checkUpView({ doctor: { report } }: ApplianceParts): StatusResponse['check_up'] {
  return report === null ? null : { ts: report.ts, failed: report.counts.fail, warned: report.counts.warn };
}

/** `file`: as the app proxy's rules left it. */
export function proxyView(file: string = PROXY_STATE_FILE): StatusResponse['proxy'] {
  try {
    const state = parseProxyState(readFileSync(file, 'utf8'));
    return state === undefined ? null : { device: printable(state.device, 17), since: printable(state.since, 40) };
  } catch (thrown) {
    expectOnly(thrown, 'asking whether the app proxy runs', ...ABSENT);
    return null;
  }
}

/** To a tenth of a second. */
export function rowsAgeSeconds({ figures }: LiveAnalysis): number {
  return Math.round(figures.ageMs / 100) / 10;
}

function accessPointView({ stations, counters, ...status }: ApStatus): AccessPointView {
  const { state, since, ssid, security, band, channel, country, uplink, leases, last_trouble } = status;
  return {
    state,
    since,
    reason: status.reason,
    ssid,
    security,
    band,
    channel,
    country,
    interface: status.interface,
    uplink,
    local_traffic: status.local_traffic,
    local_traffic_reason: status.local_traffic_reason,
    leases,
    stations: stations.map(({ rx_bytes: _rx, tx_bytes: _tx, ...station }) => station),
    joins: counters.joins,
    disconnects: { ...counters.disconnects },
    churn: counters.churn,
    wrong_passphrase: counters.wrong_passphrase,
    repairs: counters.repairs,
    last_trouble,
  };
}

function accessPointWarnings(status: ApStatus | null, reason: string): string[] {
  if (status === null) return [];
  return [...(reason === '' ? [] : [reason]), ...apWarnings(status)];
}

function captureView(status: CaptureStatus): CaptureView {
  const { state, reason, engine, started, pid, version, counters, ledger } = status;
  return {
    state,
    reason,
    engine,
    interface: status.interface,
    started: isoText(started),
    pid,
    version,
    counters: { ...counters },
    gaps: status.gaps.slice(-MAX_GAPS).map((gap) => ({ ...gap, from: isoText(gap.from), to: isoText(gap.to) })),
    ledger,
    key: status.key ?? null,
    places_given_back: status.places_given_back ?? null,
  };
}

function analysisView(analysis: LiveAnalysis): AnalysisView {
  const { load, indexState } = analysis;
  const state = !analysis.isRunning ? 'restarting' : load.backlog_bytes > CATCHING_UP_BYTES ? 'catching_up' : 'live';
  return {
    state,
    lag_seconds: load.lag_seconds,
    backlog_bytes: load.backlog_bytes,
    backlog_segments: load.backlog_segments,
    unread_segments: load.unread_segments,
    unread_bytes: load.unread_bytes,
    analysed_records: load.packets,
    analysed_share: analysedShare(load),
    rows_age_seconds: rowsAgeSeconds(analysis),
    quarantined_packets: analysis.quarantinedPackets,
    undrawn_devices: analysis.figures.undrawn.devices,
    undrawn_reason: printable(analysis.figures.undrawn.reason, 300),
    worker_restarts: analysis.restarts,
    index: indexState,
  };
}

/** Of everything that was stored for it to read, also what is gone by now. */
function analysedShare({ bytes, backlog_bytes, unread_bytes }: LiveAnalysis['load']): number | null {
  const all = bytes + backlog_bytes + unread_bytes;
  return all === 0 ? null : bytes / all;
}

const CATCHING_UP_BYTES = 4 * 1024 * 1024;

function storageView({ health, analysis }: ApplianceParts, capture: CaptureStatus | null): StorageView {
  const { disk_free_bytes, disk_total_bytes } = health.sample;
  return {
    capture_bytes: capture?.storage.bytes ?? null,
    capture_segments: capture?.storage.segments ?? null,
    budget_bytes: capture?.storage.budget_bytes ?? null,
    forecast_seconds: capture?.storage.forecast_seconds ?? null,
    written_bytes: capture?.storage.written_bytes ?? null,
    device_written_bytes: capture?.storage.device_written_bytes ?? null,
    sync_promised_seconds: capture?.sync?.promised_seconds ?? null,
    sync_late: capture?.sync?.late ?? null,
    sync_worst_seconds: capture?.sync?.worst_seconds ?? null,
    free_bytes: disk_free_bytes,
    total_bytes: disk_total_bytes,
    index_bytes: analysis.indexBytes,
  };
}

/** Capture's word first: it asked for the clock of the evidence. */
export function clockView({ watch, health, clockGuard }: ApplianceParts): ClockView {
  const reported = watch.status?.clock;
  const own = health.sync;
  const sync = reported === undefined || reported.synced === 'unknown' ? own : reported;
  return {
    now: new Date().toISOString(),
    synced: sync.synced,
    source: sync.source,
    max_error_seconds: sync.max_error_seconds,
    boot_id: reported?.boot_id ?? bootId(),
    last_step: clockGuard.lastStep,
  };
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch (thrown) {
    expectOnly(thrown, 'reading the boot id', ...ABSENT);
    return '';
  }
}

/** What people should know now, one sentence each; the page shows them above everything. */
export function warningsOf(status: Omit<StatusResponse, 'warnings'>): string[] {
  const { capture, analysis, storage, clock, mqtt, notifications, proxy } = status;
  const warnings = [
    proxy === null
      ? ''
      : `The app proxy looks into the TLS of ${proxy.device} since ${proxy.since}: what its apps say is recorded in full. End it: weir proxy stop`,
    capture === null ? status.capture_reason : capture.reason,
    lossText(capture),
    analysis.index.reason,
    analysis.quarantined_packets > 0
      ? `Analysis left out ${analysis.quarantined_packets} packets on which it failed; they are in the captures.`
      : '',
    analysis.undrawn_devices > 0
      ? `The figures of ${analysis.undrawn_devices} devices could not be drawn (${analysis.undrawn_reason}); the last ones remain, and it is tried again.`
      : '',
    storage.free_bytes !== null && storage.free_bytes < LOW_DISK_BYTES
      ? `Less than ${bytesText(LOW_DISK_BYTES)} are free on the card.`
      : '',
    clock.synced === 'no' ? 'The clock is not synchronised: times in captures may be off.' : '',
    mqtt.state === 'offline' ? `The broker does not answer (${mqtt.reason}); messages wait.` : '',
    ...notifications.map(({ channel, reason }) =>
      reason === '' ? '' : `Notifications by ${channel} are not taken (${reason}); they wait.`,
    ),
  ];
  return warnings.filter((warning) => warning !== '');
}

function lossText(capture: CaptureView | null): string {
  if (capture === null) return '';
  const { dropped_kernel, lost_disk, lost_queue, lost_pipe } = capture.counters;
  const lost = (dropped_kernel ?? 0) + lost_disk + lost_queue + (lost_pipe ?? 0);
  return lost === 0 ? '' : `${lost} packets were lost since capture started; the ledger says when and why.`;
}
