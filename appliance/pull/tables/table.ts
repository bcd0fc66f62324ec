// What an hourly table is: named columns and rows by the hour they belong to. The declarations from which Parquet and sidecars are made.

export type ColumnType = 'text' | 'whole' | 'number' | 'yes_no';
export type Cell = string | number | boolean | null;
export type Row = Readonly<Record<string, Cell>>;

/** In this order the archive shows them. */
export const TABLES = {
  /** A device's traffic of one hour and phase. */
  hour: {
    device: 'text',
    phase: 'text',
    packets: 'whole',
    bytes_up: 'whole',
    bytes_down: 'whole',
    payload_bytes: 'whole',
    conversations: 'whole',
    destinations: 'whole',
    countries: 'text',
    dns_queries: 'whole',
    findings: 'whole',
  },
  /** In the hour of its first packet. Between two devices of the home it is listed once for each. */
  conversation: {
    device: 'text',
    proto: 'text',
    a_ip: 'text',
    a_port: 'whole',
    b_ip: 'text',
    b_port: 'whole',
    first_ts: 'text',
    last_ts: 'text',
    packets_ab: 'whole',
    packets_ba: 'whole',
    bytes_ab: 'whole',
    bytes_ba: 'whole',
    entropy: 'number',
    service: 'text',
    name: 'text',
    country: 'text',
    asn: 'whole',
    organisation: 'text',
    verdict: 'text',
  },
  /**
   * TCP and UDP of a device with a peer, by service, protection and phase. A row without an address combines several peers, because
   * there were too many; traffic without a row is in `hour` only.
   */
  flow: {
    device: 'text',
    phase: 'text',
    scope: 'text',
    address: 'text',
    name: 'text',
    country: 'text',
    organisation: 'text',
    protocol: 'text',
    service: 'text',
    protection: 'text',
    packets_up: 'whole',
    bytes_up: 'whole',
    packets_down: 'whole',
    bytes_down: 'whole',
  },
  /** Names that a device asked for. A row without a name is the rest: beyond the hundred most frequent, or of an older version. */
  dns: { device: 'text', phase: 'text', name: 'text', queries: 'whole' },
  /** In the hour of its first packet; excerpts are masked. */
  finding: {
    id: 'text',
    rule: 'text',
    severity: 'text',
    confidence: 'number',
    device: 'text',
    first_ts: 'text',
    last_ts: 'text',
    count: 'whole',
    excerpt_masked: 'text',
  },
  /** In the hour in which it was first seen. */
  device: {
    device: 'text',
    name: 'text',
    name_source: 'text',
    vendor: 'text',
    maker: 'text',
    model: 'text',
    randomised: 'yes_no',
    category: 'text',
    first_seen: 'text',
  },
  /** What capture counted, by device (`kind` counted), and when nothing is claimed (`kind` gap), in the hour of the ledger's line. */
  accounting: {
    kind: 'text',
    device: 'text',
    captured: 'whole',
    written: 'whole',
    lost_queue: 'whole',
    lost_disk: 'whole',
    from: 'text',
    to: 'text',
    reason: 'text',
    lost: 'whole',
  },
  /** The lines themselves. */
  ledger: { n: 'whole', ts: 'text', type: 'text', line: 'text' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, ColumnType>>>>;

export type TableName = keyof typeof TABLES;
export const TABLE_NAMES = Object.keys(TABLES) as readonly TableName[];

/**
 * What distinguishes the rows of an hour and site. A database that keeps the newest of equal keys is sorted by it; rows that are equal in
 * all of these (two gaps of one second, say) are numbered.
 */
export const ROW_KEYS = {
  hour: ['device', 'phase'],
  conversation: ['device', 'proto', 'a_ip', 'a_port', 'b_ip', 'b_port'],
  flow: ['device', 'phase', 'scope', 'address', 'name', 'country', 'organisation', 'protocol', 'service', 'protection'],
  dns: ['device', 'phase', 'name'],
  finding: ['device', 'rule', 'id'],
  device: ['device'],
  accounting: ['device', 'kind', 'from', 'to'],
  ledger: ['n'],
} as const satisfies { readonly [T in TableName]: readonly (keyof (typeof TABLES)[T])[] };

/** The rows of a table by the start of their hour, seconds since 1970. */
export type HourlyRows = Map<number, Row[]>;

const HOUR_SECONDS = 3600;

/** The hour of decimal seconds since 1970; undefined for what is none. */
export function hourOf(seconds: string | number): number | undefined {
  const value = Number(seconds);
  return Number.isFinite(value) ? Math.floor(value / HOUR_SECONDS) * HOUR_SECONDS : undefined;
}

export function addRow(rows: HourlyRows, hour: number | undefined, row: Row): void {
  if (hour === undefined) return;
  const list = rows.get(hour);
  if (list === undefined) rows.set(hour, [row]);
  else list.push(row);
}
