// Figs. 2 to 5 and the trace's largest sources and sinks: as Amar's scripts count, and the right count next to it.

import type { ReportFigure } from '../report/report.ts';
import { type BarRow, lines, stackedBars } from '../report/svg.ts';
import { byText, type Cell, type ReportTable } from '../report/table.ts';
import type { ConnRow } from '../zeek/conn-row.ts';
import { type AmarObserver, isMulticast } from './observer.ts';

export interface Drawn {
  readonly table: ReportTable;
  readonly figures: readonly ReportFigure[];
}

/** Names by MAC; an unknown one is its address. */
export type Names = (mac: string) => string;

/** Fig. 2: IP lengths by originator; the script sees only what the side sent that began the connection. */
export function figureTwo(
  rows: readonly ConnRow[],
  by: 'protocol' | 'service',
  names: Names,
  routers: ReadonlySet<string>,
): Drawn {
  const kind = (row: ConnRow): string => (by === 'protocol' ? row.proto : (row.service ?? 'other'));
  const script = new Map<string, number>();
  const right = new Map<string, number>();
  const add = (table: Map<string, number>, mac: string, row: ConnRow, bytes: number): void => {
    if (mac !== '' && !routers.has(mac))
      table.set(`${mac}\t${kind(row)}`, (table.get(`${mac}\t${kind(row)}`) ?? 0) + bytes);
  };
  for (const row of rows) {
    add(script, row.origMac, row, row.origIpBytes);
    add(right, row.origMac, row, row.origIpBytes);
    add(right, row.respMac, row, row.respIpBytes);
  }
  const keys = [...new Set([...script.keys(), ...right.keys()])]
    .filter((key) => (script.get(key) ?? 0) + (right.get(key) ?? 0) > 0)
    .toSorted(byText);
  const name = `figure-2-${by}`;
  const title = `Fig. 2: bytes transmitted by device and ${by}`;
  return {
    table: {
      name,
      title,
      notes: [
        'script: IP total lengths of the side that began the connection, by its MAC, as the published lines sum them (orig_ip_bytes). sent: what the device sent in connections begun by either side. The router is left out, as in the figure.',
      ],
      head: ['device', 'mac', by, 'script', 'sent'],
      rows: keys.map((key): Cell[] => {
        const [mac = '', what = ''] = key.split('\t');
        return [names(mac), mac, what, script.get(key) ?? 0, right.get(key) ?? 0];
      }),
    },
    figures: [{ name, title: `${title} (sent)`, svg: stackedByKey(`${title} (sent)`, right, names) }],
  };
}

function stackedByKey(title: string, table: ReadonlyMap<string, number>, names: Names): string {
  const series = [...new Set([...table.keys()].map((key) => key.split('\t')[1] ?? ''))].toSorted(byText);
  const macs = [...new Set([...table.keys()].map((key) => key.split('\t')[0] ?? ''))];
  const bars: BarRow[] = macs.map((mac) => ({
    label: names(mac),
    values: series.map((what) => table.get(`${mac}\t${what}`) ?? 0),
  }));
  const total = ({ values }: BarRow): number => values.reduce((sum, value) => sum + value, 0);
  return stackedBars(
    title,
    'B',
    series,
    bars.filter((bar) => total(bar) > 0).toSorted((a, b) => total(b) - total(a) || byText(a.label, b.label)),
  );
}

interface EndSums {
  scriptIn: number;
  scriptOut: number;
  rightIn: number;
  rightOut: number;
}

const payloadSent = ({ rightIn, rightOut }: EndSums): number => rightIn + rightOut;

/** Fig. 3. Internal of the script: the router's MAC at neither end, so multicast is internal. */
export function figureThree(rows: readonly ConnRow[], names: Names, routers: ReadonlySet<string>): Drawn {
  const sums = new Map<string, EndSums>();
  const of = (mac: string): EndSums => {
    const known = sums.get(mac) ?? { scriptIn: 0, scriptOut: 0, rightIn: 0, rightOut: 0 };
    sums.set(mac, known);
    return known;
  };
  for (const row of rows) {
    const byRouter = routers.has(row.origMac) || routers.has(row.respMac);
    of(row.origMac)[byRouter ? 'scriptOut' : 'scriptIn'] += row.origIpBytes;
    const external = isExternal(row.origHost) || isExternal(row.respHost);
    of(row.origMac)[external ? 'rightOut' : 'rightIn'] += row.origBytes;
    of(row.respMac)[external ? 'rightOut' : 'rightIn'] += row.respBytes;
  }
  const shown = [...sums]
    .filter(([mac, s]) => mac !== '' && !routers.has(mac) && s.scriptIn + s.scriptOut + s.rightIn + s.rightOut > 0)
    .toSorted((a, b) => payloadSent(b[1]) - payloadSent(a[1]) || byText(a[0], b[0]));
  const title = 'Fig. 3: internal and external traffic by device';
  return {
    table: {
      name: 'figure-3',
      title,
      notes: [
        "script_…: orig_ip_bytes, external where the router's MAC is at an end, although the text says payload of both ends. payload_…: payload that the device sent, external where an end is on the Internet.",
        ...(routers.size === 0
          ? ['No router is known here: name it with --router, or the script finds everything internal.']
          : []),
      ],
      head: ['device', 'mac', 'script_internal', 'script_external', 'payload_internal', 'payload_external'],
      rows: shown.map(([mac, s]) => [names(mac), mac, s.scriptIn, s.scriptOut, s.rightIn, s.rightOut]),
    },
    figures: [
      {
        name: 'figure-3',
        title: `${title} (payload sent)`,
        svg: stackedBars(
          `${title} (payload sent)`,
          'B',
          ['internal', 'external'],
          shown.map(([mac, s]) => ({ label: names(mac), values: [s.rightIn, s.rightOut] })),
        ),
      },
    ],
  };
}

export function isExternal(ip: string): boolean {
  return (
    !isMulticast(ip) &&
    !/^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|127\.|0\.|f[cd]|fe[89ab]|::1?$)/.test(ip)
  );
}

/** An hour this many times the median of all is marked. */
const SPIKE = 10;

/** Figs. 4 and 5: hourly sums of frame lengths, all and without the named devices, with the conspicuous hours. */
export function hourly({ hours }: AmarObserver, without: readonly string[], names: Names): Drawn {
  const all = [...hours].toSorted((a, b) => a[0] - b[0]);
  const values = all.map(([hour, row]): [number, number, number] => {
    const total = row.get('') ?? 0;
    return [hour, total, total - without.reduce((sum, mac) => sum + (row.get(mac) ?? 0), 0)];
  });
  const totals = values.map(([, total]) => total).toSorted((a, b) => a - b);
  const median = totals[Math.floor(totals.length / 2)] ?? 0;
  const rows = values.map(([hour, total, rest]): Cell[] => {
    const largest = [...(hours.get(hour) ?? [])]
      .filter(([mac]) => mac !== '')
      .toSorted((a, b) => b[1] - a[1] || byText(a[0], b[0]))[0];
    return [
      isoHour(hour),
      total,
      rest,
      total > SPIKE * median && totals.length > 2,
      largest === undefined ? '' : names(largest[0]),
    ];
  });
  const left = without.map(names).join(', ');
  const title = 'Fig. 4: hourly sums of frame lengths';
  const draw = (name: string, text: string, at: 1 | 2): ReportFigure => ({
    name,
    title: text,
    svg: lines(text, 'B', [{ name: text, points: values.map((value) => [value[0], value[at]]) }], isoHour),
  });
  return {
    table: {
      name: 'figure-4-5',
      title: 'Figs. 4 and 5: hourly sums of frame lengths',
      notes: [
        `without: hours without the frames of ${left === '' ? 'nobody (--without MAC leaves a device out)' : left}; a frame between two of them is taken away twice only where both are named.`,
        `spike: more than ${SPIKE} times the median hour; largest: who sent or received most in it.`,
      ],
      head: ['hour', 'bytes', 'without', 'spike', 'largest'],
      rows,
    },
    figures: [
      draw('figure-4', title, 1),
      ...(without.length === 0 ? [] : [draw('figure-5', `Fig. 5: hourly sums without ${left}`, 2)]),
    ],
  };
}

export function isoHour(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');
}

/** The trace's largest sources and destinations by IP bytes, with shares. */
export function largestEnds({ sources, sinks }: AmarObserver): ReportTable {
  const rows = (side: string, table: ReadonlyMap<string, number>): Cell[][] => {
    const total = [...table.values()].reduce((sum, bytes) => sum + bytes, 0);
    return [...table]
      .toSorted((a, b) => b[1] - a[1] || byText(a[0], b[0]))
      .slice(0, 10)
      .map(([ip, bytes]) => [side, ip, bytes, Number(((100 * bytes) / Math.max(1, total)).toFixed(1))]);
  };
  return {
    name: 'largest',
    title: 'Largest sources and sinks',
    notes: ['IP total lengths, IPv4 and IPv6; shares of all such bytes in percent.'],
    head: ['side', 'ip', 'bytes', 'percent'],
    rows: [...rows('source', sources), ...rows('sink', sinks)],
  };
}
