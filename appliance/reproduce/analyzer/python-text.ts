// Text as Python 3 sees it, because the published analyzer's numbers hang on it: strict UTF-8, str.strip(), \W, len().

import { expectOnly } from '../../model/expected-error.ts';

/** bytes.decode(): undefined where it is no UTF-8. A byte order mark stays. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch (thrown) {
    expectOnly(thrown, 'decoding UTF-8', 'ERR_ENCODING_INVALID_ENCODED_DATA');
    return undefined;
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** str.strip(): Unicode white space and the separators 1c to 1f; a byte order mark is none, unlike JavaScript's trim(). */
export function strip(text: string): string {
  return cutEnd(text.replace(LEADING, ''));
}

const SPACE = '\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const LEADING = new RegExp(`^[${SPACE}]+`, 'u');

/** By hand: a pattern that ends with `$` would be tried at every white space of a long text. */
const ONE_SPACE = new RegExp(`[${SPACE}]`, 'u');

function cutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ONE_SPACE.test(text[end - 1]!)) end--;
  return text.slice(0, end);
}

/** re.sub(r'[\W+|_]', '', text): letters and numbers stay; marks, punctuation, white space and the underscore go. */
export function wordCharacters(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** len(): code points. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
