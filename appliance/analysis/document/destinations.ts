// Addresses on the Internet and their countries, summed over conversations. Called by render-document.ts.

import { checkDistance } from '../../geo/distance.ts';
import { jurisdictionOf } from '../../geo/jurisdictions.ts';
import { type PartyDestination, partyOf } from '../../geo/parties.ts';
import type {
  DestinationParty,
  DocumentCountry,
  DocumentDestination,
  DocumentRoundTrip,
} from '../../model/analysis-document.ts';
import { ANYCAST_WORD } from '../../model/place-word.ts';
import { type Part, type Table, type Traffic, table } from '../summary/summary.ts';
import type { OutlinedConversation } from './conversations.ts';
import { placeOfNames } from './destination-names.ts';
import { joinNames } from './names.ts';
import type { DocumentTables } from './tables.ts';

interface Sum {
  up: number;
  down: number;
  readonly devices: Set<string>;
  readonly names: Set<string>;
  /** Added last: most conversations with an address have the same list. */
  added: OutlinedConversation['names'] | undefined;
}

function newSum(): Sum {
  return { up: 0, down: 0, devices: new Set(), names: new Set(), added: undefined };
}

/** Fed with conversations in any order. */
export class DestinationSums {
  readonly #sums = table<Sum>();
  readonly #tables: DocumentTables;

  constructor(tables: DocumentTables) {
    this.#tables = tables;
  }

  add(c: OutlinedConversation): void {
    const { far } = c;
    const ip = far === 'a' ? c.a_ip : c.b_ip;
    if (this.#tables.describeAddress(ip).internal) return;
    const sum = (this.#sums[ip] ??= newSum());
    sum.up += far === 'a' ? c.bytes_ba : c.bytes_ab;
    sum.down += far === 'a' ? c.bytes_ab : c.bytes_ba;
    for (const { a_mac, b_mac } of c.shares) {
      const device = far === 'a' ? b_mac : a_mac;
      if (device !== null) sum.devices.add(device);
    }
    if (sum.added === c.names) return;
    sum.added = c.names;
    for (const { name, source, also = [] } of c.names)
      for (const from of [source, ...also]) sum.names.add(`${from} ${name}`);
  }

  /** Later IP fragments belong to no conversation; they left the home, or came to it, all the same. */
  #addFragments(fragments: Table<Traffic>): void {
    for (const [pair, { bytes }] of Object.entries(fragments)) {
      const [source = '', destination] = pair.split(' ');
      // What sums up further pairs has no addresses.
      if (destination === undefined) continue;
      const isFrom = this.#tables.describeAddress(source).internal;
      const isTo = this.#tables.describeAddress(destination).internal;
      if (isFrom === isTo) continue;
      const sum = (this.#sums[isFrom ? destination : source] ??= newSum());
      if (isFrom) sum.up += bytes;
      else sum.down += bytes;
    }
  }

  /** Biggest first. */
  render(
    part: Part,
    makers: Makers,
  ): { readonly list: DocumentDestination[]; readonly countries: Record<string, DocumentCountry> } {
    const tables = this.#tables;
    if (part.fragments !== undefined) this.#addFragments(part.fragments);
    return { list: renderList(this.#sums, part, tables, makers), countries: renderCountries(this.#sums, tables) };
  }
}

/** Makers of devices; null where nobody knows. */
export type Makers = ReadonlyMap<string, string | null>;

function renderList(sums: Table<Sum>, part: Part, tables: DocumentTables, makers: Makers): DocumentDestination[] {
  const list = Object.keys(sums)
    .sort()
    .map((ip) => {
      const sum = sums[ip]!;
      const { country, asn, org, provider } = tables.describeAddress(ip);
      const names = joinNames(sum.names, sum.names.size > 0 ? undefined : part.addresses[ip]);
      const named = placeOfNames(names);
      return {
        ip,
        names,
        country,
        asn,
        org,
        provider: provider ?? named.provider,
        domain: named.domain,
        region: named.region,
        region_country: named.region_country,
        bytes_up: sum.up,
        bytes_down: sum.down,
        devices: [...sum.devices].sort(),
        parties: partiesOf([...sum.devices].sort(), makers, { domain: named.domain, org, provider }),
        round_trip: renderRoundTrip(part.round_trips[ip], country, tables),
      };
    });
  return list.sort((x, y) => y.bytes_up + y.bytes_down - x.bytes_up - x.bytes_down);
}

function partiesOf(devices: readonly string[], makers: Makers, destination: PartyDestination): DestinationParty[] {
  return devices
    .filter((device) => makers.has(device))
    .map((device) => ({ device, ...partyOf(makers.get(device) ?? null, destination) }));
}

const NANOSECONDS_PER_MS = 1e6;

/** How far away the answer can have come from, against the country that the database names. */
function renderRoundTrip(
  record: Part['round_trips'][string] | undefined,
  country: string | null,
  { home }: DocumentTables,
): DocumentRoundTrip | null {
  if (record === undefined) return null;
  const shortest_ms = record.shortest_ns / NANOSECONDS_PER_MS;
  const { reach_km, claim, explanation } = checkDistance(home, country ?? '', shortest_ms);
  const { handshakes, evidence } = record;
  return { shortest_ms, handshakes, reach_km: Math.round(reach_km), claim, explanation, evidence: [evidence] };
}

function renderCountries(sums: Table<Sum>, tables: DocumentTables): Record<string, DocumentCountry> {
  const byCountry = table<Sum>();
  for (const [ip, { up, down, devices }] of Object.entries(sums)) {
    const sum = (byCountry[tables.describeAddress(ip).country ?? ANYCAST_WORD] ??= newSum());
    sum.up += up;
    sum.down += down;
    for (const device of devices) sum.devices.add(device);
  }
  const countries = table<DocumentCountry>();
  for (const country of Object.keys(byCountry).sort()) {
    const { up, down, devices } = byCountry[country]!;
    const jurisdiction = jurisdictionOf(country);
    const sums = { devices: devices.size, bytes_up: up, bytes_down: down };
    countries[country] = jurisdiction === undefined ? sums : { ...sums, jurisdiction };
  }
  return countries;
}
