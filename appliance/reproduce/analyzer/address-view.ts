// Everything about one address (`--ip`): the step that the published analyzer's authors name as their next.

import type { AnalysisDocument, DocumentConversation } from '../../model/analysis-document.ts';
import type { Cell, ReportTable } from '../report/table.ts';

/** Who it is, whom it talked to, what was asked for it and what was found about it. An unknown address has empty tables. */
export function addressTables(document: AnalysisDocument, ip: string): readonly ReportTable[] {
  return [identity(document, ip), conversations(document, ip), ports(document, ip), findings(document, ip)];
}

function identity(document: AnalysisDocument, ip: string): ReportTable {
  const devices = document.devices.filter((device) => device.ips.includes(ip));
  const places = document.destinations.filter((destination) => destination.ip === ip);
  return {
    name: 'address',
    title: `The address ${ip}`,
    notes: [],
    head: ['as', 'who', 'names', 'country', 'organisation', 'bytes_out', 'bytes_in'],
    rows: [
      ...devices.map((d): Cell[] => [
        'device',
        `${d.mac} ${d.vendor ?? ''}`.trim(),
        namesText(d.names),
        null,
        null,
        d.bytes_sent,
        d.bytes_received,
      ]),
      ...places.map((d): Cell[] => [
        'destination',
        d.devices.join(' '),
        namesText(d.names),
        d.country ?? 'anycast',
        d.org,
        d.bytes_up,
        d.bytes_down,
      ]),
    ],
  };
}

function namesText(names: readonly { readonly name: string; readonly source: string }[]): string {
  return names.map(({ name, source }) => `${name} (${source})`).join('; ');
}

function conversations(document: AnalysisDocument, ip: string): ReportTable {
  const rows = document.conversations.filter((c) => c.a_ip === ip || c.b_ip === ip);
  return {
    name: 'address-conversations',
    title: `Conversations of ${ip}`,
    notes: ['out and in as seen from the address; entropies in bits per byte.'],
    head: [
      'proto',
      'port',
      'peer',
      'peer_port',
      'service',
      'packets_out',
      'packets_in',
      'bytes_out',
      'bytes_in',
      'H_packets_mean',
      'H',
      'verdict',
      'names',
    ],
    rows: rows.map((c) => conversationRow(c, c.a_ip === ip)),
  };
}

function conversationRow(c: DocumentConversation, isA: boolean): Cell[] {
  const [port, peer, peerPort] = isA ? [c.a_port, c.b_ip, c.b_port] : [c.b_port, c.a_ip, c.a_port];
  const counts = isA ? [c.pkts_ab, c.pkts_ba, c.bytes_ab, c.bytes_ba] : [c.pkts_ba, c.pkts_ab, c.bytes_ba, c.bytes_ab];
  return [c.proto, port, peer, peerPort, c.service, ...counts, c.H_packets_mean, c.H, c.verdict, namesText(c.names)];
}

function ports(document: AnalysisDocument, ip: string): ReportTable {
  const counts = new Map<string, number>();
  for (const c of document.conversations) {
    if (c.a_ip !== ip && c.b_ip !== ip) continue;
    const key = `${c.proto} ${c.a_ip === ip ? c.a_port : c.b_port}`;
    counts.set(key, (counts.get(key) ?? 0) + c.pkts_ab + c.pkts_ba);
  }
  return {
    name: 'address-ports',
    title: `Ports of ${ip}`,
    notes: ['Its own end of each conversation.'],
    head: ['proto', 'port', 'packets'],
    rows: [...counts].toSorted((a, b) => b[1] - a[1]).map(([key, packets]) => [...key.split(' '), packets]),
  };
}

function findings(document: AnalysisDocument, ip: string): ReportTable {
  const macs = new Set(document.devices.filter((d) => d.ips.includes(ip)).map((d) => d.mac));
  const rows = document.findings.filter(
    (f) => (f.device !== null && macs.has(f.device)) || f.excerpt_masked.includes(ip),
  );
  return {
    name: 'address-findings',
    title: `Findings about ${ip}`,
    notes: [],
    head: ['rule', 'severity', 'device', 'count', 'excerpt_masked', 'packets'],
    rows: rows.map((f) => [
      f.rule,
      f.severity,
      f.device,
      f.count,
      f.excerpt_masked,
      f.evidence.map((e) => e.packet).join(' '),
    ]),
  };
}
