// TLS versions and errors between the numbers of a hello, the words of Node, and those of the result.

import type { SecureVersion } from 'node:tls';
import { type ClientHello, tlsVersionName } from '../../decode/protocols/tls-hello.ts';
import type { Outcome } from '../record/attempt.ts';

/** Anything that somebody still speaks: security level 0 takes what OpenSSL would refuse by itself (TLS 1.0, SHA-1). */
export const ANY_TLS = { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;

const VERSIONS: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** The highest that the app offers, as Node names it; TLS 1.0 for what is older. */
export function highestVersion(hello: ClientHello): SecureVersion {
  const highest = Math.max(hello.legacyVersion, ...hello.versions);
  const name = tlsVersionName(highest);
  return VERSIONS.find((version) => version === name) ?? (highest > 0x0304 ? 'TLSv1.3' : 'TLSv1');
}

/** OpenSSL's names of alerts that speak of the certificate (RFC 8446 §6.2). */
const ABOUT_CERTIFICATE = [
  'unknown_ca',
  'bad_certificate',
  'certificate_unknown',
  'certificate_expired',
  'certificate_revoked',
  'unsupported_certificate',
  'access_denied',
  'decrypt_error',
];

/** How a handshake with the app failed. */
export function handshakeFailure(error: NodeJS.ErrnoException): { readonly outcome: Outcome; readonly detail: string } {
  const code = error.code ?? '';
  const alert = /^ERR_SSL_(?:TLSV?1(?:3|_)?|SSLV3|TLSV13)?_?ALERT_([A-Z0-9_]+)$/.exec(code)?.[1]?.toLowerCase();
  if (alert !== undefined && ABOUT_CERTIFICATE.includes(alert)) return { outcome: 'refused', detail: alert };
  if (alert !== undefined) return { outcome: 'no_common_tls', detail: alert };
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return { outcome: 'silent', detail: 'the handshake did not end' };
  if (code.startsWith('ERR_SSL_')) return { outcome: 'no_common_tls', detail: code.slice(8).toLowerCase() };
  return { outcome: 'closed', detail: 'went away within the handshake' };
}
