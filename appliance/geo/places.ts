// Everything known about where an address is and whose it is, for the renderer of documents, the page and the CLI.
// Joins scope, anycast, table and provider rows; look-ups only, nothing is stored in summaries.

import { join } from 'node:path';
import { type Address, parseAddress } from './address.ts';
import { isAnycast } from './anycast.ts';
import { type GeoTable, openGeo } from './geo-table.ts';
import { providerOf } from './providers.ts';
import { type Scope, scopeOf } from './scope.ts';

export interface Place {
  /** ISO 3166-1 alpha-2; `local` for every address that is not on the Internet, `XX` unknown or none, null anycast. */
  readonly country: string | null;
  readonly asn: number | null;
  readonly org: string | null;
  /** Common name of the operator (`Amazon`), null where no row names one. */
  readonly provider: string | null;
  readonly anycast: boolean;
  /** Not on the Internet: private, link-local, multicast, broadcast, … */
  readonly internal: boolean;
  readonly scope: Scope;
}

/** Where the build puts geo.bin and oui.bin: next to this code's folder. */
export const TABLES_FOLDER = join(import.meta.dirname, '..', '..', 'tables');

const UNREADABLE: Place = {
  country: 'XX',
  asn: null,
  org: null,
  provider: null,
  anycast: false,
  internal: false,
  scope: 'reserved',
};

/** Most answers kept; a capture has few remote addresses, a port scan many. */
const MAX_KEPT = 10_000;

export class Places {
  readonly geo: GeoTable;
  readonly #kept = new Map<string, Place>();

  constructor(geo: GeoTable) {
    this.geo = geo;
  }

  /** @throws WeirError TABLE_INVALID */
  static open(path: string = join(TABLES_FOLDER, 'geo.bin')): Places {
    return new Places(openGeo(path));
  }

  /** Text that is no address gives country `XX`. */
  describeAddress(ip: string): Place {
    const kept = this.#kept.get(ip);
    if (kept !== undefined) return kept;
    const address = parseAddress(ip);
    const place = address === undefined ? UNREADABLE : this.describe(address);
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(ip, place);
    return place;
  }

  describe(address: Address): Place {
    const scope = scopeOf(address);
    if (scope === 'transition') return { ...UNREADABLE, scope };
    if (scope !== 'global') {
      return { country: 'local', asn: null, org: null, provider: null, anycast: false, internal: true, scope };
    }
    const asn = this.geo.asn(address);
    const provider = asn === null ? undefined : providerOf(asn);
    const anycast = provider?.anycast === true || isAnycast(address);
    return {
      country: anycast ? null : (this.geo.country(address) ?? 'XX'),
      asn,
      org: asn === null ? null : this.geo.org(asn),
      provider: provider?.name ?? null,
      anycast,
      internal: false,
      scope,
    };
  }
}
