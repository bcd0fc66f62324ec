// DHCPv4 (RFC 2131, 2132), UDP 67/68: how a device introduces itself before it has an address.
import { type Mac, macFromBytes } from '../../model/mac.ts';
import { ipv4Text } from '../address-text.ts';
import { hexAt, textAt, u32 } from '../octets.ts';
import { labelsAt } from './labels.ts';

export const DHCP_MESSAGES = [
  'bootp',
  'discover',
  'offer',
  'request',
  'decline',
  'ack',
  'nak',
  'release',
  'inform',
] as const;
export type DhcpMessage = (typeof DHCP_MESSAGES)[number];

export interface DhcpFacts {
  /** RFC 2132 §9.6; `bootp` where the option is missing or unknown. */
  readonly message: DhcpMessage;
  readonly fromClient: boolean;
  readonly transaction: number;
  /** The `chaddr` field: the client's own claim, never used for attribution. */
  readonly clientMac: Mac;
  readonly clientIp: string | undefined;
  /** `yiaddr`: the address handed out. */
  readonly yourIp: string | undefined;
  /** `giaddr`: the relay that passed it on. */
  readonly relayIp: string | undefined;
  readonly requestedIp: string | undefined;
  readonly serverId: string | undefined;
  readonly hostname: string | undefined;
  readonly vendorClass: string | undefined;
  /** Option 55 as decimal codes with commas, in the order sent: a known operating-system fingerprint. */
  readonly paramRequest: string | undefined;
  /** Option 61 in hexadecimal, type byte included. */
  readonly clientId: string | undefined;
  /** Option 81 (RFC 4702). */
  readonly fqdn: string | undefined;
  /** Option 161 (RFC 8520): where the manufacturer's usage description lies. */
  readonly mudUrl: string | undefined;
  readonly leaseSeconds: number | undefined;
  readonly truncated: boolean;
}

const OPTIONS_AT = 240;
const MAGIC_COOKIE = 0x63825363;
const MAX_OPTIONS = 128;

/** Where an option's data lies; the last of a repeated code wins. */
type Options = Map<string, { at: number; end: number }>;

/** `undefined` where the bytes are not BOOTP over Ethernet with the DHCP cookie. */
export function decodeDhcp(bytes: Uint8Array, start: number, end: number): DhcpFacts | undefined {
  if (end - start < OPTIONS_AT) return undefined;
  const op = bytes[start]!;
  if ((op !== 1 && op !== 2) || bytes[start + 1] !== 1 || bytes[start + 2] !== 6) return undefined;
  if (u32(bytes, start + 236) !== MAGIC_COOKIE) return undefined;
  const options: Options = new Map();
  const truncated = !collectOptions(bytes, start + OPTIONS_AT, end, options);
  const text = (code: number): string | undefined => optionText(bytes, options, code);
  const message = options.get('53');
  const clientId = options.get('61');
  const lease = options.get('51');
  return {
    message: DHCP_MESSAGES[message === undefined ? 0 : (bytes[message.at] ?? 0)] ?? 'bootp',
    fromClient: op === 1,
    transaction: u32(bytes, start + 4),
    clientMac: macFromBytes(bytes, start + 28),
    clientIp: addressField(bytes, start + 12),
    yourIp: addressField(bytes, start + 16),
    relayIp: addressField(bytes, start + 24),
    requestedIp: optionAddress(bytes, options, 50),
    serverId: optionAddress(bytes, options, 54),
    hostname: text(12),
    vendorClass: text(60),
    paramRequest: parameterList(bytes, options.get('55')),
    clientId: clientId && hexAt(bytes, clientId.at, clientId.end, 64),
    fqdn: optionFqdn(bytes, options),
    mudUrl: text(161),
    leaseSeconds: lease && lease.end - lease.at === 4 ? u32(bytes, lease.at) : undefined,
    truncated,
  };
}

/** RFC 2132 §2: code, length, data; 0 is padding, 255 ends. False where the end option was not reached. */
function collectOptions(bytes: Uint8Array, start: number, end: number, options: Options): boolean {
  let at = start;
  for (let i = 0; i < MAX_OPTIONS && at < end; i++) {
    const code = bytes[at]!;
    if (code === 255) return true;
    if (code === 0) {
      at = skipPadding(bytes, at, end);
      continue;
    }
    const dataEnd = at + 2 + (bytes[at + 1] ?? 0);
    if (at + 2 > end || dataEnd > end) return false;
    options.set(String(code), { at: at + 2, end: dataEnd });
    at = dataEnd;
  }
  return false;
}

function skipPadding(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === 0) at++;
  return at;
}

function optionText(bytes: Uint8Array, options: Options, code: number): string | undefined {
  const option = options.get(String(code));
  if (option === undefined) return undefined;
  let stop = option.end;
  while (stop > option.at && bytes[stop - 1] === 0) stop--;
  return textAt(bytes, option.at, stop);
}

function optionAddress(bytes: Uint8Array, options: Options, code: number): string | undefined {
  const option = options.get(String(code));
  return option !== undefined && option.end - option.at === 4 ? addressField(bytes, option.at) : undefined;
}

function addressField(bytes: Uint8Array, at: number): string | undefined {
  const text = ipv4Text(bytes, at);
  return text === '0.0.0.0' ? undefined : text;
}

function parameterList(bytes: Uint8Array, option: { at: number; end: number } | undefined): string | undefined {
  if (option === undefined) return undefined;
  return Array.from(bytes.subarray(option.at, option.end)).join(',');
}

/** RFC 4702 §2.3: three bytes of flags, then text or, with the E flag (0x04), labels. */
function optionFqdn(bytes: Uint8Array, options: Options): string | undefined {
  const option = options.get('81');
  if (option === undefined || option.end - option.at < 4) return undefined;
  const at = option.at + 3;
  if (((bytes[option.at] ?? 0) & 4) === 0) return textAt(bytes, at, option.end);
  return labelsAt(bytes, at, option.end);
}
