// What the newest port scan of a device found, for a dossier: its ports in the words of the paper's Table 2, and what each open one
// said. Pure.

import type { PortScan, PortStates } from '../../model/scan/port-scan.ts';
import { parsePorts } from '../../model/scan/port-set.ts';
import { cell, newestScans } from '../../model/scan/table-two.ts';
import { vulnerablePorts } from '../../model/scan/vulnerable-ports.ts';
import type { Cell, ReportTable } from '../report/table.ts';
import { cutTable, tableName } from './device-part.ts';

/** None where it was never scanned. */
export function scanTables(mac: string, scans: readonly PortScan[]): ReportTable[] {
  return newestScans(scans)
    .filter(({ device }) => device === mac)
    .flatMap((scan) => [statesTable(scan), openTable(scan)]);
}

function statesTable(scan: PortScan): ReportTable {
  const left = scan.parts.filter(({ done }) => done === null).length;
  return {
    name: tableName('port-scan', scan.device),
    title: 'Port scan',
    notes: [
      `Scan ${scan.id}, profile ${scan.profile}, of ${scan.address}, from ${scan.begun} to ${scan.ended ?? 'not ended'}. ` +
        'Closed: each port that was asked refused; Filtered: nothing came back from any, for UDP also “open or filtered”; ' +
        'Closed-Filtered: some refused, some were silent.',
      ...(left === 0 ? [] : [`${left} of ${scan.parts.length} parts were not asked: of their ports nothing is known.`]),
    ],
    head: ['protocol', 'result', 'open', 'closed', 'filtered', 'open or filtered'],
    rows: (['tcp', 'udp'] as const).map((proto) => stateRow(proto, scan[proto])),
  };
}

function stateRow(proto: string, states: PortStates): Cell[] {
  const count = (ports: string): number => parsePorts(ports)?.length ?? 0;
  const { open, closed, filtered } = states;
  const counts = [open, closed, filtered, states['open|filtered']].map(count);
  return [proto, cell(states) || 'not asked', ...counts];
}

/** A row each open port, with what is known of its number and what it said. */
function openTable(scan: PortScan): ReportTable {
  const known = vulnerablePorts(scan.tcp.open, scan.udp.open);
  const rows = (['tcp', 'udp'] as const).flatMap((proto) =>
    (parsePorts(scan[proto].open) ?? []).map((port): Cell[] => {
      const note = known.find((one) => one.proto === proto && one.port === port);
      const looks = proto === 'tcp' ? scan.looks.filter((look) => look.port === port) : [];
      return [
        proto,
        port,
        note?.service ?? null,
        looks.map(({ as, result, open_access }) => `${as}: ${result}${accessText(open_access)}`).join('; '),
        looks.map(({ banner }) => banner).join(' '),
        note === undefined ? null : `${note.note} ${note.source}`,
      ];
    }),
  );
  return cutTable({
    name: tableName('open-ports', scan.device),
    title: 'Open ports, and what they said',
    notes: ['An open port is no proof of a hole. What a port said is text of the device, shown as text.'],
    head: ['protocol', 'port', 'service', 'asked as', 'said', 'known of it'],
    rows,
  });
}

function accessText(open: boolean | null): string {
  if (open === null) return '';
  return open ? ', lets in without a password' : ', asks for a password';
}
