// The span of time that a request asks for, half open, as `from` and `to` of its query.

import { WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import { INSTANT_HELP, parseInstant } from '../../model/time/clock.ts';
import type { Span } from './merged-pcap.ts';

/** Beyond any capture. */
const END = 2n ** 62n;

export const EVER: Span = { from: -END, to: END };

/** Nanoseconds since 1970; an absent end is beyond any capture. @throws WeirError REQUEST_INVALID */
export function askedSpan(query: { readonly from?: string | undefined; readonly to?: string | undefined }): Span {
  const span = { from: instant(query.from) ?? EVER.from, to: instant(query.to) ?? EVER.to };
  if (span.from < span.to) return span;
  throw new WeirError('REQUEST_INVALID', 'The end is not later than the begin. Nothing was sent.');
}

function instant(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  const ns = parseInstant(text);
  if (ns !== undefined) return ns;
  throw new WeirError('REQUEST_INVALID', `${printable(text, 40)} is no time: ${INSTANT_HELP}. Nothing was sent.`);
}
