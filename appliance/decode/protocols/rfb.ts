// RFB, the protocol of VNC (RFC 6143 §7.1): its first messages say whether a screen crosses the network in the clear.

const VERSION_BYTES = 12;
const DIGITS = [4, 5, 6, 8, 9, 10] as const;

/** Minor version of `RFB 003.008\n`, with which both sides begin; `undefined` for anything else. */
export function decodeRfbVersion(bytes: Uint8Array, start: number, end: number): { minor: number } | undefined {
  if (end - start < VERSION_BYTES || !mayBeRfb(bytes, start, end)) return undefined;
  const isVersion = DIGITS.every((at) => isDigit(bytes[start + at]!)) && bytes[start + 7] === 0x2e;
  if (!isVersion || bytes[start + 11] !== 10) return undefined;
  return { minor: Number(String.fromCharCode(...bytes.subarray(start + 8, start + 11))) };
}

export const RFB_VERSION_BYTES = VERSION_BYTES;

/** Whether what is there is the beginning of such a line. */
export function mayBeRfb(bytes: Uint8Array, start: number, end: number): boolean {
  return [0x52, 0x46, 0x42, 0x20].every((byte, i) => start + i >= end || bytes[start + i] === byte);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** What follows a security type (registry of RFC 6143 §8.1.2): some hide a login only, some all that follows. */
export function rfbProtection(type: number): 'clear' | 'tls' | 'unknown' {
  if (CLEAR.has(type)) return 'clear';
  return type === 18 || type === 19 ? 'tls' : 'unknown';
}

/** None, VNC Authentication, RA2ne, Tight, Apple's login, MS-Logon II: the session behind the login is not encrypted. */
const CLEAR: ReadonlySet<number> = new Set([1, 2, 6, 16, 30, 113, 130]);
