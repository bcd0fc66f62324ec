// WebSocket behind an HTTP upgrade (RFC 6455): messages put together from frames, unmasked and unpacked (RFC 7692), are as
// readable as the request that opened them; some carry MQTT. Steps of http.ts.

import { inflateRaw } from '../../../decode/compression/deflate.ts';
import { textAt } from '../../../decode/octets.ts';
import { fieldValue, type TextHead } from '../../../decode/protocols/http.ts';
import { isMqttConnect } from '../../../decode/protocols/mqtt.ts';
import { decodeWebSocketHeader, unmask, type WebSocketHeader } from '../../../decode/protocols/websocket.ts';
import { inspectText, type Place } from '../cleartext.ts';
import type { Facts, StreamMemo, StreamView } from '../facts.ts';
import { innerView } from '../inner-view.ts';
import { deviceOf } from '../local-address.ts';
import { MESSAGE_BYTES } from '../streams/message-joiner.ts';
import { numberIn, textIn } from './http-body.ts';
import { tellContent } from './message-content.ts';
import { readMqtt } from './mqtt.ts';

/** Names in the joiner: the current message, what was unpacked before it, the beginning of an MQTT packet. */
const MESSAGE = 'ws';
const HISTORY = 'ws-history';
const MQTT_REST = 'ws-mqtt';
/** RFC 7692 §7.1.2: the window that both sides remember. */
const HISTORY_BYTES = 32_768;
/** RFC 7692 §7.2.1: what the sender left out at the end of a message. */
const TAIL = Uint8Array.of(0, 0, 0xff, 0xff);

/** Notes what a request offers or an answer agrees to; the answer counts. */
export function agreeWebSocket(memo: StreamMemo, head: TextHead): void {
  const extensions = fieldValue(head, 'sec-websocket-extensions')?.toLowerCase() ?? '';
  const protocol = fieldValue(head, 'sec-websocket-protocol')?.toLowerCase() ?? '';
  if (extensions !== '') memo['ws-extensions'] = extensions.slice(0, 256);
  if (protocol !== '') memo['ws-protocol'] = protocol.slice(0, 64);
}

/** Reads a header or some payload at `at`; gives how many bytes are done with, 0 asks for more. */
export function readWebSocket(view: StreamView, at: number, facts: Facts): number {
  const left = numberIn(view.memo, 'ws-left');
  if (left > 0) return takePayload(view, at, left, facts);
  const header = decodeWebSocketHeader(view.bytes, at, view.end);
  if (header === undefined) return view.end - at < 14 && !view.full ? 0 : view.end - at;
  const isControl = header.opcode === 'close' || header.opcode === 'ping' || header.opcode === 'pong';
  // Control frames may come between the frames of a message (RFC 6455 §5.4).
  if (isControl) return header.headBytes + header.payloadBytes;
  beginFrame(header, view);
  if (header.payloadBytes === 0 && header.final) tellMessage(view, facts);
  return header.headBytes;
}

function beginFrame({ opcode, compressed, payloadBytes, key, final }: WebSocketHeader, view: StreamView): void {
  const { memo } = view;
  if (opcode !== 'continuation') {
    view.joiner().drop(MESSAGE);
    memo['ws-kind'] = opcode;
    memo['ws-compressed'] = compressed;
    memo['ws-cut'] = false;
    memo['ws-frames'] = 0;
  }
  memo['ws-frames'] = numberIn(memo, 'ws-frames') + 1;
  memo['ws-left'] = payloadBytes;
  memo['ws-size'] = payloadBytes;
  memo['ws-key'] = key ?? -1;
  memo['ws-final'] = final;
}

function takePayload(view: StreamView, at: number, left: number, facts: Facts): number {
  const { memo } = view;
  const taken = Math.min(left, view.end - at);
  const key = numberIn(memo, 'ws-key');
  const joiner = view.joiner();
  const kept = Math.min(taken, MESSAGE_BYTES - joiner.size(MESSAGE));
  const plain =
    key < 0
      ? view.bytes.subarray(at, at + kept)
      : unmask(view.bytes, at, at + kept, key, numberIn(memo, 'ws-size') - left);
  if (kept < taken || !joiner.append(MESSAGE, plain, 0, plain.length)) memo['ws-cut'] = true;
  memo['ws-left'] = left - taken;
  if (taken === left && memo['ws-final'] === true) tellMessage(view, facts);
  return taken;
}

function tellMessage(view: StreamView, facts: Facts): void {
  const joiner = view.joiner();
  const message = joiner.head(MESSAGE).slice();
  joiner.drop(MESSAGE);
  if (view.memo['ws-cut'] === true) facts.cut();
  if (view.memo['ws-compressed'] !== true) {
    const isHidden = numberIn(view.memo, 'ws-key') >= 0 || numberIn(view.memo, 'ws-frames') > 1;
    return tellPlain(message, isHidden ? 'websocket' : undefined, view, facts);
  }
  facts.mark('compressed:deflate');
  const plain = inflateMessage(message, view, facts);
  if (plain !== undefined) tellPlain(plain, 'permessage-deflate', view, facts);
}

/** RFC 7692 §7.2.2. After a message that was not unpacked whole the window is lost, and with it all that follow. */
function inflateMessage(message: Uint8Array, view: StreamView, facts: Facts): Uint8Array | undefined {
  const { memo } = view;
  const joiner = view.joiner();
  if (memo['ws-lost'] === true) {
    facts.cut();
    return undefined;
  }
  const packed = Buffer.concat([message, TAIL]);
  const history = joiner.head(HISTORY).slice();
  const { bytes, whole } = inflateRaw(packed, 0, packed.length, facts.unpackBudget.room(packed.length), history);
  facts.unpackBudget.spend(packed.length, bytes.length);
  if (!whole && memo['ws-cut'] !== true) facts.cut();
  joiner.drop(HISTORY);
  if (startsAnew(view)) return bytes;
  const window = Buffer.concat([history, bytes]).subarray(-HISTORY_BYTES);
  if (!whole || memo['ws-cut'] === true || !joiner.append(HISTORY, window, 0, window.length)) memo['ws-lost'] = true;
  return bytes;
}

/** Whether the sender forgets its window after each message. */
function startsAnew(view: StreamView): boolean {
  const agreed = textIn(view.fromInitiator ? view.peer : view.memo, 'ws-extensions');
  return agreed.includes(view.fromInitiator ? 'client_no_context_takeover' : 'server_no_context_takeover');
}

function tellPlain(message: Uint8Array, how: string | undefined, view: StreamView, facts: Facts): void {
  if (how !== undefined) facts.unpacked(message, 0, message.length, how);
  if (isMqtt(message, view)) return tellMqtt(message, view, facts);
  const place: Place = { device: deviceOf(view), channel: `WebSocket ${textIn(view.memo, 'channel')}` };
  if (view.memo['ws-kind'] === 'binary') return tellContent(message, 0, message.length, place, facts);
  inspectText(facts, place, textAt(message, 0, message.length, MESSAGE_BYTES));
}

/** By the protocol that was agreed on (OASIS MQTT 5 §6), else by its first packet. */
function isMqtt(message: Uint8Array, view: StreamView): boolean {
  const agreed = [view.memo, view.peer].some((memo) => textIn(memo, 'ws-protocol').startsWith('mqtt'));
  if (!agreed && isMqttConnect(message, 0, message.length)) view.memo['ws-protocol'] = 'mqtt';
  return agreed || textIn(view.memo, 'ws-protocol') === 'mqtt';
}

/** MQTT packets end where they want, not where messages do. */
function tellMqtt(message: Uint8Array, view: StreamView, facts: Facts): void {
  const joiner = view.joiner();
  const skipped = Math.min(message.length, numberIn(view.memo, 'ws-skip'));
  view.memo['ws-skip'] = numberIn(view.memo, 'ws-skip') - skipped;
  const bytes = Buffer.concat([joiner.head(MQTT_REST), message.subarray(skipped)]);
  joiner.drop(MQTT_REST);
  const inner = innerView(view, bytes, 0, bytes.length);
  facts.mark('clear:mqtt');
  readMqtt(inner, facts);
  if (inner.used > bytes.length) view.memo['ws-skip'] = inner.used - bytes.length;
  else if (inner.used < bytes.length && !joiner.append(MQTT_REST, bytes, inner.used, bytes.length)) joiner.cut++;
}
