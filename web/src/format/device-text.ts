// Text that a device chose (names, hosts, user agents) as the page shows it: control and bidirectional characters become
// visible escapes, long text is cut with a mark. It reaches the document as a text node only, never as markup.

import { printable } from '../../../appliance/model/text.ts';

/** Characters kept in a title, where the whole text is wanted. */
const TITLE_LIMIT = 1024;

export interface DeviceText {
  readonly shown: string;
  /** The escaped text again when it had to be cut, else undefined. */
  readonly title: string | undefined;
  readonly altered: boolean;
}

export function deviceText(text: string, limit = 64): DeviceText {
  const shown = flat(printable(text, limit));
  return {
    shown,
    title: text.length > limit ? flat(printable(text, TITLE_LIMIT)) : undefined,
    altered: shown !== text,
  };
}

/** Piles of combining marks would reach over the neighbouring lines; two are enough for every script in use. */
function flat(text: string): string {
  return text.replace(/(\p{M}{2})\p{M}+/gu, '$1…');
}
