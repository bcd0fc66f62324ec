// Address ranges out of CSV as the usual databases come: `start,end,value,…` with addresses or decimal numbers, or
// `network/bits,value,…`. Used by the table compiler at build time and by `weir geo update` for operators' files.

import { type Address, parseAddress } from './address.ts';

export interface AddressRange {
  readonly start: Address;
  /** Inclusive; of the same version as `start`. */
  readonly end: Address;
  /** The columns after the addresses. */
  readonly fields: readonly string[];
}

const LARGEST_LINE = 4096;

/** The fields of one line (RFC 4180 without line breaks inside quotes). Undefined when a quote stays open. */
export function csvFields(line: string): string[] | undefined {
  if (line.length > LARGEST_LINE) return undefined;
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (c === '"' && quoted && line[i + 1] === '"') field += line[++i];
    else if (c === '"') quoted = !quoted;
    else if (c === ',' && !quoted) {
      fields.push(field);
      field = '';
    } else field += c;
  }
  return quoted ? undefined : [...fields, field];
}

/** One line as a range; undefined when it is none (heading, comment, damage). `version` decides what bare numbers are. */
export function rangeOfLine(line: string, version: 4 | 6): AddressRange | undefined {
  const fields = csvFields(line);
  const first = fields?.[0];
  if (fields === undefined || first === undefined) return undefined;
  if (first.includes('/')) return networkRange(first, fields.slice(1));
  const start = readAddress(first, version);
  const end = readAddress(fields[1] ?? '', version);
  if (start === undefined || end === undefined || typeof start !== typeof end) return undefined;
  return compareAddresses(start, end) <= 0 ? { start, end, fields: fields.slice(2) } : undefined;
}

function readAddress(text: string, version: 4 | 6): Address | undefined {
  if (!/^\d{1,39}$/.test(text)) return parseAddress(text);
  if (version === 4) return Number(text) <= 0xffff_ffff ? Number(text) : undefined;
  const value = BigInt(text);
  return value < 1n << 128n ? bytesOf(value) : undefined;
}

function bytesOf(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64BE(value >> 64n, 0);
  bytes.writeBigUInt64BE(value & 0xffff_ffff_ffff_ffffn, 8);
  return bytes;
}

/** `192.0.2.0/24` or `2001:db8::/32`. */
function networkRange(text: string, fields: readonly string[]): AddressRange | undefined {
  const slash = text.indexOf('/');
  const start = parseAddress(text.slice(0, slash));
  const bits = Number(text.slice(slash + 1));
  if (start === undefined || !/^\d{1,3}$/.test(text.slice(slash + 1))) return undefined;
  if (typeof start === 'number') return bits > 32 ? undefined : { start, end: start + 2 ** (32 - bits) - 1, fields };
  return bits > 128 ? undefined : { start, end: lastOfNetwork(start, bits), fields };
}

function lastOfNetwork(start: Uint8Array, bits: number): Uint8Array {
  return start.map((byte, i) => byte | (255 >> Math.min(8, Math.max(0, bits - i * 8))));
}

/** Negative, zero or positive; both of the same version. */
export function compareAddresses(a: Address, b: Address): number {
  if (typeof a === 'number' || typeof b === 'number') return Number(a) - Number(b);
  return Buffer.compare(a, b);
}

/** The address after; undefined after the last. */
export function nextAddress(address: Address): Address | undefined {
  if (typeof address === 'number') return address === 0xffff_ffff ? undefined : address + 1;
  const next = Uint8Array.from(address);
  for (let i = 15; i >= 0; i--) {
    next[i] = (next[i]! + 1) & 255;
    if (next[i] !== 0) return next;
  }
  return undefined;
}
