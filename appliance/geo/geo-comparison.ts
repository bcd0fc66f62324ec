// The same addresses through several databases side by side, as the paper's Table 6 has them: no truth exists for where
// an address is, so disagreement is shown and not settled.

import { parseAddress } from './address.ts';
import { isAnycast } from './anycast.ts';
import type { GeoTable } from './geo-table.ts';
import { providerOf } from './providers.ts';
import { scopeOf } from './scope.ts';

export interface NamedTable {
  readonly name: string;
  readonly table: GeoTable;
}

interface ComparedAddress {
  readonly ip: string;
  /** Country code or null, in the order of the databases. */
  readonly countries: readonly (string | null)[];
  /** All databases that know the address name the same country. */
  readonly agreed: boolean;
  /** Answers from many places: whatever a database says of it is arbitrary. */
  readonly anycast: boolean;
}

export interface GeoComparison {
  readonly databases: readonly { readonly name: string; readonly date: string; readonly sha256: string }[];
  /** Addresses on the Internet only, in the order given. */
  readonly addresses: readonly ComparedAddress[];
  /** Per country, how many of the addresses each database puts there; most first. `XX` is unknown. */
  readonly countries: readonly { readonly country: string; readonly counts: readonly number[] }[];
  /** Share of the addresses outside anycast on which all agree; null without any, and where one database is alone. */
  readonly agreement: number | null;
}

export function compareDatabases(ips: Iterable<string>, databases: readonly NamedTable[]): GeoComparison {
  const addresses = [...ips].map((ip) => compareAddress(ip, databases)).filter((compared) => compared !== undefined);
  const placed = addresses.filter((address) => !address.anycast);
  return {
    databases: databases.map(({ name, table }) => ({ name, date: table.date, sha256: table.sha256 })),
    addresses,
    countries: countCountries(placed, databases.length),
    agreement:
      placed.length === 0 || databases.length < 2
        ? null
        : placed.filter((address) => address.agreed).length / placed.length,
  };
}

function compareAddress(ip: string, databases: readonly NamedTable[]): ComparedAddress | undefined {
  const address = parseAddress(ip);
  if (address === undefined || scopeOf(address) !== 'global') return undefined;
  const countries = databases.map(({ table }) => table.country(address));
  const anycast =
    isAnycast(address) || databases.some(({ table }) => providerOf(table.asn(address) ?? 0)?.anycast === true);
  const named = new Set(countries.filter((country) => country !== null));
  return { ip, countries, agreed: named.size === 1, anycast };
}

function countCountries(addresses: readonly ComparedAddress[], databases: number): GeoComparison['countries'] {
  const rows = new Map<string, number[]>();
  for (const { countries } of addresses) {
    for (const [i, country] of countries.entries()) {
      const row = rows.get(country ?? 'XX') ?? Array.from({ length: databases }, () => 0);
      rows.set(country ?? 'XX', row);
      row[i] = (row[i] ?? 0) + 1;
    }
  }
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
  return [...rows]
    .map(([country, counts]) => ({ country, counts }))
    .sort((a, b) => total(b.counts) - total(a.counts) || (a.country < b.country ? -1 : 1));
}
