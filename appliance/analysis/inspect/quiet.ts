// What the packets to come of one direction may be kept from inspectors for, because none would learn anything of them:
// asked by quiet-rows.ts after each packet that inspectors have seen.

import { PROTOCOL_TCP } from '../../decode/frames/frame.ts';
import { ALLOWED } from '../kernel/walk-kernel.ts';
import type { PlainHeaders } from '../packet/tally.ts';
import { proofRank } from '../summary/merge-conversations.ts';
import type { FlowNotes } from './collector.ts';
import { type FlowApplications, MAX_UNKNOWN } from './dispatcher.ts';
import { isWireguardPort, wireguard } from './protocols/secure-channel.ts';
import { isDecided } from './protocols/tls.ts';
import type { TcpStream } from './streams/tcp-stream.ts';

/** Whose packets an entry counts that follows no stream. */
export const WIREGUARD: string = wireguard.service;

/** Bits of ALLOWED; `notes` are those of the row and part. */
export function quietBits(
  flow: FlowApplications,
  direction: 0 | 1,
  headers: PlainHeaders,
  notes: FlowNotes | undefined,
): number {
  if (headers.protocol === PROTOCOL_TCP)
    return acknowledges(flow.streams[direction === 0 ? 1 : 0]) | payloadBits(flow, direction, notes?.marks);
  if (flow.datagramListener === WIREGUARD)
    return isKnownWireguard(flow, headers, notes) ? ALLOWED.pays | ALLOWED.wireguard : 0;
  return flow.unknown >= MAX_UNKNOWN && flow.datagramListener === '' ? ALLOWED.pays : 0;
}

/** Another datagram with data would say what its reader and the dispatcher have said already. */
function isKnownWireguard(flow: FlowApplications, headers: PlainHeaders, notes: FlowNotes | undefined): boolean {
  if (notes === undefined || !notes.marks.has('encrypted:wireguard')) return false;
  if (proofRank(notes.proof) < proofRank('magic') || flow.unknown > 0 || flow.joiners !== undefined) return false;
  return isWireguardPort(headers);
}

/** An acknowledgement releases what waits behind a hole. */
function acknowledges(back: TcpStream | undefined): number {
  return back === undefined || back.ignored || !back.holdsEarly ? ALLOWED.acknowledges : 0;
}

function payloadBits(flow: FlowApplications, direction: 0 | 1, marks: ReadonlySet<string> | undefined): number {
  const stream = flow.streams[direction];
  if (stream === undefined) return 0;
  if (stream.ignored) return ALLOWED.pays;
  if (!stream.isInOrder) return 0;
  // What is skipped is shown to nobody, whatever waits to be joined.
  const bits = stream.resumed || flow.joiners !== undefined ? 0 : readerBits(flow, direction, stream, marks);
  return bits === 0 && stream.skipped === 0 ? 0 : ALLOWED.pays | ALLOWED.stream | bits;
}

/** Records of application data say nothing that protocols/tls.ts has not said; nor does what is no text to plain-text.ts. */
function readerBits(
  flow: FlowApplications,
  direction: 0 | 1,
  { listener, memo }: TcpStream,
  marks: ReadonlySet<string> | undefined,
): number {
  if (listener === 'text') return memo['seen'] === true ? ALLOWED.scrambled : 0;
  // The mark may be the other direction's; what this one's records prove is carried to the next segment.
  if (listener !== 'tls' || marks?.has('encrypted:tls') !== true || !isDecided(memo)) return 0;
  const peer = flow.streams[direction === 0 ? 1 : 0]?.memo;
  return memo['clear-start'] === undefined && peer?.['clear-start'] === undefined ? ALLOWED.tls : 0;
}
