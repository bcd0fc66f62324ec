// Addresses as text, on their way into table look-ups. The tables themselves know numbers (IPv4) and 16 bytes (IPv6).

/** An IPv4 address as a number from 0 to 2^32 - 1, or an IPv6 address as 16 bytes in network order. */
export type Address = number | Uint8Array;

/** The longest text of an address (RFC 4291 §2.2, form 3); zone identifiers are refused. */
const LONGEST_TEXT = 45;

/** Dotted quad or any form of RFC 4291 §2.2; undefined for everything else. */
export function parseAddress(text: string): Address | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** Four decimal numbers, no leading zeros (they are octal to some readers). */
function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part)) return undefined;
    const byte = Number(part);
    if (byte > 255) return undefined;
    value = value * 256 + byte;
  }
  return value;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const front = parseGroups(halves[0] ?? '');
  const back = halves.length === 2 ? parseGroups(halves[1] ?? '') : [];
  if (front === undefined || back === undefined) return undefined;
  const zeros = 16 - front.length - back.length;
  // `::` represents at least one group; without it all eight must be there.
  if (halves.length === 2 ? zeros < 2 : zeros !== 0) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(front, 0);
  bytes.set(back, 16 - back.length);
  return bytes;
}

/** Bytes of colon-separated groups, the last of which may be a dotted quad. */
function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    const quad = i === groups.length - 1 && group.includes('.') ? parseIpv4(group) : undefined;
    if (quad !== undefined) bytes.push(quad >>> 24, (quad >>> 16) & 255, (quad >>> 8) & 255, quad & 255);
    else if (/^[0-9a-fA-F]{1,4}$/.test(group)) bytes.push(...halfWords(Number.parseInt(group, 16)));
    else return undefined;
  }
  return bytes;
}

function halfWords(word: number): [number, number] {
  return [word >> 8, word & 255];
}

/** The IPv4 address that an IPv6 one is another writing of: IPv4-mapped (RFC 4291 §2.5.5.2); else itself. */
export function embeddedIpv4(address: Address): Address {
  if (typeof address === 'number') return address;
  const mapped = startsWith(address, MAPPED_PREFIX);
  return mapped ? ((address[12]! << 24) | (address[13]! << 16) | (address[14]! << 8) | address[15]!) >>> 0 : address;
}

const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, i) => bytes[i] === byte);
}
