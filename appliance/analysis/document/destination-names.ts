// What the names of a destination say by themselves: who registered the domain, and in which cloud region it runs.
// Used by destinations.ts; the rules are those of geo/cloud-names.ts and geo/domain.ts.

import { cloudPlace } from '../../geo/cloud-names.ts';
import { registrableDomain } from '../../geo/domain.ts';
import type { SourcedName } from '../../model/analysis-document.ts';
import { sourceRank } from './names.ts';

export interface NamedPlace {
  readonly provider: string | null;
  readonly domain: string | null;
  readonly region: string | null;
  readonly region_country: string | null;
}

/** A server may be given hundreds of names; the first ones decide. */
const MAX_NAMES = 64;

export function placeOfNames(names: readonly SourcedName[]): NamedPlace {
  const ordered = [...names].sort((x, y) => sourceRank(x.source) - sourceRank(y.source)).slice(0, MAX_NAMES);
  const clouds = ordered.map(({ name }) => cloudPlace(name)).filter((place) => place !== undefined);
  const cloud = clouds.find(({ region }) => region !== null) ?? clouds[0];
  return {
    provider: cloud?.provider ?? null,
    domain: ordered.map(({ name }) => registrableDomain(name)).find((domain) => domain !== null) ?? null,
    region: cloud?.region ?? null,
    region_country: cloud?.country ?? null,
  };
}
