// The overviews of the published analyzer's options, each with the right answer next to the number that differs. Fed by
// counts.ts and the analysis document of the same file; printed by `weir analyze -po …` and `weir shell`.

import type {
  AnalysisDocument,
  DocumentConversation,
  PayloadSays,
  TransportProtocol,
} from '../../model/analysis-document.ts';
import { byText, type Cell, type ReportTable } from '../report/table.ts';
import { analyzerAnswers } from './answers.ts';
import type { AnalyzerCounts } from './counts.ts';

/** The program's options. `-pa` is documented there and missing from its parser; `-cnlist` is declared and prints nothing. */
export const OVERVIEWS = ['po', 'cn', 'cnlist', 'ips', 'g', 'ct', 'e', 'pa'] as const;
export type Overview = (typeof OVERVIEWS)[number];

export interface AnalyzedCapture {
  readonly counts: AnalyzerCounts;
  readonly document: AnalysisDocument;
  /** Country, organisation and provider of an address from the offline tables. */
  describe(ip: string): { readonly country: string | null; readonly org: string | null; readonly internal: boolean };
}

type View = (capture: AnalyzedCapture, touches: (...ips: string[]) => boolean) => ReportTable;

/** @param ip only rows about this address; its ports and packets cannot be distinguished there and stay whole */
export function overviewTable(overview: Overview, capture: AnalyzedCapture, ip?: string): ReportTable {
  return VIEWS[overview](capture, (...ips) => ip === undefined || ips.includes(ip));
}

const VIEWS: Readonly<Record<Overview, View>> = {
  po: portsView,
  cn: connectionsView,
  cnlist: connectionListView,
  ips: addressesView,
  g: placesView,
  ct: cleartextView,
  e: entropyView,
  pa: packetsView,
};

function portsView({ counts, document }: AnalyzedCapture): ReportTable {
  const right = packetsByPort(document.conversations);
  const of = (proto: TransportProtocol, port: number): number => right[proto].get(port) ?? 0;
  return {
    name: 'ports',
    title: 'Overview of all used ports and call amounts (-po)',
    notes: [
      'occurrences: one table for TCP and UDP, +1 as source and +1 as destination; packets with DNS, DHCP, NTP and ICMP and all of IPv6 are left out.',
      'tcp_packets, udp_packets: every packet with the port on either side, once.',
    ],
    head: ['port', 'occurrences', 'tcp_packets', 'udp_packets'],
    rows: [...new Set([...counts.ports.keys(), ...right.tcp.keys(), ...right.udp.keys()])]
      .toSorted((a, b) => a - b)
      .map((port) => [port, counts.ports.get(port) ?? 0, of('tcp', port), of('udp', port)]),
  };
}

function packetsByPort(
  conversations: readonly DocumentConversation[],
): Readonly<Record<TransportProtocol, Map<number, number>>> {
  const right = { tcp: new Map<number, number>(), udp: new Map<number, number>() };
  for (const c of conversations) {
    const ports = right[c.proto];
    for (const port of new Set([c.a_port, c.b_port])) ports.set(port, (ports.get(port) ?? 0) + c.pkts_ab + c.pkts_ba);
  }
  return right;
}

function connectionsView(capture: AnalyzedCapture, touches: (...ips: string[]) => boolean): ReportTable {
  const directions = directionFacts(capture.document.conversations);
  const rows = analyzerAnswers(capture.counts).connections.filter(([from, to]) => touches(from, to));
  return {
    name: 'connections',
    title: 'Overview of all established connections (-cn)',
    notes: [
      'packets, secure, insecure: as published, per pair of addresses; secure where either port is listed. IGMP and other IP have neither.',
      'all_packets: TCP and UDP packets of the direction with nothing left out; payload_says: what the payload of its conversations proves.',
    ],
    head: ['source', 'destination', 'packets', 'secure', 'insecure', 'all_packets', 'payload_says'],
    rows: rows.map((row): Cell[] => {
      const facts = directions.get(directionKey(row[0], row[1]));
      return [...row, facts?.packets ?? 0, saysText(facts)];
    }),
  };
}

function connectionListView({ counts }: AnalyzedCapture, touches: (...ips: string[]) => boolean): ReportTable {
  const pairs = analyzerAnswers(counts).connections.filter(([from, to]) => touches(from, to));
  return {
    name: 'connection-list',
    title: 'List of connections (-cnlist)',
    notes: ['The published program declares this option and prints nothing.'],
    head: ['source', 'destination'],
    rows: pairs.map(([source, destination]) => [source, destination]),
  };
}

function addressesView({ counts, document }: AnalyzedCapture, touches: (...ips: string[]) => boolean): ReportTable {
  const all = new Set([...counts.ips, ...document.conversations.flatMap((c) => [c.a_ip, c.b_ip])]);
  return {
    name: 'addresses',
    title: 'Overview of all recorded IPs, origin and destination (-ips)',
    notes: ['published: listed there; the others appear only in DNS, DHCP, NTP or IPv6, which it leaves out.'],
    head: ['ip', 'published'],
    rows: [...all]
      .filter((ip) => touches(ip))
      .toSorted(byText)
      .map((ip) => [ip, counts.ips.has(ip)]),
  };
}

/** The only addresses that the program does not ask its third party for. Multicast is asked for. */
const NOT_LOCATED = /^(?:192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|10\.|255\.255\.255\.255$|0\.0\.0\.0$)/;

function placesView(capture: AnalyzedCapture, touches: (...ips: string[]) => boolean): ReportTable {
  return {
    name: 'places',
    title: 'Overview of IPs and their geolocation (-g)',
    notes: [
      'The published program sends each address over plain HTTP to ipstack.com. Weir asks nobody: countries are from the tables of this installation.',
      'asked: the program would have asked for it; multicast and other addresses that are nowhere are among those.',
    ],
    head: ['ip', 'asked', 'country', 'organisation'],
    rows: [...capture.counts.ips]
      .filter((ip) => touches(ip))
      .toSorted(byText)
      .map((ip): Cell[] => {
        const { country, org, internal } = capture.describe(ip);
        return [ip, !NOT_LOCATED.test(ip), internal ? 'local' : (country ?? 'anycast'), org];
      }),
  };
}

function cleartextView({ counts, document }: AnalyzedCapture, touches: (...ips: string[]) => boolean): ReportTable {
  const directions = directionFacts(document.conversations);
  const rows = [...counts.cleartext.values()].filter((row) => touches(row.source, row.destination));
  return {
    name: 'cleartext',
    title: 'Overview of clear text (-ct)',
    notes: [
      'characters, text: every payload that decodes as UTF-8, stripped and joined by "; "; IPv6 left out. Ciphertext that decodes by chance counts, and text with one byte that is no UTF-8 does not.',
      'payload_says: what the payload of the direction proves; findings have what was recognised in it.',
    ],
    head: ['source', 'destination', 'characters', 'payload_says', 'text'],
    rows: rows.map((row): Cell[] => [
      row.source,
      row.destination,
      row.characters,
      saysText(directions.get(directionKey(row.source, row.destination))),
      row.text,
    ]),
  };
}

function entropyView({ counts, document }: AnalyzedCapture, touches: (...ips: string[]) => boolean): ReportTable {
  const directions = directionFacts(document.conversations);
  const rows = [...counts.entropies.values()].filter((row) => touches(row.source, row.destination));
  return {
    name: 'entropy',
    title: 'Overview of IPs, their destination and the average entropy (-e)',
    notes: [
      'average: as published: of text, over characters after everything but letters and digits was removed; of other payload, over bytes; mean of the packets per pair of addresses.',
      'byte_average: the same packets over their bytes, nothing removed. Short packets stay below 7 whatever they hold: verdicts and expected values are in the conversations of the document.',
    ],
    head: ['source', 'destination', 'average', 'amount', 'threshold7', 'byte_average', 'payload_says'],
    rows: rows.map((row): Cell[] => {
      const average = row.sum / row.packets;
      return [
        row.source,
        row.destination,
        average.toFixed(6),
        row.packets,
        average > 7 ? 'above' : 'at_or_below',
        (row.byteSum / row.packets).toFixed(6),
        saysText(directions.get(directionKey(row.source, row.destination))),
      ];
    }),
  };
}

function packetsView({ counts, document }: AnalyzedCapture): ReportTable {
  const published = analyzerAnswers(counts).packets;
  const all = document.input.packets;
  return {
    name: 'packets',
    title: 'Packets overview (-pa)',
    notes: [
      'Documented in the published program, but missing from its argument parser. "NoRaw" is no number of packets without payload: whatever scapy dissects further is in it.',
    ],
    head: ['what', 'published', 'right', 'meaning'],
    rows: [
      ['totalAmountPackets', published.totalAmountPackets, all, 'packets of the file'],
      ['amountNoRaw', published.amountNoRaw, null, 'packets without Raw layer'],
      ['amountByteBased', published.amountByteBased, null, 'payload that is no UTF-8'],
      ['amountDoneUtf', published.amountDoneUtf, null, 'payload that decodes as UTF-8'],
      ['amountDoneUtfExcluded', published.amountDoneUtfExcluded, null, 'payload of one repeated byte'],
      ['amountExcludedPackets', published.amountExcludedPackets, null, 'TCP flags exactly A, S, FA, SA or RA'],
      ['amountExcludedServices', published.amountExcludedServices, null, 'ARP, DHCP and DNS'],
      ['amountTotalProcessed', published.amountTotalProcessed, all, 'packets of the file'],
    ],
  };
}

interface DirectionFacts {
  packets: number;
  readonly says: Map<PayloadSays, number>;
}

function directionKey(source: string, destination: string): string {
  return `${source}>${destination}`;
}

function saysText(facts: DirectionFacts | undefined): string {
  if (facts === undefined) return '';
  return [...facts.says].map(([says, count]) => `${says} ${count}`).join(', ');
}

/** TCP and UDP packets from address to address, and in how many conversations the payload says what. */
function directionFacts(conversations: readonly DocumentConversation[]): Map<string, DirectionFacts> {
  const facts = new Map<string, DirectionFacts>();
  const add = (key: string, packets: number, says: PayloadSays): void => {
    const row = facts.get(key) ?? { packets: 0, says: new Map<PayloadSays, number>() };
    facts.set(key, row);
    row.packets += packets;
    row.says.set(says, (row.says.get(says) ?? 0) + 1);
  };
  for (const c of conversations) {
    add(directionKey(c.a_ip, c.b_ip), c.pkts_ab, c.payload_says);
    add(directionKey(c.b_ip, c.a_ip), c.pkts_ba, c.payload_says);
  }
  return facts;
}
