// Vendor of a MAC address, offline, from one compiled file (oui-compile.ts makes it): the IEEE's large, medium and small
// blocks (24, 28 and 36 bits). The longest block that holds the address wins.

import { isGroupMac, isRandomisedMac, type Mac } from '../model/mac.ts';
import { invalid, readTable, section, type TableFile, words } from './table-file.ts';

export const OUI_VERSION = 1;

/** Sections: per block size the sorted prefixes (as 36-bit numbers cut to their size) and an index into the names. */
export const OUI_SECTION = {
  large: 1,
  largeNames: 2,
  medium: 3,
  mediumNames: 4,
  /** Small prefixes have 36 bits: the upper 32 here, the lower 4 in their own column. */
  small: 5,
  smallLow: 6,
  smallNames: 7,
  nameOffsets: 8,
  names: 9,
} as const;

const utf8 = new TextDecoder();

/** @throws WeirError TABLE_INVALID */
export function openOui(path: string): OuiTable {
  return new OuiTable(readTable(path, 'oui', OUI_VERSION), path);
}

export class OuiTable {
  readonly date: string;
  readonly sha256: string;
  readonly #large: Uint32Array;
  readonly #largeNames: Uint32Array;
  readonly #medium: Uint32Array;
  readonly #mediumNames: Uint32Array;
  readonly #small: Uint32Array;
  readonly #smallLow: Uint8Array;
  readonly #smallNames: Uint32Array;
  readonly #nameOffsets: Uint32Array;
  readonly #names: Uint8Array;

  /** @throws WeirError TABLE_INVALID */
  constructor(table: TableFile, name: string) {
    this.date = table.date;
    this.sha256 = table.sha256;
    const column = (id: number): Uint32Array => words(section(table, id, 4, name));
    this.#large = column(OUI_SECTION.large);
    this.#largeNames = column(OUI_SECTION.largeNames);
    this.#medium = column(OUI_SECTION.medium);
    this.#mediumNames = column(OUI_SECTION.mediumNames);
    this.#small = column(OUI_SECTION.small);
    this.#smallLow = section(table, OUI_SECTION.smallLow, 1, name);
    this.#smallNames = column(OUI_SECTION.smallNames);
    this.#nameOffsets = column(OUI_SECTION.nameOffsets);
    this.#names = section(table, OUI_SECTION.names, 1, name);
    const small = this.#small.length;
    const fits = small === this.#smallLow.length && small === this.#smallNames.length;
    if (!fits || this.#large.length !== this.#largeNames.length || this.#medium.length !== this.#mediumNames.length) {
      throw invalid(name, 'has columns of different length');
    }
  }

  /**
   * The company the IEEE gave the block to; undefined for randomised, group and unregistered addresses, and for all zeros: a
   * loopback writes those, no device of Xerox, whose block it would be.
   */
  vendor(mac: Mac): string | undefined {
    if (isRandomisedMac(mac) || isGroupMac(mac) || mac === NO_ADDRESS) return undefined;
    const digits = mac.replaceAll(':', '');
    const high = Number.parseInt(digits.slice(0, 8), 16);
    const name =
      this.#findSmall(high, Number.parseInt(digits.slice(8, 9), 16)) ??
      this.#find(this.#medium, this.#mediumNames, high >>> 4) ??
      this.#find(this.#large, this.#largeNames, high >>> 8);
    return name === undefined ? undefined : this.#name(name);
  }

  #find(prefixes: Uint32Array, names: Uint32Array, key: number): number | undefined {
    const i = firstNotBelow(prefixes, key);
    return prefixes[i] === key ? names[i] : undefined;
  }

  #findSmall(high: number, low: number): number | undefined {
    for (let i = firstNotBelow(this.#small, high); this.#small[i] === high; i++) {
      if (this.#smallLow[i] === low) return this.#smallNames[i];
    }
    return undefined;
  }

  #name(index: number): string | undefined {
    const from = this.#nameOffsets[index];
    const to = this.#nameOffsets[index + 1];
    if (from === undefined || to === undefined) return undefined;
    return utf8.decode(this.#names.subarray(from, to)) || undefined;
  }
}

const NO_ADDRESS = '00:00:00:00:00:00';

function firstNotBelow(sorted: Uint32Array, key: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
