// IoTShark (Gandhi, Max, Daniel 2019), reproduced: bytes over time, metrics in their counting and in bytes, operators.

import type { AnalysisDocument } from '../../model/analysis-document.ts';
import { aboutTables, type Report } from '../report/report.ts';
import { lines } from '../report/svg.ts';
import type { Cell, ReportTable } from '../report/table.ts';
import type { Metrics } from './metrics.ts';
import type { DumpRow } from './packet-dump.ts';
import { type ComparedRuns, runSection } from './run-comparison.ts';

export interface WatchedDevice {
  readonly ip: string;
  readonly rows: readonly DumpRow[];
  readonly theirs: Metrics;
  readonly right: Metrics;
}

/** @param runs null where fewer than two were labelled */
export function iotsharkReport(
  document: AnalysisDocument,
  devices: readonly WatchedDevice[],
  leftOut: number,
  runs: ComparedRuns | null,
): Report {
  return {
    title: 'IoTShark, reproduced',
    source: 'IoTShark: Monitoring and Analyzing IoT Traffic. UCLA 2019. Program: github.com/sahilmgandhi/IotShark.',
    about: aboutTables(document),
    sections: [
      { title: 'Sums', paragraphs: [], tables: [sums(devices), operators(devices), printedSums()], figures: [] },
      ...(runs === null ? [] : [runSection(runs)]),
      ...devices.map(section),
    ],
    gaps: [
      'Devices are watched at the access point: nothing is spoofed (ARP), and nothing is scanned.',
      'When somebody spoke is only known where a person marked it: userstate files hold their initial state unless tags were given.',
      ...(runs === null
        ? ['No two runs are labelled (tags of a data folder, or --run LABEL=CAPTURES), so none are compared.']
        : []),
      ...(leftOut > 0 ? [`${leftOut} packets beyond the limit are in no file.`] : []),
    ],
  };
}

function sums(devices: readonly WatchedDevice[]): ReportTable {
  const columns = [
    'total_incoming_bytes',
    'total_outgoing_bytes',
    'total_bytes',
    'num_local_connections',
    'num_global_connections',
    'num_total_connections',
  ] as const;
  return {
    name: 'sums',
    title: 'Sums of each device',
    notes: [
      'theirs: a connection is a packet; TCP bytes are the length of a hexadecimal text with colons (three characters a byte less one), UDP bytes count the header and are never outgoing. right: payload bytes of the wire. In both, total = incoming + outgoing and local + global = total.',
    ],
    head: ['ip', 'counting', ...columns],
    rows: devices.flatMap(({ ip, theirs, right }): Cell[][] => [
      [ip, 'theirs', ...columns.map((column) => theirs[column])],
      [ip, 'right', ...columns.map((column) => right[column])],
    ]),
  };
}

/** What the slides print. */
const PRINTED: readonly (readonly [sample: string, what: string, total: number, first: number, second: number])[] = [
  ['first sample', 'total_bytes = incoming + outgoing', 130_086, 108_696, 21_390],
  ['first sample', 'num_total = global + local', 862, 138, 724],
  ['Echo Dot', 'total_bytes = incoming + outgoing', 6_538_813, 3_836_343, 2_702_470],
  ['Echo Dot', 'num_total = global + local', 12_076, 11_954, 122],
  ['Home Mini', 'total_bytes = incoming + outgoing', 1_973_534, 1_558_260, 415_274],
  ['Home Mini', 'num_total = global + local', 9028, 6568, 2460],
];

export function printedSums(): ReportTable {
  return {
    name: 'printed-sums',
    title: 'The sums that the slides print',
    notes: ['The maps of the first sample only are printed whole; what holds there holds of every file above.'],
    head: ['sample', 'sum', 'printed', 'recomputed', 'agrees'],
    rows: PRINTED.map(([sample, what, total, first, second]) => [
      sample,
      what,
      total,
      first + second,
      total === first + second,
    ]),
  };
}

function operators(devices: readonly WatchedDevice[]): ReportTable {
  return {
    name: 'operators',
    title: 'Operators of addresses (isp_map)',
    notes: ['From the tables of this installation; theirs asks ip-api.com over plain HTTP for each address.'],
    head: ['device', 'ip', 'operator'],
    rows: devices.flatMap(({ ip, right }) =>
      Object.entries(right.isp_map).map(([address, name]) => [ip, address, name]),
    ),
  };
}

/** Seconds without a packet are zero: a line from one burst to the next would draw bytes that nobody sent. */
function withSilence(points: readonly [second: number, bytes: number][]): [number, number][] {
  return points.flatMap(([second, bytes], i) => {
    const before = points[i - 1]?.[0] ?? second;
    const gap = second - before - 1;
    const zeros: [number, number][] = gap < 1 ? [] : [[before + 1, 0]];
    if (gap > 1) zeros.push([second - 1, 0]);
    return [...zeros, [second, bytes]];
  });
}

function section({ ip, rows }: WatchedDevice): Report['sections'][number] {
  const start = rows[0]?.timestamp ?? 0;
  const perSecond = (of: (r: DumpRow) => number): [number, number][] => {
    const table = new Map<number, number>();
    for (const row of rows) table.set(row.timestamp - start, (table.get(row.timestamp - start) ?? 0) + of(row));
    return withSilence([...table].toSorted((a, b) => a[0] - b[0]));
  };
  const title = `Bytes over time: ${ip}`;
  const kinds = [
    ['incoming TCP', (r: DumpRow) => (r.connection === 'TCP' ? r.rightIncoming : 0)],
    ['outgoing TCP', (r: DumpRow) => (r.connection === 'TCP' ? r.rightOutgoing : 0)],
    ['incoming UDP', (r: DumpRow) => (r.connection === 'UDP' ? r.rightIncoming : 0)],
    ['outgoing UDP', (r: DumpRow) => (r.connection === 'UDP' ? r.rightOutgoing : 0)],
  ] as const;
  const series = kinds.map(([name, of]) => ({ name, points: perSecond(of) }));
  return {
    title: ip,
    paragraphs: ['Payload bytes a second; their figure "Bytes Sent over Time" sums the incoming ones.'],
    tables: [],
    figures: [{ name: `bytes-over-time-${ip}`, title, svg: lines(title, 'B', series, (x) => `${Math.round(x)} s`) }],
  };
}
