// Scans as page, verbs and broker see them, and orders for scans in the words people use. The scans themselves: experiment/scan.

import { ipv4Number } from '../config/ipv4-network.ts';
import { longestSeconds, timeText } from '../experiment/scan/scan-plan.ts';
import { refusal } from '../experiment/scan/scan-target.ts';
import type { Scans } from '../experiment/scan/scans.ts';
import type { DocumentFinding } from '../model/analysis-document.ts';
import { WeirError } from '../model/errors.ts';
import { deviceId, type Mac, parseMac } from '../model/mac.ts';
import type { PortScan } from '../model/scan/port-scan.ts';
import { diffScans, scanBefore } from '../model/scan/scan-diff.ts';
import { cell, TABLE_TWO_HEAD, type TableTwoRow, tableTwo } from '../model/scan/table-two.ts';
import { vulnerablePorts } from '../model/scan/vulnerable-ports.ts';
import { csvField } from '../model/text.ts';
import { addCounts, countFindings } from '../store/figures/device-head.ts';
import { meantDevice } from './device-word.ts';
import type { DeviceRow } from './schemas/devices.ts';
import type { DiscoveryResponse, ScanDetail, ScanOrdered, ScanRequest, ScanRow } from './schemas/scan.ts';

type Orderer = Pick<Scans, 'order' | 'interface' | 'networks'>;

/**
 * Begins scans of the devices that are named, or of all that are present. What cannot be scanned is reported next to what can.
 * @throws WeirError DEVICE_UNKNOWN, DEVICE_AMBIGUOUS; REQUEST_INVALID where none of them can be scanned.
 */
export async function orderScans(
  scans: Orderer,
  { devices, profile = 'quick' }: ScanRequest,
  rows: () => readonly DeviceRow[],
  by: string,
): Promise<ScanOrdered> {
  const meant = devices?.map((word) => meantMac(scans, word, rows)) ?? presentDevices(rows());
  if (meant.length === 0) throw new WeirError('REQUEST_INVALID', 'no device is present; nothing was scanned');
  const begun: PortScan[] = [];
  const refused: { device: string; why: string }[] = [];
  for (const device of new Set(meant)) {
    try {
      begun.push(await scans.order(device, profile, by));
    } catch (thrown) {
      if (!(thrown instanceof WeirError) || thrown.code !== 'REQUEST_INVALID') throw thrown;
      refused.push({ device, why: thrown.message });
    }
  }
  const [first] = begun;
  if (first === undefined) throw new WeirError('REQUEST_INVALID', refused.map(({ why }) => why).join('; '));
  const each = begun.length > 1 ? `${begun.length} devices, each: ` : '';
  return {
    scans: begun.map(({ id, device, address }) => ({ id, device, address })),
    refused,
    time: `${each}${timeText(first.parts, first.scanner.packets_per_second)}`,
  };
}

export function presentDevices(rows: readonly Pick<DeviceRow, 'mac' | 'present'>[]): Mac[] {
  return rows.flatMap(({ mac, present }) => (present && mac !== null ? (parseMac(mac) ?? []) : []));
}

/** An address that is no device's gets the reason why it may not be scanned, rather than that it was never seen. */
function meantMac(scans: Orderer, word: string, rows: () => readonly DeviceRow[]): Mac {
  const isAddress = ipv4Number(word.trim()) !== undefined;
  const why = isAddress ? refusal(word.trim(), scans.interface, scans.networks()) : undefined;
  if (why !== undefined) throw new WeirError('REQUEST_INVALID', why);
  const device = parseMac(meantDevice(word, rows));
  if (device === undefined) throw new WeirError('REQUEST_INVALID', 'only devices can be scanned; nothing was sent');
  return device;
}

export function scanRow(scan: PortScan): ScanRow {
  const { id, device, address, profile, state, reason, begun, ended, parts } = scan;
  const { tcp, udp } = longestSeconds(parts, scan.scanner.packets_per_second);
  return {
    id,
    device,
    address,
    profile,
    state,
    reason,
    begun,
    ended,
    tcp: cell(scan.tcp),
    udp: cell(scan.udp),
    parts: parts.length,
    parts_done: parts.filter(({ done }) => done !== null).length,
    seconds_left: ended === null ? tcp + udp : 0,
  };
}

export function scanDetail(scan: PortScan, all: readonly PortScan[]): ScanDetail {
  const before = scanBefore(scan, all);
  const diff = before === undefined ? null : diffScans(before, scan);
  return {
    scan: structuredClone(scan) as ScanDetail['scan'],
    diff: diff === null ? null : { ...diff, changes: [...diff.changes] },
    vulnerable: vulnerablePorts(scan.tcp.open, scan.udp.open).map((port) => ({ ...port })),
  };
}

export function discoveryView(scans: Scans, rows: readonly DeviceRow[]): DiscoveryResponse {
  const { hosts, ...rest } = scans.discovery;
  const idOf = (mac: string | null): string | null => {
    const key = mac === null ? undefined : parseMac(mac);
    return key !== undefined && rows.some((row) => row.mac === key) ? deviceId(key) : null;
  };
  return { ...rest, hosts: hosts.map((host) => ({ id: idOf(host.mac), ...host })) };
}

export function tableTwoView(scans: Scans, rows: readonly DeviceRow[]): TableTwoRow[] {
  const byMac = new Map(rows.map((row) => [row.mac, row]));
  return tableTwo(scans.list(null), (mac) => {
    const row = byMac.get(mac);
    return { category: row?.category ?? '', model: row?.model ?? row?.name ?? '' };
  });
}

export function tableTwoCsv(rows: readonly TableTwoRow[]): string {
  const lines = rows.map((row) => TABLE_TWO_HEAD.map((name) => csvField(row[name])).join(','));
  return `${[TABLE_TWO_HEAD.join(','), ...lines].join('\r\n')}\r\n`;
}

/** The store counts findings of packets; what a scan found is in no packet of the device. `found`: of every scan. */
export function withScanFindings(row: DeviceRow, found: readonly DocumentFinding[]): DeviceRow {
  const own = found.filter(({ device }) => device !== null && device === row.mac);
  return own.length === 0 ? row : { ...row, findings: addCounts(row.findings, countFindings(own)) };
}

export function withScanTotals<T extends { readonly findings: DeviceRow['findings'] }>(
  totals: T,
  found: readonly DocumentFinding[],
): T {
  return { ...totals, findings: addCounts(totals.findings, countFindings(found)) };
}
