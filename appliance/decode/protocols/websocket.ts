// WebSocket frames (RFC 6455 §5.2). A client's mask is no secret: its key is in the frame.
import { u16, u32 } from '../octets.ts';

export const WEBSOCKET_OPCODES = ['continuation', 'text', 'binary', 'close', 'ping', 'pong'] as const;
export type WebSocketOpcode = (typeof WEBSOCKET_OPCODES)[number];

export interface WebSocketHeader {
  readonly opcode: WebSocketOpcode;
  /** The message ends with this frame. */
  readonly final: boolean;
  /** Four bytes; `undefined` where the frame is not masked. */
  readonly key: number | undefined;
  /** RSV1: the message that begins here is compressed (RFC 7692 §6). */
  readonly compressed: boolean;
  readonly headBytes: number;
  readonly payloadBytes: number;
}

const OPCODE_BY_NUMBER: ReadonlyMap<string, WebSocketOpcode> = new Map([
  ['0', 'continuation'],
  ['1', 'text'],
  ['2', 'binary'],
  ['8', 'close'],
  ['9', 'ping'],
  ['10', 'pong'],
]);

/** `undefined` where the header is not whole or not one. */
export function decodeWebSocketHeader(bytes: Uint8Array, start: number, end: number): WebSocketHeader | undefined {
  if (end - start < 2) return undefined;
  const first = bytes[start]!;
  const opcode = OPCODE_BY_NUMBER.get(String(first & 15));
  const short = bytes[start + 1]! & 0x7f;
  const masked = bytes[start + 1]! >= 0x80;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const headBytes = 2 + lengthBytes + (masked ? 4 : 0);
  if (opcode === undefined || (first & 0x30) !== 0 || start + headBytes > end) return undefined;
  const payloadBytes = payloadSize(bytes, start + 2, short);
  if (payloadBytes === undefined) return undefined;
  return {
    opcode,
    final: first >= 0x80,
    key: masked ? u32(bytes, start + headBytes - 4) : undefined,
    compressed: (first & 0x40) !== 0,
    headBytes,
    payloadBytes,
  };
}

/** 7, 16 or 63 bits; lengths of 2^32 and more are refused. */
function payloadSize(bytes: Uint8Array, at: number, short: number): number | undefined {
  if (short === 126) return u16(bytes, at);
  if (short === 127) return u32(bytes, at) === 0 ? u32(bytes, at + 4) : undefined;
  return short;
}

/** [start, end) without its mask; `offset` is where in its frame the payload begins there. */
export function unmask(bytes: Uint8Array, start: number, end: number, key: number, offset: number): Uint8Array {
  const plain = bytes.slice(start, end);
  for (let i = 0; i < plain.length; i++) plain[i] = plain[i]! ^ ((key >>> (24 - 8 * ((offset + i) & 3))) & 255);
  return plain;
}
