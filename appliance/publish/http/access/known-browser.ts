// A browser that logged in once: a cookie that proves it and opens nothing. The log-in brake keeps room for it when strangers use up
// theirs. Nothing is kept for it; it ends with the password.

import { createHmac, randomBytes } from 'node:crypto';
import { equalHex } from '../../../model/secret.ts';

const NONCE_BYTES = 16;

export function knownBrowserMark(passwordMark: string): string {
  const nonce = randomBytes(NONCE_BYTES).toString('hex');
  return `${nonce}.${proof(nonce, passwordMark)}`;
}

/** The nonce of a mark that we made; undefined for anything else. */
export function knownBrowser(mark: string | undefined, passwordMark: string): string | undefined {
  const [, nonce = '', proved = ''] = /^([0-9a-f]{32})\.([0-9a-f]{64})$/.exec(mark ?? '') ?? [];
  return passwordMark !== '' && nonce !== '' && equalHex(proved, proof(nonce, passwordMark)) ? nonce : undefined;
}

function proof(nonce: string, passwordMark: string): string {
  return createHmac('sha256', passwordMark).update(`weir known browser ${nonce}`).digest('hex');
}
