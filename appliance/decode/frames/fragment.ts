// Where a piece of a fragmented IP packet belongs: RFC 791 §3.1, RFC 8200 §4.5. Read from the header that walk.ts met.

import { u16, u32 } from '../octets.ts';
import type { Walk } from './walk.ts';

export interface FragmentPlace {
  /** Of the whole packet; with its addresses and protocol it names the packet. */
  readonly identification: number;
  /** Of the first byte in the whole packet's content. */
  readonly offset: number;
  readonly more: boolean;
  /** The content's bytes in the frame. */
  readonly start: number;
  readonly end: number;
}

/** Undefined where the packet is no fragment, or not all of it was captured. */
export function fragmentPlace(walk: Walk, bytes: Uint8Array): FragmentPlace | undefined {
  const at = walk.fragmentHeader;
  if (!walk.fragment || at < 0 || walk.networkEnd < walk.ipEnd) return undefined;
  const isV6 = walk.ipVersion === 6;
  const field = u16(bytes, at + (isV6 ? 2 : 6));
  const start = isV6 ? at + 8 : at + (bytes[at]! & 15) * 4;
  if (start >= walk.networkEnd) return undefined;
  return {
    identification: isV6 ? u32(bytes, at + 4) : u16(bytes, at + 4),
    offset: isV6 ? field & 0xfff8 : (field & 0x1fff) * 8,
    more: (field & (isV6 ? 1 : 0x2000)) !== 0,
    start,
    end: walk.networkEnd,
  };
}
