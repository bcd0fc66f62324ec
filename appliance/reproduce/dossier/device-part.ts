// Tables about one device: who it is and how that is known, findings, services, ports, names that it never reached. Pure.

import type { AnalysisDocument, DocumentDevice } from '../../model/analysis-document.ts';
import { isoText } from '../../model/time/iso-time.ts';
import type { DeviceTraffic } from '../report/device-traffic.ts';
import { byText, type Cell, type ReportTable } from '../report/table.ts';

/** Rows of one table in print; a note says how many are left out, and that `weir analyze` prints them. */
const MAX_ROWS = 200;

/** A name that no other table of the report has, without the separators of the address. */
export function tableName(what: string, mac: string): string {
  return `${what}-${mac.replaceAll(/[^0-9a-z]/g, '')}`;
}

/** Says what is left out, so that nobody takes the table for everything. */
export function cutTable(table: ReportTable): ReportTable {
  const left = table.rows.length - MAX_ROWS;
  if (left <= 0) return table;
  const note = `${left} further rows are left out; \`weir analyze\` prints them all.`;
  return { ...table, notes: [...table.notes, note], rows: table.rows.slice(0, MAX_ROWS) };
}

export function identityTable(device: DocumentDevice): ReportTable {
  const { mac, maker, model, category, vendor, names, ips, platforms, linked = [], confirmed } = device;
  const facts: (readonly [string, string | null, string])[] = [
    ['address', mac, device.randomised ? 'chosen by software' : `assigned to ${vendor ?? 'nobody known'}`],
    ['maker', maker ?? vendor, maker == null ? 'by the address' : 'by what it says'],
    ['model', model ?? null, 'by what it says'],
    ['category', category, ''],
    ...names.map(({ name, source }) => ['name', name, source] as const),
    ...ips.slice(0, 20).map((ip) => ['network address', ip, ''] as const),
    ...platforms.map((platform) => ['platform', platform, 'by rules'] as const),
    ...(device.encrypted_dns ?? []).map((one) => ['hides its questions for names', one, ''] as const),
    ...linked.map((one) => ['the same device as', one.mac, one.evidence.join('; ')] as const),
    ...(device.identity_evidence ?? []).map((text) => ['evidence', text, ''] as const),
  ];
  if (confirmed != null) facts.push(['confirmed', confirmed.name, `${confirmed.by}, ${isoText(confirmed.ts)}`]);
  return {
    name: tableName('identity', mac),
    title: 'Who it is, and how that is known',
    notes: [],
    head: ['what', 'value', 'known by'],
    rows: facts.filter(([, value]) => value !== null && value !== ''),
  };
}

export function findingTable({ findings }: AnalysisDocument, mac: string): ReportTable {
  const order = { high: 0, medium: 1, low: 2 } as const;
  const rows = findings
    .filter(({ device }) => device === mac)
    .toSorted((a, b) => order[a.severity] - order[b.severity] || byText(a.id, b.id))
    .map((finding): Cell[] => {
      const { severity, rule, explanation, excerpt_masked: seen, count, first_ts, last_ts, evidence } = finding;
      const [proof] = evidence;
      const where =
        proof === undefined ? null : `${proof.segment > 0 ? `file ${proof.segment}, ` : ''}packet ${proof.packet}`;
      return [severity, rule, explanation, seen, count, isoText(first_ts), isoText(last_ts), where];
    });
  return cutTable({
    name: tableName('findings', mac),
    title: 'Findings',
    notes: [],
    head: ['severity', 'rule', 'what', 'seen, masked', 'times', 'first', 'last', 'proof'],
    rows,
  });
}

export function serviceTable({ behaviour }: AnalysisDocument, mac: string): ReportTable {
  const rows = (behaviour?.services ?? [])
    .filter(({ device }) => device === mac)
    .toSorted(
      (a, b) => b.bytes_sent + b.bytes_received - a.bytes_sent - a.bytes_received || byText(a.service, b.service),
    )
    .map((use): Cell[] => [
      use.service,
      use.proto,
      use.internal ? 'at home' : 'Internet',
      use.conversations,
      use.opened,
      use.bytes_sent,
      use.bytes_received,
    ]);
  return cutTable({
    name: tableName('services', mac),
    title: 'Conversations by service',
    notes: [],
    head: ['service', 'protocol', 'where', 'conversations', 'opened by it', 'bytes sent', 'bytes received'],
    rows,
  });
}

/** Of conversations that it opened the other side's port, of others its own. */
export function portTable(mac: string, traffic: readonly DeviceTraffic[]): ReportTable {
  const sums = new Map<string, { readonly cells: readonly Cell[]; conversations: number; bytes: number }>();
  for (const { conversation, opened, peerPort, ownPort, bytesSent, bytesReceived } of traffic) {
    const port = opened ? peerPort : ownPort;
    const cells = [conversation.proto, port, opened ? 'it asks there' : 'it is asked there', conversation.secure_port];
    const key = cells.join(' ');
    const sum = sums.get(key) ?? { cells, conversations: 0, bytes: 0 };
    sum.conversations++;
    sum.bytes += bytesSent + bytesReceived;
    sums.set(key, sum);
  }
  const rows = [...sums.entries()]
    .sort(([x, a], [y, b]) => b.bytes - a.bytes || byText(x, y))
    .map(([, { cells, conversations, bytes }]) => [...cells, conversations, bytes]);
  return cutTable({
    name: tableName('ports', mac),
    title: 'Ports',
    notes: ['Port 0 means many ports in one row.'],
    head: ['protocol', 'port', 'which way', 'listed as secure', 'conversations', 'bytes'],
    rows,
  });
}

export function unreachedTable({ behaviour, devices, dns }: AnalysisDocument, mac: string): ReportTable {
  const never = (behaviour?.unreached ?? []).filter(({ device }) => device === mac);
  const unreached = new Map(never.map(({ name, queries, resolved }) => [name, { queries, resolved }]));
  // Only of one device alone the questions of the document are its own.
  const asked =
    devices.length === 1 ? Object.entries(dns.queries) : never.map(({ name, queries }) => [name, queries] as const);
  const rows = asked
    .toSorted(([x, a], [y, b]) => b - a || byText(x, y))
    .map(([name, queries]): Cell[] => {
      const known = unreached.get(name);
      return [name, queries, known === undefined ? '' : known.resolved ? 'never contacted' : 'has no address'];
    });
  return cutTable({
    name: tableName('names', mac),
    title: devices.length === 1 ? 'Names it asked for' : 'Names it asked for and never contacted',
    notes: [],
    head: ['name', 'questions', ''],
    rows,
  });
}
