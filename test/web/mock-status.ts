// The invented appliance itself: its status, health and ledger, for the mock server.

import { RIVAL_CHECKS } from '../../appliance/health/doctor/checks/rivals.ts';
import type { ConfirmedIdentity } from '../../appliance/model/user-identity.ts';
import type { LedgerResponse } from '../../appliance/publish/schemas/captures.ts';
import type { DoctorCheck, DoctorResponse } from '../../appliance/publish/schemas/doctor.ts';
import type { PhaseRequest } from '../../appliance/publish/schemas/experiment.ts';
import type { HealthResponse } from '../../appliance/publish/schemas/health.ts';
import type { RecordingResponse } from '../../appliance/publish/schemas/recording.ts';
import type { StatusResponse } from '../../appliance/publish/schemas/status.ts';
import { HOME } from './mock-home.ts';

export interface State {
  phase: PhaseRequest['phase'];
  interaction: StatusResponse['phase']['interaction'];
  tags: StatusResponse['tags'];
  endedTags: RecordingResponse['tags'];
  /** By device id. */
  readonly identities: Map<string, ConfirmedIdentity>;
  readonly switches: {
    readonly ts: string;
    readonly phase: string;
    readonly interaction: string;
    readonly note: string;
  }[];
}

export function statusOf(state: State, captureAnswers: boolean, started: number): StatusResponse {
  const since = state.switches.at(-1)?.ts ?? null;
  const gap = (seconds: number) => new Date(started - seconds * 1000).toISOString();
  return {
    schema: 'weir.status/1',
    ts: new Date().toISOString(),
    appliance: { id: 'weir-lab1', version: '0.1.0', started: gap(93_600), uptime_seconds: 93_600, pid: 812 },
    capture: captureAnswers
      ? {
          state: 'capturing',
          reason: '',
          engine: 'tcpdump',
          interface: 'br-weir',
          started: gap(93_600),
          pid: 640,
          version: '0.1.0',
          counters: {
            received: 1_204_420,
            dropped_kernel: 0,
            lost_pipe: 112,
            captured: 1_204_308,
            written: 1_204_113,
            lost_queue: 0,
            lost_disk: 0,
            refused: 0,
            sourceless: 31,
            canaries: 156,
          },
          gaps: [{ from: gap(150), to: gap(128), reason: 'engine_exit', lost: 112 }],
          ledger: { lines: 1480, head_sha256: '7f3a9c'.repeat(10) + 'beef' },
          key: '5d08e1'.repeat(10) + 'cafe',
          places_given_back: 0,
        }
      : null,
    capture_reason: captureAnswers ? '' : 'No capture process answers on its socket. Start `weir capture`.',
    phase: captureAnswers
      ? { phase: state.phase, interaction: state.interaction, since }
      : { phase: 'unknown', interaction: 'unknown', since: null },
    tags: state.tags,
    windows_line: 1200,
    analysis: {
      state: 'live',
      lag_seconds: 0.8,
      backlog_bytes: 0,
      backlog_segments: 0,
      unread_segments: 0,
      unread_bytes: 0,
      analysed_records: 1_204_113,
      analysed_share: 1,
      rows_age_seconds: 0,
      quarantined_packets: 0,
      undrawn_devices: 0,
      undrawn_reason: '',
      worker_restarts: 0,
      index: { state: 'open', reason: '', segments: 33 },
    },
    notifications: [],
    mqtt: {
      state: 'connected',
      reason: '',
      broker: 'mqtt://127.0.0.1:1883',
      base_topic: 'weir/lab1',
      published: 4120,
      queued: 0,
      dropped: 0,
      errors: 0,
    },
    storage: {
      capture_bytes: 1_620_400_112,
      capture_segments: 33,
      budget_bytes: 24_000_000_000,
      forecast_seconds: 1_036_800,
      written_bytes: 1_800_000_000,
      device_written_bytes: 4_100_000_000,
      sync_promised_seconds: 2,
      sync_late: 0,
      sync_worst_seconds: 1.7,
      free_bytes: 21_000_000_000,
      total_bytes: 31_000_000_000,
      index_bytes: 18_400_000,
    },
    clock: clockOf(),
    ap: {
      state: 'up',
      since: gap(93_500),
      reason: '',
      ssid: 'weir-lab1',
      security: 'wpa2',
      band: '2.4',
      channel: 6,
      country: 'GB',
      interface: 'wlan0',
      uplink: 'eth0',
      local_traffic: 'visible',
      local_traffic_reason: '4211 frames between devices passed the bridge',
      leases: { used: HOME.length, pool: 244 },
      stations: HOME.slice(0, 3).map(({ mac, silentSeconds }, index) => ({
        mac,
        ssid: 'weir-lab1',
        since: gap(3600 * (index + 1)),
        present: silentSeconds < 60,
        inactive_seconds: silentSeconds,
        signal_dbm: -48 - 7 * index,
        ip: `10.77.0.${20 + index}`,
      })),
      joins: 14,
      disconnects: { left: 3, inactive: 1, ap_restart: 0 },
      churn: 2,
      wrong_passphrase: 0,
      repairs: 0,
      last_trouble: null,
    },
    proxy: null,
    check_up: null,
    refused: { lines: 0, logins: 0, orders: 0, commands: 0 },
    totals: {
      conversations: { joined: 0, evicted: 0 },
      devices: HOME.length,
      packets: 1_204_113,
      bytes: 1_620_000_000,
      destinations: 18,
      findings: { low: 10, medium: 1, high: 3 },
    },
    warnings: [],
  };
}

function clockOf(): StatusResponse['clock'] {
  return {
    now: new Date().toISOString(),
    synced: 'yes',
    source: 'chrony',
    max_error_seconds: 0.004,
    boot_id: '0'.repeat(32),
    last_step: null,
  };
}

export function healthOf(status: StatusResponse): HealthResponse {
  return {
    sample: {
      ts: new Date().toISOString(),
      load: [0.31, 0.28, 0.22],
      cpu_busy: 0.13,
      memory_total_bytes: 4_100_000_000,
      memory_available_bytes: 3_200_000_000,
      temperature_celsius: 51.2,
      throttled: [],
      disk_total_bytes: 31_000_000_000,
      disk_free_bytes: 21_000_000_000,
      inodes_free: 1_800_000,
      uptime_seconds: 95_000,
    },
    inventory: {
      taken: new Date().toISOString(),
      model: 'Raspberry Pi 4 Model B Rev 1.4',
      manufacturer: 'Raspberry Pi Foundation',
      cpu: 'BCM2711',
      cores: 4,
      architecture: 'arm64',
      memory_bytes: 4_100_000_000,
      os: 'Debian GNU/Linux 12',
      kernel: '6.6.51+rpt-rpi-v8',
      host_name: 'weir-lab1',
      node: 'v20.19.0',
      disks: [{ name: 'mmcblk0', bytes: 31_900_000_000, type: 'SD' }],
      interfaces: [
        { name: 'eth0', mac: 'dc:a6:32:00:00:01', state: 'up' },
        { name: 'br-weir', mac: 'dc:a6:32:00:00:02', state: 'up' },
      ],
    },
    clock: status.clock,
    processes: [
      {
        name: 'capture',
        pid: 640,
        state: 'running',
        started: status.appliance.started,
        memory_bytes: 61_000_000,
        written_bytes: 9_400_000_000,
      },
      {
        name: 'appliance',
        pid: 812,
        state: 'running',
        started: status.appliance.started,
        memory_bytes: 142_000_000,
        written_bytes: 210_000_000,
      },
    ],
    schedule: [
      { name: 'daily summary', cron: '5 0 * * *', state: 'waiting', next: new Date(Date.now() + 3e7).toISOString() },
    ],
  };
}

export function ledgerOf(state: State, after: number): LedgerResponse {
  const lines = [
    ...state.switches.map((entry) => ({ type: 'phase', by: 'page', ...entry })),
    { ts: new Date(Date.now() - 9e5).toISOString(), type: 'download', by: '192.0.2.9', files: 1, detail: 'segment 4' },
  ];
  const numbered = lines.map((line, n) => ({ n, ...line }));
  return { lines: numbered.filter((line) => line.n > after), head: lines.length - 1 };
}

const CHECKS: readonly DoctorCheck[] = [
  check(
    'clock',
    'machine',
    'warn',
    'chrony runs and is not synchronised',
    'Let it reach a time server (`timedatectl status`).',
  ),
  check('card-speed', 'storage', 'unknown', 'not measured this time, to leave the card alone'),
  check('rfkill', 'radio', 'fail', 'soft-blocked: rfkill0', 'rfkill unblock wifi'),
  check('network-manager', 'radio', 'fail', 'it holds wlan0 (disconnected)', remedyOf('network-manager')),
  check('channel', 'radio', 'ok', 'channel 6 (2.4 GHz)'),
  check(
    'port-53',
    'network',
    'fail',
    '<img src=x onerror=alert(1)> (process 812) listens on udp 0.0.0.0:53',
    'Stop <img src=x onerror=alert(1)> (kill 812, and disable its service), or bind it to another address.',
  ),
  check('hairpin', 'network', 'not applicable', 'devices may not speak with each other (ap.local_traffic)'),
];

/** The doctor's own words, so that they are never older here. */
function remedyOf(id: string): string {
  return RIVAL_CHECKS.find((rival) => rival.id === id)?.fix ?? '';
}

function check(
  id: string,
  area: DoctorCheck['area'],
  verdict: DoctorCheck['verdict'],
  seen: string,
  fix = '',
): DoctorCheck {
  const means =
    fix === '' ? '' : 'What follows from it, in a sentence that may well be longer than a telephone is wide.';
  return { id, area, title: `The ${id} is as it should be`, verdict, seen, means, fix };
}

/** Until somebody asks nothing was looked at. */
export function doctorOf(hasLooked: boolean): DoctorResponse {
  if (!hasLooked) return { state: 'idle', report: null };
  const counts = { ok: 1, warn: 1, fail: 3, unknown: 1, not_applicable: 1 };
  const ts = new Date().toISOString();
  const head = {
    schema: 'weir.doctor/1',
    ts,
    version: '0.1.0',
    verdict: 'fail',
    as_root: false,
    config: null,
  } as const;
  return { state: 'idle', report: { ...head, counts, checks: [...CHECKS] } };
}
