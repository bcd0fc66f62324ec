// Zeek's log files as text: TSV with its head lines, which bro-cut and zeek-cut read, or one JSON object a line.

import type { AppLogs, DhcpRow, DnsRow, HttpRow, SslRow } from './app-logs.ts';
import { type ConnRow, connState } from './conn-row.ts';
import type { ConnTracker } from './tracker.ts';

type Value = string | number | boolean | readonly (string | number)[] | undefined;

interface Field<T> {
  readonly name: string;
  /** Zeek's type: decides how it is written. */
  readonly type: string;
  readonly value: (row: T) => Value;
}

export interface LogFile {
  readonly name: string;
  readonly text: string;
}

/** Times come as microseconds. */
const seconds = (micros: number): string => (micros / 1e6).toFixed(6);

function ids<T extends { readonly conn: ConnRow }>(): Field<T>[] {
  return CONN_IDS.map(({ name, type, value }) => ({ name, type, value: (row) => value(row.conn) }));
}

const CONN_IDS: readonly Field<ConnRow>[] = [
  { name: 'uid', type: 'string', value: (c) => c.uid },
  { name: 'id.orig_h', type: 'addr', value: (c) => c.origHost },
  { name: 'id.orig_p', type: 'port', value: (c) => c.origPort },
  { name: 'id.resp_h', type: 'addr', value: (c) => c.respHost },
  { name: 'id.resp_p', type: 'port', value: (c) => c.respPort },
];

function ts<T extends { readonly ts: number }>(): Field<T> {
  return { name: 'ts', type: 'time', value: (row) => seconds(row.ts) };
}

/** Without an answer there is nothing to count: Zeek writes a dash for bytes of a connection of one packet's length. */
const measured = (c: ConnRow, bytes: number): Value => (c.origPackets + c.respPackets > 1 ? bytes : undefined);

const CONN: readonly Field<ConnRow>[] = [
  ts(),
  ...CONN_IDS,
  { name: 'proto', type: 'enum', value: (c) => c.proto },
  { name: 'service', type: 'string', value: (c) => c.service },
  { name: 'duration', type: 'interval', value: (c) => (c.last > c.ts ? seconds(c.last - c.ts) : undefined) },
  { name: 'orig_bytes', type: 'count', value: (c) => measured(c, c.origBytes) },
  { name: 'resp_bytes', type: 'count', value: (c) => measured(c, c.respBytes) },
  { name: 'conn_state', type: 'string', value: connState },
  { name: 'local_orig', type: 'bool', value: (c) => isPrivate(c.origHost) },
  { name: 'local_resp', type: 'bool', value: (c) => isPrivate(c.respHost) },
  { name: 'missed_bytes', type: 'count', value: () => 0 },
  { name: 'history', type: 'string', value: (c) => c.history },
  { name: 'orig_pkts', type: 'count', value: (c) => c.origPackets },
  { name: 'orig_ip_bytes', type: 'count', value: (c) => c.origIpBytes },
  { name: 'resp_pkts', type: 'count', value: (c) => c.respPackets },
  { name: 'resp_ip_bytes', type: 'count', value: (c) => c.respIpBytes },
  { name: 'tunnel_parents', type: 'set[string]', value: () => undefined },
  { name: 'orig_l2_addr', type: 'string', value: (c) => c.origMac },
  { name: 'resp_l2_addr', type: 'string', value: (c) => c.respMac },
  { name: 'community_id', type: 'string', value: (c) => c.communityId },
];

const DNS: readonly Field<DnsRow>[] = [
  ts(),
  ...ids<DnsRow>(),
  { name: 'proto', type: 'enum', value: (r) => r.conn.proto },
  { name: 'trans_id', type: 'count', value: (r) => r.id },
  { name: 'rtt', type: 'interval', value: (r) => (r.rtt === undefined ? undefined : seconds(r.rtt)) },
  { name: 'query', type: 'string', value: (r) => r.query.toLowerCase() },
  { name: 'qclass', type: 'count', value: (r) => r.class },
  { name: 'qtype', type: 'count', value: (r) => r.type },
  { name: 'qtype_name', type: 'string', value: (r) => QTYPES.get(r.type) ?? `query-${r.type}` },
  { name: 'rcode', type: 'count', value: (r) => r.rcode },
  {
    name: 'rcode_name',
    type: 'string',
    value: (r) => (r.rcode === undefined ? undefined : (RCODES[r.rcode] ?? `unknown-${r.rcode}`)),
  },
  { name: 'answers', type: 'vector[string]', value: (r) => (r.answers.length === 0 ? undefined : r.answers) },
  {
    name: 'TTLs',
    type: 'vector[interval]',
    value: (r) => (r.ttls.length === 0 ? undefined : r.ttls.map((ttl) => ttl.toFixed(6))),
  },
];

const HTTP: readonly Field<HttpRow>[] = [
  ts(),
  ...ids<HttpRow>(),
  { name: 'trans_depth', type: 'count', value: (r) => r.depth },
  { name: 'method', type: 'string', value: (r) => r.method },
  { name: 'host', type: 'string', value: (r) => r.host },
  { name: 'uri', type: 'string', value: (r) => r.uri },
  { name: 'referrer', type: 'string', value: (r) => r.referrer },
  { name: 'version', type: 'string', value: (r) => r.version },
  { name: 'user_agent', type: 'string', value: (r) => r.userAgent },
  { name: 'request_body_len', type: 'count', value: (r) => r.requestLength },
  { name: 'response_body_len', type: 'count', value: (r) => r.responseLength },
  { name: 'status_code', type: 'count', value: (r) => r.status },
  {
    name: 'resp_mime_types',
    type: 'vector[string]',
    value: (r) => (r.responseType === undefined ? undefined : [r.responseType]),
  },
];

const SSL: readonly Field<SslRow>[] = [
  ts(),
  ...ids<SslRow>(),
  {
    name: 'version',
    type: 'string',
    value: (r) => (r.version === undefined ? undefined : (TLS.get(r.version) ?? `unknown-${r.version}`)),
  },
  {
    name: 'cipher',
    type: 'string',
    value: (r) => (r.cipher === undefined ? undefined : `0x${r.cipher.toString(16).padStart(4, '0')}`),
  },
  { name: 'server_name', type: 'string', value: (r) => r.serverName },
  { name: 'next_protocol', type: 'string', value: (r) => r.nextProtocol },
  { name: 'established', type: 'bool', value: (r) => r.established },
];

const DHCP: readonly Field<DhcpRow>[] = [
  ts(),
  { name: 'uids', type: 'set[string]', value: (r) => r.uids },
  { name: 'client_addr', type: 'addr', value: (r) => r.clientIp },
  { name: 'server_addr', type: 'addr', value: (r) => r.serverIp },
  { name: 'mac', type: 'string', value: (r) => r.mac },
  { name: 'host_name', type: 'string', value: (r) => r.hostName },
  { name: 'client_fqdn', type: 'string', value: (r) => r.fqdn },
  { name: 'requested_addr', type: 'addr', value: (r) => r.requested },
  { name: 'assigned_addr', type: 'addr', value: (r) => r.assigned },
  { name: 'lease_time', type: 'interval', value: (r) => r.lease?.toFixed(6) },
  { name: 'msg_types', type: 'vector[string]', value: (r) => r.types },
  { name: 'duration', type: 'interval', value: (r) => seconds(r.last - r.ts) },
];

/** conn, dns, http, ssl and dhcp, in `tsv` or `json`. */
export function zeekLogs(tracker: ConnTracker, form: 'tsv' | 'json'): LogFile[] {
  const { dns, http, ssl, dhcp }: AppLogs = tracker.apps;
  const file = <T>(path: string, fields: readonly Field<T>[], rows: readonly T[]): LogFile => ({
    name: `${path}.log`,
    text: form === 'json' ? jsonText(fields, rows) : tsvText(path, fields, rows),
  });
  return [
    file('conn', CONN, tracker.rows()),
    file('dns', DNS, dns),
    file('http', HTTP, http),
    file('ssl', SSL, ssl),
    file('dhcp', DHCP, dhcp),
  ];
}

/** https://docs.zeek.org/en/master/log-formats.html. The times of opening and closing are left out: same capture, same file. */
function tsvText<T>(path: string, fields: readonly Field<T>[], rows: readonly T[]): string {
  const head = [
    '#separator \\x09',
    '#set_separator\t,',
    '#empty_field\t(empty)',
    '#unset_field\t-',
    `#path\t${path}`,
    `#fields\t${fields.map(({ name }) => name).join('\t')}`,
    `#types\t${fields.map(({ type }) => type).join('\t')}`,
  ];
  const lines = rows.map((row) => fields.map(({ value }) => tsvCell(value(row))).join('\t'));
  return `${[...head, ...lines].join('\n')}\n`;
}

function tsvCell(value: Value): string {
  if (value === undefined) return '-';
  if (typeof value === 'boolean') return value ? 'T' : 'F';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return value === '' ? '(empty)' : value === '-' ? '\\x2d' : escapeText(value, false);
  return value.length === 0 ? '(empty)' : value.map((item) => escapeText(String(item), true)).join(',');
}

/** Control characters, the separator and a backslash as \xHH, as Zeek writes them. */
function escapeText(text: string, inSet: boolean): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\\]/g, hex).replaceAll(inSet ? /,/g : /(?!)/g, hex);
}

function hex(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/** Numbers as numbers; what is unset is left out, as Zeek does. */
function jsonText<T>(fields: readonly Field<T>[], rows: readonly T[]): string {
  const line = (row: T): string =>
    JSON.stringify(Object.fromEntries(fields.flatMap(({ name, type, value }) => jsonField(name, type, value(row)))));
  return rows.map((row) => `${line(row)}\n`).join('');
}

function jsonField(name: string, type: string, value: Value): [string, unknown][] {
  if (value === undefined) return [];
  const isTime = type === 'time' || type === 'interval';
  if (type === 'vector[interval]' && Array.isArray(value)) return [[name, value.map(Number)]];
  return [[name, isTime ? Number(value) : value]];
}

/** Zeek's Site::local_nets without configuration: RFC 1918, link-local, loopback, unique local. */
function isPrivate(ip: string): boolean {
  return /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|127\.|f[cd]|fe[89ab]|::1$)/.test(ip);
}

const QTYPES: ReadonlyMap<number, string> = new Map([
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [12, 'PTR'],
  [15, 'MX'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [32, 'NB'],
  [33, 'SRV'],
  [47, 'NSEC'],
  [64, 'SVCB'],
  [65, 'HTTPS'],
  [255, '*'],
]);
const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const TLS: ReadonlyMap<number, string> = new Map([
  [0x300, 'SSLv3'],
  [0x301, 'TLSv10'],
  [0x302, 'TLSv11'],
  [0x303, 'TLSv12'],
  [0x304, 'TLSv13'],
]);
