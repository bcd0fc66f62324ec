// Where the bands of the device-to-country picture go: two columns of blocks, and for each pair a band between them.
// Heights are proportional to bytes, with a least height so that a small flow is still seen. Pure.

import { type Band, largest } from './geography.ts';

export interface Block {
  readonly name: string;
  readonly bytes: number;
  readonly top: number;
  readonly height: number;
}

export interface Ribbon {
  readonly band: Band;
  readonly fromTop: number;
  readonly toTop: number;
  readonly height: number;
}

export interface SankeyLayout {
  readonly height: number;
  readonly devices: readonly Block[];
  readonly countries: readonly Block[];
  readonly ribbons: readonly Ribbon[];
}

/** Room for one line of text in each block. */
const LEAST_BLOCK = 18;
const LEAST_RIBBON = 1.5;
const BETWEEN = 8;

export function layOut(bands: readonly Band[], flowHeight: number): SankeyLayout {
  const all = bands.reduce((sum, band) => sum + band.bytes, 0);
  const ribbonHeight = (bytes: number) => Math.max(LEAST_RIBBON, all === 0 ? 0 : (bytes / all) * flowHeight);
  const devices = column(bands, (band) => band.device, ribbonHeight);
  const countries = column(bands, (band) => band.country, ribbonHeight);
  const order = new Map(countries.map((block, index) => [block.name, index]));
  const rank = (band: Band) => order.get(band.country) ?? 0;
  const fromEnds = new Map(devices.map((block) => [block.name, block.top]));
  const toEnds = new Map(countries.map((block) => [block.name, block.top]));
  const deviceRank = new Map(devices.map((block, index) => [block.name, index]));
  const sorted = [...bands].sort(
    (a, b) => (deviceRank.get(a.device) ?? 0) - (deviceRank.get(b.device) ?? 0) || rank(a) - rank(b),
  );
  const ribbons = sorted.map((band) => {
    const height = ribbonHeight(band.bytes);
    return { band, fromTop: take(fromEnds, band.device, height), toTop: take(toEnds, band.country, height), height };
  });
  return { height: Math.max(end(devices), end(countries)), devices, countries, ribbons };
}

/** The next free place in a block, which is used up by `height`. */
function take(ends: Map<string, number>, name: string, height: number): number {
  const top = ends.get(name) ?? 0;
  ends.set(name, top + height);
  return top;
}

function column(
  bands: readonly Band[],
  name: (band: Band) => string,
  ribbonHeight: (bytes: number) => number,
): Block[] {
  let top = 0;
  return largest(bands, name).map(([block, bytes]) => {
    const ribbons = bands
      .filter((band) => name(band) === block)
      .reduce((sum, band) => sum + ribbonHeight(band.bytes), 0);
    const placed = { name: block, bytes, top, height: Math.max(LEAST_BLOCK, ribbons) };
    top += placed.height + BETWEEN;
    return placed;
  });
}

function end(blocks: readonly Block[]): number {
  const last = blocks.at(-1);
  return last === undefined ? 0 : last.top + last.height;
}
