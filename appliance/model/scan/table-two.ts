// Table 2 of the paper for scans of one's own: open ports, or in its words Closed, Filtered, Closed-Filtered; and which of the open
// ones are known to be attacked (vulnerable-ports.ts).

import type { PortScan, PortStates } from './port-scan.ts';
import { parsePorts } from './port-set.ts';
import { vulnerablePorts } from './vulnerable-ports.ts';

export interface TableTwoRow {
  readonly category: string;
  readonly model: string;
  readonly device: string;
  readonly tcp: string;
  readonly udp: string;
  /** Silent UDP ports among closed ones: open or filtered, nmap cannot know. */
  readonly udp_open_or_filtered: string;
  readonly vulnerable: string;
  readonly profile: string;
  readonly scan: string;
  /** Parts of the scan that are still to be asked; 0 for a whole one. */
  readonly parts_left: number;
}

export const TABLE_TWO_HEAD = [
  'category',
  'model',
  'device',
  'tcp',
  'udp',
  'udp_open_or_filtered',
  'vulnerable',
  'profile',
  'scan',
  'parts_left',
] as const satisfies readonly (keyof TableTwoRow)[];

/** Letters of ports in a cell; a device whose ports are all open has more in its scan. */
const MAX_LETTERS = 2000;

/** Of each device the newest scan that found anything out. */
export function newestScans(scans: readonly PortScan[]): PortScan[] {
  const newest = new Map<string, PortScan>();
  for (const scan of scans) {
    const known = newest.get(scan.device);
    const isReported = scan.parts.some(({ done }) => done !== null);
    if (isReported && (known === undefined || known.id < scan.id)) newest.set(scan.device, scan);
  }
  return [...newest.values()];
}

/** Of the newest scan of each device. `about`: what is known of a device by its MAC. */
export function tableTwo(
  scans: readonly PortScan[],
  about: (mac: string) => { readonly category: string; readonly model: string },
): TableTwoRow[] {
  const rows = newestScans(scans).map((scan) => ({
    ...about(scan.device),
    device: scan.device,
    tcp: cell(scan.tcp),
    udp: cell(scan.udp),
    udp_open_or_filtered: scan.udp.closed === '' ? '' : cut(scan.udp['open|filtered']),
    vulnerable: vulnerablePorts(scan.tcp.open, scan.udp.open)
      .map(({ port, service }) => `${port} (${service})`)
      .join(', '),
    profile: scan.profile,
    scan: scan.id,
    parts_left: scan.parts.filter(({ done }) => done === null).length,
  }));
  return rows.sort((a, b) =>
    `${a.category} ${a.model} ${a.device}` < `${b.category} ${b.model} ${b.device}` ? -1 : 1,
  );
}

/** Open ports with commas between; else the paper's word; empty where no port was asked. */
export function cell(states: PortStates): string {
  const open = parsePorts(states.open) ?? [];
  if (open.length > 0) return cut(open.join(','));
  const isClosed = states.closed !== '';
  const isFiltered = states.filtered !== '' || states['open|filtered'] !== '';
  if (isClosed && isFiltered) return 'Closed-Filtered';
  return isClosed ? 'Closed' : isFiltered ? 'Filtered' : '';
}

function cut(text: string): string {
  return text.length > MAX_LETTERS ? `${text.slice(0, MAX_LETTERS)}…` : text;
}
