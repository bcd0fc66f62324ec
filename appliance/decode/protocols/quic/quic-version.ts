// Versions of QUIC: which header they have and with what their first packets are sealed. Read by quic.ts and google-quic.ts.
// Salts: RFC 9001 §5.2, RFC 9369 §3.3, draft-ietf-quic-tls-17 to -32 §5.2; Q050 to T051 as Chromium published them.

/** What the keys of Initials are made with. */
export interface InitialSeal {
  readonly salt: string;
  readonly label: string;
}

const VERSION_1 = 1;
export const VERSION_2 = 0x6b3343cf;

const V1: InitialSeal = { salt: '38762cf7f55934b34d179ae6a4c80cadccbb7f0a', label: 'quic' };
const V2: InitialSeal = { salt: '0dede3def700a6db819381be6e269dcbf9bd2ed9', label: 'quicv2' };
const DRAFT_29: InitialSeal = { salt: 'afbfec289993d24c9e9786f19c6111e04390a899', label: 'quic' };
const DRAFT_23: InitialSeal = { salt: 'c3eef712c72ebb5a11a7d2432bb46365bef9f502', label: 'quic' };
const DRAFT_22: InitialSeal = { salt: '7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a', label: 'quic' };

/** Google's last own versions (Q with its crypto, T with TLS) and Facebook's mvfst, which follow drafts. */
const OWN: ReadonlyMap<string, InitialSeal> = new Map([
  ['51303530', { salt: '504574efd066fe2f9d945cfcdbd3a7f0d3b56b45', label: 'quic' }], // Q050
  ['54303530', { salt: '7ff579e5acd072915580304c43a2367c60488310', label: 'quic' }], // T050
  ['54303531', { salt: '7a4edef4e7ccee5fa4506c19124fc8ccda6e033d', label: 'quic' }], // T051
  ['faceb001', DRAFT_22],
  ['faceb002', DRAFT_23],
  ['faceb00e', DRAFT_23],
]);

/** Undefined for a version whose Initials cannot be opened from here, or that nobody knows. */
export function initialSeal(version: number): InitialSeal | undefined {
  // A client that forces negotiation still seals with keys of a version it knows; draft 29 is what was seen.
  if (isReserved(version)) return DRAFT_29;
  if (version === VERSION_1) return V1;
  if (version === VERSION_2) return V2;
  return draftSeal(version) ?? OWN.get(version.toString(16));
}

function draftSeal(version: number): InitialSeal | undefined {
  if (version < 0xff000016 || version > 0xff000022) return undefined;
  const draft = version & 0xff;
  if (draft > 32) return V1;
  return draft >= 29 ? DRAFT_29 : draft >= 23 ? DRAFT_23 : DRAFT_22;
}

/** Reserved to force negotiation (RFC 9000 §15): 0x?a?a?a?a. */
function isReserved(version: number): boolean {
  return (version & 0x0f0f0f0f) >>> 0 === 0x0a0a0a0a;
}

/** Facebook's mvfst numbers its versions from here. */
function isMvfst(version: number): boolean {
  return version >>> 4 === 0xfaceb00 || version >>> 4 === 0xfaceb01;
}

/** With the header of RFC 8999 §5.1: lengths of connection ids in bytes of their own. */
export function hasLongHeader(version: number): boolean {
  return initialSeal(version) !== undefined || isMvfst(version);
}

/** `v1`, `draft-29`, `Q046`, `mvfst-2`, `negotiation`; a number that has no name in hexadecimal. */
export function versionName(version: number): string {
  if (version === 0) return 'negotiation';
  if (version === VERSION_1) return 'v1';
  if (version === VERSION_2) return 'v2';
  if (version >>> 8 === 0xff0000) return `draft-${version & 0xff}`;
  if (isMvfst(version)) return `mvfst-${(version & 0xff).toString(16)}`;
  return googleVersion(version) ?? `0x${version.toString(16).padStart(8, '0')}`;
}

/** `Q0nn` and `T0nn`, four characters; undefined for other numbers. */
export function googleVersion(version: number): string | undefined {
  const letter = version >>> 24;
  const tens = (version >>> 8) & 0xff;
  const ones = version & 0xff;
  const areDigits = ((version >>> 16) & 0xff) === 0x30 && tens >= 0x30 && tens <= 0x39 && ones >= 0x30 && ones <= 0x39;
  return areDigits && (letter === 0x51 || letter === 0x54) ? String.fromCharCode(letter, 0x30, tens, ones) : undefined;
}
