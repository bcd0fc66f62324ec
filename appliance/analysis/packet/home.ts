// What a capture shows of the home in addition to the ranges that every home may use: through which MAC devices reach the Internet,
// which prefixes are announced and by whom, who claims which address. Only counted here, since any device can say anything;
// what of it is believed is decided by home-map.ts. Fed by the analyzer with each new session, with ARP and with ICMPv6.

import { PROTOCOL_ICMP6 } from '../../decode/frames/frame.ts';
import type { Walk } from '../../decode/frames/walk.ts';
import type { FindingEvidence } from '../../model/analysis-document.ts';
import {
  compareTimes,
  earlier,
  emptyHome,
  type HomeRecord,
  later,
  type Sighting,
  type Table,
  table,
} from '../summary/summary.ts';
import { addressText, ipv4TextOf, word } from './addresses.ts';
import { Prefix } from './prefix.ts';

const ROUTER_ADVERTISEMENT = 134;
const NEIGHBOUR_SOLICITATION = 135;
const NEIGHBOUR_ADVERTISEMENT = 136;
/** RFC 4861 §4.6.2: type, length in units of 8 bytes. */
const PREFIX_OPTION = 3;
const PREFIX_OPTION_UNITS = 4;
const ON_LINK = 0x80;
/** RFC 4191 §2.3: a route in addition to the default one, its prefix in 0, 8 or 16 bytes. */
const ROUTE_OPTION = 24;
/** Second words of `announced`, before an address and a prefix. */
export const NO_ROUTER = 'no-router';
export const ROUTE = 'route';
/** Of each table; what comes later is counted. */
const MAX_ENTRIES = 512;
/**
 * Pairs of announcing MAC and IPv6 prefix held as on the link, and those of one MAC. The first stay, but one of the router takes the place
 * of another's: 64 prefixes announced before the router's must not keep the home's own out.
 */
const MAX_PREFIXES = 64;
/** One home has a few: the provider's, a private one, those that run out. */
const MAX_PREFIXES_OF_ONE = 16;
const WITNESSES = 5;

/** What the next segment starts from. */
export interface HomeCarry {
  /** `through sessions sender …`. */
  readonly ways: readonly string[];
  readonly router: string;
  /** `mac prefix/bits`. */
  readonly prefixes: readonly string[];
}

/** A way out of the home. */
export interface Way {
  readonly senders: Set<string>;
  sessions: number;
  /** Whether the MAC announces a prefix. */
  announces: boolean;
}

/** Above 0 where `x` looks more like the router: most devices go out through it, it announces, most sessions do. */
export function compareWays(x: Way, y: Way): number {
  return x.senders.size - y.senders.size || Number(x.announces) - Number(y.announces) || x.sessions - y.sessions;
}

/** What a sighting rests on, made when it is needed. */
export interface Witness {
  ts(): string;
  evidence(): FindingEvidence;
}

export class Home {
  readonly #witness: Witness;
  readonly #record: HomeRecord = emptyHome();
  /** Over segments: what the carry holds. Sessions by sender, by the MAC that they leave the home through. */
  readonly #ways = new Map<string, Way>();
  readonly #said: ReadonlySet<string>;
  /** On-link prefixes by the MAC that announced them. */
  readonly #prefixes = new Map<string, { readonly mac: string; readonly prefix: Prefix }>();
  #router = '';
  /** Entries of each table of the record. */
  readonly #taken = new Map<object, number>();
  dropped = 0;
  /** Another number after whatever changes who is at home. */
  version = 0;

  /** @param said MACs that capture or a person calls router or access point; with any, no other is believed to be one */
  constructor(said: ReadonlySet<string>, witness: Witness) {
    this.#said = said;
    this.#witness = witness;
    for (const mac of said) this.#record.said[mac] = 1;
  }

  /** `sender` opened a session to an address that is not local, by way of `through`. */
  route(through: string, sender: string): void {
    this.#add(this.#record.routes, `${through} ${sender}`);
    this.#learn(through, sender, 1);
  }

  #learn(through: string, sender: string, sessions: number): void {
    if (this.#said.size > 0) return;
    const way = this.#ways.get(through) ?? { senders: new Set<string>(), sessions: 0, announces: false };
    if (!this.#ways.has(through) && this.#ways.size >= MAX_ENTRIES) return;
    if (way.senders.size < MAX_ENTRIES) way.senders.add(sender);
    way.sessions += sessions;
    way.announces ||= this.#announces(through);
    this.#ways.set(through, way);
    const best = this.#ways.get(this.#router);
    if (best !== undefined && compareWays(way, best) <= 0) return;
    if (this.#router !== through) this.version++;
    this.#router = through;
  }

  #announces(through: string): boolean {
    for (const { mac } of this.#prefixes.values()) if (mac === through) return true;
    return false;
  }

  #add(counts: Table<number>, key: string): void {
    const before = counts[key];
    if (before !== undefined || this.#hasRoom(counts)) counts[key] = (before ?? 0) + 1;
  }

  /** Takes a place in a table for a new entry; counted where none is left. A flood asks this for each packet. */
  #hasRoom(entries: object): boolean {
    const taken = this.#taken.get(entries) ?? 0;
    if (taken >= MAX_ENTRIES) {
      this.dropped++;
      return false;
    }
    this.#taken.set(entries, taken + 1);
    return true;
  }

  /** Whether the home is known to be left through somebody: only then a MAC says who is at home. */
  get hasRouter(): boolean {
    return this.#said.size > 0 || this.#router !== '';
  }

  isRouter(mac: string): boolean {
    return this.#said.size > 0 ? this.#said.has(mac) : mac === this.#router;
  }

  /** An ICMPv6 message: announcements, questions for neighbours, their answers (RFC 4861 §4). */
  icmp6(walk: Walk, bytes: Uint8Array, mac: string): void {
    const at = walk.transportStart;
    const end = walk.networkEnd;
    if (walk.protocol !== PROTOCOL_ICMP6 || end - at < 16) return;
    const type = bytes[at]!;
    if (type === ROUTER_ADVERTISEMENT) return this.#announcement(bytes, at, end, mac, walk.sourceIp);
    if (end - at < 24) return;
    const target = ipv6At(bytes, at + 8);
    if (type === NEIGHBOUR_SOLICITATION) this.#see(this.#record.asked, `${target} ${mac}`);
    if (type === NEIGHBOUR_ADVERTISEMENT) this.#see(this.#record.claims, `${target} ${mac}`);
  }

  /** What the router announces takes the places of what others did, where all are taken. */
  #keepPlace(mac: string): void {
    const { announced } = this.#record;
    const taken = this.#taken.get(announced) ?? 0;
    if (taken < MAX_ENTRIES || !this.isRouter(mac)) return;
    const others = Object.keys(announced).filter((key) => !this.isRouter(key.slice(0, key.indexOf(' '))));
    const leaving = others.slice(-MAX_PREFIXES_OF_ONE);
    for (const key of leaving) delete announced[key];
    this.dropped += leaving.length;
    this.#taken.set(announced, taken - leaving.length);
  }

  /** @param source offset of the sender's IPv6 address */
  #announcement(bytes: Uint8Array, at: number, end: number, mac: string, source: number): void {
    // A lifetime of 0: no default router (RFC 4861 §4.2), such as one that leads to a mesh of Thread.
    const isRouter = (bytes[at + 6]! << 8) + bytes[at + 7]! > 0;
    this.#keepPlace(mac);
    this.#see(this.#record.announced, `${mac} ${isRouter ? '-' : `${NO_ROUTER} ${ipv6At(bytes, source)}`}`);
    this.#options(bytes, at + 16, end, mac);
  }

  #options(bytes: Uint8Array, options: number, end: number, mac: string): void {
    for (let at = options; end - at >= 8; ) {
      const length = bytes[at + 1]! * 8;
      if (length === 0) return;
      if (bytes[at] === ROUTE_OPTION && length <= 24 && end - at >= length) {
        const route = new Uint8Array(16);
        route.set(bytes.subarray(at + 8, at + length));
        this.#see(this.#record.announced, `${mac} ${ROUTE} ${ipv6At(route, 0)}/${bytes[at + 2]!}`);
      }
      const isPrefix = bytes[at] === PREFIX_OPTION && length === PREFIX_OPTION_UNITS * 8 && end - at >= length;
      if (isPrefix && (bytes[at + 3]! & ON_LINK) !== 0) {
        const announced = `${mac} ${ipv6At(bytes, at + 16)}/${bytes[at + 2]!}`;
        this.#see(this.#record.announced, announced);
        this.#learnPrefix(announced);
      }
      at += length;
    }
  }

  #learnPrefix(announced: string): void {
    if (this.#prefixes.has(announced)) return;
    const [mac = '', text = ''] = announced.split(' ');
    const prefix = Prefix.read(text);
    if (prefix === undefined) return;
    if (!this.#hasPlace(mac)) {
      this.dropped++;
      return;
    }
    this.#prefixes.set(announced, { mac, prefix });
    this.version++;
  }

  /** Whether a prefix of `mac` may be held; where all places are taken, the router gets one that another has. */
  #hasPlace(mac: string): boolean {
    const all = [...this.#prefixes];
    if (all.filter(([, held]) => held.mac === mac).length >= MAX_PREFIXES_OF_ONE) return false;
    if (all.length < MAX_PREFIXES) return true;
    const other = this.isRouter(mac) ? all.findLast(([, held]) => !this.isRouter(held.mac)) : undefined;
    return other !== undefined && this.#prefixes.delete(other[0]);
  }

  /** Whether anybody announced that the IPv6 address at `at` is on the link: then a session to it shows no way out. */
  isAnnouncedByAny(bytes: Uint8Array, at: number): boolean {
    for (const { prefix } of this.#prefixes.values()) if (prefix.holds(bytes, at)) return true;
    return false;
  }

  /** Whether the router announced that the IPv6 address at `at` is on the link. */
  isAnnounced(bytes: Uint8Array, at: number): boolean {
    for (const { mac, prefix } of this.#prefixes.values()) {
      if (this.isRouter(mac) && prefix.holds(bytes, at)) return true;
    }
    return false;
  }

  /** ARP for IPv4 over Ethernet (RFC 826): who says an address is his, who asks for one. */
  arp(walk: Walk, bytes: Uint8Array, mac: string): void {
    const at = walk.networkStart;
    if (walk.networkEnd - at < 28 || bytes[at + 4] !== 6 || bytes[at + 5] !== 4) return;
    const sender = word(bytes, at + 14);
    const target = word(bytes, at + 24);
    if (sender !== 0) this.#see(this.#record.claims, `${ipv4TextOf(sender)} ${mac}`);
    if (bytes[at + 7] === 1 && target !== sender) this.#see(this.#record.asked, `${ipv4TextOf(target)} ${mac}`);
  }

  /** A message of DHCP by or to a client. */
  lease(mac: string, message: string): void {
    this.#see((this.#record.leases ??= table<Sighting>()), `${mac} ${message}`);
  }

  #see(sightings: Table<Sighting>, key: string): void {
    const ts = this.#witness.ts();
    const known = sightings[key];
    if (known !== undefined) {
      known.count++;
      known.first = earlier(known.first, ts);
      known.last = later(known.last, ts);
      if (known.evidence.length < WITNESSES) known.evidence.push(this.#witness.evidence());
    } else if (this.#hasRoom(sightings)) {
      sightings[key] = { count: 1, first: ts, last: ts, evidence: [this.#witness.evidence()] };
    }
  }

  /** A copy, which does not change under its reader. */
  record(): HomeRecord {
    return structuredCloneOf(this.#record);
  }

  carry(): HomeCarry {
    const ways = [...this.#ways].map(
      ([through, { senders, sessions }]) => `${through} ${sessions} ${[...senders].join(' ')}`,
    );
    return { ways, router: this.#router, prefixes: [...this.#prefixes.keys()] };
  }

  resume({ ways, router, prefixes }: HomeCarry): void {
    for (const announced of prefixes) this.#learnPrefix(announced);
    for (const way of ways) {
      const [through = '', sessions, ...senders] = way.split(' ');
      for (const [i, sender] of senders.entries()) this.#learn(through, sender, i === 0 ? Number(sessions) : 0);
    }
    this.#router = router;
  }
}

function ipv6At(bytes: Uint8Array, at: number): string {
  const words = Int32Array.from({ length: 4 }, (_, i) => word(bytes, at + i * 4));
  return addressText(words, 0, 6);
}

function structuredCloneOf(record: HomeRecord): HomeRecord {
  const copy = emptyHome();
  Object.assign(copy.said, record.said);
  Object.assign(copy.routes, record.routes);
  if (record.leases !== undefined) copy.leases = table<Sighting>();
  for (const name of ['announced', 'claims', 'asked', 'leases'] as const) {
    for (const [key, sighting] of Object.entries(record[name] ?? {})) {
      copy[name]![key] = { ...sighting, evidence: [...sighting.evidence] };
    }
  }
  return copy;
}

/** In the order of time as far as evidence goes. */
export function mergeSightings(a: Sighting, b: Sighting): Sighting {
  const [first, second] = compareTimes(b.first, a.first) < 0 ? [b, a] : [a, b];
  return {
    count: a.count + b.count,
    first: first.first,
    last: later(a.last, b.last),
    evidence: [...first.evidence, ...second.evidence].slice(0, WITNESSES),
  };
}
