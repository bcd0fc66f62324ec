// Numbers on their way to a person: short to read, exact in the title. `null` and `undefined` mean "not known" and are
// never shown as zero. Sizes are written as everywhere in Weir (model/quantity.ts). Pure; used by every view.

import { bytesText, inSteps, threeDigits } from '../../../appliance/model/quantity.ts';

/** The placeholder of an unknown value. */
export const NO_DATA = 'no data';

type Maybe = number | null | undefined;

/** Three significant digits in steps of 1000: `1.23 MB`. */
export function bytes(value: Maybe): string {
  return bytesText(isKnown(value) ? value : null, NO_DATA);
}

/** The exact value, for titles: `1,234,567 bytes`. */
export function exactBytes(value: Maybe): string {
  return isKnown(value) ? `${count(value)} ${value === 1 ? 'byte' : 'bytes'}` : NO_DATA;
}

/** Bytes in one second, as a rate. */
export function rate(bytesPerSecond: Maybe): string {
  return isKnown(bytesPerSecond) ? `${bytes(bytesPerSecond)}/s` : NO_DATA;
}

/** Whole numbers with separators: `12,345`. */
export function count(value: Maybe): string {
  return isKnown(value) ? value.toLocaleString('en-US', { maximumFractionDigits: 0 }) : NO_DATA;
}

/** Large counts in three digits: `12.3 k`, `4.56 M`. */
export function shortCount(value: Maybe): string {
  if (!isKnown(value)) return NO_DATA;
  if (Math.abs(value) < 10_000) return count(value);
  const { scaled, step } = inSteps(value, 4);
  return `${threeDigits(scaled)} ${['', 'k', 'M', 'G', 'T'][step]}`;
}

/** A share of 0 to 1. What is not all never reads as 100 %, what is not nothing never as 0 %. */
export function percent(share: Maybe): string {
  if (!isKnown(share)) return NO_DATA;
  if (share > 0 && share < 0.001) return '< 0.1 %';
  if (share < 1 && share > 0.999) return '> 99.9 %';
  const hundred = share * 100;
  return `${Number.isInteger(hundred) ? hundred : hundred.toFixed(1)} %`;
}

/** Bits per byte with three decimals; null means that there is no payload to judge. */
export function entropy(bitsPerByte: Maybe): string {
  return isKnown(bitsPerByte) ? bitsPerByte.toFixed(3) : 'no payload';
}

/** `1 device`, `2 devices`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function isKnown(value: Maybe): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
