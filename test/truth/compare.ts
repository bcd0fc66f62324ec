// Holds one file's analysis against its truth, field by field. Pure: returns what was compared and what differs.

import { maskIdentifier, maskPath, maskValue } from '../../appliance/analysis/inspect/mask.ts';
import { wholePart } from '../../appliance/analysis/summary/merge.ts';
import type { Part, Summary, Table } from '../../appliance/analysis/summary/summary.ts';
import type { AnalysisDocument, Counts } from '../../appliance/model/analysis-document.ts';
import { parseMac } from '../../appliance/model/mac.ts';
import { formatSeconds, parseSeconds } from '../../appliance/model/time/clock.ts';
import type { Truth, TruthFile } from './corpus.ts';

export interface Difference {
  readonly file: string;
  readonly field: string;
  readonly key: string;
  readonly ours: string;
  readonly truth: string;
}

export class Comparison {
  readonly differences: Difference[] = [];
  /** Values compared, by field. */
  readonly compared = new Map<string, number>();
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  equal(field: string, key: string, ours: unknown, truth: unknown): void {
    this.compared.set(field, (this.compared.get(field) ?? 0) + 1);
    const [a, b] = [JSON.stringify(ours) ?? 'missing', JSON.stringify(truth) ?? 'missing'];
    if (a !== b) this.differences.push({ file: this.#file, field, key, ours: a, truth: b });
  }

  near(field: string, key: string, ours: number | null, truth: string | undefined): void {
    const wanted = truth === undefined || truth === '' ? null : Number(truth);
    const close = ours !== null && wanted !== null && Math.abs(ours - wanted) <= 1e-6 + 1e-9;
    this.equal(field, key, close ? wanted : ours, wanted);
  }

  counts(field: string, ours: Readonly<Record<string, number>>, truth: Readonly<Record<string, number>>): void {
    for (const key of new Set([...Object.keys(ours), ...Object.keys(truth)])) {
      this.equal(field, key, ours[key] ?? 0, truth[key] ?? 0);
    }
  }
}

export function compare(file: TruthFile, summary: Summary, document: AnalysisDocument): Comparison {
  const c = new Comparison(file.name);
  const part = wholePart(summary);
  compareTotals(c, document, file.truth);
  compareMacs(c, part, file.truth);
  compareNetworks(c, part, file.truth);
  comparePorts(c, 'tcp', document.ports.tcp, file.truth.dst_ports_tcp);
  comparePorts(c, 'udp', document.ports.udp, file.truth.dst_ports_udp);
  compareConversations(c, document, file.truth);
  compareSessions(c, document, file);
  compareNames(c, part, document, file.truth);
  comparePaths(c, part, file.truth);
  compareDhcp(c, document, file.truth);
  return c;
}

function compareTotals(c: Comparison, { input }: AnalysisDocument, truth: Truth): void {
  c.equal('packets', '', input.packets, truth.packets);
  c.equal('frame_bytes', '', input.frame_bytes, truth.frame_bytes);
  c.equal('captured_bytes', '', input.captured_bytes, truth.captured_bytes);
  c.equal('first_ts', '', microseconds(input.first_ts), truth.first_ts ?? null);
  c.equal('last_ts', '', microseconds(input.last_ts), truth.last_ts ?? null);
  c.equal('time_steps_back', '', input.time_steps_back, truth.timestamps_non_monotonic);
}

/** The truth has six digits, rounded; a nanosecond capture has nine. */
function microseconds(ts: string | null): string | null {
  const ns = ts === null ? undefined : parseSeconds(ts);
  return ns === undefined ? null : formatSeconds(((ns + 500n) / 1000n) * 1000n).slice(0, -3);
}

/** The truth lists the first 12 addresses of a MAC. */
const LISTED_IPS = 12;
/** And the 40 ports with most packets. */
const LISTED_PORTS = 40;

function compareMacs(c: Comparison, part: Part, truth: Truth): void {
  // Where a capture has no link layer, hosts are in the place of MACs: the truth has none of them.
  const known = Object.keys(part.macs).filter((mac) => parseMac(mac) !== undefined);
  for (const mac of new Set([...known, ...Object.keys(truth.macs)])) {
    const ours = part.macs[mac];
    const wanted = truth.macs[mac];
    const row = ours && [ours.packets_sent, ours.bytes_sent, ours.packets_received, ours.bytes_received];
    c.equal('macs', mac, row, wanted && [wanted.src_pkts, wanted.src_bytes, wanted.dst_pkts, wanted.dst_bytes]);
  }
  for (const [mac, ips] of Object.entries(truth.mac_ips)) {
    const ours = Object.keys(part.macs[mac]?.ips ?? {}).sort();
    const listed = ips.length < LISTED_IPS ? ours : ours.filter((ip) => ips.includes(ip));
    c.equal('mac_ips', mac, listed, [...ips].sort());
  }
}

function compareNetworks(c: Comparison, part: Part, truth: Truth): void {
  for (const name of ['tcp', 'udp', 'icmp', 'icmpv6', 'igmp', 'arp', 'eapol']) {
    const ours = part.networks[name];
    const wanted = truth.ip_next_protocol[name];
    c.equal('networks', name, ours && [ours.packets, ours.bytes], wanted && [wanted.pkts, wanted.bytes]);
  }
  for (const name of ['eth', 'ip', 'ipv6', 'vlan', 'arp', 'eapol']) {
    c.equal('protocols', name, part.protocols[name] ?? 0, truth.protocols[name] ?? 0);
  }
}

function comparePorts(c: Comparison, proto: string, ours: Counts, truth: Counts): void {
  const whole = Object.keys(truth).length < LISTED_PORTS;
  for (const port of Object.keys(whole ? { ...truth, ...ours } : truth)) {
    c.equal('ports', `${proto} ${port}`, ours[port] ?? 0, truth[port] ?? 0);
  }
}

function compareConversations(c: Comparison, document: AnalysisDocument, truth: Truth): void {
  c.equal('conversations', 'total', document.conversations.length, truth.conversations_total);
  const ours = new Map(
    document.conversations.map((x) => [
      `${x.proto} ${x.a_ip} ${x.a_port} ${x.b_ip} ${x.b_port}`,
      [x.pkts_ab, x.bytes_ab, x.pkts_ba, x.bytes_ba],
    ]),
  );
  for (const [proto, aIp, aPort, bIp, bPort, ...wanted] of truth.conversations) {
    const key = `${proto} ${aIp} ${aPort} ${bIp} ${bPort}`;
    c.equal('conversations', key, ours.get(key), wanted);
  }
}

function compareSessions(c: Comparison, document: AnalysisDocument, file: TruthFile): void {
  const ours = new Map(
    document.conversations.map((x) => [`${x.proto} ${x.a_ip} ${x.a_port} ${x.b_ip} ${x.b_port}`, x]),
  );
  for (const row of file.sessions) {
    const key = `${row['proto']} ${row['a_ip']} ${row['a_port']} ${row['b_ip']} ${row['b_port']}`;
    const x = ours.get(key);
    c.equal('payload', key, x && [x.payload_ab, x.payload_ba], [Number(row['payload_ab']), Number(row['payload_ba'])]);
    c.near('entropy', `${key} ab`, x?.H_ab ?? null, row['H_ab']);
    c.near('entropy', `${key} ba`, x?.H_ba ?? null, row['H_ba']);
    c.near('entropy', `${key} both`, x?.H ?? null, row['H']);
  }
}

/** Our table, the truth's field. */
const TABLES: readonly (readonly [string, string])[] = [
  ['dns.queries', 'dns_queries'],
  ['mdns.queries', 'mdns_queries'],
  ['tls.sni', 'tls_sni'],
  ['http.hosts', 'http_hosts'],
  ['http.methods', 'http_methods'],
  ['http.user_agents', 'http_user_agents'],
  ['http.content_types', 'http_content_types'],
  ['ssdp.servers', 'ssdp_server'],
  ['rtsp.methods', 'rtsp_methods'],
];

/** Identifiers are in no output but masked (analysis/inspect/mask.ts): the truth is masked alike before it is compared. */
const MASKED: readonly (readonly [string, string, (value: string) => string])[] = [
  ['mqtt.client_ids', 'mqtt_client_ids', maskIdentifier],
  ['mqtt.usernames', 'mqtt_usernames', maskValue],
  ['mqtt.topics', 'mqtt_topics', maskPath],
];

function masked(counts: Counts, mask: (value: string) => string): Counts {
  const result: Record<string, number> = {};
  for (const [text, count] of Object.entries(counts)) result[mask(text)] = (result[mask(text)] ?? 0) + count;
  return result;
}

/** The truth's spelling is that of the wire; ours is one for each name, in lower case without a dot at the end. */
const NAMES: ReadonlySet<string> = new Set(['dns.queries', 'mdns.queries', 'tls.sni', 'quic.sni', 'http.hosts']);

function folded(table: string, counts: Counts): Counts {
  return NAMES.has(table) ? masked(counts, (name) => name.toLowerCase().replace(/(.)\.$/, '$1')) : counts;
}

const BY_MAC: readonly (readonly [string, string])[] = [
  ['dns.queries', 'dns_queries_by_mac'],
  ['tls.sni', 'tls_sni_by_mac'],
  ['quic.sni', 'quic_sni_by_mac'],
  ['http.hosts', 'http_hosts_by_mac'],
  ['http.methods', 'http_methods_by_mac'],
];

function sumOf(part: Part, name: string): Record<string, number> {
  const sum: Table<number> = Object.create(null);
  for (const byText of Object.values(part.counts[name] ?? {})) {
    for (const [text, count] of Object.entries(byText)) sum[text] = (sum[text] ?? 0) + count;
  }
  return sum;
}

/** Versions as the truth writes them. */
const VERSIONS: Readonly<Record<string, string>> = {
  SSLv3: '0x0300',
  TLSv1: '0x0301',
  'TLSv1.1': '0x0302',
  'TLSv1.2': '0x0303',
  'TLSv1.3': '0x0304',
  'DTLSv1.0': '0xfeff',
  'DTLSv1.2': '0xfefd',
};

function compareNames(c: Comparison, part: Part, document: AnalysisDocument, truth: Truth): void {
  for (const [ours, field] of TABLES) c.counts(field, sumOf(part, ours), folded(ours, (truth[field] ?? {}) as Counts));
  for (const [ours, field, mask] of MASKED) {
    c.counts(field, sumOf(part, ours), masked((truth[field] ?? {}) as Counts, mask));
  }
  for (const [ours, field] of BY_MAC) {
    const wanted = (truth[field] ?? {}) as Record<string, Counts>;
    for (const mac of Object.keys(wanted)) c.counts(field, part.counts[ours]?.[mac] ?? {}, folded(ours, wanted[mac]!));
  }
  const versions: Record<string, number> = {};
  for (const [version, count] of Object.entries(document.tls.versions)) {
    const number = VERSIONS[version] ?? version;
    versions[number] = (versions[number] ?? 0) + count;
  }
  c.counts('tls_server_hello_versions', versions, (truth['tls_server_hello_versions'] ?? {}) as Counts);
}

/** The truth counts the parts of a path, as they are in one option each. */
function comparePaths(c: Comparison, part: Part, truth: Truth): void {
  const parts: Record<string, number> = {};
  for (const [path, count] of Object.entries(sumOf(part, 'coap.paths'))) {
    for (const word of path.split('/').filter((text) => text !== '')) parts[word] = (parts[word] ?? 0) + count;
  }
  c.counts('coap_uri_path', parts, (truth['coap_uri_path'] ?? {}) as Counts);
}

function compareDhcp(c: Comparison, document: AnalysisDocument, truth: Truth): void {
  const wanted = (truth['dhcp_clients'] ?? {}) as Record<
    string,
    { hostname: string[]; vendor_class: string[]; param_request: string[] }
  >;
  const row = (x: (typeof wanted)[string] | undefined) =>
    x && [x.hostname, x.vendor_class, x.param_request].map((list) => list.toSorted());
  const ours = document.dhcp.clients as typeof wanted;
  for (const mac of new Set([...Object.keys(wanted), ...Object.keys(ours)])) {
    c.equal('dhcp_clients', mac, row(ours[mac]), row(wanted[mac]));
  }
}
