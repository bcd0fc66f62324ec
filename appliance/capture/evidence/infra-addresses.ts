// The access point's own addresses: frames from them belong to their receiver's file alone.

import { type Mac, parseMac } from '../../model/mac.ts';
import type { SegmentFacts } from './segment-services.ts';

/** The access point's addresses may grow by the interface's own, once that exists. */
export type RecorderFacts = Omit<SegmentFacts, 'infra'> & { readonly infra: Mac[] };

/** Valid addresses among the given ones, canonical and each once. */
export function infraAddresses(texts: readonly (string | undefined)[]): Mac[] {
  const macs = texts.map((text) => (text === undefined ? undefined : parseMac(text)));
  return [...new Set(macs.filter((mac) => mac !== undefined))];
}
