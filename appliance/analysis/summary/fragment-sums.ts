// How many pairs of addresses a summary lists later IP fragments. Filled by fragments.ts, kept in bounds by
// bounded-summary.ts.

import { type Table, type Traffic, table } from './summary.ts';

/** Pairs of addresses, and conversations, with fragments that one part lists. */
export const MAX_FRAGMENTED = 256;
/** Key of all pairs beyond. */
export const REST_OF_FRAGMENTS = '*';

/** At most MAX_FRAGMENTED pairs and one row that sums up the rest; the same table where all have room. */
export function boundFragments(pairs: Table<Traffic>): Table<Traffic> {
  const keys = Object.keys(pairs).filter((key) => key !== REST_OF_FRAGMENTS);
  if (keys.length <= MAX_FRAGMENTED) return pairs;
  const bounded = table<Traffic>();
  const rest = { packets: 0, bytes: 0, ...pairs[REST_OF_FRAGMENTS] };
  for (const [i, key] of keys.entries()) {
    const { packets, bytes } = pairs[key]!;
    if (i < MAX_FRAGMENTED) bounded[key] = pairs[key]!;
    else {
      rest.packets += packets;
      rest.bytes += bytes;
    }
  }
  bounded[REST_OF_FRAGMENTS] = rest;
  return bounded;
}
