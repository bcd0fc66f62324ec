// HTTP/1 over TCP, in order: heads, bodies (http-body.ts), and what a connection turns into (CONNECT tunnels, WebSocket).
// Which answer belongs to which request is known here; what a message may mean is cleartext.ts' affair.

import { indexOfByte } from '../../../decode/octets.ts';
import { decodeHttp, fieldValue, HEAD_LIMIT_BYTES, startsHttp, type TextHead } from '../../../decode/protocols/http.ts';
import type { Facts, StreamListener, StreamMemo, StreamView } from '../facts.ts';
import { BODY_STEPS, type BodyFrame, type BodyMode, enterBody, finishBody, type Step, textIn } from './http-body.ts';
import { tellRequest, tellResponse } from './http-facts.ts';
import { beginHttp2, readHttp2 } from './http2.ts';
import { readTlsStream } from './tls.ts';
import { agreeWebSocket, readWebSocket } from './websocket.ts';

/** What the next bytes of a direction are. */
type Mode = 'head' | BodyMode | Upgrade;

/** Requests that wait for their answers; browsers sent up to eight, hostile clients send more. */
const MAX_WAITING = 64;

function modeOf(memo: StreamMemo): Mode {
  return (memo['mode'] as Mode | undefined) ?? 'head';
}

const readHead: Step = (view, at, facts) => {
  const head = decodeHttp(view.bytes, at, view.end);
  if (head === undefined) return skipOrWait(view, at);
  if (head.truncated && !view.full && view.end - at < HEAD_LIMIT_BYTES) return 0;
  if (head.kind === 'request') noteRequest(view, head, facts);
  else noteResponse(view, head, facts);
  return head.headBytes;
};

/** Fewer bytes than a start line needs may yet become one; anything else is not HTTP and passes by. */
function skipOrWait(view: StreamView, at: number): number {
  const short = view.end - at < 16 && isUpperCase(view.bytes[at] ?? 0);
  return short && !view.full ? 0 : view.end - at;
}

function isUpperCase(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

function noteRequest(view: StreamView, head: TextHead, facts: Facts): void {
  const { channel, group } = tellRequest(head, view, facts);
  noteContent(view.memo, head, channel, group);
  wait(view.memo, { method: head.method, channel, group });
  enterBody(view.memo, isChunked(head) ? { chunked: true } : { length: contentLength(head) ?? 0 });
  agreeWebSocket(view.memo, head);
}

function noteResponse(view: StreamView, head: TextHead, facts: Facts): void {
  const isInterim = head.status < 200 && head.status !== 101;
  const request = isInterim ? FORGOTTEN : nextWaiting(view.peer);
  tellResponse(head, request.group, view, facts);
  noteContent(view.memo, head, request.channel, request.group);
  const upgrade = upgradedMode(request.method, head);
  if (upgrade === undefined) return enterBody(view.memo, responseFrame(head, request.method));
  view.memo['mode'] = upgrade;
  view.peer['mode'] = upgrade;
  facts.mark(UPGRADE_MARKS[upgrade]);
  if (upgrade === 'h2') beginHttp2(view.peer, request);
  agreeWebSocket(view.memo, head);
}

function noteContent(memo: StreamMemo, head: TextHead, channel: string, group: string): void {
  const transfer = fieldValue(head, 'transfer-encoding') ?? '';
  memo['kind'] = head.kind;
  memo['channel'] = channel;
  memo['group'] = group;
  memo['type'] = (fieldValue(head, 'content-type') ?? '').slice(0, 128);
  memo['coding'] = `${fieldValue(head, 'content-encoding') ?? ''},${transfer}`.slice(0, 64);
}

interface Waiting {
  readonly method: string;
  readonly channel: string;
  readonly group: string;
}

/** The request of an answer whose request was not seen. */
const FORGOTTEN: Waiting = { method: '', channel: '', group: '' };

/** Requests may be sent before earlier ones are answered; answers come in their order (RFC 9112 §9.3.2). One line each. */
function wait(memo: StreamMemo, { method, channel, group }: Waiting): void {
  const line = [method, group, channel].map((text) => text.replaceAll(/[\t\n]/g, ' ')).join('\t');
  const count = typeof memo['waits'] === 'number' ? memo['waits'] : 0;
  // Beyond the limit order is lost, and with it which answer has no body.
  const isFull = count >= MAX_WAITING;
  memo['waiting'] = isFull ? `${line}\n` : `${textIn(memo, 'waiting')}${line}\n`;
  memo['waits'] = isFull ? 1 : count + 1;
}

function nextWaiting(memo: StreamMemo): Waiting {
  const waiting = textIn(memo, 'waiting');
  const end = waiting.indexOf('\n');
  if (end < 0) return FORGOTTEN;
  const [method = '', group = '', channel = ''] = waiting.slice(0, end).split('\t');
  memo['waiting'] = waiting.slice(end + 1);
  memo['waits'] = Number(memo['waits']) - 1;
  return { method, channel, group };
}

function forgetWaiting(memo: StreamMemo): void {
  memo['waiting'] = '';
  memo['waits'] = 0;
}

/** What a connection turns into; `h2`: HTTP/2 without TLS (RFC 7540 §3.2). */
type Upgrade = 'tunnel' | 'websocket' | 'h2';

const UPGRADE_MARKS: Readonly<Record<Upgrade, string>> = {
  tunnel: 'upgraded:connect',
  websocket: 'clear:websocket',
  h2: 'clear:h2c',
};

/** RFC 9110 §9.3.6 and RFC 6455 §4.2.2. */
function upgradedMode(method: string, head: TextHead): Upgrade | undefined {
  if (method === 'CONNECT' && head.status >= 200 && head.status < 300) return 'tunnel';
  if (head.status !== 101) return undefined;
  const to = fieldValue(head, 'upgrade')?.toLowerCase();
  if (to === 'h2c') return 'h2';
  return to === 'websocket' ? 'websocket' : 'tunnel';
}

/** RFC 9112 §6.3. */
function responseFrame(head: TextHead, method: string): BodyFrame {
  if (method === 'HEAD' || head.status < 200 || head.status === 204 || head.status === 304) return undefined;
  if (isChunked(head)) return { chunked: true };
  const length = contentLength(head);
  return length === undefined ? 'close' : { length };
}

function isChunked(head: TextHead): boolean {
  return fieldValue(head, 'transfer-encoding')?.toLowerCase().includes('chunked') === true;
}

/** RFC 9112 §6.3 allows the same value several times. */
function contentLength(head: TextHead): number | undefined {
  const text = fieldValue(head, 'content-length')?.split(',', 1)[0];
  const length = text === undefined || text.length > 15 ? Number.NaN : Number(text);
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}

/** TLS as a rule; a client may as well ask for a plain host through its proxy. */
const readTunnel: Step = (view, at, facts) => {
  if (startsHttp(view.bytes, at, view.end)) {
    view.memo['mode'] = 'head';
    return readHead(view, at, facts);
  }
  const before = view.used;
  view.used = at - view.start;
  readTlsStream(view, facts);
  const taken = view.used - (at - view.start);
  view.used = before;
  return taken;
};

const STEPS: Readonly<Record<Mode, Step>> = {
  head: readHead,
  ...BODY_STEPS,
  tunnel: readTunnel,
  websocket: readWebSocket,
  h2: readHttp2,
};

/** After a gap a body's rest cannot be distinguished from a new head: only a head is believed, and which requests wait is not known. */
function resume(view: StreamView): void {
  if (modeOf(view.memo) in BODY_STEPS) view.memo['mode'] = 'head';
  forgetWaiting(view.memo);
  forgetWaiting(view.peer);
}

export const http: StreamListener = {
  service: 'http',
  ports: [80, 8080, 8000, 8008, 8888],
  anyPort: true,
  recognise(view) {
    if (startsHttp(view.bytes, view.start, view.end)) return 'yes';
    const short = view.end - view.start < 16 && isUpperCase(view.bytes[view.start] ?? 0);
    // A whole line that is no start line will be none either.
    const isLine = indexOfByte(view.bytes, 10, view.start, view.end) >= 0;
    return short && !isLine && !view.full ? 'more' : 'no';
  },
  read(view, facts) {
    facts.service('http', 'grammar');
    facts.mark('clear:http');
    if (view.resumed) resume(view);
    for (let at = view.start + view.used; at < view.end; at = view.start + view.used) {
      const taken = STEPS[modeOf(view.memo)](view, at, facts);
      if (taken === 0) return;
      view.used += taken;
    }
  },
  finish(view, facts, ended) {
    if (modeOf(view.memo) in BODY_STEPS) finishBody(view, ended, facts);
  },
};
