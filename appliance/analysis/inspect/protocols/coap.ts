// CoAP over UDP and TCP: paths asked for and readable payloads, put together from blocks.

import { type CoapBlock, type CoapFacts, decodeCoap, decodeCoapFrame } from '../../../decode/protocols/coap.ts';
import { inspectField, type Place } from '../cleartext.ts';
import type { DatagramListener, Facts, PayloadView, StreamListener, StreamView } from '../facts.ts';
import { formFields } from '../fields/fields.ts';
import { deviceOf } from '../local-address.ts';
import { maskPath } from '../mask.ts';
import { report } from '../report.ts';
import { tellContent } from './message-content.ts';

/** Where a payload lies in the bytes of a view. */
interface Range {
  readonly from: number;
  readonly to: number;
}

function tellMessage(message: CoapFacts, start: number, view: PayloadView, facts: Facts): void {
  facts.service('coap', 'grammar');
  facts.mark('clear:coap');
  const path = message.request ? maskPath(message.path) : answeredPath(message, view);
  const place: Place = { device: deviceOf(view), channel: `CoAP ${message.code} ${path}`.trimEnd() };
  if (message.request) tellRequest(message, path, place, view, facts);
  if (message.host !== undefined) facts.name(message.host, 'host');
  for (const query of message.query) tellQuery(query, place, facts);
  const payload = { from: start + message.payloadFrom, to: start + message.payloadTo };
  const block = message.request ? message.block1 : message.block2;
  if (block === undefined) tellContent(view.bytes, payload.from, payload.to, place, facts);
  else if (payload.from < payload.to) tellBlock(block, payload, place, view, facts);
}

/** Each block is asked for by a separate request; the first represents all. */
function tellRequest(message: CoapFacts, path: string, place: Place, view: PayloadView, facts: Facts): void {
  rememberPath(message.token, path, view);
  if ((message.block1?.offset ?? 0) > 0 || (message.block2?.offset ?? 0) > 0) return;
  facts.count('coap.paths', path);
  report(facts, 'CLR-09', { device: place.device, subject: path, excerpt: place.channel });
}

/** Latest requests of one direction, kept by token to name the path of an answer; the oldest is forgotten. */
const MAX_TOKENS = 16;

/** The last requests by token, one line each: an answer names no path. */
function rememberPath(token: string, path: string, { memo }: PayloadView): void {
  const known = typeof memo['tokens'] === 'string' ? memo['tokens'].split('\n') : [];
  const line = `${token} ${path.slice(0, 256)}`;
  memo['tokens'] = [...known.filter((other) => !other.startsWith(`${token} `)), line].slice(-MAX_TOKENS).join('\n');
}

function answeredPath({ token }: CoapFacts, { peer }: PayloadView): string {
  const known = typeof peer['tokens'] === 'string' ? peer['tokens'].split('\n') : [];
  return known.find((line) => line.startsWith(`${token} `))?.slice(token.length + 1) ?? '';
}

/** RFC 7959: the body when its last block has come, in whichever order and however often. */
function tellBlock({ offset, more }: CoapBlock, payload: Range, place: Place, view: PayloadView, facts: Facts): void {
  const joiner = view.joiner();
  const name = place.channel;
  const end = `end ${name}`;
  if (offset === 0 && isOther(view, name, payload)) {
    joiner.drop(name);
    delete view.memo[end];
  }
  if (!joiner.add(name, offset, view.bytes, payload.from, payload.to)) return giveUp(name, view, facts);
  if (!more) noteEnd(name, offset + payload.to - payload.from, view);
  const whole = view.memo[end];
  if (whole === undefined || joiner.size(name) < Number(whole)) return;
  const body = joiner.head(name).slice(0, Number(whole));
  joiner.drop(name);
  delete view.memo[end];
  facts.unpacked(body, 0, body.length, 'blocks');
  tellContent(body, 0, body.length, place, facts);
}

/** How long a body is stays known while its blocks are: of other bodies it is forgotten. */
function noteEnd(name: string, bytes: number, view: PayloadView): void {
  for (const key of Object.keys(view.memo)) {
    if (key.startsWith('end ') && !view.joiner().has(key.slice(4))) delete view.memo[key];
  }
  view.memo[`end ${name}`] = bytes;
}

/** A first block with other bytes than the one before it. */
function isOther(view: PayloadView, name: string, { from, to }: Range): boolean {
  const before = view.joiner().head(name);
  const block = view.bytes.subarray(from, to);
  return before.length > 0 && Buffer.compare(before.subarray(0, block.length), block) !== 0;
}

/** Longer than what is put together: what arrived is reported. */
function giveUp(name: string, view: PayloadView, facts: Facts): void {
  const joiner = view.joiner();
  if (!joiner.has(name)) return;
  const body = joiner.head(name).slice();
  joiner.drop(name);
  delete view.memo[`end ${name}`];
  tellContent(body, 0, body.length, { device: deviceOf(view), channel: name }, facts);
  facts.cut();
}

function tellQuery(query: string, place: Place, facts: Facts): void {
  for (const { key, value } of formFields(query)) inspectField(facts, place, key, value);
}

export const coap: DatagramListener = {
  service: 'coap',
  ports: [5683],
  anyPort: false,
  read(view, facts) {
    const message = decodeCoap(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    tellMessage(message, view.start, view, facts);
    return true;
  },
};

const CAPABILITIES = '7.01';
/** With options and token. */
const LONGEST_CAPABILITIES = 32;

/** Each side begins with its capabilities and settings (RFC 8323 §5.3); on other ports the next message must be there as well. */
function begins(view: StreamView): 'yes' | 'no' | 'more' {
  const { start, end } = view;
  const isOnPort = view.sourcePort === TCP_PORT || view.destinationPort === TCP_PORT;
  const mayGoOn = end - start < LONGEST_CAPABILITIES && !view.full ? 'more' : 'no';
  const first = decodeCoapFrame(view.bytes, start, end);
  if (first === 'more') return isOnPort ? mayGoOn : 'no';
  if (first?.message.code !== CAPABILITIES) return 'no';
  if (start + first.bytes > end) return mayGoOn;
  if (isOnPort || view.peer['coap'] === true) return 'yes';
  const second = decodeCoapFrame(view.bytes, start + first.bytes, end);
  if (second === 'more') return mayGoOn;
  return second === undefined ? 'no' : 'yes';
}

const TCP_PORT = 5683;
/** A longer message is read as far as it has come, and its rest passes by. */
const LONG_BYTES = 8192;

function readFrames(view: StreamView, facts: Facts): void {
  for (let at = view.start; at < view.end; ) {
    const frame = decodeCoapFrame(view.bytes, at, view.end);
    if (frame === 'more') return;
    if (frame === undefined) {
      view.used = view.end - view.start;
      return;
    }
    const isCut = at + frame.bytes > view.end;
    if (isCut && !view.full && view.end - at < LONG_BYTES) return;
    tellMessage(frame.message, at, view, facts);
    if (isCut) facts.cut();
    at += frame.bytes;
    view.used = at - view.start;
  }
}

export const coapOverTcp: StreamListener = {
  service: 'coap',
  ports: [TCP_PORT],
  anyPort: true,
  recognise: begins,
  read(view, facts) {
    view.memo['coap'] = true;
    readFrames(view, facts);
  },
};
