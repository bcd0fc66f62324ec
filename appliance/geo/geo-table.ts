// Country, autonomous system and its organisation of an address, offline, from one compiled file (geo-compile.ts makes
// it). Sorted arrays of range starts, IPv4 as 32-bit numbers, IPv6 in full width; a look-up is a binary search.

import { type Address, embeddedIpv4, parseAddress } from './address.ts';
import { halves, invalid, readTable, section, type TableFile, words } from './table-file.ts';

export const GEO_VERSION = 1;

/** Sections. Each range runs to the start of the next; value 0 is a gap. */
export const GEO_SECTION = {
  countryStarts4: 1,
  countries4: 2,
  countryStarts6: 3,
  countries6: 4,
  asnStarts4: 5,
  asns4: 6,
  asnStarts6: 7,
  asns6: 8,
  /** Sorted AS numbers, where each one's name begins in `names` (one more entry than AS numbers), names in UTF-8. */
  orgAsns: 9,
  orgOffsets: 10,
  orgNames: 11,
} as const;

const utf8 = new TextDecoder();

/** @throws WeirError TABLE_INVALID */
export function openGeo(path: string): GeoTable {
  return new GeoTable(readTable(path, 'geo', GEO_VERSION), path);
}

export class GeoTable {
  /** Day of the data. */
  readonly date: string;
  readonly sha256: string;
  readonly #countries: Ranges<Uint16Array>;
  readonly #asns: Ranges<Uint32Array>;
  readonly #orgAsns: Uint32Array;
  readonly #orgOffsets: Uint32Array;
  readonly #orgNames: Uint8Array;

  /** `name` is for messages. @throws WeirError TABLE_INVALID */
  constructor(table: TableFile, name: string) {
    this.date = table.date;
    this.sha256 = table.sha256;
    const part = (id: number, size: number): Uint8Array => section(table, id, size, name);
    const ids = GEO_SECTION;
    this.#countries = {
      starts4: words(part(ids.countryStarts4, 4)),
      values4: halves(part(ids.countries4, 2)),
      starts6: part(ids.countryStarts6, 16),
      values6: halves(part(ids.countries6, 2)),
    };
    this.#asns = {
      starts4: words(part(ids.asnStarts4, 4)),
      values4: words(part(ids.asns4, 4)),
      starts6: part(ids.asnStarts6, 16),
      values6: words(part(ids.asns6, 4)),
    };
    this.#orgAsns = words(part(ids.orgAsns, 4));
    this.#orgOffsets = words(part(ids.orgOffsets, 4));
    this.#orgNames = part(ids.orgNames, 1);
    if (!fits(this.#countries) || !fits(this.#asns) || this.#orgOffsets.length !== this.#orgAsns.length + 1) {
      throw invalid(name, 'has columns of different length');
    }
  }

  /** ISO 3166-1 alpha-2 of where the address is said to be used; null where the table has none or the text is no address. */
  country(address: Address | string): string | null {
    const value = find(this.#countries, address);
    return value === 0 ? null : String.fromCharCode(value >> 8, value & 255);
  }

  /** Number of the autonomous system that announces the address. */
  asn(address: Address | string): number | null {
    return find(this.#asns, address) || null;
  }

  /** The name the registry has for an autonomous system. */
  org(asn: number): string | null {
    const i = lastNotAbove(this.#orgAsns, asn);
    if (i < 0 || this.#orgAsns[i] !== asn) return null;
    return utf8.decode(this.#orgNames.subarray(this.#orgOffsets[i], this.#orgOffsets[i + 1])) || null;
  }
}

interface Ranges<V extends Uint16Array | Uint32Array> {
  readonly starts4: Uint32Array;
  readonly values4: V;
  readonly starts6: Uint8Array;
  readonly values6: V;
}

function fits(ranges: Ranges<Uint16Array | Uint32Array>): boolean {
  return ranges.starts4.length === ranges.values4.length && ranges.starts6.length === 16 * ranges.values6.length;
}

function find(ranges: Ranges<Uint16Array | Uint32Array>, address: Address | string): number {
  const parsed = typeof address === 'string' ? parseAddress(address) : address;
  if (parsed === undefined) return 0;
  const plain = embeddedIpv4(parsed);
  if (typeof plain === 'number') return ranges.values4[lastNotAbove(ranges.starts4, plain)] ?? 0;
  return plain.length === 16 ? (ranges.values6[lastNotAbove6(ranges.starts6, plain)] ?? 0) : 0;
}

/** Index of the last element that is not above `key`; -1 when all are. */
function lastNotAbove(sorted: Uint32Array, key: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function lastNotAbove6(sorted: Uint8Array, key: Uint8Array): number {
  let low = 0;
  let high = sorted.length / 16;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare16(sorted, middle * 16, key) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function compare16(bytes: Uint8Array, at: number, key: Uint8Array): number {
  for (let i = 0; i < 16; i++) {
    const difference = bytes[at + i]! - key[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
