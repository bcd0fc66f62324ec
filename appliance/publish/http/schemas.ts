// The words of the HTTP API: one declaration gives the types (the page imports them), the request checks and openapi.json.
// Names are snake_case as in the analysis document; times are ISO 8601 UTC unless a field says otherwise; sizes are bytes.

import { type Static, type TProperties, Type } from 'typebox';
import { AP_STATES, LOCAL_TRAFFIC } from '../../ap/status.ts';
import { INTERACTIONS, PHASES } from '../../model/phase.ts';
import { IDENTITY_TEXT } from '../../model/user-identity.ts';

const closed = <T extends TProperties>(properties: T, description?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(description === undefined ? {} : { description }) });

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
/** Given its type by hand: the type of a union of a mapped list cannot be worked out. */
const literals = <T extends string>(words: readonly T[]) =>
  Type.Unsafe<T>(Type.Union(words.map((word) => Type.Literal(word))));
const text = (maxLength = 4096) => Type.String({ maxLength });
const count = () => Type.Integer({ minimum: 0 });

export const phaseSchema = literals(PHASES);
export const interactionSchema = literals(INTERACTIONS);

/** Every refusal looks like this; `code` is one of `ERROR_CODES` or an HTTP word (`UNAUTHORISED`, `NOT_FOUND`, …). */
export const errorSchema = closed({ code: Type.String(), error: Type.String() });
export type ErrorResponse = Static<typeof errorSchema>;

export const okSchema = closed({ ok: Type.Literal(true) });
export type OkResponse = Static<typeof okSchema>;

// --- access ---------------------------------------------------------------------------------------------------------

export const loginRequestSchema = closed({ password: Type.String({ minLength: 1, maxLength: 256 }) });
export type LoginRequest = Static<typeof loginRequestSchema>;

/** A token of 100 bits and more needs no slow hash; the password of a person does, and some length. */
export const claimRequestSchema = closed({
  token: Type.String({ minLength: 1, maxLength: 64 }),
  password: Type.String({ minLength: 10, maxLength: 256 }),
});
export type ClaimRequest = Static<typeof claimRequestSchema>;

export const claimSchema = closed({
  claimed: Type.Boolean(),
  appliance: Type.String(),
  /** What became of weir.yaml on the boot partition; null on a machine without one. Its mistakes are told after the claim. */
  settings: nullable(literals(['none', 'used', 'unchanged', 'refused'])),
});
export type ClaimResponse = Static<typeof claimSchema>;

export const sessionSchema = closed({
  /** `person` by password and cookie, `token` by bearer token (reads only), `local` by the Unix socket. */
  kind: literals(['person', 'token', 'local']),
  appliance: Type.String(),
  version: Type.String(),
});
export type SessionResponse = Static<typeof sessionSchema>;

export const tokenRequestSchema = closed({ name: Type.String({ pattern: '^[A-Za-z0-9_.-]{1,40}$' }) });
export type TokenRequest = Static<typeof tokenRequestSchema>;
export const tokenSchema = closed({ name: Type.String(), token: Type.String() });
export type TokenResponse = Static<typeof tokenSchema>;
export const tokensSchema = closed({ tokens: Type.Array(closed({ name: Type.String(), created: Type.String() })) });
export type TokensResponse = Static<typeof tokensSchema>;

// --- status ---------------------------------------------------------------------------------------------------------

export const countersSchema = closed({
  received: nullable(count()),
  dropped_kernel: nullable(count()),
  lost_pipe: nullable(count()),
  captured: count(),
  written: count(),
  lost_queue: count(),
  lost_disk: count(),
  refused: count(),
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
});
export type CaptureView = Static<typeof captureSchema>;

export const analysisSchema = closed({
  state: literals(['starting', 'live', 'catching_up', 'restarting', 'stopped']),
  /** Seconds since analysis last had read everything there was; 0 while it has. */
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
  /** Packets on which analysis hung or died; they are in the capture files and in no figure. */
  quarantined_packets: count(),
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

export const storageSchema = closed({
  /** What captures take, as capture counts it; null while capture does not answer. */
  capture_bytes: nullable(count()),
  capture_segments: nullable(count()),
  budget_bytes: nullable(count()),
  forecast_seconds: nullable(Type.Number()),
  written_bytes: nullable(count()),
  device_written_bytes: nullable(count()),
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
    phase: closed({ phase: phaseSchema, interaction: interactionSchema, since: nullable(Type.String()) }),
    tags: Type.Array(openTagSchema),
    analysis: analysisSchema,
    mqtt: mqttSchema,
    storage: storageSchema,
    clock: clockSchema,
    /** null where the access point is not run by Weir. */
    ap: nullable(accessPointSchema),
    /** Of the last check-up; null before the first. */
    check_up: nullable(closed({ ts: Type.String(), failed: count(), warned: count() })),
    totals: closed({
      devices: count(),
      packets: count(),
      bytes: count(),
      destinations: count(),
      findings: closed({ low: count(), medium: count(), high: count() }),
    }),
    /** Lines for a person: what is wrong, what happens now, what to do. Empty while all is well. */
    warnings: Type.Array(Type.String()),
  },
  'The appliance at a glance.',
);
export type StatusResponse = Static<typeof statusSchema>;

// --- devices --------------------------------------------------------------------------------------------------------

export const deviceRowSchema = closed({
  /** The MAC without separators, or `_infra` or `_overflow`: the id in paths and topics. */
  id: Type.String(),
  /** null for `_infra` and `_overflow`. */
  mac: nullable(Type.String()),
  /** The best name known, text from the device; empty when there is none. */
  name: Type.String(),
  /** Where the name comes from (`dhcp`, `mdns`, …); empty when there is none. */
  name_source: Type.String(),
  /** By the address; often the maker of the radio module only. */
  vendor: nullable(Type.String()),
  /** By what the device says of itself, else the vendor. */
  maker: nullable(Type.String()),
  model: nullable(Type.String()),
  randomised: Type.Boolean(),
  category: nullable(Type.String()),
  ips: Type.Array(Type.String()),
  first_seen: nullable(Type.String()),
  last_seen: nullable(Type.String()),
  /** Seen within the last five minutes of capture. */
  present: Type.Boolean(),
  packets: count(),
  bytes_up: count(),
  bytes_down: count(),
  destinations: count(),
  countries: Type.Array(Type.String()),
  findings: closed({ low: count(), medium: count(), high: count() }),
  /** Whether any conversation was seen in the clear. */
  cleartext: Type.Boolean(),
  /** Bytes of conversations by verdict; services that are plain by design (DNS, NTP, …) are left out. */
  verdicts: Type.Record(Type.String(), count()),
  segments: count(),
  /** Bytes of the last 60 minutes, oldest first, one number a minute. */
  sparkline: Type.Array(count()),
});
export type DeviceRow = Static<typeof deviceRowSchema>;

export const devicesSchema = closed({ ts: Type.String(), devices: Type.Array(deviceRowSchema) });
export type DevicesResponse = Static<typeof devicesSchema>;

export const deviceParamsSchema = closed({ id: Type.String({ pattern: '^([0-9a-f]{12}|_infra|_overflow)$' }) });
export const phaseQuerySchema = closed({ phase: Type.Optional(phaseSchema) });
export type PhaseQuery = Static<typeof phaseQuerySchema>;

/** What a person says a device is: wins over what is inferred. All three empty takes it back. */
export const identityRequestSchema = closed({
  name: Type.String({ maxLength: IDENTITY_TEXT }),
  vendor: Type.String({ maxLength: IDENTITY_TEXT }),
  category: Type.String({ maxLength: IDENTITY_TEXT }),
});
export type IdentityRequest = Static<typeof identityRequestSchema>;

export const hourRowSchema = closed({
  /** Start of the hour, ISO 8601 UTC. */
  hour: Type.String(),
  phase: phaseSchema,
  /** False while a segment of this hour is open. */
  complete: Type.Boolean(),
  packets: count(),
  bytes_up: count(),
  bytes_down: count(),
  payload_bytes: count(),
  conversations: count(),
  destinations: count(),
  countries: Type.Array(Type.String()),
  dns_queries: count(),
  findings: count(),
});
export type HourRow = Static<typeof hourRowSchema>;

export const hoursSchema = closed({ device: Type.String(), hours: Type.Array(hourRowSchema) });
export type HoursResponse = Static<typeof hoursSchema>;

/** The analysis document of CONVENTIONS §9; its types are in model/analysis-document.ts and it only ever gains fields. */
export const documentSchema = Type.Object(
  { schema: Type.Literal('weir.analysis/1') },
  {
    additionalProperties: true,
    description: 'The analysis document, the same as `weir analyze --format json` prints.',
  },
);

// --- traffic --------------------------------------------------------------------------------------------------------

/** Bytes a second. `tcp` and `udp` are all of their kind; `http` and `https` are the parts of them on those ports. */
export const directionSeriesSchema = closed({
  total: Type.Array(count()),
  tcp: Type.Array(count()),
  udp: Type.Array(count()),
  http: Type.Array(count()),
  https: Type.Array(count()),
});
export type DirectionSeries = Static<typeof directionSeriesSchema>;

export const trafficQuerySchema = closed({
  device: Type.Optional(Type.String({ pattern: '^([0-9a-f]{12}|_infra|_overflow)$' })),
  seconds: Type.Optional(Type.Integer({ minimum: 10, maximum: 900, default: 300 })),
});
export type TrafficQuery = Static<typeof trafficQuerySchema>;

export const trafficSchema = closed({
  device: nullable(Type.String()),
  /** Seconds since 1970 of the first value of each series, in capture time. */
  from: Type.Integer(),
  step_seconds: Type.Literal(1),
  /** To the device (`in`) and from the device (`out`). */
  in: directionSeriesSchema,
  out: directionSeriesSchema,
});
export type TrafficResponse = Static<typeof trafficSchema>;

// --- captures -------------------------------------------------------------------------------------------------------

export const segmentRowSchema = closed({
  seq: count(),
  device: Type.String(),
  path: Type.String(),
  phase: phaseSchema,
  state: literals(['open', 'closed', 'deleted']),
  opened: Type.String(),
  closed: nullable(Type.String()),
  first_ts: nullable(Type.String()),
  last_ts: nullable(Type.String()),
  packets: nullable(count()),
  bytes: nullable(count()),
  sha256: nullable(Type.String()),
  cut: nullable(Type.String()),
  /** Whether the figures of this segment stand in the index. */
  analysed: Type.Boolean(),
});
export type SegmentRow = Static<typeof segmentRowSchema>;

export const segmentsQuerySchema = closed({
  device: Type.Optional(Type.String({ pattern: '^([0-9a-f]{12}|_infra|_overflow)$' })),
  phase: Type.Optional(phaseSchema),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 200 })),
  /** Only segments before this number: the next page. */
  before: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type SegmentsQuery = Static<typeof segmentsQuerySchema>;

/** Newest first. */
export const segmentsSchema = closed({ segments: Type.Array(segmentRowSchema), total: count() });
export type SegmentsResponse = Static<typeof segmentsSchema>;

export const segmentParamsSchema = closed({ seq: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) });

export const ledgerQuerySchema = closed({
  /** Lines with a number above this; -1 or absent: from the start. */
  after: Type.Optional(Type.Integer({ minimum: -1 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 200 })),
});
export type LedgerQuery = Static<typeof ledgerQuerySchema>;

/** Lines as they stand in the ledger (types in model/ledger.ts), oldest first. */
export const ledgerSchema = closed({
  lines: Type.Array(
    Type.Object({ n: Type.Integer(), ts: Type.String(), type: Type.String() }, { additionalProperties: true }),
  ),
  head: Type.Integer(),
});
export type LedgerResponse = Static<typeof ledgerSchema>;

// --- experiment -----------------------------------------------------------------------------------------------------

export const phaseRequestSchema = closed({
  phase: phaseSchema,
  interaction: Type.Optional(interactionSchema),
  note: Type.Optional(text(1000)),
});
export type PhaseRequest = Static<typeof phaseRequestSchema>;

export const phaseResponseSchema = closed({ phase: phaseSchema, interaction: interactionSchema });
export type PhaseResponse = Static<typeof phaseResponseSchema>;

/** Mon(IoT)r's tag characters; unique per device while open. */
export const tagRequestSchema = closed({
  tag: Type.String({ pattern: '^[A-Za-z0-9_]{1,64}$' }),
  device: Type.Optional(nullable(Type.String({ pattern: '^[0-9a-f]{12}$' }))),
});
export type TagRequest = Static<typeof tagRequestSchema>;

export const tagEndRequestSchema = closed({ tag: Type.String({ pattern: '^[A-Za-z0-9_]{1,64}$' }) });
export type TagEndRequest = Static<typeof tagEndRequestSchema>;

export const pauseRequestSchema = closed({ note: Type.Optional(text(200)) });

export const annotateRequestSchema = closed({ text: Type.String({ minLength: 1, maxLength: 256 }) });

/** Everything that is not named is taken. */
export const exportRequestSchema = closed({
  devices: Type.Optional(Type.Array(text(17), { maxItems: 64 })),
  phases: Type.Optional(Type.Array(phaseSchema, { maxItems: 8 })),
  from: Type.Optional(text(40)),
  to: Type.Optional(text(40)),
  reason: Type.Optional(text(200)),
});

export const tagsSchema = closed({ tags: Type.Array(openTagSchema) });
export type TagsResponse = Static<typeof tagsSchema>;

// --- findings -------------------------------------------------------------------------------------------------------

export const findingSchema = closed({
  id: Type.String(),
  rule: Type.String(),
  severity: literals(['low', 'medium', 'high']),
  confidence: Type.Number({ minimum: 0, maximum: 1 }),
  device: nullable(Type.String()),
  /** Decimal seconds since 1970, as in the analysis document. */
  first_ts: Type.String(),
  last_ts: Type.String(),
  count: count(),
  excerpt_masked: Type.String(),
  explanation: Type.String(),
  remedy: Type.String(),
  /** `segment` is the sequence number to download, `packet` counts from 1 in that file. */
  evidence: Type.Array(closed({ segment: count(), packet: count(), ts: Type.String() })),
});
export type FindingRow = Static<typeof findingSchema>;

export const findingsQuerySchema = closed({
  device: Type.Optional(Type.String({ pattern: '^([0-9a-f]{12}|_infra|_overflow)$' })),
});
export type FindingsQuery = Static<typeof findingsQuerySchema>;
export const findingsSchema = closed({ findings: Type.Array(findingSchema) });
export type FindingsResponse = Static<typeof findingsSchema>;

// --- health ---------------------------------------------------------------------------------------------------------

export const healthSampleSchema = closed({
  ts: Type.String(),
  /** Run-queue averages over 1, 5 and 15 minutes. */
  load: Type.Array(Type.Number(), { minItems: 3, maxItems: 3 }),
  cpu_busy: nullable(Type.Number({ minimum: 0, maximum: 1, description: 'Share of all cores since the last sample.' })),
  memory_total_bytes: nullable(count()),
  memory_available_bytes: nullable(count()),
  temperature_celsius: nullable(Type.Number()),
  /** Raspberry Pi firmware: under-voltage or throttling now; null where there is no such sensor. */
  throttled: nullable(Type.Array(Type.String())),
  disk_total_bytes: nullable(count()),
  disk_free_bytes: nullable(count()),
  inodes_free: nullable(count()),
  uptime_seconds: nullable(Type.Number()),
});
export type HealthSample = Static<typeof healthSampleSchema>;

export const inventorySchema = closed({
  taken: Type.String(),
  model: Type.String(),
  manufacturer: Type.String(),
  cpu: Type.String(),
  cores: count(),
  architecture: Type.String(),
  memory_bytes: count(),
  os: Type.String(),
  kernel: Type.String(),
  host_name: Type.String(),
  node: Type.String(),
  disks: Type.Array(closed({ name: Type.String(), bytes: count(), type: Type.String() })),
  interfaces: Type.Array(closed({ name: Type.String(), mac: Type.String(), state: Type.String() })),
});
export type Inventory = Static<typeof inventorySchema>;

export const healthSchema = closed({
  sample: healthSampleSchema,
  /** null until systeminformation has answered once. */
  inventory: nullable(inventorySchema),
  clock: clockSchema,
  processes: Type.Array(
    closed({
      name: Type.String(),
      pid: nullable(Type.Integer()),
      state: Type.String(),
      started: nullable(Type.String()),
      memory_bytes: nullable(count()),
    }),
  ),
  schedule: Type.Array(
    closed({
      name: Type.String(),
      cron: Type.String(),
      state: literals(['waiting', 'running', 'stopped']),
      next: nullable(Type.String()),
    }),
  ),
});
export type HealthResponse = Static<typeof healthSchema>;

// --- events (SSE) ---------------------------------------------------------------------------------------------------

/** `event:` line and the JSON of its `data:` line. A client that fell behind is closed and connects again. */
export interface ServerEvents {
  /** On connection and every 5 s, and at once when a state changes. */
  readonly status: StatusResponse;
  /** Once a second: the second that just ended, all devices together. */
  readonly traffic: TrafficSecond;
  /** Devices whose row changed, at most every 2 s. */
  readonly device: { readonly devices: readonly DeviceRow[] };
  readonly phase: {
    readonly phase: Static<typeof phaseSchema>;
    readonly interaction: Static<typeof interactionSchema>;
    readonly since: string;
  };
  readonly segment: SegmentRow;
  readonly finding: { readonly type: 'new' | 'update' | 'end'; readonly finding: FindingRow };
}

export interface TrafficSecond {
  readonly second: number;
  readonly in: TrafficParts;
  readonly out: TrafficParts;
}

export interface TrafficParts {
  readonly total: number;
  readonly tcp: number;
  readonly udp: number;
  readonly http: number;
  readonly https: number;
}
