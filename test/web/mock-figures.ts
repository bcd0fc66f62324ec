// Ids, sums and times that all answers about the invented home share; made by code, so that they are the same each time.

import { HOME, type HomeDevice, IP } from './mock-home.ts';

export const HOUR = 3600;

export const idOf = (mac: string) => mac.replaceAll(':', '');
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
export const upOf = (one: HomeDevice) => sum(one.talks.map((each) => each.up));
export const downOf = (one: HomeDevice) => sum(one.talks.map((each) => each.down));
export const ipOf = (one: HomeDevice) => IP(16 + HOME.indexOf(one));
export const seconds = (now: number, ago: number) => `${Math.floor(now / 1000) - ago}.000000000`;

/** Repeatable noise of 0 to 1. */
export function noise(seed: number): number {
  const wave = Math.sin(seed * 12.9898) * 43_758.5453;
  return wave - Math.floor(wave);
}
