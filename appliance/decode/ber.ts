// Basic Encoding Rules of ASN.1 (X.690), as LDAP and SNMP use them.

export const INTEGER = 0x02;
export const OCTETS = 0x04;
export const SEQUENCE = 0x30;

export interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** One element in BER (X.690 §8.1) with a definite length below 2^24. */
export function elementAt(bytes: Uint8Array, at: number, limit: number): Element | undefined {
  const first = bytes[at + 1] ?? 0;
  const octets = first < 0x80 ? 0 : first & 0x7f;
  if (at + 2 + octets > limit || first === 0x80 || octets > 4) return undefined;
  const length = octets === 0 ? first : numberAt(bytes, at + 2, at + 2 + octets);
  const start = at + 2 + octets;
  return length >= 0x1000000 ? undefined : { tag: bytes[at] ?? 0, start, end: start + length };
}

export function numberAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 256 + (bytes[at] ?? 0);
  return value;
}
