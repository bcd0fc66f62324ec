// A conversation's packets by the MACs that they had, where those are several. Keys are `mac0 mac1`, of the key's first and
// second end, values packets, bytes and payload sent by the first end and by the second: sums that add up in any order.

import { type ConversationOutline, type DirectionCounts, type Table, table } from './summary.ts';

/** Of a row; of joined ones that have more the later stay with the first, and are counted. */
const MAX_SHARES = 64;

export type MacShares = Table<number[]>;

/** What of a record its shares are made of. */
export type Shared = Pick<ConversationOutline, 'a' | 'a_mac' | 'b_mac' | 'macs'> & {
  readonly ab: DirectionCounts;
  readonly ba: DirectionCounts;
};

/** Of a record with one pair, that. */
export function sharesOf({ a, a_mac, b_mac, macs, ab, ba }: Shared): MacShares {
  if (macs !== undefined) return macs;
  const [first, second] = a === 0 ? [ab, ba] : [ba, ab];
  const key = a === 0 ? `${a_mac} ${b_mac}` : `${b_mac} ${a_mac}`;
  const counts = [first.packets, first.bytes, first.payload, second.packets, second.bytes, second.payload];
  return Object.assign(table<number[]>(), { [key]: counts });
}

/** No shares where both have the same single pair. `left`: pairs that had no room. */
export function mergeShares(x: Shared, y: Shared): { readonly macs?: MacShares; readonly left: number } {
  if (x.macs === undefined && y.macs === undefined && pairOf(x) === pairOf(y)) return { left: 0 };
  const merged = Object.assign(table<number[]>(), sharesOf(x));
  const [fallback = ''] = Object.keys(merged);
  let left = 0;
  for (const [key, counts] of Object.entries(sharesOf(y))) {
    const hasRoom = merged[key] !== undefined || Object.keys(merged).length < MAX_SHARES;
    const into = hasRoom ? key : fallback;
    if (!hasRoom) left++;
    merged[into] = addCounts(merged[into], counts);
  }
  return { macs: merged, left };
}

function pairOf({ a, a_mac, b_mac }: Shared): string {
  return a === 0 ? `${a_mac} ${b_mac}` : `${b_mac} ${a_mac}`;
}

function addCounts(x: readonly number[] | undefined, y: readonly number[]): number[] {
  return y.map((count, i) => count + (x?.[i] ?? 0));
}
