// ClientHello and ServerHello bodies (RFC 8446 §4.1, RFC 5246 §7.4.1); shared by tls.ts, dtls.ts and quic.ts.
import { startsWith, textAt, u16 } from '../octets.ts';

export interface ClientHello {
  /** `legacy_version`, e.g. 0x0303. */
  readonly legacyVersion: number;
  /** `supported_versions` without GREASE; empty where the extension is missing. */
  readonly versions: readonly number[];
  readonly serverName: string | undefined;
  readonly alpn: readonly string[];
  readonly ciphers: readonly number[];
  readonly extensions: readonly number[];
  readonly groups: readonly number[];
  readonly pointFormats: readonly number[];
  readonly signatureAlgorithms: readonly number[];
  /** Encrypted Client Hello (RFC 9849): the name seen is then only the outer one. */
  readonly encryptedHello: boolean;
  /** The bytes ended before the hello did: lists may be short, no fingerprint can be made. */
  readonly truncated: boolean;
}

export interface ServerHello {
  /** What was agreed on: `supported_versions` where present (RFC 8446 §4.2.1), else the header's version. */
  readonly version: number;
  readonly legacyVersion: number;
  readonly cipher: number;
  readonly alpn: string | undefined;
  readonly helloRetry: boolean;
  readonly truncated: boolean;
}

/** IANA TLS ExtensionType values. */
const EXTENSION = {
  serverName: 0,
  groups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  alpn: 16,
  supportedVersions: 43,
  encryptedHello: 0xfe0d,
} as const;

/** Of each list in a hello (ciphers, groups, versions, extensions): those beyond are not read. */
const MAX_LIST = 256;

/** RFC 8701: values sent only to keep servers tolerant. */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}

/** Two-byte numbers of a vector, GREASE kept: fingerprints decide for themselves. */
function numbers16(bytes: Uint8Array, start: number, end: number): number[] {
  const list: number[] = [];
  for (let at = start; at + 1 < end && list.length < MAX_LIST; at += 2) list.push(u16(bytes, at));
  return list;
}

interface Extension {
  readonly type: number;
  readonly at: number;
  readonly end: number;
}

/** The extensions that lie wholly before `end`, and whether all of them do. */
function readExtensions(bytes: Uint8Array, start: number, end: number): { list: Extension[]; whole: boolean } {
  const list: Extension[] = [];
  if (start + 2 > end) return { list, whole: start === end };
  const announced = start + 2 + u16(bytes, start);
  const stop = Math.min(announced, end);
  let at = start + 2;
  while (at + 4 <= stop && list.length < MAX_LIST) {
    const extensionEnd = at + 4 + u16(bytes, at + 2);
    if (extensionEnd > stop) break;
    list.push({ type: u16(bytes, at), at: at + 4, end: extensionEnd });
    at = extensionEnd;
  }
  return { list, whole: at === announced };
}

/**
 * `[start, end)` is the body behind the four-byte handshake header, as far as it was seen; `cookie` says that DTLS puts a
 * cookie behind the session id (RFC 6347 §4.2.1). `undefined` where the bytes cannot be a ClientHello.
 */
export function decodeClientHello(
  bytes: Uint8Array,
  start: number,
  end: number,
  cookie = false,
): ClientHello | undefined {
  if (end - start < 35) return undefined;
  let at = start + 34;
  const sessionLength = bytes[at]!;
  if (sessionLength > 32) return undefined;
  at += 1 + sessionLength;
  if (cookie) at += 1 + (bytes[at] ?? 0);
  const cipherBytes = u16(bytes, at);
  if (at + 2 <= end && (cipherBytes === 0 || (cipherBytes & 1) === 1)) return undefined;
  const ciphersEnd = at + 2 + cipherBytes;
  const ciphers = numbers16(bytes, at + 2, Math.min(ciphersEnd, end));
  at = ciphersEnd;
  at += 1 + (at < end ? bytes[at]! : 0);
  const extensions = at <= end ? readExtensions(bytes, at, end) : { list: [], whole: false };
  return {
    legacyVersion: u16(bytes, start),
    ciphers,
    ...helloExtensions(bytes, extensions.list),
    truncated: !extensions.whole,
  };
}

function helloExtensions(bytes: Uint8Array, list: readonly Extension[]) {
  const find = (type: number): Extension | undefined => list.find((extension) => extension.type === type);
  const vector = (type: number, head: number): number[] => {
    const extension = find(type);
    return extension === undefined ? [] : numbers16(bytes, extension.at + head, extension.end);
  };
  const formats = find(EXTENSION.pointFormats);
  return {
    versions: vector(EXTENSION.supportedVersions, 1).filter((version) => !isGrease(version)),
    serverName: readServerName(bytes, find(EXTENSION.serverName)),
    alpn: readAlpn(bytes, find(EXTENSION.alpn)),
    extensions: list.map((extension) => extension.type),
    groups: vector(EXTENSION.groups, 2),
    pointFormats: formats === undefined ? [] : Array.from(bytes.subarray(formats.at + 1, formats.end)),
    signatureAlgorithms: vector(EXTENSION.signatureAlgorithms, 2),
    encryptedHello: find(EXTENSION.encryptedHello) !== undefined,
  };
}

/** RFC 6066 §3: a list of (type, 16-bit length, name); type 0 is a host name. */
function readServerName(bytes: Uint8Array, extension: Extension | undefined): string | undefined {
  if (extension === undefined || extension.end - extension.at < 5 || bytes[extension.at + 2] !== 0) return undefined;
  const nameEnd = extension.at + 5 + u16(bytes, extension.at + 3);
  return nameEnd <= extension.end ? textAt(bytes, extension.at + 5, nameEnd) : undefined;
}

/** RFC 7301 §3.1: a list of (8-bit length, protocol). */
function readAlpn(bytes: Uint8Array, extension: Extension | undefined): string[] {
  const protocols: string[] = [];
  if (extension === undefined) return protocols;
  for (let at = extension.at + 2; at < extension.end && protocols.length < 32; ) {
    const stop = at + 1 + bytes[at]!;
    if (stop > extension.end) break;
    protocols.push(textAt(bytes, at + 1, stop, 64));
    at = stop;
  }
  return protocols;
}

/** SHA-256 of "HelloRetryRequest", which replaces the random (RFC 8446 §4.1.3); the first bytes suffice. */
const HELLO_RETRY_RANDOM = '\xcf\x21\xad\x74\xe5\x9a\x61\x11';

/** `[start, end)` as for `decodeClientHello`. */
export function decodeServerHello(bytes: Uint8Array, start: number, end: number): ServerHello | undefined {
  if (end - start < 38) return undefined;
  const sessionLength = bytes[start + 34]!;
  const at = start + 35 + sessionLength;
  if (sessionLength > 32 || at + 3 > end) return undefined;
  const extensions = readExtensions(bytes, at + 3, end);
  const version = extensions.list.find((extension) => extension.type === EXTENSION.supportedVersions);
  const legacyVersion = u16(bytes, start);
  return {
    legacyVersion,
    version: version === undefined ? legacyVersion : u16(bytes, version.at),
    cipher: u16(bytes, at),
    alpn: readAlpn(
      bytes,
      extensions.list.find((extension) => extension.type === EXTENSION.alpn),
    )[0],
    helloRetry: startsWith(bytes, start + 2, end, HELLO_RETRY_RANDOM),
    truncated: !extensions.whole,
  };
}

/** `TLSv1.2` and the like, as the paper's tables write it; other numbers as hexadecimal. */
export function tlsVersionName(version: number): string {
  return VERSION_NAMES.get(version.toString(16)) ?? `0x${version.toString(16).padStart(4, '0')}`;
}

const VERSION_NAMES: ReadonlyMap<string, string> = new Map([
  ['2', 'SSLv2'],
  ['300', 'SSLv3'],
  ['301', 'TLSv1'],
  ['302', 'TLSv1.1'],
  ['303', 'TLSv1.2'],
  ['304', 'TLSv1.3'],
  ['feff', 'DTLSv1.0'],
  ['fefd', 'DTLSv1.2'],
  ['fefc', 'DTLSv1.3'],
]);
