// What is believed of the home when a document is rendered: who is the router, which addresses are at home. A device can
// announce and claim what it likes; only the router's word counts, and it is the router because others go out through it.

import { parseAddress } from '../../geo/address.ts';
import { isLocalAddress } from '../../geo/scope.ts';
import type { DocumentRouter } from '../../model/analysis-document.ts';
import { compareWays, type Way } from '../packet/home.ts';
import { Prefix } from '../packet/prefix.ts';
import { emptyHome, type HomeRecord, type Part, type Table, table } from '../summary/summary.ts';
import type { AddressPlace, DocumentTables } from './tables.ts';

const LINK_BITS = 64;
const AT_HOME: AddressPlace = { country: 'local', asn: null, org: null, provider: null, internal: true };

export class HomeMap {
  readonly #record: HomeRecord;
  readonly #routers: ReadonlyMap<string, DocumentRouter['known_by']>;
  readonly #prefixes: readonly Prefix[];
  readonly #neighbours: ReadonlySet<string>;

  constructor(part: Part) {
    this.#record = part.home ?? emptyHome();
    this.#routers = findRouters(this.#record);
    const announced = this.#toldByRouter(this.#record.announced, 1);
    const asked = this.#toldByRouter(this.#record.asked, 0);
    this.#neighbours = new Set(asked);
    // Hosts of one link share the first 64 bits (RFC 4291 §2.5.4): whom the router looks for on the link has such neighbours.
    const links = asked.filter((ip) => ip.includes(':')).map((ip) => `${ip}/${LINK_BITS}`);
    this.#prefixes = [...announced, ...links].flatMap((text) => Prefix.read(text) ?? []);
  }

  /** Of keys of two words those that the router announced; the word at `at`, without what is no address. */
  #toldByRouter(sightings: HomeRecord['asked'], at: 0 | 1): string[] {
    return Object.keys(sightings).flatMap((key) => {
      const words = key.split(' ', 2);
      return this.isRouter(words[1 - at] ?? '') ? (words[at] ?? []) : [];
    });
  }

  get record(): HomeRecord {
    return this.#record;
  }

  get routers(): ReadonlyMap<string, DocumentRouter['known_by']> {
    return this.#routers;
  }

  isRouter(mac: string | null): boolean {
    return mac !== null && this.#routers.has(mac);
  }

  /** Local, in a prefix that the router announced, or asked for on the link by the router. */
  isHome(ip: string): boolean {
    if (isLocalAddress(ip) || this.#neighbours.has(ip)) return true;
    return this.isAnnounced(ip);
  }

  isAnnounced(ip: string): boolean {
    // Routers announce IPv6 only.
    if (this.#prefixes.length === 0 || !ip.includes(':')) return false;
    const address = parseAddress(ip);
    return address instanceof Uint8Array && this.#prefixes.some((prefix) => prefix.holds(address, 0));
  }

  get hasPrefixes(): boolean {
    return this.#prefixes.length > 0;
  }

  /** The same tables, to which an address of the home is at home. */
  tables(tables: DocumentTables): DocumentTables {
    // A local address has its place already; only the router's announcements are to be added.
    if (this.#prefixes.length === 0 && this.#neighbours.size === 0) return tables;
    const places = new Map<string, AddressPlace>();
    const describe = (ip: string): AddressPlace => {
      const place = tables.describeAddress(ip);
      return !place.internal && (this.#neighbours.has(ip) || this.isAnnounced(ip)) ? AT_HOME : place;
    };
    return {
      ...tables,
      describeAddress: (ip) => {
        const known = places.get(ip) ?? describe(ip);
        places.set(ip, known);
        return known;
      },
    };
  }

  /** The part without what the routers did: neither habits nor findings are theirs. Their packets and conversations stay. */
  withoutRouters(part: Part): Part {
    if (this.#routers.size === 0) return part;
    const isOthers = (key: string): boolean => !this.#routers.has(key.slice(0, key.indexOf(' ')));
    return {
      ...part,
      hours: keep(part.hours, isOthers),
      contacts: keep(part.contacts, isOthers),
      rhythms: keep(part.rhythms, isOthers),
      ...(part.scans === undefined ? {} : { scans: keep(part.scans, isOthers) }),
      findings: keep(part.findings, (key) => !this.#routers.has(part.findings[key]!.device)),
    };
  }
}

function keep<T>(entries: Table<T>, isKept: (key: string) => boolean): Table<T> {
  const kept = table<T>();
  for (const key of Object.keys(entries)) if (isKept(key)) kept[key] = entries[key]!;
  return kept;
}

/**
 * Those that were said to be; else the one through whom most devices leave the home, of equal ones who carried more sessions.
 * A device that merely sends from strange addresses is none: nobody goes out through it.
 */
function findRouters({ said, routes, announced }: HomeRecord): Map<string, DocumentRouter['known_by']> {
  const known = Object.keys(said).sort();
  if (known.length > 0) return new Map(known.map((mac) => [mac, 'said']));
  const ways = new Map<string, Way>();
  for (const [key, sessions] of Object.entries(routes)) {
    const [through = '', sender = ''] = key.split(' ');
    const announces = announced[`${through} -`] !== undefined;
    const way = ways.get(through) ?? { senders: new Set<string>(), sessions: 0, announces };
    way.senders.add(sender);
    way.sessions += sessions;
    ways.set(through, way);
  }
  const [best] = [...ways].sort(([k, x], [l, y]) => compareWays(y, x) || (k < l ? -1 : 1));
  return new Map(best === undefined ? [] : [[best[0], 'capture']]);
}
