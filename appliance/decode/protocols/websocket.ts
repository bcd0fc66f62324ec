// WebSocket frames (RFC 6455 §5.2). A client's mask is no secret: its key stands in the frame.
import { textAt, u16, u32 } from '../octets.ts';

export const WEBSOCKET_OPCODES = ['continuation', 'text', 'binary', 'close', 'ping', 'pong'] as const;
export type WebSocketOpcode = (typeof WEBSOCKET_OPCODES)[number];

export interface WebSocketFrame {
  readonly opcode: WebSocketOpcode;
  readonly final: boolean;
  readonly masked: boolean;
  /** Header and payload. */
  readonly frameBytes: number;
  /** Unmasked text of text frames that are not compressed, at most 4 KiB; else empty. */
  readonly text: string;
  readonly truncated: boolean;
}

const TEXT_WINDOW = 4096;
const OPCODE_BY_NUMBER: ReadonlyMap<string, WebSocketOpcode> = new Map([
  ['0', 'continuation'],
  ['1', 'text'],
  ['2', 'binary'],
  ['8', 'close'],
  ['9', 'ping'],
  ['10', 'pong'],
]);

/** `undefined` where the header is not whole or not one. */
export function decodeWebSocketFrame(bytes: Uint8Array, start: number, end: number): WebSocketFrame | undefined {
  if (end - start < 2) return undefined;
  const first = bytes[start]!;
  const opcode = OPCODE_BY_NUMBER.get(String(first & 15));
  const short = bytes[start + 1]! & 0x7f;
  const masked = bytes[start + 1]! >= 0x80;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const headBytes = 2 + lengthBytes + (masked ? 4 : 0);
  if (opcode === undefined || (first & 0x30) !== 0 || start + headBytes > end) return undefined;
  const size = payloadSize(bytes, start + 2, short);
  if (size === undefined) return undefined;
  const at = start + headBytes;
  const stop = Math.min(end, at + size);
  // RSV1 says that the message is compressed (RFC 7692 §6).
  const readable = opcode === 'text' && (first & 0x40) === 0;
  return {
    opcode,
    final: first >= 0x80,
    masked,
    frameBytes: headBytes + size,
    text: readable ? frameText(bytes, at, Math.min(stop, at + TEXT_WINDOW), masked) : '',
    truncated: at + size > end,
  };
}

/** 7, 16 or 63 bits; lengths of 2^32 and more are refused. */
function payloadSize(bytes: Uint8Array, at: number, short: number): number | undefined {
  if (short === 126) return u16(bytes, at);
  if (short === 127) return u32(bytes, at) === 0 ? u32(bytes, at + 4) : undefined;
  return short;
}

function frameText(bytes: Uint8Array, at: number, end: number, masked: boolean): string {
  if (!masked) return textAt(bytes, at, end, TEXT_WINDOW);
  const plain = new Uint8Array(Math.max(0, end - at));
  for (let i = 0; i < plain.length; i++) plain[i] = bytes[at + i]! ^ bytes[at - 4 + (i & 3)]!;
  return textAt(plain, 0, plain.length, TEXT_WINDOW);
}
