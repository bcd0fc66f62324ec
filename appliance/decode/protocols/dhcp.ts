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
/** Options and runs of padding in one field: bounds the work on a hostile message; those beyond are not read. */
const MAX_OPTIONS = 128;

const SNAME_AT = 44;
const FILE_AT = 108;
const COOKIE_AT = 236;
/** Options may go on in the fields for the boot file (1), the server's name (2) or both (3): RFC 2132 §9.3. */
const OVERLOAD = 52;

/** Data by code. A repeated code goes on where it stopped before (RFC 3396 §7). */
type Options = Map<number, Uint8Array>;

/** `undefined` where the bytes are not BOOTP over Ethernet with the DHCP cookie. */
export function decodeDhcp(bytes: Uint8Array, start: number, end: number): DhcpFacts | undefined {
  if (end - start < OPTIONS_AT) return undefined;
  const op = bytes[start]!;
  if ((op !== 1 && op !== 2) || bytes[start + 1] !== 1 || bytes[start + 2] !== 6) return undefined;
  if (u32(bytes, start + COOKIE_AT) !== MAGIC_COOKIE) return undefined;
  const options: Options = new Map();
  const truncated = !collectOptions(bytes, start + OPTIONS_AT, end, options);
  collectOverloaded(bytes, start, options);
  const text = (code: number): string | undefined => optionText(options.get(code));
  const clientId = options.get(61);
  const lease = options.get(51);
  return {
    message: DHCP_MESSAGES[options.get(53)?.[0] ?? 0] ?? 'bootp',
    fromClient: op === 1,
    transaction: u32(bytes, start + 4),
    clientMac: macFromBytes(bytes, start + 28),
    clientIp: addressField(bytes, start + 12),
    yourIp: addressField(bytes, start + 16),
    relayIp: addressField(bytes, start + 24),
    requestedIp: optionAddress(options.get(50)),
    serverId: optionAddress(options.get(54)),
    hostname: text(12),
    vendorClass: text(60),
    paramRequest: options.get(55)?.join(','),
    clientId: clientId && hexAt(clientId, 0, clientId.length, 64),
    fqdn: optionFqdn(options.get(81)),
    mudUrl: text(161),
    leaseSeconds: lease?.length === 4 ? u32(lease, 0) : undefined,
    truncated,
  };
}

/** In the order of RFC 3396 §5: what the option field began may go on in the file field, then in that of the server's name. */
function collectOverloaded(bytes: Uint8Array, start: number, options: Options): void {
  const overload = options.get(OVERLOAD)?.[0] ?? 0;
  if ((overload & 1) !== 0) collectOptions(bytes, start + FILE_AT, start + COOKIE_AT, options);
  if ((overload & 2) !== 0) collectOptions(bytes, start + SNAME_AT, start + FILE_AT, options);
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
    addOption(options, code, bytes.subarray(at + 2, dataEnd));
    at = dataEnd;
  }
  return false;
}

function skipPadding(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === 0) at++;
  return at;
}

function addOption(options: Options, code: number, data: Uint8Array): void {
  const before = options.get(code);
  options.set(code, before === undefined ? data : Buffer.concat([before, data]));
}

function optionText(option: Uint8Array | undefined): string | undefined {
  if (option === undefined) return undefined;
  let stop = option.length;
  while (stop > 0 && option[stop - 1] === 0) stop--;
  return textAt(option, 0, stop);
}

function optionAddress(option: Uint8Array | undefined): string | undefined {
  return option?.length === 4 ? addressField(option, 0) : undefined;
}

function addressField(bytes: Uint8Array, at: number): string | undefined {
  const text = ipv4Text(bytes, at);
  return text === '0.0.0.0' ? undefined : text;
}

/** RFC 4702 §2.3: three bytes of flags, then text or, with the E flag (0x04), labels. */
function optionFqdn(option: Uint8Array | undefined): string | undefined {
  if (option === undefined || option.length < 4) return undefined;
  if ((option[0]! & 4) === 0) return textAt(option, 3, option.length);
  return labelsAt(option, 3, option.length);
}
