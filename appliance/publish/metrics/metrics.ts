// Prometheus text exposition, version 0.0.4. Names as CONVENTIONS §2; labels are bounded: device, direction, reason,
// severity, class, process, never a remote address or a name from the air.

import type { LiveAnalysis } from '../../store/live-analysis.ts';
import type { ApplianceApi } from '../appliance-api.ts';
import type { DeviceRow } from '../schemas/devices.ts';
import type { HealthResponse } from '../schemas/health.ts';
import type { StatusResponse } from '../schemas/status.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number | null];

interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  /** A sample of null is unknown and left out: absence is not zero. */
  readonly samples: (
    status: StatusResponse,
    devices: readonly DeviceRow[],
    analysis: LiveAnalysis,
    processes: HealthResponse['processes'],
  ) => readonly Sample[];
}

const one = (value: number | null): Sample[] => [[{}, value]];
const yes = (value: boolean) => (value ? 1 : 0);

export const METRICS: readonly Metric[] = [
  {
    name: 'weir_build_info',
    type: 'gauge',
    help: 'Version of the appliance.',
    samples: ({ appliance }) => [[{ version: appliance.version, appliance: appliance.id }, 1]],
  },
  {
    name: 'weir_capture_up',
    type: 'gauge',
    help: 'Whether capture answers.',
    samples: ({ capture }) => one(yes(capture !== null)),
  },
  {
    name: 'weir_capture_packets_total',
    type: 'counter',
    help: 'Frames that reached capture.',
    samples: ({ capture }) => one(capture?.counters.captured ?? null),
  },
  {
    name: 'weir_capture_dropped_packets_total',
    type: 'counter',
    help: 'Frames lost, by reason.',
    samples: ({ capture }) =>
      (['dropped_kernel', 'lost_pipe', 'lost_queue', 'lost_disk'] as const).map((reason) => [
        { reason },
        capture?.counters[reason] ?? null,
      ]),
  },
  {
    name: 'weir_capture_sourceless_packets_total',
    type: 'counter',
    help: 'Frames whose source address is a group or zero; they are stored in _infra.',
    samples: ({ capture }) => one(capture?.counters.sourceless ?? null),
  },
  {
    name: 'weir_capture_places_given_back_total',
    type: 'counter',
    help: 'Files of their own that silent devices gave up to others (`capture.max_devices`).',
    samples: ({ capture }) => one(capture?.places_given_back ?? null),
  },
  {
    name: 'weir_capture_bytes_total',
    type: 'counter',
    help: 'Bytes that capture has given to the disk since it started, in whole pages.',
    samples: ({ storage }) => one(storage.written_bytes),
  },
  {
    name: 'weir_capture_segments_total',
    type: 'counter',
    help: 'Segments named in the ledger.',
    samples: (_status, _devices, analysis) => one(analysis.catalog.size),
  },
  {
    name: 'weir_device_bytes_total',
    type: 'counter',
    help: 'Bytes of a device, up and down.',
    samples: (_status, devices) =>
      devices.flatMap((row): Sample[] => [
        [{ device: row.id, direction: 'up' }, row.bytes_up],
        [{ device: row.id, direction: 'down' }, row.bytes_down],
      ]),
  },
  {
    name: 'weir_device_last_seen_timestamp_seconds',
    type: 'gauge',
    help: 'Time of the last packet of a device.',
    samples: (_status, devices) =>
      devices.map((row) => [{ device: row.id }, row.last_seen === null ? null : Date.parse(row.last_seen) / 1000]),
  },
  {
    name: 'weir_device_destinations',
    type: 'gauge',
    help: 'Addresses on the Internet that a device talked to.',
    samples: (_status, devices) => devices.map((row) => [{ device: row.id }, row.destinations]),
  },
  {
    name: 'weir_findings_open',
    type: 'gauge',
    help: 'Findings by severity.',
    samples: ({ totals }) =>
      (['low', 'medium', 'high'] as const).map((severity) => [{ severity }, totals.findings[severity]]),
  },
  {
    name: 'weir_conversations_without_row',
    type: 'gauge',
    help: 'Conversations that devices’ documents combine in one row with others of their service (joined), or only in sums (evicted).',
    samples: ({ totals }) => (['joined', 'evicted'] as const).map((how) => [{ how }, totals.conversations[how]]),
  },
  {
    name: 'weir_flows_joined_total',
    type: 'counter',
    help: 'Rows of the flow matrix that are reported without their peer, because an hour, a day or a month had too many.',
    samples: (_status, _devices, analysis) => one(analysis.store.flowsJoined),
  },
  {
    name: 'weir_analysis_lag_seconds',
    type: 'gauge',
    help: 'Of the device furthest behind: how long the oldest of its packets that analysis has not read has waited.',
    samples: ({ analysis }) => one(analysis.lag_seconds),
  },
  {
    name: 'weir_rows_age_seconds',
    type: 'gauge',
    help: 'Time since the oldest change that figures of devices do not show yet; 0 while they show all that is analysed.',
    samples: ({ analysis }) => one(analysis.rows_age_seconds),
  },
  {
    name: 'weir_analysis_backlog_bytes',
    type: 'gauge',
    help: 'Stored and not analysed yet.',
    samples: ({ analysis }) => one(analysis.backlog_bytes),
  },
  {
    name: 'weir_analysis_share',
    type: 'gauge',
    help: 'Of the bytes stored since the appliance started, the part that was analysed, 0 to 1.',
    samples: ({ analysis }) => one(analysis.analysed_share),
  },
  {
    name: 'weir_analysis_unread_bytes',
    type: 'gauge',
    help: 'Deleted to make room before they were analysed.',
    samples: ({ analysis }) => one(analysis.unread_bytes),
  },
  {
    name: 'weir_analysis_quarantined_packets',
    type: 'gauge',
    help: 'Packets that analysis had to leave out.',
    samples: ({ analysis }) => one(analysis.quarantined_packets),
  },
  {
    name: 'weir_analysis_undrawn_devices',
    type: 'gauge',
    help: 'Devices whose figures could not be drawn when it was last tried.',
    samples: ({ analysis }) => one(analysis.undrawn_devices),
  },
  {
    name: 'weir_storage_bytes',
    type: 'gauge',
    help: 'Bytes of the data folder and its file system.',
    samples: ({ storage }) => [
      [{ class: 'captures' }, storage.capture_bytes],
      [{ class: 'free' }, storage.free_bytes],
      [{ class: 'total' }, storage.total_bytes],
    ],
  },
  {
    name: 'weir_storage_forecast_seconds',
    type: 'gauge',
    help: 'Until the budget is used up at the present rate.',
    samples: ({ storage }) => one(storage.forecast_seconds),
  },
  {
    name: 'weir_storage_writes_bytes_total',
    type: 'counter',
    help: 'Bytes that the whole block device of the data folder has taken since boot, from everybody.',
    samples: ({ storage }) => one(storage.device_written_bytes),
  },
  {
    name: 'weir_storage_sync_late_total',
    type: 'counter',
    help: 'Syncs of open captures that ended after the age that capture.sync_seconds_* promises, since capture started.',
    samples: ({ storage }) => one(storage.sync_late),
  },
  {
    name: 'weir_storage_sync_worst_seconds',
    type: 'gauge',
    help: 'The oldest that a captured frame became before it was durable, since capture started.',
    samples: ({ storage }) => one(storage.sync_worst_seconds),
  },
  {
    name: 'weir_ap_up',
    type: 'gauge',
    help: 'Whether the access point announces its network.',
    samples: ({ ap }) => one(ap === null ? null : yes(ap.state === 'up')),
  },
  {
    name: 'weir_ap_stations',
    type: 'gauge',
    help: 'Stations on the access point.',
    samples: ({ ap }) => one(ap?.stations.length ?? null),
  },
  {
    name: 'weir_ap_disconnects_total',
    type: 'counter',
    help: 'Stations that went, by reason.',
    samples: ({ ap }) =>
      (['left', 'inactive', 'ap_restart'] as const).map((reason) => [{ reason }, ap?.disconnects[reason] ?? null]),
  },
  {
    name: 'weir_ap_repairs_total',
    type: 'counter',
    help: 'Times the access point was brought back.',
    samples: ({ ap }) => one(ap?.repairs ?? null),
  },
  {
    name: 'weir_clock_synchronised',
    type: 'gauge',
    help: 'Whether the clock follows a time service.',
    samples: ({ clock }) => one(clock.synced === 'unknown' ? null : yes(clock.synced === 'yes')),
  },
  {
    name: 'weir_process_resident_bytes',
    type: 'gauge',
    help: 'Memory that a process of Weir occupies, as it says itself.',
    samples: (_status, _devices, _analysis, processes) =>
      processes.map(({ name, memory_bytes }) => [{ process: name }, memory_bytes]),
  },
  {
    name: 'weir_process_written_bytes_total',
    type: 'counter',
    help: 'Bytes that a process of Weir has given to the card since it started, in whole pages.',
    samples: (_status, _devices, _analysis, processes) =>
      processes.map(({ name, written_bytes }) => [{ process: name }, written_bytes]),
  },
  {
    name: 'weir_doctor_checks',
    type: 'gauge',
    help: 'Checks of the last check-up that found something, by verdict.',
    samples: ({ check_up }) => [
      [{ verdict: 'fail' }, check_up?.failed ?? null],
      [{ verdict: 'warn' }, check_up?.warned ?? null],
    ],
  },
  {
    name: 'weir_refused_total',
    type: 'counter',
    help: 'Turned away so that nobody shuts the others out: lines (connections to the page), logins, orders, commands (over the broker).',
    samples: ({ refused }) => Object.entries(refused).map(([what, times]) => [{ what }, times]),
  },
  {
    name: 'weir_mqtt_connected',
    type: 'gauge',
    help: 'Whether the broker is connected.',
    samples: ({ mqtt }) => one(mqtt.state === 'off' ? null : yes(mqtt.state === 'connected')),
  },
  {
    name: 'weir_mqtt_publish_errors_total',
    type: 'counter',
    help: 'Messages that could not be published.',
    samples: ({ mqtt }) => one(mqtt.errors),
  },
];

export function metricsText(api: ApplianceApi, analysis: LiveAnalysis): string {
  const status = api.status();
  const devices = api.devices();
  const { processes } = api.health();
  return METRICS.map((metric) => metricText(metric, metric.samples(status, devices, analysis, processes))).join('');
}

function metricText({ name, type, help }: Metric, samples: readonly Sample[]): string {
  const lines = samples.flatMap(([labels, value]) =>
    value === null ? [] : [`${name}${labelText(labels)} ${value}\n`],
  );
  return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelText(labels: Labels): string {
  const entries = Object.entries(labels).map(([key, value]) => `${key}="${escapeLabel(value)}"`);
  return entries.length === 0 ? '' : `{${entries.join(',')}}`;
}

/** Backslash, quote and line break, as the format asks. */
function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
