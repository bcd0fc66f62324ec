// An IPv4 address with its prefix, as settings name it; numbers so that ranges can be compared.

export interface Ipv4Network {
  readonly address: number;
  readonly prefix: number;
  /** Address of the network itself. */
  readonly first: number;
  /** Broadcast address. */
  readonly last: number;
}

/** Strict dotted quad: no leading zeros (some programs read them as octal), nothing left out. */
export function ipv4Number(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255))
    return undefined;
  return parts.reduce((number, part) => number * 256 + Number(part), 0);
}

/** `10.77.0.1/24`; undefined where it is none. */
export function parseIpv4Network(text: string): Ipv4Network | undefined {
  const [quad = '', bits = '', more] = text.split('/');
  const address = ipv4Number(quad);
  if (address === undefined || more !== undefined || !/^([1-9]|[12]\d|3[0-2])$/.test(bits)) return undefined;
  const prefix = Number(bits);
  const size = 2 ** (32 - prefix);
  const first = address - (address % size);
  return { address, prefix, first, last: first + size - 1 };
}

export function ipv4Quad(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}
