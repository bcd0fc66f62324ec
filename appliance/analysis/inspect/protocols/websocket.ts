// WebSocket frames behind an HTTP upgrade (RFC 6455 §5.2): text frames are as readable as the request that opened them.
import { decodeWebSocketFrame } from '../../../decode/protocols/websocket.ts';
import { inspectText } from '../cleartext.ts';
import type { Facts, StreamView } from '../facts.ts';
import { deviceOf } from '../local-address.ts';

/** Longest frame that is read; larger ones pass by. */
const FRAME_WINDOW = 8192;

/** A step of http.ts: reads one frame at `at`, gives its length, 0 asks for more. */
export function readWebSocket(view: StreamView, at: number, facts: Facts): number {
  const frame = decodeWebSocketFrame(view.bytes, at, view.end);
  if (frame === undefined) return view.end - at < 14 && !view.full ? 0 : view.end - at;
  const waits = frame.truncated && frame.frameBytes <= FRAME_WINDOW && !view.full;
  if (waits) return 0;
  if (frame.opcode === 'text' && frame.text !== '') {
    const channel = view.memo['channel'];
    inspectText(
      facts,
      { device: deviceOf(view), channel: `WebSocket ${typeof channel === 'string' ? channel : ''}` },
      frame.text,
    );
  }
  return frame.frameBytes;
}
