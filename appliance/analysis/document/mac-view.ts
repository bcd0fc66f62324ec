// A conversation by the MACs that its packets had, as in a document. Called by conversations.ts.

import type { ConversationShare } from '../../model/analysis-document.ts';
import { isGroupMac, parseMac } from '../../model/mac.ts';
import { sharesOf } from '../summary/mac-shares.ts';
import type { ConversationOutline } from '../summary/summary.ts';

/** What each pair of MACs exchanged, in the order of their texts. A question to a group and its answer are one. */
export function macShares(outline: ConversationOutline): ConversationShare[] {
  if (outline.macs === undefined) return [onlyShare(outline)];
  const shares = Object.entries(sharesOf(outline)).map(([key, counts]) => toShare(key, counts, outline.a));
  if (shares.length === 1) return shares;
  const sorted = shares.toSorted((x, y) => (`${x.a_mac} ${x.b_mac}` < `${y.a_mac} ${y.b_mac}` ? -1 : 1));
  return sorted.filter(isToOne).reduce(
    addShare,
    sorted.filter((share) => !isToOne(share)),
  );
}

/** Of nearly all conversations: every packet had the same two. */
function onlyShare({ a_mac, b_mac, ab, ba }: ConversationOutline): ConversationShare {
  return {
    a_mac: a_mac || null,
    b_mac: b_mac || null,
    pkts_ab: ab.packets,
    pkts_ba: ba.packets,
    bytes_ab: ab.bytes,
    bytes_ba: ba.bytes,
    payload_ab: ab.payload,
    payload_ba: ba.payload,
  };
}

/** `counts`: packets, bytes, payload of the key's first end, then of its second. */
function toShare(key: string, counts: readonly number[], a: 0 | 1): ConversationShare {
  const [first = '', second = ''] = key.split(' ');
  const [p0 = 0, b0 = 0, y0 = 0, p1 = 0, b1 = 0, y1 = 0] = counts;
  const [a_mac, b_mac] = a === 0 ? [first, second] : [second, first];
  const sums = a === 0 ? [p0, p1, b0, b1, y0, y1] : [p1, p0, b1, b0, y1, y0];
  const [pkts_ab = 0, pkts_ba = 0, bytes_ab = 0, bytes_ba = 0, payload_ab = 0, payload_ba = 0] = sums;
  return { a_mac: a_mac || null, b_mac: b_mac || null, pkts_ab, pkts_ba, bytes_ab, bytes_ba, payload_ab, payload_ba };
}

function isGroup(mac: string | null): boolean {
  const parsed = mac === null ? undefined : parseMac(mac);
  return parsed !== undefined && isGroupMac(parsed);
}

function isToOne({ a_mac, b_mac }: ConversationShare): boolean {
  return !isGroup(a_mac) && !isGroup(b_mac);
}

/** Joins a share of two stations with that of one of them and a group. */
function addShare(shares: readonly ConversationShare[], share: ConversationShare): ConversationShare[] {
  const twin = shares.find(
    (other) =>
      (isGroup(other.b_mac) && other.a_mac === share.a_mac) || (isGroup(other.a_mac) && other.b_mac === share.b_mac),
  );
  if (twin === undefined) return [...shares, share];
  const sum = {
    a_mac: share.a_mac,
    b_mac: share.b_mac,
    pkts_ab: twin.pkts_ab + share.pkts_ab,
    pkts_ba: twin.pkts_ba + share.pkts_ba,
    bytes_ab: twin.bytes_ab + share.bytes_ab,
    bytes_ba: twin.bytes_ba + share.bytes_ba,
    payload_ab: twin.payload_ab + share.payload_ab,
    payload_ba: twin.payload_ba + share.payload_ba,
  };
  return shares.map((other) => (other === twin ? sum : other));
}

/** The one that all have; null where they are several. */
export function oneMac(macs: readonly (string | null)[]): string | null {
  const [first = null] = macs;
  return macs.every((mac) => mac === first) ? first : null;
}
