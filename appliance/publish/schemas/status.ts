// HTTP API: the state of the appliance and what was counted.

import { type Static, Type } from 'typebox';
import { AP_STATES, LOCAL_TRAFFIC } from '../../ap/status/status.ts';
import { INTERACTIONS, PHASES } from '../../model/phase.ts';
import { closed, count, literals, nullable } from './words.ts';

export const countersSchema = closed({
  received: nullable(count()),
  dropped_kernel: nullable(count()),
  lost_pipe: nullable(count()),
  captured: count(),
  written: count(),
  lost_queue: count(),
  lost_disk: count(),
  refused: count(),
  sourceless: count(),
  canaries: count(),
});

export const openTagSchema = closed({
  tag: Type.String(),
  device: nullable(Type.String()),
  owner: Type.String(),
  since: Type.String(),
});
export type OpenTag = Static<typeof openTagSchema>;

export const captureSchema = closed({
  state: literals(['starting', 'waiting', 'capturing', 'degraded', 'paused', 'stopping']),
  /** One line for a person; empty while all is well. */
  reason: Type.String(),
  engine: Type.String(),
  interface: Type.String(),
  started: Type.String(),
  pid: Type.Integer(),
  version: Type.String(),
  counters: countersSchema,
  gaps: Type.Array(closed({ from: Type.String(), to: Type.String(), reason: Type.String(), lost: nullable(count()) })),
  ledger: closed({ lines: count(), head_sha256: Type.String() }),
  /** Fingerprint of the public key that signs the evidence; null if capture does not report it. */
  key: nullable(Type.String()),
  /** Files of their own that silent devices gave up to others, since capture started; null if capture does not report it. */
  places_given_back: nullable(count()),
});
export type CaptureView = Static<typeof captureSchema>;

export const analysisSchema = closed({
  state: literals(['starting', 'live', 'catching_up', 'restarting', 'stopped']),
  /** For how long the oldest stored packet that analysis has not read has waited; 0 while it keeps up. */
  lag_seconds: Type.Number({ minimum: 0 }),
  backlog_bytes: count(),
  backlog_segments: count(),
  /** Closed segments, and their bytes, that were deleted to make room before analysis had read them. */
  unread_segments: count(),
  unread_bytes: count(),
  /** Of all files: a frame between two devices lies in both their files and is read twice, though it counts once in every total. */
  analysed_records: count(),
  /** Of the bytes stored since the appliance started, 0 to 1; null before there are any. */
  analysed_share: nullable(Type.Number({ minimum: 0, maximum: 1 })),
  /** Since the oldest change that totals and rows of devices do not show yet; 0 while they show all that is analysed. */
  rows_age_seconds: Type.Number({ minimum: 0 }),
  /** Packets on which analysis hung or died; they are in the capture files and in no figure. */
  quarantined_packets: count(),
  /** Devices whose figures could not be drawn when it was last tried: theirs are those of before. */
  undrawn_devices: count(),
  /** Why the latest of them could not; empty where all could. */
  undrawn_reason: Type.String(),
  worker_restarts: count(),
  index: closed({
    state: literals(['opening', 'open', 'rebuilding', 'waiting']),
    reason: Type.String(),
    segments: count(),
  }),
});
export type AnalysisView = Static<typeof analysisSchema>;

export const mqttSchema = closed({
  state: literals(['off', 'connecting', 'connected', 'offline']),
  reason: Type.String(),
  broker: Type.String(),
  base_topic: Type.String(),
  published: count(),
  queued: count(),
  dropped: count(),
  errors: count(),
});
export type MqttView = Static<typeof mqttSchema>;

const notificationsSchema = Type.Array(
  closed({
    channel: Type.String(),
    sent: count(),
    waiting: count(),
    /** Found no room while the channel took none. */
    dropped: count(),
    /** Why the last try failed; empty after one that succeeded. */
    reason: Type.String(),
  }),
);

export const storageSchema = closed({
  /** What captures take, as capture counts it; null while capture does not answer. */
  capture_bytes: nullable(count()),
  capture_segments: nullable(count()),
  budget_bytes: nullable(count()),
  forecast_seconds: nullable(Type.Number()),
  written_bytes: nullable(count()),
  device_written_bytes: nullable(count()),
  /** Age before which every frame shall be on the card; syncs that ended later, and the oldest that a frame became, in this run. */
  sync_promised_seconds: nullable(Type.Number()),
  sync_late: nullable(count()),
  sync_worst_seconds: nullable(Type.Number()),
  free_bytes: nullable(count()),
  total_bytes: nullable(count()),
  index_bytes: nullable(count()),
});
export type StorageView = Static<typeof storageSchema>;

export const clockSchema = closed({
  now: Type.String(),
  synced: literals(['yes', 'no', 'unknown']),
  source: Type.String(),
  max_error_seconds: nullable(Type.Number()),
  boot_id: Type.String(),
  last_step: nullable(closed({ ts: Type.String(), seconds: Type.Number() })),
});
export type ClockView = Static<typeof clockSchema>;

const accessPointSchema = closed(
  {
    state: literals(AP_STATES),
    since: Type.String(),
    reason: Type.String(),
    ssid: Type.String(),
    security: Type.String(),
    band: Type.String(),
    channel: count(),
    country: Type.String(),
    interface: Type.String(),
    uplink: Type.String(),
    local_traffic: literals(LOCAL_TRAFFIC),
    local_traffic_reason: Type.String(),
    leases: closed({ used: count(), pool: count() }),
    stations: Type.Array(
      closed({
        mac: Type.String(),
        ssid: Type.String(),
        since: Type.String(),
        present: Type.Boolean(),
        inactive_seconds: nullable(Type.Number()),
        signal_dbm: nullable(Type.Number()),
        ip: nullable(Type.String()),
      }),
    ),
    joins: count(),
    disconnects: closed({ left: count(), inactive: count(), ap_restart: count() }),
    churn: count(),
    wrong_passphrase: count(),
    repairs: count(),
    last_trouble: nullable(closed({ kind: Type.String(), at: Type.String(), text: Type.String() })),
  },
  'The access point, as its supervisor last said.',
);
export type AccessPointView = Static<typeof accessPointSchema>;

export const statusSchema = closed(
  {
    schema: Type.Literal('weir.status/1'),
    ts: Type.String(),
    appliance: closed({
      id: Type.String(),
      version: Type.String(),
      started: Type.String(),
      uptime_seconds: Type.Number(),
      pid: Type.Integer(),
    }),
    /** null while capture does not answer; then `capture_reason` says why. */
    capture: nullable(captureSchema),
    capture_reason: Type.String(),
    /** `unknown` while capture does not answer: what was declared last is in the ledger. */
    phase: closed({
      phase: literals([...PHASES, 'unknown']),
      interaction: literals([...INTERACTIONS, 'unknown']),
      since: nullable(Type.String()),
    }),
    tags: Type.Array(openTagSchema),
    /** Number of the newest line of the ledger that began, ended or changed a window (phase, tag, note, gap, scan); 0 before one. */
    windows_line: count(),
    analysis: analysisSchema,
    mqtt: mqttSchema,
    /** One for each channel that is set. */
    notifications: notificationsSchema,
    storage: storageSchema,
    clock: clockSchema,
    /** null where the access point is not run by Weir. */
    ap: nullable(accessPointSchema),
    /** Whose TLS the app proxy looks into now, and since when; null while it does not run. */
    proxy: nullable(closed({ device: Type.String(), since: Type.String() })),
    /** Of the last check-up; null before the first. */
    check_up: nullable(closed({ ts: Type.String(), failed: count(), warned: count() })),
    /** Turned away since the start, so that nobody shuts the others out: connections, log-ins, orders, requests over the broker. */
    refused: closed({ lines: count(), logins: count(), orders: count(), commands: count() }),
    totals: closed({
      devices: count(),
      packets: count(),
      bytes: count(),
      destinations: count(),
      /** Of the devices' documents: conversations in one row with others of their service, and those in none. */
      conversations: closed({ joined: count(), evicted: count() }),
      findings: closed({ low: count(), medium: count(), high: count() }),
    }),
    /** Lines for a person: what is wrong, what happens now, what to do. Empty while all is well. */
    warnings: Type.Array(Type.String()),
  },
  'The appliance at a glance.',
);
export type StatusResponse = Static<typeof statusSchema>;
