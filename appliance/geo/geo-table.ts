// Country, autonomous system and its organisation of an address, offline, from one compiled file (geo-compile.ts makes
// it). Sorted arrays of range starts, IPv4 as 32-bit numbers, IPv6 in full width; a look-up is a binary search.

import { type Address, embeddedIpv4, parseAddress } from './address.ts';
import { invalid, openTable, type StoredTable, section } from './table-file.ts';
import type { Section } from './table-section.ts';

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
  return new GeoTable(openTable(path, 'geo', GEO_VERSION), path);
}

export class GeoTable {
  /** Day of the data. */
  readonly date: string;
  readonly sha256: string;
  readonly #countries: Ranges;
  readonly #asns: Ranges;
  readonly #orgAsns: Section;
  readonly #orgOffsets: Section;
  readonly #orgNames: Section;

  /** `name` is for messages. @throws WeirError TABLE_INVALID */
  constructor(table: StoredTable, name: string) {
    this.date = table.date;
    this.sha256 = table.sha256;
    const part = (id: number, size: number): Section => section(table, id, size, name);
    const ids = GEO_SECTION;
    this.#countries = {
      starts4: part(ids.countryStarts4, 4),
      values4: part(ids.countries4, 2),
      starts6: part(ids.countryStarts6, 16),
      values6: part(ids.countries6, 2),
      value: (values, i) => values.u16(i * 2),
    };
    this.#asns = {
      starts4: part(ids.asnStarts4, 4),
      values4: part(ids.asns4, 4),
      starts6: part(ids.asnStarts6, 16),
      values6: part(ids.asns6, 4),
      value: (values, i) => values.u32(i * 4),
    };
    this.#orgAsns = part(ids.orgAsns, 4);
    this.#orgOffsets = part(ids.orgOffsets, 4);
    this.#orgNames = part(ids.orgNames, 1);
    if (!fits(this.#countries, 2) || !fits(this.#asns, 4) || this.#orgOffsets.length !== this.#orgAsns.length + 4) {
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
    if (i < 0 || this.#orgAsns.u32(i * 4) !== asn) return null;
    const [from, to] = [this.#orgOffsets.u32(i * 4), this.#orgOffsets.u32(i * 4 + 4)];
    return from <= to && to <= this.#orgNames.length ? utf8.decode(this.#orgNames.bytes(from, to)) || null : null;
  }
}

/** Starts are sorted; each has a value. */
interface Ranges {
  readonly starts4: Section;
  readonly values4: Section;
  readonly starts6: Section;
  readonly values6: Section;
  readonly value: (values: Section, i: number) => number;
}

function fits({ starts4, values4, starts6, values6 }: Ranges, width: number): boolean {
  return starts4.length * width === values4.length * 4 && starts6.length * width === values6.length * 16;
}

function find(ranges: Ranges, address: Address | string): number {
  const parsed = typeof address === 'string' ? parseAddress(address) : address;
  if (parsed === undefined) return 0;
  const plain = embeddedIpv4(parsed);
  if (typeof plain === 'number') return valueAt(ranges, ranges.values4, lastNotAbove(ranges.starts4, plain));
  return plain.length === 16 ? valueAt(ranges, ranges.values6, lastNotAbove6(ranges.starts6, plain)) : 0;
}

/** 0, a gap, before the first start. */
function valueAt({ value }: Ranges, values: Section, i: number): number {
  return i < 0 ? 0 : value(values, i);
}

/** Index of the last element that is not above `key`; -1 when all are. */
function lastNotAbove(sorted: Section, key: number): number {
  let low = 0;
  let high = sorted.length / 4;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted.u32(middle * 4) <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function lastNotAbove6(sorted: Section, key: Uint8Array): number {
  let low = 0;
  let high = sorted.length / 16;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted.compare16(middle * 16, key) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
