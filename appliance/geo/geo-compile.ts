// From ranges to the file that geo-table.ts reads. Used at build time and by `weir geo update`.

import type { AddressRange } from './csv-rows.ts';
import { GEO_SECTION, GEO_VERSION } from './geo-table.ts';
import { NameList } from './name-list.ts';
import { RangeColumn } from './range-column.ts';
import { encodeTable } from './table-file.ts';

/** What became of the lines; shown to the operator. */
export interface CompileCount {
  ranges: number;
  /** Ranges without a country or AS number that we understand. */
  unusable: number;
}

/** Takes ranges, per kind and version with rising starts, and gives one table. */
export class GeoCompiler {
  readonly counted: CompileCount = { ranges: 0, unusable: 0 };
  readonly #country = { 4: new RangeColumn(4), 6: new RangeColumn(6) };
  readonly #asn = { 4: new RangeColumn(4), 6: new RangeColumn(6) };
  readonly #orgs = new Map<string, string>();

  /** First field after the addresses: two capital letters. */
  addCountry(range: AddressRange): void {
    const code = range.fields[0] ?? '';
    // `-`, `ZZ` and `XX` are what databases write for `unknown`.
    if (!/^[A-Z]{2}$/.test(code) || code === 'ZZ' || code === 'XX') {
      this.counted.unusable++;
      return;
    }
    this.counted.ranges++;
    const value = (code.charCodeAt(0) << 8) | code.charCodeAt(1);
    this.#country[version(range)].add(range.start, range.end, value);
  }

  /** Fields after the addresses: number (`13335` or `AS13335`), organisation. */
  addAsn(range: AddressRange): void {
    const asn = Number((range.fields[0] ?? '').replace(/^AS/, ''));
    if (!Number.isInteger(asn) || asn <= 0 || asn > 0xffff_ffff) {
      this.counted.unusable++;
      return;
    }
    this.counted.ranges++;
    this.#asn[version(range)].add(range.start, range.end, asn);
    if (!this.#orgs.has(String(asn))) this.#orgs.set(String(asn), (range.fields[1] ?? '').slice(0, 200));
  }

  get overlaps(): number {
    return this.#country[4].overlaps + this.#country[6].overlaps + this.#asn[4].overlaps + this.#asn[6].overlaps;
  }

  /** The file. `date`: day of the data. */
  finish(date: string): Buffer {
    const sections = new Map<number, Uint8Array>();
    const columns = [
      [this.#country[4], GEO_SECTION.countryStarts4, GEO_SECTION.countries4, 2],
      [this.#country[6], GEO_SECTION.countryStarts6, GEO_SECTION.countries6, 2],
      [this.#asn[4], GEO_SECTION.asnStarts4, GEO_SECTION.asns4, 4],
      [this.#asn[6], GEO_SECTION.asnStarts6, GEO_SECTION.asns6, 4],
    ] as const;
    for (const [column, starts, values, width] of columns) {
      const done = column.end();
      sections.set(starts, done.starts);
      sections.set(values, toColumn(done.values, width));
    }
    this.#addOrgs(sections);
    return encodeTable('geo', GEO_VERSION, date, sections);
  }

  #addOrgs(sections: Map<number, Uint8Array>): void {
    const orgs = [...this.#orgs].map(([asn, name]) => ({ asn: Number(asn), name })).sort((a, b) => a.asn - b.asn);
    const names = new NameList();
    for (const org of orgs) names.append(org.name);
    sections.set(
      GEO_SECTION.orgAsns,
      toColumn(
        orgs.map((org) => org.asn),
        4,
      ),
    );
    sections.set(GEO_SECTION.orgOffsets, names.offsets());
    sections.set(GEO_SECTION.orgNames, names.bytes());
  }
}

function version(range: AddressRange): 4 | 6 {
  return typeof range.start === 'number' ? 4 : 6;
}

function toColumn(values: readonly number[], width: 2 | 4): Uint8Array {
  const column = width === 2 ? Uint16Array.from(values) : Uint32Array.from(values);
  return new Uint8Array(column.buffer);
}
