// The table of a soak: one row per simulated day (or as many hours as asked), as text for people and as JSON for the rest.

/** What the appliance took at real speed, each as share of one core. */
export interface Windows {
  /** Nothing to analyse, nobody looking. */
  readonly still: number;
  /** The home talking, nobody looking. */
  readonly nobody: number;
  /** The home talking, one page open. */
  readonly onePage: number;
  /** Of that page, milliseconds, by path. */
  readonly answers: Readonly<Record<string, { readonly p50: number; readonly p95: number }>>;
}

export interface DayRow {
  readonly day: number;
  readonly hours: number;
  /** Simulated seconds per real one that was reached, and the real seconds for which time was held. */
  readonly speed: number;
  readonly heldSeconds: number;
  readonly streamBytes: number;
  readonly applianceDiskBytes: number;
  readonly applianceWrittenBytes: number;
  readonly captureDiskBytes: number;
  readonly indexBytes: number;
  readonly indexFiles: number;
  readonly captureFiles: number;
  /** Processor seconds per simulated hour. */
  readonly applianceCpu: number;
  readonly captureCpu: number;
  readonly applianceResidentBytes: number;
  readonly applianceAnonymousBytes: number;
  readonly captureResidentBytes: number;
  readonly heapBytes: Readonly<Record<string, number>>;
  readonly worstBacklogBytes: number;
  readonly worstLagSeconds: number;
  readonly lost: number;
  readonly deaths: number;
  readonly workerRestarts: number;
  readonly windows?: Windows;
}

const MB = 1_000_000;
const mb = (bytes: number): string => (bytes / MB).toFixed(bytes < 10 * MB ? 1 : 0);
const percent = (share: number | undefined): string => (share === undefined ? '-' : (share * 100).toFixed(1));

/** Bytes a day as the stricter of two ways of counting: pages made dirty, and bytes given to write(). */
export function dailyWrites(row: DayRow): number {
  return (Math.max(row.applianceDiskBytes, row.applianceWrittenBytes) * 24) / row.hours;
}

/** Model of an hour in real time: the work of its packets, and what the processes do anyway. */
export function cpuShareOf(row: DayRow): number {
  return row.applianceCpu / 3600 + (row.windows?.still ?? 0);
}

const COLUMNS: readonly (readonly [head: string, cell: (row: DayRow) => string])[] = [
  ['until day', (row) => row.day.toFixed(row.hours < 24 ? 2 : 0)],
  ['sent MB', (row) => mb(row.streamBytes)],
  ['wrote MB/d', (row) => mb((row.applianceDiskBytes * 24) / row.hours)],
  ['write() MB/d', (row) => mb((row.applianceWrittenBytes * 24) / row.hours)],
  ['capture MB/d', (row) => mb((row.captureDiskBytes * 24) / row.hours)],
  ['index MB', (row) => mb(row.indexBytes)],
  ['CPU s/h', (row) => row.applianceCpu.toFixed(1)],
  ['capt. s/h', (row) => row.captureCpu.toFixed(1)],
  ['still %', (row) => percent(row.windows?.still)],
  ['nobody %', (row) => percent(row.windows?.nobody)],
  ['page %', (row) => percent(row.windows?.onePage)],
  ['RSS MB', (row) => mb(row.applianceResidentBytes)],
  ['anon MB', (row) => mb(row.applianceAnonymousBytes)],
  ['capt. RSS', (row) => mb(row.captureResidentBytes)],
  [
    'heaps MB',
    (row) =>
      Object.values(row.heapBytes)
        .map((bytes) => (bytes / MB).toFixed(0))
        .join('/') || '-',
  ],
  ['backlog MB', (row) => mb(row.worstBacklogBytes)],
  ['lag s', (row) => row.worstLagSeconds.toFixed(1)],
  ['files', (row) => String(row.captureFiles)],
  ['lost', (row) => String(row.lost)],
  ['died', (row) => String(row.deaths)],
  ['speed', (row) => row.speed.toFixed(0)],
  ['held s', (row) => row.heldSeconds.toFixed(0)],
];

export function tableHead(): string {
  return COLUMNS.map(([head]) => head).join(' | ');
}

export function tableLine(row: DayRow): string {
  return COLUMNS.map(([head, cell]) => cell(row).padStart(head.length)).join(' | ');
}
