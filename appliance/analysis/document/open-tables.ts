// Opens the look-up tables next to the program for rendering documents: `weir analyze` and the appliance.

import { join } from 'node:path';
import { geoTablePath } from '../../geo/geo-folder.ts';
import { OuiTable, openOui } from '../../geo/oui-table.ts';
import { Places, TABLES_FOLDER } from '../../geo/places.ts';
import { isLocalAddress } from '../../geo/scope.ts';
import { WeirError } from '../../model/errors.ts';
import { parseMac } from '../../model/mac.ts';
import { RULES_SHA256 } from '../inspect/rules.ts';
import type { RuleSet } from '../platforms/rule.ts';
import { BUILT_IN } from '../platforms/rule-folder.ts';
import { portProfile } from '../ports/ports.ts';
import type { AddressPlace, DocumentTables } from './tables.ts';

export interface OpenedTables {
  readonly tables: DocumentTables;
  /** One line each for tables that are missing or damaged: documents then say `XX` and no vendor. */
  readonly warnings: readonly string[];
}

/**
 * @param profileName a profile's name or a list of ports, see `portProfile`
 * @param dataFolder where an operator's newer geo table is looked for first (`weir geo update`)
 * @param platforms rules in use where an operator has own ones
 * @param home country of the access point, for what a round trip says about the country of an address
 * @throws WeirError USAGE for another name
 */
export function openTables(
  version: string,
  profileName = 'curated',
  dataFolder?: string,
  home = '',
  platforms: RuleSet = BUILT_IN,
): OpenedTables {
  const profile = portProfile(profileName);
  if (profile === undefined) throw new WeirError('USAGE', `There is no port profile "${profileName}".`);
  const warnings: string[] = [];
  const places = attempt(() => Places.open(geoTablePath(dataFolder)), warnings);
  const vendors = attempt((): OuiTable => openOui(join(TABLES_FOLDER, 'oui.bin')), warnings);
  const tables: DocumentTables = {
    tool: {
      name: 'weir',
      version,
      geo: places === undefined ? null : { date: places.geo.date, sha256: places.geo.sha256 },
      ports_profile: profile.name,
      ports_sha256: profile.sha256,
      rules_sha256: RULES_SHA256,
      platform_rules_sha256: platforms.sha256,
    },
    profile,
    platformRules: platforms.rules,
    home,
    describeAddress: (ip) => places?.describeAddress(ip) ?? withoutTable(ip),
    vendor(text) {
      const mac = parseMac(text);
      return (mac === undefined ? undefined : vendors?.vendor(mac)) ?? null;
    },
  };
  return { tables, warnings };
}

function attempt<T>(open: () => T, warnings: string[]): T | undefined {
  try {
    return open();
  } catch (thrown) {
    if (!(thrown instanceof WeirError)) throw thrown;
    warnings.push(thrown.message);
    return undefined;
  }
}

function withoutTable(ip: string): AddressPlace {
  const internal = isLocalAddress(ip);
  return { country: internal ? 'local' : 'XX', asn: null, org: null, provider: null, internal };
}
