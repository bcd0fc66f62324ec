// Every payload that Weir publishes over MQTT. Each names its schema and its time; one that would be longer than 32 KiB is
// replaced by `truncated`. Payloads only ever gain fields; payloads.schema.json is drawn from this file.

import { type Static, Type } from 'typebox';
import { INTERACTIONS, PHASES } from '../../model/phase.ts';
import { hourRowSchema } from './devices.ts';
import { findingSchema } from './findings.ts';
import { closed, count, literals, nullable } from './words.ts';

const head = <T extends string>(schema: T) => ({ schema: Type.Literal(schema), ts: Type.String() });
const { properties: finding } = findingSchema;
const short = {
  id: finding.id,
  rule: finding.rule,
  severity: finding.severity,
  device: finding.device,
  count: count(),
};

export const mqttStateSchema = closed({
  ...head('weir.mqtt.state/1'),
  version: Type.String(),
  /** `unreachable`, or a state of capture. */
  capture: Type.String(),
  capture_on: Type.Boolean(),
  /** What is wrong, in the words of the page; empty while all is well. */
  capture_reason: Type.String(),
  phase: literals([...PHASES, 'unknown']),
  interaction: literals([...INTERACTIONS, 'unknown']),
  devices: count(),
  packets: count(),
  bytes: count(),
  destinations: count(),
  findings: count(),
  findings_high: count(),
  /** Frames lost since capture started; null while it does not answer. */
  drops: nullable(count()),
  analysis_lag_seconds: count(),
  disk_free_bytes: nullable(count()),
  clock_synced: literals(['yes', 'no', 'unknown']),
  /**
   * The head of the ledger, kept elsewhere from now on: a rewritten history on this machine contradicts it
   * (`weir verify --head LINES:SHA256`).
   */
  ledger_lines: nullable(count()),
  ledger_head_sha256: nullable(Type.String()),
  /** Whose signature it is (`weir verify --key`). */
  evidence_key: nullable(Type.String()),
  /** Null where the access point is not run by Weir. */
  ap_state: nullable(Type.String()),
  ap_stations: nullable(count()),
  /** Null before the first check-up. */
  checks_failed: nullable(count()),
  warnings: count(),
});
export type MqttState = Static<typeof mqttStateSchema>;

export const mqttDeviceSchema = closed({
  ...head('weir.mqtt.device/1'),
  name: Type.String(),
  vendor: nullable(Type.String()),
  category: nullable(Type.String()),
  /** IoT clouds that a platform rule is certain of. */
  platforms: Type.Array(Type.String()),
  randomised: Type.Boolean(),
  presence: literals(['home', 'not_home']),
  last_seen: nullable(Type.String()),
  packets: count(),
  bytes_up: count(),
  bytes_down: count(),
  destinations: count(),
  countries: count(),
  findings: count(),
  cleartext: literals(['ON', 'OFF']),
});
export type MqttDevice = Static<typeof mqttDeviceSchema>;

export const mqttHourSchema = closed({
  ...head('weir.mqtt.hour/1'),
  device: Type.String(),
  ...hourRowSchema.properties,
});
export type MqttHour = Static<typeof mqttHourSchema>;

const daySumSchema = closed({
  device: Type.String(),
  packets: count(),
  bytes_up: count(),
  bytes_down: count(),
  dns_queries: count(),
  hours: count(),
  /** Rises with each packet that one of its hours gains. */
  revision: count(),
});
export type DaySum = Static<typeof daySumSchema>;

export const mqttDaySchema = closed({
  ...head('weir.mqtt.day/1'),
  from: Type.String(),
  to: Type.String(),
  devices: Type.Array(daySumSchema),
  /** Of the hours in it, each once: a day of the same revisions with others is a correction. */
  made_with: Type.Array(hourRowSchema.properties.made_with),
});
export type MqttDay = Static<typeof mqttDaySchema>;

export const mqttFindingSchema = closed({
  ...head('weir.mqtt.finding/1'),
  type: literals(['new', 'update', 'end']),
  ...short,
  confidence: finding.confidence,
  first_ts: finding.first_ts,
  last_ts: finding.last_ts,
  explanation: finding.explanation,
});
export type MqttFinding = Static<typeof mqttFindingSchema>;

export const mqttFindingsSchema = closed({
  ...head('weir.mqtt.findings/1'),
  /** All that are open; the list holds the gravest of them. */
  total: count(),
  truncated: Type.Boolean(),
  findings: Type.Array(closed(short)),
});
export type MqttFindings = Static<typeof mqttFindingsSchema>;

/** A line of the ledger: phase, tag or gap. Which further fields it has, its type says (model/ledger.ts). */
export const mqttEventSchema = Type.Object({
  ...head('weir.mqtt.event/1'),
  type: Type.String(),
  n: count(),
  previous: Type.String(),
  boot: count(),
  monotonic_ns: Type.String(),
});

/** A campaign asks Home Assistant for a service; an automation of the user's passes it on (EXPERIMENTS.md). */
export const mqttCallSchema = closed({
  ...head('weir.mqtt.call/1'),
  /** As in Home Assistant: `switch.turn_on`. */
  service: Type.String(),
  entity_id: Type.String(),
  data: Type.Record(Type.String(), Type.Unknown()),
  campaign: Type.String(),
  run: Type.String(),
  step: Type.String(),
  round: count(),
  repeat: count(),
  attempt: count(),
  phase: Type.String(),
  interaction: Type.String(),
  tag: nullable(Type.String()),
  device: nullable(Type.String()),
});

export const mqttResponseSchema = closed({
  status: literals(['ok', 'error']),
  /** What the verb says; null for an error. */
  data: Type.Unknown(),
  error: Type.Optional(Type.String()),
  /** As the request gave it. */
  transaction: Type.Optional(Type.String()),
});
export type CommandAnswer = Static<typeof mqttResponseSchema>;

export const mqttTruncatedSchema = closed({
  schema: Type.String(),
  ts: Type.String(),
  truncated: Type.Literal(true),
});

/** By the name that a payload gives in `schema`; answers to requests have none and are under `response`. */
export const MQTT_SCHEMAS = {
  'weir.mqtt.state/1': mqttStateSchema,
  'weir.mqtt.device/1': mqttDeviceSchema,
  'weir.mqtt.hour/1': mqttHourSchema,
  'weir.mqtt.day/1': mqttDaySchema,
  'weir.mqtt.finding/1': mqttFindingSchema,
  'weir.mqtt.findings/1': mqttFindingsSchema,
  'weir.mqtt.event/1': mqttEventSchema,
  'weir.mqtt.call/1': mqttCallSchema,
  response: mqttResponseSchema,
  truncated: mqttTruncatedSchema,
} as const;
