// DHCPv6 (RFC 8415), UDP 546/547: names and identifiers of a device that asks for an IPv6 lease.
import { type Mac, macFromBytes } from '../../model/mac.ts';
import { hexAt, textAt, u16 } from '../octets.ts';
import { labelsAt } from './labels.ts';

/** Bounds the work on a hostile message; options beyond are not read, and it is marked as truncated. */
const MAX_OPTIONS = 128;

/** Where an option's data lies; the last of a repeated code wins. */
type Options = Map<string, { at: number; end: number }>;

export interface Dhcp6Facts {
  /** RFC 8415 §7.3, 1 to 13. */
  readonly message: number;
  /** DUID of option 1 in hexadecimal. */
  readonly clientDuid: string | undefined;
  /** From a DUID-LLT or DUID-LL over Ethernet (§11.2, §11.4): the client's claim. */
  readonly clientMac: Mac | undefined;
  /** Option 39 (RFC 4704). */
  readonly fqdn: string | undefined;
  /** Option 16 behind its enterprise number. */
  readonly vendorClass: string | undefined;
  /** Option 6, decimal codes with commas. */
  readonly optionRequest: string | undefined;
  readonly mudUrl: string | undefined;
  readonly truncated: boolean;
}

/** `undefined` for relayed and unknown messages. */
export function decodeDhcp6(bytes: Uint8Array, start: number, end: number): Dhcp6Facts | undefined {
  const message = bytes[start] ?? 0;
  if (end - start < 8 || message < 1 || message > 11) return undefined;
  const options: Options = new Map();
  const truncated = !collectOptions6(bytes, start + 4, end, options);
  const duid = options.get('1');
  const fqdn = options.get('39');
  const vendor = options.get('16');
  const mud = options.get('112');
  return {
    message,
    clientDuid: duid && hexAt(bytes, duid.at, duid.end, 130),
    clientMac: duid && duidMac(bytes, duid.at, duid.end),
    fqdn: fqdn && labelsAt(bytes, fqdn.at + 1, fqdn.end),
    vendorClass: vendor && textAt(bytes, vendor.at + 6, vendor.end),
    optionRequest: optionCodes(bytes, options.get('6')),
    mudUrl: mud && textAt(bytes, mud.at, mud.end),
    truncated,
  };
}

/** RFC 8415 §21.1: 16-bit code, 16-bit length, data. */
function collectOptions6(bytes: Uint8Array, start: number, end: number, options: Options): boolean {
  let at = start;
  for (let i = 0; i < MAX_OPTIONS && at < end; i++) {
    const dataEnd = at + 4 + u16(bytes, at + 2);
    if (at + 4 > end || dataEnd > end) return false;
    options.set(String(u16(bytes, at)), { at: at + 4, end: dataEnd });
    at = dataEnd;
  }
  return at >= end;
}

function duidMac(bytes: Uint8Array, at: number, end: number): Mac | undefined {
  const kind = u16(bytes, at);
  if (u16(bytes, at + 2) !== 1) return undefined;
  if (kind === 1 && end - at === 14) return macFromBytes(bytes, at + 8);
  if (kind === 3 && end - at === 10) return macFromBytes(bytes, at + 4);
  return undefined;
}

function optionCodes(bytes: Uint8Array, option: { at: number; end: number } | undefined): string | undefined {
  if (option === undefined) return undefined;
  const codes: number[] = [];
  for (let at = option.at; at + 1 < option.end; at += 2) codes.push(u16(bytes, at));
  return codes.join(',');
}
