// From the bytes of a packet to what a person sees of it: layers, bytes in hexadecimal with the hidden ones left out, the message, and
// the position of what a finding mentions. Pure; used by the appliance for its page and by `weir packet` alike.

import type { ByteRange, PacketBytes, PacketMessage, PacketView } from '../../model/document/packet.ts';
import { decodePacket } from './layers.ts';
import type { FoundPacket } from './packet-search.ts';

/** Of a packet and of a message; no frame of a home is longer. */
const MAX_BYTES = 64 * 1024;
const HIDDEN_BYTE = '··';

/** What leaves the files: with the payload, or with zeros in its place and no message. */
export function packetBytes(found: FoundPacket, isRevealed: boolean, sha256: string | null): PacketBytes {
  const bytes = Buffer.from(found.bytes.subarray(0, MAX_BYTES));
  const payload = decodePacket(found.bytes, found.linkType).payload;
  const hidden: ByteRange | null =
    // What fills a short frame up may be a rest of the sender's memory.
    isRevealed || payload === null || payload[0] >= bytes.length ? null : [payload[0], bytes.length];
  if (hidden !== null) bytes.fill(0, hidden[0], hidden[1]);
  return {
    packet: found.packet,
    ts: found.ts,
    link_type: found.linkType,
    captured_length: found.bytes.length,
    original_length: found.originalLength,
    bytes: bytes.toString('base64'),
    hidden,
    message: messageBytes(found, isRevealed),
    sha256,
  };
}

function messageBytes({ message }: FoundPacket, isRevealed: boolean): PacketMessage<string | null> | null {
  if (message === null) return null;
  const { bytes, packets, own, cut } = message;
  const shown = bytes.subarray(0, MAX_BYTES);
  return {
    bytes: isRevealed ? Buffer.from(shown).toString('base64') : null,
    length: bytes.length,
    packets: packets.slice(0, 1000),
    own,
    cut: cut || shown.length < bytes.length,
  };
}

export interface Asked {
  readonly segment: number | null;
  readonly checked: PacketView['checked'];
  /** Masked, of the finding that led here; empty without one. */
  readonly excerpt: string;
}

export function packetView(packet: PacketBytes, { segment, checked, excerpt }: Asked): PacketView {
  const bytes = Buffer.from(packet.bytes, 'base64');
  const { layers } = decodePacket(bytes, packet.link_type);
  const { hidden, message } = packet;
  const text = message === null || message.bytes === null ? undefined : Buffer.from(message.bytes, 'base64');
  return {
    schema: 'weir.packet/1',
    segment,
    packet: packet.packet,
    ts: packet.ts,
    captured_length: packet.captured_length,
    original_length: packet.original_length,
    link_type: packet.link_type,
    revealed: hidden === null,
    layers: layers.map((layer) => (isHidden(layer.range, hidden) ? { ...layer, name: 'Payload', fields: [] } : layer)),
    hex: hexText(bytes, hidden),
    left_out: packet.captured_length - bytes.length,
    marked: hidden === null ? marks(bytes, excerpt) : [],
    message:
      message === null
        ? null
        : {
            ...message,
            bytes: text === undefined ? '' : hexText(text, null),
            marked: text === undefined ? [] : marks(text, excerpt),
          },
    checked,
    sha256: packet.sha256,
  };
}

function isHidden([from]: ByteRange, hidden: ByteRange | null): boolean {
  return hidden !== null && from >= hidden[0];
}

function hexText(bytes: Buffer, hidden: ByteRange | null): string {
  if (hidden === null) return bytes.toString('hex');
  const [from, to] = hidden;
  return `${bytes.toString('hex', 0, from)}${HIDDEN_BYTE.repeat(to - from)}${bytes.toString('hex', to)}`;
}

/** Shorter pieces of an excerpt are in too many places. */
const SHORTEST_PIECE = 4;

/**
 * The place of a masked excerpt in bytes: from its first readable piece to its last one, as far as they follow each
 * other. Empty if they are not there (compressed, encoded, in another packet).
 */
export function marks(bytes: Buffer, excerpt: string): ByteRange[] {
  const pieces = excerpt
    .split(/…(?:\(\d+\))?|\{…\}|\\u\{[0-9a-f]+\}|\s+/)
    .filter((piece) => piece.length >= SHORTEST_PIECE);
  const ranges: ByteRange[] = [];
  let from = 0;
  for (const piece of pieces) {
    const at = bytes.indexOf(piece, from, 'utf8');
    if (at < 0) continue;
    from = at + Buffer.byteLength(piece);
    const last = ranges.at(-1);
    // What is masked in between belongs to it as well.
    if (last !== undefined && at - last[1] <= 64) ranges[ranges.length - 1] = [last[0], from];
    else ranges.push([at, from]);
  }
  return ranges;
}
