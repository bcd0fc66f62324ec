// Totals of one part of a summary: packets, bytes, times, protocols, minutes. Called by the analyzer for every packet.

import {
  BAD_CHECKSUM,
  EMPTY_RECORD,
  ETHERTYPE_ARP,
  ETHERTYPE_EAPOL,
  ETHERTYPE_RARP,
  LLC,
  PROTOCOL_ICMP,
  PROTOCOL_ICMP6,
  PROTOCOL_IGMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  UNKNOWN,
} from '../../decode/frames/frame.ts';
import type { Walk } from '../../decode/frames/walk.ts';
import { coarsen, minuteOf } from '../summary/minutes.ts';
import { type Part, type Table, type Traffic, table, timeText } from '../summary/summary.ts';

/** Rows at which old minutes are added up while packets still come. */
const MANY_MINUTES = 20_000;

const ETHERNET = 1;

/** LINKTYPE_IEEE802_11, bare and behind radiotap. */
const WLAN_LINKS = ['105', '127'];

/** Positions in a minute's row; the same four follow for traffic coming in. */
const UDP = 0;
const TCP = 1;
const HTTP = 2;
const HTTPS = 3;
export const INWARD = 4;

const IP_NAMES: readonly (readonly [number, string])[] = [
  [PROTOCOL_ICMP, 'icmp'],
  [PROTOCOL_IGMP, 'igmp'],
  [PROTOCOL_TCP, 'tcp'],
  [PROTOCOL_UDP, 'udp'],
  [PROTOCOL_ICMP6, 'icmpv6'],
  [41, 'ipv6-in-ip'],
  [47, 'gre'],
  [50, 'esp'],
  [51, 'ah'],
  [132, 'sctp'],
];
const IP_NAME = new Map(IP_NAMES.map(([number, name]) => [String(number), name]));

/** The paper's chart shows UDP, TCP and of TCP what goes to the ports of HTTP and HTTPS. */
function isHttpPort(port: number): boolean {
  return port === 80 || port === 8080;
}
function isHttpsPort(port: number): boolean {
  return port === 443 || port === 8443;
}

/** What the headers of a TCP or UDP packet say, where nothing lies between Ethernet and IP. */
export type PlainHeaders = Pick<Walk, 'protocol' | 'ipVersion' | 'sourcePort' | 'destinationPort'>;

export class Tally {
  packets = 0;
  capturedBytes = 0;
  frameBytes = 0;
  stepsBack = 0;
  #firstSeconds = Number.POSITIVE_INFINITY;
  #firstNanoseconds = 0;
  #lastSeconds = Number.NEGATIVE_INFINITY;
  #lastNanoseconds = 0;
  /** Text keys: packets choose link types and minutes, and a map of chosen integers can be made slow. */
  readonly #links = new Map<string, { packets: number }>();
  #linkType = -1;
  #link = { packets: 0 };
  /** Packets and bytes by IP protocol number; 256 and up: arp, eapol, llc, other, unreadable. */
  readonly #networks = new Float64Array(2 * 264);
  readonly #layers = new Float64Array(8);
  #minutes = table<number[]>();
  #rows = 0;
  #coarsenAt = MANY_MINUTES;
  #minute = -1;
  #row: number[] = [];
  /** Bytes since the last call of `takeTraffic`, in the order of a minute's row. */
  readonly #live = new Float64Array(8);

  /** Everything that each packet adds to. */
  add(walk: Walk, captured: number, length: number, seconds: number, nanoseconds: number, linkType: number): void {
    this.packets++;
    this.capturedBytes += captured;
    this.frameBytes += length;
    this.#widen(seconds, nanoseconds);
    if (linkType !== this.#linkType) this.#turnLink(linkType);
    this.#link.packets++;
    const network = networkIndex(walk) * 2;
    this.#networks[network]!++;
    this.#networks[network + 1]! += length;
    this.#addLayers(walk, linkType);
  }

  /** Packets of one direction of a conversation on Ethernet, all of the current minute and link, counted elsewhere. */
  addMany(
    walk: PlainHeaders,
    count: number,
    captured: number,
    length: number,
    times: ArrayLike<number>,
    at: number,
  ): void {
    if (this.#linkType !== ETHERNET) this.#turnLink(ETHERNET);
    this.packets += count;
    this.capturedBytes += captured;
    this.frameBytes += length;
    this.#widen(times[at]!, times[at + 1]!);
    this.#widen(times[at + 2]!, times[at + 3]!);
    this.#link.packets += count;
    this.#networks[walk.protocol * 2]! += count;
    this.#networks[walk.protocol * 2 + 1]! += length;
    this.#layers[0]! += count;
    this.#layers[walk.ipVersion === 4 ? 1 : 2]! += count;
  }

  #turnLink(linkType: number): void {
    const key = String(linkType);
    this.#linkType = linkType;
    this.#link = this.#links.get(key) ?? { packets: 0 };
    this.#links.set(key, this.#link);
  }

  #widen(seconds: number, nanoseconds: number): void {
    if (seconds < this.#firstSeconds || (seconds === this.#firstSeconds && nanoseconds < this.#firstNanoseconds)) {
      this.#firstSeconds = seconds;
      this.#firstNanoseconds = nanoseconds;
    }
    if (seconds > this.#lastSeconds || (seconds === this.#lastSeconds && nanoseconds > this.#lastNanoseconds)) {
      this.#lastSeconds = seconds;
      this.#lastNanoseconds = nanoseconds;
    }
  }

  #addLayers(walk: Walk, linkType: number): void {
    const layers = this.#layers;
    if (linkType === 1 && walk.sourceMac >= 0) layers[0]!++;
    if (walk.ipVersion === 4) layers[1]!++;
    if (walk.ipVersion === 6) layers[2]!++;
    if (walk.vlans > 0) layers[3]!++;
    if (walk.pppoe) layers[4]!++;
    if (walk.mpls) layers[5]!++;
  }

  /** Bytes of a TCP or UDP packet, by minute; `base` is 0 outward or INWARD. */
  addTraffic(walk: PlainHeaders, length: number, seconds: number, base: number): void {
    const minute = minuteOf(seconds);
    if (minute !== this.#minute) this.#turn(minute);
    this.#addTo(this.#row, walk, length, base);
    this.#addTo(this.#live, walk, length, base);
  }

  #turn(minute: number): void {
    if (this.#rows >= this.#coarsenAt) this.#coarsen();
    this.#minute = minute;
    const key = String(minute);
    const known = this.#minutes[key];
    if (known === undefined) this.#rows++;
    this.#row = known ?? [0, 0, 0, 0, 0, 0, 0, 0];
    this.#minutes[key] = this.#row;
  }

  /** Times that jump about leave many rows even so: the next time is later, or each packet would cost as much as this. */
  #coarsen(): void {
    this.#minutes = coarsen(this.#minutes);
    this.#rows = Object.keys(this.#minutes).length;
    this.#coarsenAt = Math.max(MANY_MINUTES, this.#rows * 2);
  }

  #addTo(row: Float64Array | number[], walk: PlainHeaders, length: number, base: number): void {
    if (walk.protocol === PROTOCOL_UDP) {
      row[base + UDP]! += length;
      return;
    }
    row[base + TCP]! += length;
    if (isHttpPort(walk.sourcePort) || isHttpPort(walk.destinationPort)) row[base + HTTP]! += length;
    else if (isHttpsPort(walk.sourcePort) || isHttpsPort(walk.destinationPort)) row[base + HTTPS]! += length;
  }

  /** Moves the bytes since the last call into `into`, adding. */
  takeTraffic(into: Float64Array): void {
    for (let i = 0; i < 8; i++) into[i]! += this.#live[i]!;
    this.#live.fill(0);
  }

  fill(part: Part): void {
    part.packets = this.packets;
    part.captured_bytes = this.capturedBytes;
    part.frame_bytes = this.frameBytes;
    part.time_steps_back = this.stepsBack;
    if (this.packets > 0) {
      part.first_ts = timeText(this.#firstSeconds, this.#firstNanoseconds);
      part.last_ts = timeText(this.#lastSeconds, this.#lastNanoseconds);
    }
    for (const [link, { packets }] of this.#links) part.link_types[link] = packets;
    for (const [minute, row] of Object.entries(coarsen(this.#minutes))) part.minutes[minute] = [...row];
    part.networks = this.#networkTable();
    this.#fillProtocols(part.protocols);
  }

  #networkTable(): Table<Traffic> {
    const networks = table<Traffic>();
    for (let i = 0; i < 264; i++) {
      const packets = this.#networks[i * 2]!;
      if (packets > 0) networks[networkName(i)] = { packets, bytes: this.#networks[i * 2 + 1]! };
    }
    return networks;
  }

  #fillProtocols(protocols: Table<number>): void {
    const names = ['eth', 'ip', 'ipv6', 'vlan', 'pppoes', 'mpls'];
    names.forEach((name, i) => {
      if (this.#layers[i]! > 0) protocols[name] = this.#layers[i]!;
    });
    const wlan = WLAN_LINKS.reduce((sum, link) => sum + (this.#links.get(link)?.packets ?? 0), 0);
    if (wlan > 0) protocols['wlan'] = wlan;
    for (const [name, traffic] of Object.entries(this.#networkTable())) {
      if (!NO_PROTOCOLS.has(name)) protocols[name] = traffic.packets;
    }
  }
}

const ARP = 256;
const EAPOL = 257;
const LLC_INDEX = 258;
const OTHER = 259;
const UNREADABLE = 260;
const BAD_CHECKSUM_INDEX = 261;
const EMPTY_INDEX = 262;

const OTHER_NAMES = ['arp', 'eapol', 'llc', 'non-ip', 'unreadable', 'bad-check-sum', 'empty-record'];
const NO_PROTOCOLS: ReadonlySet<string> = new Set(OTHER_NAMES.slice(3));

function networkIndex(walk: Walk): number {
  if (walk.ipVersion !== 0 && walk.protocol >= 0) return walk.protocol;
  switch (walk.etherType) {
    case ETHERTYPE_ARP:
    case ETHERTYPE_RARP:
      return ARP;
    case ETHERTYPE_EAPOL:
      return EAPOL;
    case LLC:
      return LLC_INDEX;
    case UNKNOWN:
      return UNREADABLE;
    case BAD_CHECKSUM:
      return BAD_CHECKSUM_INDEX;
    case EMPTY_RECORD:
      return EMPTY_INDEX;
    default:
      return OTHER;
  }
}

function networkName(index: number): string {
  if (index < 256) return IP_NAME.get(String(index)) ?? `ip-${index}`;
  return OTHER_NAMES[index - 256] ?? 'non-ip';
}
