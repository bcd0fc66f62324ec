// What is new since somebody last looked with this browser: devices, countries and grave findings that were not there. Pure.

import type { DeviceRow } from './api/types.ts';

/** What there was to see. */
export interface Look {
  /** ISO 8601. */
  readonly at: string;
  readonly devices: Readonly<Record<string, { readonly countries: readonly string[]; readonly high: number }>>;
}

export type News =
  | { readonly what: 'device'; readonly id: string }
  | { readonly what: 'country'; readonly id: string; readonly countries: readonly string[] }
  | { readonly what: 'findings'; readonly id: string; readonly more: number };

export function lookOf(rows: readonly DeviceRow[], at: string): Look {
  const devices = rows.map(({ id, countries, findings }) => [id, { countries, high: findings.high }] as const);
  return { at, devices: Object.fromEntries(devices) };
}

export function newsSince({ devices }: Look, rows: readonly DeviceRow[]): News[] {
  return rows
    .filter(({ mac }) => mac !== null)
    .flatMap(({ id, countries, findings }): News[] => {
      const known = Object.hasOwn(devices, id) ? devices[id] : undefined;
      if (known === undefined) return [{ what: 'device', id }];
      const added = countries.filter((code) => code !== 'local' && !known.countries.includes(code));
      const more = findings.high - known.high;
      return [
        ...(added.length > 0 ? [{ what: 'country', id, countries: added } as const] : []),
        ...(more > 0 ? [{ what: 'findings', id, more } as const] : []),
      ];
    });
}

/** Undefined for anything that is no look: another version, or somebody's own text. */
export function parseLook(text: string | null): Look | undefined {
  try {
    const look = JSON.parse(text ?? '') as Partial<Look> | null;
    if (typeof look?.at !== 'string' || typeof look.devices !== 'object' || look.devices === null) return undefined;
    const isWhole = Object.values(look.devices).every(
      (one) => Array.isArray(one?.countries) && Number.isFinite(one?.high),
    );
    return isWhole ? { at: look.at, devices: look.devices } : undefined;
  } catch {
    return undefined;
  }
}
