// Table 2 of the paper out of one's own port scans, in its words, and the numbers that its text counts in it.

import type { AnalysisDocument } from '../../model/analysis-document.ts';
import type { PortScan } from '../../model/scan/port-scan.ts';
import { TABLE_TWO_HEAD, type TableTwoRow, tableTwo } from '../../model/scan/table-two.ts';
import { VULNERABLE_PORTS } from '../../model/scan/vulnerable-ports.ts';
import { deviceLabels } from '../report/device-traffic.ts';
import type { ReportTable } from '../report/table.ts';

/** None without scans. */
export function scannedTables(document: AnalysisDocument, scans: readonly PortScan[]): ReportTable[] {
  if (scans.length === 0) return [];
  const labels = deviceLabels(document);
  const categories = new Map(document.devices.map(({ mac, category }) => [mac, category ?? '']));
  const rows = tableTwo(scans, (mac) => ({ category: categories.get(mac) ?? '', model: labels.get(mac) ?? '' }));
  return [scanned(rows), numbers(rows), vulnerable()];
}

function scanned(rows: readonly TableTwoRow[]): ReportTable {
  return {
    name: 'table-2-scanned',
    title: 'Table 2: open ports',
    notes: [
      'Of the newest scan of each device. Filtered: nothing came back from any port, for UDP also “open|filtered”; Closed-Filtered: some refused, some were silent. A quick scan asks 1,000 TCP and 100 UDP ports, a full one all 65,536.',
    ],
    head: [...TABLE_TWO_HEAD],
    rows: rows.map((row) => TABLE_TWO_HEAD.map((name) => row[name])),
  };
}

function numbers(rows: readonly TableTwoRow[]): ReportTable {
  const portsOf = ({ tcp, udp }: TableTwoRow): number[] => `${tcp},${udp}`.split(',').filter(isNumber).map(Number);
  const withPort = (matches: (port: number) => boolean): number =>
    rows.filter((row) => portsOf(row).some(matches)).length;
  const closed = rows.filter(({ tcp, udp }) => tcp === 'Closed' && udp === 'Closed').length;
  return {
    name: 'table-2-numbers',
    title: 'The numbers that the text counts in Table 2, in these scans',
    notes: [],
    head: ['number', 'value', 'of', 'paper'],
    rows: [
      [
        'devices with a port from 49152 to 65535',
        withPort((port) => port >= 49_152),
        rows.length,
        '8 of 17 (its table: 6)',
      ],
      ['devices with port 443', withPort((port) => port === 443), rows.length, '3 of 17'],
      ['devices with port 80', withPort((port) => port === 80), rows.length, '2 of 17 (its table: 3)'],
      ['devices with port 22', withPort((port) => port === 22), rows.length, '1 of 17'],
      ['devices with all ports closed', closed, rows.length, '2 of 17'],
    ],
  };
}

function vulnerable(): ReportTable {
  return {
    name: 'vulnerable-ports',
    title: 'Ports that count as vulnerable, and who says so',
    notes: [],
    head: ['proto', 'port', 'service', 'note', 'source'],
    rows: VULNERABLE_PORTS.map(({ proto, port, service, note, source }) => [proto, port, service, note, source]),
  };
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}
