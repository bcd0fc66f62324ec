// What lies in the access folder. Two of its files are those by which first boot and page agree who may set the password, in the data folder. While the claim is open
// and no password does, the page takes nothing but the claim; without either, the page makes a password and prints it.

import { expectOnly, MALFORMED } from '../expected-error.ts';
import { equalHex, fingerprint } from '../secret.ts';

export const ACCESS_FILE = 'access/access.json';
export const SESSIONS_FILE = 'access/sessions.json';
export const PAGE_KEY_FILE = 'access/page.key';
export const PAGE_CERTIFICATE_FILE = 'access/page.crt';
export const CLAIM_FILE = 'access/claim.json';

interface ClaimFile {
  readonly schema: 'weir.claim/1';
  readonly hash: string;
}

/** Only the hash: a reader of the data folder learns no token. */
export function claimText(token: string): string {
  const claim: ClaimFile = { schema: 'weir.claim/1', hash: fingerprint(plain(token)) };
  return `${JSON.stringify(claim)}\n`;
}

/** Whether `text`, a claim file, is that of this token; compared in constant time. A damaged file fits nothing. */
export function isClaimOf(text: string | undefined, token: string): boolean {
  return equalHex(hashIn(text), fingerprint(plain(token)));
}

function hashIn(text: string | undefined): string {
  try {
    const claim = JSON.parse(text ?? '') as Partial<ClaimFile> | null;
    return claim?.schema === 'weir.claim/1' && typeof claim.hash === 'string' ? claim.hash : '';
  } catch (thrown) {
    expectOnly(thrown, 'reading the claim', ...MALFORMED);
    return '';
  }
}

/** Dashes, spaces and letter case are for the reader. */
function plain(token: string): string {
  return token.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
