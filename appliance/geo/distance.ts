// A round trip bounds how far away an answer can come from: nothing is faster than light. A country that is farther from
// the access point than that is not where the address is, whatever a database says.

import { leastDistanceKm } from './territory.ts';

export interface DistanceCheck {
  /** Half the round trip at the speed of light in vacuum: cables are a third slower and never straight. */
  readonly reach_km: number;
  /** Least distance between the two countries; null where one has no row in territory.ts. */
  readonly least_km: number | null;
  readonly claim: 'impossible' | 'possible' | 'unknown';
  /** One sentence for a person. */
  readonly explanation: string;
}

const LIGHT_KM_PER_MS = 299.792_458;

/** `home` and `claimed` are ISO codes; anything else (`XX`, `local`) is unknown. */
export function checkDistance(home: string, claimed: string, roundTripMs: number): DistanceCheck {
  const reach_km = Math.max(0, (roundTripMs / 2) * LIGHT_KM_PER_MS);
  const least_km = leastDistanceKm(home, claimed) ?? null;
  const trip = `an answer after ${roundTripMs.toFixed(3)} ms comes from at most ${reach_km.toFixed(0)} km`;
  if (least_km === null) return { reach_km, least_km, claim: 'unknown', explanation: trip };
  const away = `${claimed} is at least ${least_km.toFixed(0)} km from ${home}`;
  if (least_km <= reach_km) return { reach_km, least_km, claim: 'possible', explanation: `${trip}; ${away}` };
  return {
    reach_km,
    least_km,
    claim: 'impossible',
    explanation: `${trip}, but ${away}: another machine answered (anycast, CDN, proxy), or the database is wrong`,
  };
}
