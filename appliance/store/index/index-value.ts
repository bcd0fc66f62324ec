// A value of the index: eight hexadecimal digits of CRC-32 (ISO 3309, as in zlib) over the rest, then the JSON itself.
// LevelDB hands out damaged tables without complaint (measured: a flipped byte in a table is read as data).

import { crc32 } from 'node:zlib';
import { WeirError } from '../../model/errors.ts';

const DIGITS = 8;

export function sealValue(json: string): string {
  return checksum(json) + json;
}

/** @throws WeirError INDEX_DAMAGED where the text is not what was sealed. */
export function unsealValue(sealed: string, key: string): string {
  const json = sealed.slice(DIGITS);
  if (sealed.slice(0, DIGITS) === checksum(json)) return json;
  throw new WeirError('INDEX_DAMAGED', `The index holds a damaged value at ${key}.`);
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(DIGITS, '0');
}
