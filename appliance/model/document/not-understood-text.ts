// What was read and not understood, in words for people: the same on the page and in the CLI.

import type { NotUnderstood } from '../analysis-document.ts';

const WORDS: Readonly<Record<NotUnderstood['what'], string>> = {
  link_type: 'frames of a link type that is not read',
  fragment: 'later IP fragments, which belong to no conversation',
  bad_check_sum: 'frames received with a wrong check sum, of which nothing is believed',
  empty_record: 'records that hold no byte of their frame',
};

/** One line for people: `4 frames of a link type that is not read: 251 (Bluetooth Low Energy)`. */
export function notUnderstoodText({ what, detail, packets, bytes }: NotUnderstood): string {
  const size = bytes === null ? '' : ` (${bytes} bytes)`;
  return `${packets} ${WORDS[what]}${detail === null ? '' : `: ${detail}`}${size}`;
}
