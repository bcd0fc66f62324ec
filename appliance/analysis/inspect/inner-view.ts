// Bytes that a listener took out of others (a WebSocket message, a block), as a view for the listener of what is inside.

import type { StreamView } from './facts.ts';

/** [start, end) of `bytes` with the ends, memos and joiner of `outer`. */
export function innerView(outer: StreamView, bytes: Uint8Array, start: number, end: number): StreamView {
  return {
    bytes,
    start,
    end,
    sourcePort: outer.sourcePort,
    destinationPort: outer.destinationPort,
    packet: outer.packet,
    sourceIp: () => outer.sourceIp(),
    destinationIp: () => outer.destinationIp(),
    sourceMac: () => outer.sourceMac(),
    destinationMac: () => outer.destinationMac(),
    isSourceHome: () => outer.isSourceHome(),
    isDestinationHome: () => outer.isDestinationHome(),
    ts: () => outer.ts(),
    memo: outer.memo,
    peer: outer.peer,
    joiner: () => outer.joiner(),
    fromInitiator: outer.fromInitiator,
    resumed: false,
    full: false,
    used: 0,
    handsOver: false,
  };
}
