// HTTP/2 without TLS (RFC 9113), begun at once or by an upgrade: fields and bodies are reported as those of HTTP/1. Called by the
// dispatcher, and by http.ts behind an upgrade.

import { startsWith, u24, u32 } from '../../../decode/octets.ts';
import { decodeHpack, EMPTY_TABLE, type HpackTable } from '../../../decode/protocols/hpack.ts';
import { decodeHttp, fieldValue, type TextHead } from '../../../decode/protocols/http.ts';
import type { Facts, StreamListener, StreamMemo, StreamView } from '../facts.ts';
import { deviceOf } from '../local-address.ts';
import { codingsIn } from '../streams/unpack.ts';
import { numberIn, textIn } from './http-body.ts';
import { bodySign, type RequestWords, tellBody, tellRequest, tellResponse } from './http-facts.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const FRAME_HEADER = 9;
const [DATA, HEADERS, PUSH_PROMISE, CONTINUATION] = [0, 1, 5, 9];
const [END_STREAM, END_HEADERS, PADDED, PRIORITY] = [1, 4, 8, 0x20];
/** Streams of a direction whose request or answer is remembered; of older ones bodies have no channel. */
const MAX_STREAMS = 16;

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  /** Of the payload. */
  readonly from: number;
  readonly to: number;
}

/** What a body belongs to. */
interface Message {
  readonly stream: number;
  /** Of a server. */
  readonly answer: boolean;
  readonly channel: string;
  readonly group: string;
  readonly type: string;
  readonly coding: string;
}

/** Reports what is complete at `at`; returns how many bytes are consumed, 0 asks for more. */
export function readHttp2(view: StreamView, at: number, facts: Facts): number {
  const { memo, bytes } = view;
  if (memo['h2-lost'] === true) return view.end - at;
  if (startsWith(bytes, at, view.end, 'PRI')) {
    if (view.end - at < PREFACE.length) return view.full ? lose(view, at, facts) : 0;
    return startsWith(bytes, at, view.end, PREFACE) ? PREFACE.length : lose(view, at, facts);
  }
  if (numberIn(memo, 'h2-left') > 0) return readContent(view, at, facts);
  if (view.end - at < FRAME_HEADER) return 0;
  const length = u24(bytes, at);
  const frame: Frame = {
    type: bytes[at + 3]!,
    flags: bytes[at + 4]!,
    stream: u32(bytes, at + 5) & 0x7fffffff,
    from: at + FRAME_HEADER,
    to: at + FRAME_HEADER + length,
  };
  if (frame.type === DATA) return beginData(view, frame, facts);
  if (!isBlock(frame.type)) return FRAME_HEADER + length;
  if (frame.to > view.end) return view.full ? lose(view, at, facts) : 0;
  readBlock(view, frame, facts);
  return FRAME_HEADER + length;
}

function isBlock(type: number): boolean {
  return type === HEADERS || type === PUSH_PROMISE || type === CONTINUATION;
}

/** Without the table before it no later field is known either. */
function lose(view: StreamView, at: number, facts: Facts): number {
  view.memo['h2-lost'] = true;
  facts.cut();
  return view.end - at;
}

/** RFC 9113 §6.2, §6.6, §6.10: a block may go on in further frames. */
function readBlock(view: StreamView, { type, flags, stream, from, to }: Frame, facts: Facts): void {
  const isFirst = type !== CONTINUATION;
  const padding = isFirst && (flags & PADDED) !== 0 ? (view.bytes[from] ?? 0) : 0;
  const skipped =
    (isFirst && (flags & PADDED) !== 0 ? 1 : 0) +
    (type === HEADERS && (flags & PRIORITY) !== 0 ? 5 : 0) +
    (type === PUSH_PROMISE ? 4 : 0);
  const joiner = view.joiner();
  if (isFirst) {
    joiner.drop('h2-block');
    view.memo['h2-push'] = type === PUSH_PROMISE;
  }
  if (from + skipped > to - padding || !joiner.append('h2-block', view.bytes, from + skipped, to - padding)) {
    lose(view, to, facts);
    return;
  }
  if ((flags & END_HEADERS) === 0) return;
  const decoded = decodeHpack(joiner.head('h2-block'), tableIn(view.memo));
  joiner.drop('h2-block');
  if (decoded === undefined) {
    lose(view, to, facts);
    return;
  }
  view.memo['h2-table'] = JSON.stringify(decoded.table);
  if (view.memo['h2-push'] !== true) tellHead(view, stream, decoded.fields, facts);
  if ((flags & END_STREAM) !== 0) endBody(view, stream, facts);
}

function tableIn(memo: StreamMemo): HpackTable {
  const text = textIn(memo, 'h2-table');
  return text === '' ? EMPTY_TABLE : (JSON.parse(text) as HpackTable);
}

/** Of an answer whose request was not seen. */
const FORGOTTEN: RequestWords = { channel: '', group: '' };

/** Trailers have neither method nor status, and are not reported. */
function tellHead(
  view: StreamView,
  stream: number,
  fields: readonly (readonly [string, string])[],
  facts: Facts,
): void {
  const head = headOf(fields);
  if (head === undefined) return;
  const isRequest = head.kind === 'request';
  const request = isRequest ? undefined : messagesIn(view.peer).find((message) => message.stream === stream);
  const { channel, group } = isRequest ? tellRequest(head, view, facts) : (request ?? FORGOTTEN);
  if (!isRequest) tellResponse(head, group, view, facts);
  rememberMessage(view.memo, {
    stream,
    answer: !isRequest,
    channel,
    group,
    type: (fieldValue(head, 'content-type') ?? '').slice(0, 128),
    coding: (fieldValue(head, 'content-encoding') ?? '').slice(0, 64),
  });
}

/** The same head as HTTP/1 writes it (RFC 9113 §8.3). */
function headOf(fields: readonly (readonly [string, string])[]): TextHead | undefined {
  const of = (name: string): string | undefined => fields.find(([key]) => key === name)?.[1];
  const [method, status] = [of(':method'), of(':status')];
  const line =
    method === undefined
      ? `HTTP/1.1 ${oneLine(status ?? '')} `
      : `${oneLine(method)} ${oneLine(of(':path') ?? '/')} HTTP/1.1`;
  if (method === undefined && status === undefined) return undefined;
  const authority = of(':authority');
  const lines = fields
    .filter(([name]) => !name.startsWith(':') && !(name === 'host' && authority !== undefined))
    .map(([name, value]) => `${oneLine(name)}: ${oneLine(value)}\r\n`);
  const host = authority === undefined ? '' : `host: ${oneLine(authority)}\r\n`;
  const bytes = Buffer.from(`${line}\r\n${host}${lines.join('')}\r\n`, 'latin1');
  return decodeHttp(bytes, 0, bytes.length);
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\0]/g, ' ');
}

function bodyName(stream: number): string {
  return `h2-body ${stream}`;
}

/** RFC 9113 §6.1: the content is taken up as it comes, for a frame may be longer than what is shown at once. */
function beginData(view: StreamView, { flags, stream, from, to }: Frame, facts: Facts): number {
  const isPadded = (flags & PADDED) !== 0;
  if (isPadded && from >= view.end) return view.full ? lose(view, from, facts) : 0;
  const padding = isPadded ? 1 + view.bytes[from]! : 0;
  const content = Math.max(0, to - from - padding);
  view.memo['h2-left'] = content;
  view.memo['h2-padding'] = isPadded ? padding - 1 : 0;
  view.memo['h2-stream'] = stream;
  view.memo['h2-ends'] = (flags & END_STREAM) !== 0;
  if (content > 0) return FRAME_HEADER + (isPadded ? 1 : 0);
  if ((flags & END_STREAM) !== 0) endBody(view, stream, facts);
  return FRAME_HEADER + to - from;
}

function readContent(view: StreamView, at: number, facts: Facts): number {
  const { memo } = view;
  const left = numberIn(memo, 'h2-left');
  const stream = numberIn(memo, 'h2-stream');
  const taken = Math.min(left, view.end - at);
  memo['h2-left'] = left - taken;
  const isKnown = messagesIn(memo).some((message) => message.stream === stream);
  if (isKnown && !view.joiner().append(bodyName(stream), view.bytes, at, at + taken)) {
    endBody(view, stream, facts);
    facts.cut();
  }
  if (taken < left) return taken;
  if (memo['h2-ends'] === true) endBody(view, stream, facts);
  return taken + numberIn(memo, 'h2-padding');
}

/** Reports what arrived of a body; what still comes of the same is passed by. */
function endBody(view: StreamView, stream: number, facts: Facts): void {
  const joiner = view.joiner();
  const body = joiner.head(bodyName(stream));
  const message = messagesIn(view.memo).find((other) => other.stream === stream);
  if (message !== undefined && body.length > 0) tellBody(body, 0, body.length, placeOf(view, message), facts);
  joiner.drop(bodyName(stream));
  if (numberIn(view.memo, 'h2-left') > 0) forgetMessage(view.memo, stream);
}

function placeOf(view: StreamView, { answer, channel, group, type, coding }: Message): Parameters<typeof tellBody>[3] {
  return {
    device: deviceOf(view),
    channel,
    group,
    fetched: !view.isSourceHome(),
    contentType: type,
    codings: codingsIn(coding),
    size: undefined,
    joined: true,
    sign: bodySign(answer, group, view),
  };
}

function messagesIn(memo: StreamMemo): Message[] {
  const text = textIn(memo, 'h2-messages');
  return text === '' ? [] : (JSON.parse(text) as Message[]);
}

function rememberMessage(memo: StreamMemo, message: Message): void {
  const others = messagesIn(memo).filter(({ stream }) => stream !== message.stream);
  memo['h2-messages'] = JSON.stringify([...others, message].slice(-MAX_STREAMS));
}

function forgetMessage(memo: StreamMemo, stream: number): void {
  memo['h2-messages'] = JSON.stringify(messagesIn(memo).filter((other) => other.stream !== stream));
}

/** The request that asked for HTTP/2 is its stream 1 (RFC 7540 §3.2). */
export function beginHttp2(client: StreamMemo, request: { readonly channel: string; readonly group: string }): void {
  rememberMessage(client, {
    stream: 1,
    answer: false,
    channel: request.channel,
    group: request.group,
    type: '',
    coding: '',
  });
}

export const h2c: StreamListener = {
  service: 'h2c',
  ports: [80, 8080, 8000, 8008, 8888],
  anyPort: true,
  recognise(view) {
    if (view.peer['h2'] === 1) return 'yes';
    return startsWith(view.bytes, view.start, view.end, PREFACE.slice(0, 16)) ? 'yes' : 'no';
  },
  read(view, facts) {
    facts.service('h2c', 'grammar');
    facts.mark('clear:h2c');
    if (view.resumed && numberIn(view.memo, 'h2') === 1) lose(view, view.end, facts);
    view.memo['h2'] = 1;
    for (let at = view.start + view.used; at < view.end; at = view.start + view.used) {
      const taken = readHttp2(view, at, facts);
      if (taken === 0) return;
      view.used += taken;
    }
  },
};
