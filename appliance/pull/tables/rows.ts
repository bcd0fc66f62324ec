// From what was pulled to rows: figures and ledger in, tables by hour out. Pure; hourly-files.ts writes.

import type { AnalysisDocument } from '../../model/analysis-document.ts';
import type { LedgerLine } from '../../model/ledger.ts';
import { deviceId } from '../../model/mac.ts';
import type { DeviceRow, HourNamesResponse, HourRow } from '../../publish/schemas/devices.ts';
import type { FindingRow } from '../../publish/schemas/findings.ts';
import type { FlowGroupRow } from '../../publish/schemas/flows.ts';
import { addRow, type Cell, type HourlyRows, hourOf, type Row } from './table.ts';

export function hourRows(devices: readonly { readonly id: string; readonly hours: readonly HourRow[] }[]): HourlyRows {
  const rows: HourlyRows = new Map();
  for (const { id, hours } of devices) {
    for (const { hour, countries, ...rest } of hours) {
      const row: Row = { ...pick(rest, HOUR_FIELDS), device: id, countries: countries.join(' ') };
      addRow(rows, hourOf(Date.parse(hour) / 1000), row);
    }
  }
  return rows;
}

const HOUR_FIELDS = [
  'phase',
  'packets',
  'bytes_up',
  'bytes_down',
  'payload_bytes',
  'conversations',
  'destinations',
  'dns_queries',
  'findings',
] as const;

/** `hour` is among the dimensions that were asked for. */
export function flowRows(groups: readonly FlowGroupRow[]): HourlyRows {
  const rows: HourlyRows = new Map();
  for (const { hour = '', ...group } of groups) {
    const words = FLOW_WORDS.map((name) => [name, group[name] === '' ? null : (group[name] ?? null)] as const);
    addRow(rows, hourOf(Date.parse(hour) / 1000), { ...Object.fromEntries(words), ...pick(group, FLOW_SUMS) });
  }
  return rows;
}

const FLOW_WORDS = [
  'device',
  'phase',
  'scope',
  'address',
  'name',
  'country',
  'organisation',
  'protocol',
  'service',
  'protection',
] as const;
const FLOW_SUMS = ['packets_up', 'bytes_up', 'packets_down', 'bytes_down'] as const;

export function dnsRows(devices: readonly { readonly id: string; readonly names: HourNamesResponse }[]): HourlyRows {
  const rows: HourlyRows = new Map();
  for (const { id: device, names } of devices) {
    for (const { hour, phase, dns_queries, queried } of names.hours) {
      const start = hourOf(Date.parse(hour) / 1000);
      let rest = dns_queries;
      for (const [name, queries] of Object.entries(queried)) {
        rest -= queries;
        addRow(rows, start, { device, phase, name, queries });
      }
      if (rest > 0) addRow(rows, start, { device, phase, name: null, queries: rest });
    }
  }
  return rows;
}

export function conversationRows(
  devices: readonly { readonly id: string; readonly document: AnalysisDocument }[],
): HourlyRows {
  const rows: HourlyRows = new Map();
  for (const { id, document } of devices) {
    for (const one of document.conversations) {
      const { pkts_ab, pkts_ba, H, names, org, ...rest } = one;
      addRow(rows, hourOf(one.first_ts), {
        ...pick(rest, CONVERSATION_FIELDS),
        device: id,
        packets_ab: pkts_ab,
        packets_ba: pkts_ba,
        entropy: H,
        name: names[0]?.name ?? null,
        organisation: org,
      });
    }
  }
  return rows;
}

const CONVERSATION_FIELDS = [
  'proto',
  'a_ip',
  'a_port',
  'b_ip',
  'b_port',
  'first_ts',
  'last_ts',
  'bytes_ab',
  'bytes_ba',
  'service',
  'country',
  'asn',
  'verdict',
] as const;

export function findingRows(findings: readonly FindingRow[]): HourlyRows {
  const rows: HourlyRows = new Map();
  const fields = [
    'id',
    'rule',
    'severity',
    'confidence',
    'device',
    'first_ts',
    'last_ts',
    'count',
    'excerpt_masked',
  ] as const;
  for (const finding of findings) addRow(rows, hourOf(finding.first_ts), pick(finding, fields));
  return rows;
}

export function deviceRows(devices: readonly DeviceRow[]): HourlyRows {
  const rows: HourlyRows = new Map();
  const fields = ['name', 'name_source', 'vendor', 'maker', 'model', 'randomised', 'category', 'first_seen'] as const;
  for (const device of devices) {
    if (device.first_seen !== null)
      addRow(rows, hourOf(Date.parse(device.first_seen) / 1000), { device: device.id, ...pick(device, fields) });
  }
  return rows;
}

/** Folds the lines of a ledger, one after another. */
export class LedgerRows {
  readonly ledger: HourlyRows = new Map();
  readonly #gaps: HourlyRows = new Map();
  /** By hour and device: captured, written, lost in the queue, lost on the disk. */
  readonly #counted = new Map<number, Map<string, [number, number, number, number]>>();

  add(line: LedgerLine, text: string): void {
    const hour = hourOf(line.ts);
    addRow(this.ledger, hour, { n: line.n, ts: line.ts, type: line.type, line: text });
    if (line.type === 'gap') {
      const { from, to, reason, lost } = line;
      addRow(this.#gaps, hour, { ...NO_COUNTS, kind: 'gap', device: null, from, to, reason, lost });
    } else if (line.type === 'device-forgotten') {
      for (const sums of this.#counted.values()) sums.delete(deviceId(line.device));
    } else if (line.type === 'counters' && hour !== undefined) this.#count(hour, line.devices);
  }

  get accounting(): HourlyRows {
    const rows: HourlyRows = new Map([...this.#gaps].map(([hour, gaps]) => [hour, [...gaps]]));
    for (const [hour, devices] of this.#counted) {
      for (const [device, [captured, written, lost_queue, lost_disk]] of devices) {
        const nothing = { from: null, to: null, reason: null, lost: null };
        addRow(rows, hour, { kind: 'counted', device, captured, written, lost_queue, lost_disk, ...nothing });
      }
    }
    return rows;
  }

  #count(hour: number, devices: Readonly<Record<string, readonly [number, number, number, number]>>): void {
    const sums = this.#counted.get(hour) ?? new Map<string, [number, number, number, number]>();
    for (const [device, [captured, written, queue, disk]] of Object.entries(devices)) {
      const id = deviceId(device as Parameters<typeof deviceId>[0]);
      const [c, w, q, d] = sums.get(id) ?? [0, 0, 0, 0];
      sums.set(id, [c + captured, w + written, q + queue, d + disk]);
    }
    this.#counted.set(hour, sums);
  }
}

const NO_COUNTS = { captured: null, written: null, lost_queue: null, lost_disk: null };

function pick<K extends string>(from: Readonly<Record<K, Cell | undefined>>, keys: readonly K[]): Record<K, Cell> {
  return Object.fromEntries(keys.map((key) => [key, from[key] ?? null])) as Record<K, Cell>;
}
