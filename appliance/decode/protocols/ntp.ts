// NTP and SNTP (RFC 5905 §7.3): that a device keeps time, and by whom.
import { ipv4Text } from '../address-text.ts';
import { textAt } from '../octets.ts';

export interface NtpFacts {
  readonly version: number;
  readonly mode: 'active' | 'passive' | 'client' | 'server' | 'broadcast' | 'control' | 'private';
  readonly stratum: number;
  /** Of servers: a code such as `GPS` at stratum 1 (or a kiss code at 0), else the upstream's address. */
  readonly reference: string;
}

const MODES = [undefined, 'active', 'passive', 'client', 'server', 'broadcast', 'control', 'private'] as const;

/** `undefined` where version, mode or length are not NTP's. */
export function decodeNtp(bytes: Uint8Array, start: number, end: number): NtpFacts | undefined {
  const first = bytes[start] ?? 0;
  const version = (first >> 3) & 7;
  const mode = MODES[first & 7];
  if (version < 1 || version > 4 || mode === undefined || end - start < 8) return undefined;
  const isControl = mode === 'control' || mode === 'private';
  if (!isControl && end - start < 48) return undefined;
  const stratum = isControl ? 0 : bytes[start + 1]!;
  if (stratum > 16) return undefined;
  return { version, mode, stratum, reference: mode === 'server' ? reference(bytes, start + 12, stratum) : '' };
}

function reference(bytes: Uint8Array, at: number, stratum: number): string {
  if (stratum >= 2) return ipv4Text(bytes, at);
  return textAt(bytes, at, at + 4).replaceAll('\0', '');
}
