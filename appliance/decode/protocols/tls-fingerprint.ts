// JA3 and JA4 of a ClientHello: which TLS library with which settings speaks. Client side only (JA4 is BSD; the rest of
// the JA4+ family is not free).
import { createHash } from 'node:crypto';
import { type ClientHello, isGrease } from './tls-hello.ts';

/** MD5 over version, ciphers, extensions, groups, point formats (salesforce/ja3); `undefined` for a truncated hello. */
export function ja3(hello: ClientHello): string | undefined {
  if (hello.truncated) return undefined;
  const lists = [hello.ciphers, hello.extensions, hello.groups, hello.pointFormats];
  const text = [String(hello.legacyVersion), ...lists.map((list) => withoutGrease(list).join('-'))].join(',');
  return createHash('md5').update(text).digest('hex');
}

/** FoxIO JA4: `t13d1516h2_8daaf6152771_e5627efa2ab1`; `undefined` for a truncated hello. */
export function ja4(hello: ClientHello, transport: 'tcp' | 'quic' | 'dtls'): string | undefined {
  if (hello.truncated) return undefined;
  const ciphers = withoutGrease(hello.ciphers).map(hex4);
  const extensions = withoutGrease(hello.extensions);
  const head = [
    { tcp: 't', quic: 'q', dtls: 'd' }[transport],
    versionDigits(Math.max(0, ...hello.versions) || hello.legacyVersion),
    hello.extensions.includes(0) ? 'd' : 'i',
    twoDigits(ciphers.length),
    twoDigits(extensions.length),
    alpnEnds(hello.alpn[0]),
  ].join('');
  return `${head}_${shortHash(ciphers.toSorted().join(','))}_${shortHash(extensionText(hello, extensions))}`;
}

/** Sorted extensions without server name and ALPN, then the signature algorithms as sent. */
function extensionText(hello: ClientHello, extensions: readonly number[]): string {
  const kept = extensions.filter((type) => type !== 0 && type !== 16).map(hex4);
  const algorithms = withoutGrease(hello.signatureAlgorithms).map(hex4).join(',');
  return kept.toSorted().join(',') + (algorithms === '' ? '' : `_${algorithms}`);
}

function withoutGrease(values: readonly number[]): number[] {
  return values.filter((value) => !isGrease(value));
}

function hex4(value: number): string {
  return value.toString(16).padStart(4, '0');
}

function twoDigits(count: number): string {
  return String(Math.min(count, 99)).padStart(2, '0');
}

const VERSION_DIGITS: ReadonlyMap<string, string> = new Map([
  ['304', '13'],
  ['303', '12'],
  ['302', '11'],
  ['301', '10'],
  ['300', 's3'],
  ['2', 's2'],
  ['feff', 'd1'],
  ['fefd', 'd2'],
  ['fefc', 'd3'],
]);

function versionDigits(version: number): string {
  return VERSION_DIGITS.get(version.toString(16)) ?? '00';
}

/** First and last character of the first protocol; where one is not alphanumeric, hexadecimal digits instead. */
function alpnEnds(protocol: string | undefined): string {
  if (protocol === undefined || protocol === '') return '00';
  const first = protocol[0]!;
  const last = protocol.at(-1)!;
  if (isAlphanumeric(first) && isAlphanumeric(last)) return first + last;
  return hex2(first)[0]! + hex2(last)[1]!;
}

function isAlphanumeric(character: string): boolean {
  return /^[0-9A-Za-z]$/.test(character);
}

function hex2(character: string): string {
  return (character.charCodeAt(0) & 0xff).toString(16).padStart(2, '0');
}

function shortHash(text: string): string {
  return text === '' ? '000000000000' : createHash('sha256').update(text).digest('hex').slice(0, 12);
}
