// The paper's ports table: how often each port occurs as source and as destination, and between which addresses.
// Fed with conversations by the renderer; counts are packets.

import type { DocumentPort, TransportProtocol } from '../../model/analysis-document.ts';
import { isSecurePort, type PortProfile } from './ports.ts';
import { serviceName } from './services.ts';

/** What is read of a conversation; a DocumentConversation has it all. */
export interface PortConversation {
  readonly proto: TransportProtocol;
  readonly a_ip: string;
  readonly a_port: number;
  readonly b_ip: string;
  readonly b_port: number;
  readonly pkts_ab: number;
  readonly pkts_ba: number;
  /** One of the ports is 0 because the row combines many: that one is left out. */
  readonly joined?: boolean;
}

/** Rows and pairs in a document: a port scan has 65,536 of them. */
const MAX_PORTS = 256;
/** Pairs of addresses shown for one port; the others are counted in `pairs_left_out`. */
const MAX_PAIRS = 32;

interface Tally {
  readonly proto: TransportProtocol;
  readonly port: number;
  source: number;
  destination: number;
  both: number;
  /** The only one of most ports: clients take a new port for each connection. */
  first: Pair | undefined;
  /** By source, then by destination: a key of both would be a new text for each conversation. */
  more: Map<string, Map<string, Pair>> | undefined;
}

/** In the order of coming; by protocol and port the place in the list, from one: in pages, of which a document needs a few. */
interface Tallies {
  readonly list: Tally[];
  readonly pages: (Uint32Array | undefined)[];
}

/** Ports per page. */
const PAGE = 256;
const PAGES = 65_536 / PAGE;

interface Pair {
  readonly source: string;
  readonly destination: string;
  packets: number;
}

export class PortOccurrences {
  readonly #tallies: Tallies = { list: [], pages: [] };

  add(c: PortConversation): void {
    if (c.joined === true) return this.#addService(c);
    addWay(this.#tallies, c.proto, [c.a_ip, c.a_port], [c.b_ip, c.b_port], c.pkts_ab);
    addWay(this.#tallies, c.proto, [c.b_ip, c.b_port], [c.a_ip, c.a_port], c.pkts_ba);
  }

  /** Of a joined row the service's port alone is known, of a scan none. */
  #addService({ proto, a_ip, a_port, b_ip, b_port, pkts_ab, pkts_ba }: PortConversation): void {
    if (a_port === 0 && b_port === 0) return;
    const atA = b_port === 0;
    const tally = tallyOf(this.#tallies, proto, atA ? a_port : b_port);
    const [to, from] = atA ? [pkts_ba, pkts_ab] : [pkts_ab, pkts_ba];
    tally.destination += to;
    tally.source += from;
    if (pkts_ab > 0) addPair(tally, a_ip, b_ip, pkts_ab);
    if (pkts_ba > 0) addPair(tally, b_ip, a_ip, pkts_ba);
  }

  /** The busiest by total, then by port, so that equal input gives equal output. */
  render(profile: PortProfile): readonly DocumentPort[] {
    const all = this.#tallies.list.toSorted((x, y) => totalOf(y) - totalOf(x) || order(x, y));
    return all.slice(0, MAX_PORTS).map((tally) => finish(tally, profile));
  }
}

type Endpoint = readonly [ip: string, port: number];

function addWay(tallies: Tallies, proto: TransportProtocol, from: Endpoint, to: Endpoint, packets: number): void {
  if (packets === 0) return;
  const source = tallyOf(tallies, proto, from[1]);
  const destination = tallyOf(tallies, proto, to[1]);
  source.source += packets;
  destination.destination += packets;
  if (source === destination) source.both += packets;
  addPair(source, from[0], to[0], packets);
  if (source !== destination) addPair(destination, from[0], to[0], packets);
}

function tallyOf(tallies: Tallies, proto: TransportProtocol, port: number): Tally {
  const page = (tallies.pages[(proto === 'tcp' ? 0 : PAGES) + (port >> 8)] ??= new Uint32Array(PAGE));
  const place = page[port & 255]!;
  if (place > 0) return tallies.list[place - 1]!;
  const tally: Tally = { proto, port, source: 0, destination: 0, both: 0, first: undefined, more: undefined };
  page[port & 255] = tallies.list.push(tally);
  return tally;
}

function addPair(tally: Tally, source: string, destination: string, packets: number): void {
  tally.first ??= { source, destination, packets: 0 };
  const pair = isPair(tally.first, source, destination) ? tally.first : anotherPair(tally, source, destination);
  pair.packets += packets;
}

function isPair(pair: Pair, source: string, destination: string): boolean {
  return pair.source === source && pair.destination === destination;
}

function anotherPair(tally: Tally, source: string, destination: string): Pair {
  tally.more ??= new Map();
  let bySource = tally.more.get(source);
  if (bySource === undefined) tally.more.set(source, (bySource = new Map()));
  const known = bySource.get(destination);
  if (known !== undefined) return known;
  const pair = { source, destination, packets: 0 };
  bySource.set(destination, pair);
  return pair;
}

function allPairs({ first, more }: Tally): Pair[] {
  if (first === undefined) return [];
  return more === undefined ? [first] : [first, ...[...more.values()].flatMap((bySource) => [...bySource.values()])];
}

function finish(tally: Tally, profile: PortProfile): DocumentPort {
  const pairs = allPairs(tally).sort((x, y) => y.packets - x.packets || (pairKey(x) < pairKey(y) ? -1 : 1));
  return {
    proto: tally.proto,
    port: tally.port,
    service: serviceName(tally.proto, tally.port),
    secure: isSecurePort(profile, tally.port),
    as_source: tally.source,
    as_destination: tally.destination,
    total: totalOf(tally),
    pairs: pairs.slice(0, MAX_PAIRS),
    pairs_left_out: Math.max(0, pairs.length - MAX_PAIRS),
  };
}

function totalOf(tally: Tally): number {
  return tally.source + tally.destination - tally.both;
}

function pairKey({ source, destination }: { readonly source: string; readonly destination: string }): string {
  return `${source}>${destination}`;
}

function order(x: Tally, y: Tally): number {
  return x.port - y.port || (x.proto < y.proto ? -1 : 1);
}
