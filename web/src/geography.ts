// The flow matrix folded for pictures: bands from devices to countries, devices by countries, owners and destinations. Pure.

import type { FlowGroup } from './api/types.ts';

export interface Band {
  readonly device: string;
  readonly country: string;
  readonly bytes: number;
}

const OTHERS = 'others';
/** As in the paper's figure 4: the ten largest countries have bands of their own. */
const COUNTRIES_SHOWN = 10;

/** Of groups by device and country: a band is what that device sent there. */
export function bandsOf(groups: readonly FlowGroup[]): Band[] {
  const sums = new Map<string, Band>();
  for (const { device = '', country = '', bytes_up } of groups) {
    if (bytes_up === 0) continue;
    const key = `${device} ${country}`;
    sums.set(key, { device, country, bytes: (sums.get(key)?.bytes ?? 0) + bytes_up });
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
  /** Devices that sent something to each of `countries` (the paper's table 5). */
  readonly devices: readonly number[];
  readonly rows: readonly {
    readonly device: string;
    /** Bytes sent to each of `countries`. */
    readonly cells: readonly number[];
    /** Countries, the unknown one among them. */
    readonly total: number;
  }[];
}

/** What answers from many places is in no country. */
const isCountry = (word: string) => /^[A-Z]{2}$/.test(word);

/** Which device sends to which country (the paper's appendix A), of groups by device and country; most used country first. */
export function matrixOf(groups: readonly FlowGroup[]): Matrix {
  const cells = new Map<string, number>();
  for (const { device = '', country = '', bytes_up } of groups) {
    if (bytes_up === 0) continue;
    const key = `${device} ${country}`;
    cells.set(key, (cells.get(key) ?? 0) + bytes_up);
  }
  const pairs = [...cells.keys()].map(
    (key) => [key.slice(0, key.indexOf(' ')), key.slice(key.indexOf(' ') + 1)] as const,
  );
  const perCountry = new Map<string, number>();
  for (const [, country] of pairs) perCountry.set(country, (perCountry.get(country) ?? 0) + 1);
  const columns = [...perCountry].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const countries = columns.map(([country]) => country);
  const rows = [...new Set(pairs.map(([device]) => device))].map((device) => {
    const row = countries.map((country) => cells.get(`${device} ${country}`) ?? 0);
    return { device, cells: row, total: row.filter((bytes, i) => bytes > 0 && isCountry(countries[i] ?? '')).length };
  });
  const order = (a: (typeof rows)[number], b: (typeof rows)[number]) =>
    b.total - a.total || (a.device < b.device ? -1 : 1);
  return { countries, devices: columns.map(([, number]) => number), rows: rows.sort(order) };
}

export interface FlowPeer {
  /** Empty for peers that are combined. */
  readonly address: string;
  readonly name: string;
  readonly country: string;
  readonly organisation: string;
  readonly devices: readonly string[];
  readonly bytes_up: number;
  readonly bytes_down: number;
}

/** Of groups by device and peer, folded by what `key` says: addresses, owners. Most bytes sent first. */
export function peersOf(groups: readonly FlowGroup[], key: (peer: FlowPeer) => string): FlowPeer[] {
  const peers = new Map<string, FlowPeer>();
  for (const {
    device = '',
    address = '',
    name = '',
    country = '',
    organisation = '',
    bytes_up,
    bytes_down,
  } of groups) {
    const one = { address, name, country, organisation, devices: [device], bytes_up, bytes_down };
    const known = peers.get(key(one));
    peers.set(key(one), known === undefined ? one : addPeer(known, one));
  }
  return [...peers.values()].sort((a, b) => b.bytes_up - a.bytes_up || b.bytes_down - a.bytes_down);
}

function addPeer(known: FlowPeer, one: FlowPeer): FlowPeer {
  return {
    address: known.address === one.address ? known.address : '',
    name: known.name || one.name,
    country: known.country === one.country ? known.country : '',
    organisation: known.organisation,
    devices: [...new Set([...known.devices, ...one.devices])],
    bytes_up: known.bytes_up + one.bytes_up,
    bytes_down: known.bytes_down + one.bytes_down,
  };
}
