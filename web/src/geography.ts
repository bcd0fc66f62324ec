// Destinations folded into device-country pairs, for the bands and the matrix. Pure.

import { ANYCAST_WORD } from '../../appliance/model/place-word.ts';
import type { DocumentDestination } from './api/types.ts';

export interface Band {
  readonly device: string;
  readonly country: string;
  readonly bytes: number;
}

const OTHERS = 'others';
/** As in the paper's figure 4: the ten largest countries have bands of their own. */
const COUNTRIES_SHOWN = 10;

/** Stands for a device where several sent to one address. */
export const SEVERAL = 'several';

/**
 * Bytes sent. The document has no sums per device of an address that several devices spoke to: those bytes are a band of their own,
 * because dividing them would invent what each sent.
 */
export function bandsOf(destinations: readonly DocumentDestination[]): Band[] {
  const sums = new Map<string, Band>();
  for (const { country, devices, bytes_up } of destinations) {
    const [only] = devices;
    if (only === undefined || bytes_up === 0) continue;
    const device = devices.length === 1 ? only : SEVERAL;
    const to = country ?? ANYCAST_WORD;
    const key = `${device} ${to}`;
    sums.set(key, { device, country: to, bytes: (sums.get(key)?.bytes ?? 0) + bytes_up });
  }
  return foldSmall([...sums.values()]);
}

function foldSmall(bands: readonly Band[]): Band[] {
  const large = new Set(
    largest(bands, (band) => band.country)
      .slice(0, COUNTRIES_SHOWN)
      .map(([country]) => country),
  );
  const folded = new Map<string, Band>();
  for (const band of bands) {
    const country = large.has(band.country) ? band.country : OTHERS;
    const key = `${band.device} ${country}`;
    folded.set(key, { ...band, country, bytes: (folded.get(key)?.bytes ?? 0) + band.bytes });
  }
  return [...folded.values()];
}

/** Sums by some name, largest first. */
export function largest(bands: readonly Band[], name: (band: Band) => string): [string, number][] {
  const sums = new Map<string, number>();
  for (const band of bands) sums.set(name(band), (sums.get(name(band)) ?? 0) + band.bytes);
  return [...sums].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

export interface Matrix {
  readonly countries: readonly string[];
  readonly rows: readonly {
    readonly device: string;
    /** Destinations in each of `countries`. */
    readonly cells: readonly number[];
    readonly total: number;
  }[];
}

/** Number of destinations by device and country, most used country first (the paper's appendix A). */
export function matrixOf(destinations: readonly DocumentDestination[]): Matrix {
  const cells = new Map<string, number>();
  const perCountry = new Map<string, number>();
  for (const { country, devices } of destinations) {
    const to = country ?? ANYCAST_WORD;
    perCountry.set(to, (perCountry.get(to) ?? 0) + devices.length);
    for (const device of devices) cells.set(`${device} ${to}`, (cells.get(`${device} ${to}`) ?? 0) + 1);
  }
  const countries = [...perCountry].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([country]) => country);
  const devices = [...new Set(destinations.flatMap((destination) => destination.devices))];
  const rows = devices.map((device) => {
    const row = countries.map((country) => cells.get(`${device} ${country}`) ?? 0);
    return { device, cells: row, total: row.reduce((sum, number) => sum + number, 0) };
  });
  return { countries, rows: rows.sort((a, b) => b.total - a.total) };
}
