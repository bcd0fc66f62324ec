// HTTP/1 over TCP, in order: heads, the first bytes of bodies, chunks, and what a connection turns into (CONNECT tunnels,
// WebSocket). What it may mean is cleartext.ts' affair; this file knows where messages begin and end.

import { indexOfByte, textAt } from '../../../decode/octets.ts';
import { decodeHttp, fieldValue, HEAD_LIMIT_BYTES, startsHttp, type TextHead } from '../../../decode/protocols/http.ts';
import { printable } from '../../../model/text.ts';
import type { Facts, StreamListener, StreamMemo, StreamView } from '../facts.ts';
import { deviceOf, isLocalAddress } from '../local-address.ts';
import { type BodyPlace, tellBody, tellRequest, tellResponse } from './http-facts.ts';
import { readTlsStream } from './tls.ts';
import { readWebSocket } from './websocket.ts';

/** What the next bytes of a direction are. `body`: `left` bytes of one; `chunk`: a chunk's size line; `close`: all the rest. */
type Mode = 'head' | 'body' | 'chunk' | 'close' | 'tunnel' | 'websocket' | 'lost';

/** Bytes of a body that are looked at; the listener waits for so many. */
const BODY_WINDOW = 8192;
/** Larger than any body: used for those that end with the connection. */
const ENDLESS = Number.MAX_SAFE_INTEGER;

function modeOf(memo: StreamMemo): Mode {
  return (memo['mode'] as Mode | undefined) ?? 'head';
}

function numberOf(memo: StreamMemo, key: string): number {
  const value = memo[key];
  return typeof value === 'number' ? value : 0;
}

function textOf(memo: StreamMemo, key: string): string {
  const value = memo[key];
  return typeof value === 'string' ? value : '';
}

/** Reads at `at`; gives how many bytes are done with, 0 asks for more. */
type Step = (view: StreamView, at: number, facts: Facts) => number;

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
  const channel = tellRequest(head, view, facts);
  view.memo['method'] = head.method;
  view.memo['channel'] = channel;
  view.memo['group'] = printable(fieldValue(head, 'host') ?? '', 80);
  view.memo['type'] = (fieldValue(head, 'content-type') ?? '').slice(0, 128);
  view.memo['coding'] = (fieldValue(head, 'content-encoding') ?? '').slice(0, 16);
  const length = contentLength(head);
  if (isChunked(head)) view.memo['mode'] = 'chunk';
  else enterBody(view.memo, length ?? 0);
}

function noteResponse(view: StreamView, head: TextHead, facts: Facts): void {
  tellResponse(head, view, facts);
  view.memo['channel'] = textOf(view.peer, 'channel');
  view.memo['group'] = textOf(view.peer, 'group');
  view.memo['type'] = (fieldValue(head, 'content-type') ?? '').slice(0, 128);
  view.memo['coding'] = (fieldValue(head, 'content-encoding') ?? '').slice(0, 16);
  const upgrade = upgradedMode(view, head);
  if (upgrade !== undefined) {
    view.memo['mode'] = upgrade;
    view.peer['mode'] = upgrade;
    facts.mark(upgrade === 'tunnel' ? 'upgraded:connect' : 'clear:websocket');
  } else if (hasNoBody(head, textOf(view.peer, 'method'))) view.memo['mode'] = 'head';
  else if (isChunked(head)) view.memo['mode'] = 'chunk';
  else enterBody(view.memo, contentLength(head) ?? ENDLESS);
}

/** RFC 9110 §9.3.6 and RFC 6455 §4.2.2. */
function upgradedMode(view: StreamView, head: TextHead): 'tunnel' | 'websocket' | undefined {
  if (textOf(view.peer, 'method') === 'CONNECT' && head.status >= 200 && head.status < 300) return 'tunnel';
  if (head.status !== 101) return undefined;
  return fieldValue(head, 'upgrade')?.toLowerCase() === 'websocket' ? 'websocket' : 'tunnel';
}

/** RFC 9112 §6.3, first two rules. */
function hasNoBody(head: TextHead, method: string): boolean {
  return method === 'HEAD' || head.status < 200 || head.status === 204 || head.status === 304;
}

function isChunked(head: TextHead): boolean {
  return fieldValue(head, 'transfer-encoding')?.toLowerCase().includes('chunked') === true;
}

function contentLength(head: TextHead): number | undefined {
  const text = fieldValue(head, 'content-length');
  const length = text === undefined || text.length > 15 ? Number.NaN : Number(text);
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}

function enterBody(memo: StreamMemo, length: number): void {
  memo['mode'] = length === 0 ? 'head' : length === ENDLESS ? 'close' : 'body';
  memo['left'] = length;
  memo['seen'] = false;
}

function bodyPlace(view: StreamView, length: number): BodyPlace {
  return {
    device: deviceOf(view),
    channel: textOf(view.memo, 'channel'),
    group: textOf(view.memo, 'group'),
    fetched: !isLocalAddress(view.sourceIp()),
    contentType: textOf(view.memo, 'type'),
    contentCoding: textOf(view.memo, 'coding'),
    // The length of a chunk is not that of the body.
    size: length === ENDLESS || view.memo['chunked'] === true ? undefined : length,
  };
}

/** Looks at the first bytes of a body once, when the window is full or the body complete. False asks for more. */
function lookAtBody(view: StreamView, at: number, length: number, facts: Facts): boolean {
  if (view.memo['seen'] === true) return true;
  const have = view.end - at;
  if (have < Math.min(length, BODY_WINDOW) && !view.full) return false;
  tellBody(view.bytes, at, at + Math.min(have, length), bodyPlace(view, length), facts);
  view.memo['seen'] = true;
  return true;
}

const readBody: Step = (view, at, facts) => {
  const left = numberOf(view.memo, 'left');
  if (!lookAtBody(view, at, left, facts)) return 0;
  view.memo['mode'] = view.memo['chunked'] === true ? 'chunk' : 'head';
  return left;
};

const readToClose: Step = (view, at, facts) => (lookAtBody(view, at, ENDLESS, facts) ? view.end - at : 0);

/** RFC 9112 §7.1: a size in hexadecimal, extensions, CRLF, so many bytes, CRLF; size 0 ends. */
const readChunk: Step = (view, at, facts) => {
  const feed = indexOfByte(view.bytes, 10, at, Math.min(view.end, at + 128));
  if (feed < 0) return view.end - at < 128 && !view.full ? 0 : loseTrack(view, at);
  const size = Number.parseInt(textAt(view.bytes, at, feed, 16), 16);
  if (!(size >= 0 && size <= 0x7fffffff)) return loseTrack(view, at);
  if (size === 0) return endChunks(view, at, feed);
  if (view.memo['chunked'] !== true) view.memo['seen'] = false;
  view.memo['chunked'] = true;
  view.memo['left'] = size + 2;
  if (view.memo['seen'] !== true && feed + 1 >= view.end && !view.full) return 0;
  if (!lookAtBody(view, feed + 1, size, facts)) return 0;
  return feed + 1 - at + size + 2;
};

function endChunks(view: StreamView, at: number, feed: number): number {
  view.memo['mode'] = 'head';
  view.memo['chunked'] = false;
  return feed + 1 - at + 2;
}

/** Message boundaries are lost: the next segment that begins with a head finds them again. */
function loseTrack(view: StreamView, at: number): number {
  view.memo['mode'] = 'head';
  view.memo['chunked'] = false;
  return view.end - at;
}

const readTunnel: Step = (view, at, facts) => {
  const before = view.used;
  view.used = at - view.start;
  readTlsStream(view, facts);
  const taken = view.used - (at - view.start);
  view.used = before;
  return taken;
};

const STEPS: Readonly<Record<Mode, Step>> = {
  head: readHead,
  body: readBody,
  chunk: readChunk,
  close: readToClose,
  tunnel: readTunnel,
  websocket: readWebSocket,
  lost: (view, at) => view.end - at,
};

/** After a gap a body's rest cannot be told from a new head: only a head is believed. */
function resume(view: StreamView): void {
  const mode = modeOf(view.memo);
  if (mode === 'body' || mode === 'chunk') loseTrack(view, view.end);
}

export const http: StreamListener = {
  service: 'http',
  ports: [80, 8080, 8000, 8008, 8888],
  anyPort: true,
  recognise(view) {
    if (startsHttp(view.bytes, view.start, view.end)) return 'yes';
    const short = view.end - view.start < 16 && isUpperCase(view.bytes[view.start] ?? 0);
    return short && !view.full ? 'more' : 'no';
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
};
