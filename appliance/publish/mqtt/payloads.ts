// What is said on the broker: figures and states, never payload bytes, addresses of remote hosts or URLs. Pure. Each payload
// names its schema and its time; none is larger than 32 KiB.

import type { AnalysisDocument, DocumentFinding } from '../../model/analysis-document.ts';
import { compareSeverities } from '../../model/severity.ts';
import type { DeviceRow, HourRow } from '../schemas/devices.ts';
import type { FindingRow } from '../schemas/findings.ts';
import type { MqttDay, MqttDevice, MqttFinding, MqttFindings, MqttHour, MqttState } from '../schemas/mqtt.ts';
import type { StatusResponse } from '../schemas/status.ts';

/** Of one payload; in place of a longer one its schema and time are sent, with `truncated`. */
const MAX_BYTES = 32 * 1024;
/** Findings in one payload, the most severe; `truncated` says that there are more. */
const MAX_INDEX = 100;

export function applianceState(status: StatusResponse): MqttState {
  const { capture, analysis, storage, clock, totals, phase, check_up, ap } = status;
  return {
    schema: 'weir.mqtt.state/1',
    ts: status.ts,
    version: status.appliance.version,
    capture: capture?.state ?? 'unreachable',
    capture_on: capture?.state === 'capturing' || capture?.state === 'degraded',
    capture_reason: status.capture === null ? status.capture_reason : status.capture.reason,
    phase: phase.phase,
    interaction: phase.interaction,
    devices: totals.devices,
    packets: totals.packets,
    bytes: totals.bytes,
    destinations: totals.destinations,
    findings: totals.findings.low + totals.findings.medium + totals.findings.high,
    findings_high: totals.findings.high,
    drops: lostPackets(status),
    analysis_lag_seconds: Math.round(analysis.lag_seconds),
    disk_free_bytes: storage.free_bytes,
    clock_synced: clock.synced,
    ledger_lines: capture?.ledger.lines ?? null,
    ledger_head_sha256: capture?.ledger.head_sha256 ?? null,
    evidence_key: capture?.key ?? null,
    ap_state: ap?.state ?? null,
    ap_stations: ap?.stations.length ?? null,
    checks_failed: check_up?.failed ?? null,
    warnings: status.warnings.length,
  };
}

/** null while capture does not answer: no data is not zero. */
function lostPackets({ capture }: StatusResponse): number | null {
  if (capture === null) return null;
  const { dropped_kernel, lost_pipe, lost_disk, lost_queue } = capture.counters;
  return (dropped_kernel ?? 0) + (lost_pipe ?? 0) + lost_disk + lost_queue;
}

export function deviceState(row: DeviceRow, ts: string): MqttDevice {
  return {
    schema: 'weir.mqtt.device/1',
    ts,
    name: row.name,
    vendor: row.vendor,
    category: row.category,
    platforms: [...row.platforms],
    randomised: row.randomised,
    presence: row.present ? 'home' : 'not_home',
    last_seen: row.last_seen,
    packets: row.packets,
    bytes_up: row.bytes_up,
    bytes_down: row.bytes_down,
    destinations: row.destinations,
    countries: row.countries.length,
    findings: row.findings.low + row.findings.medium + row.findings.high,
    cleartext: row.cleartext ? 'ON' : 'OFF',
  };
}

export function hourSummary(device: string, row: HourRow, ts: string): MqttHour {
  return { schema: 'weir.mqtt.hour/1', ts, device, ...row };
}

export function daySummary(
  from: string,
  to: string,
  { devices, made_with }: Pick<MqttDay, 'devices' | 'made_with'>,
  ts: string,
): MqttDay {
  return { schema: 'weir.mqtt.day/1', ts, from, to, devices, made_with };
}

export function findingEvent(type: 'new' | 'update' | 'end', finding: FindingRow, ts: string): MqttFinding {
  const { id, rule, severity, confidence, device, first_ts, last_ts, count, explanation } = finding;
  return {
    schema: 'weir.mqtt.finding/1',
    ts,
    type,
    id,
    rule,
    severity,
    confidence,
    device,
    first_ts,
    last_ts,
    count,
    explanation,
  };
}

/** Without excerpts: they stay on the appliance. The gravest first; what does not fit is counted by `total`. */
export function openFindings(findings: AnalysisDocument['findings'], ts: string): MqttFindings {
  const sorted = [...findings].sort((a, b) => compareSeverities(a, b) || (a.id < b.id ? -1 : 1));
  const entry = ({ id, rule, severity, device, count }: DocumentFinding) => ({ id, rule, severity, device, count });
  return {
    schema: 'weir.mqtt.findings/1',
    ts,
    total: findings.length,
    truncated: findings.length > MAX_INDEX,
    findings: sorted.slice(0, MAX_INDEX).map(entry),
  };
}

/** JSON of at most 32 KiB; what is longer says so instead. */
export function payloadText(value: unknown): string {
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) <= MAX_BYTES) return text;
  const { schema, ts } = value as { schema?: unknown; ts?: unknown };
  return JSON.stringify({ schema, ts, truncated: true });
}
