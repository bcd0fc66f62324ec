// Bodies of HTTP/1 messages (RFC 9112 §6, §7): where they end, and their content put together from chunks and packets, as far
// as it is looked at. Pictures and binary data pass by after their first bytes. Steps of http.ts.

import { indexOfByte, textAt } from '../../../decode/octets.ts';
import type { Facts, StreamMemo, StreamView } from '../facts.ts';
import { deviceOf } from '../local-address.ts';
import { MESSAGE_BYTES } from '../streams/message-joiner.ts';
import { codingsIn } from '../streams/unpack.ts';
import { type BodyPlace, bodySign, isWorthWhole, tellBody } from './http-facts.ts';

/** What the next bytes of a body are: `length`: some of so many; `close`: all up to the end of the connection. */
export type BodyMode = 'length' | 'close' | 'chunk' | 'data' | 'data-end' | 'trailer';

/** Bytes after which it is decided whether the rest is put together as well. */
const FIRST_LOOK = 8192;
/** Of a chunk's size line with its extensions, and of a trailer. */
const LINE_BYTES = 1024;
/** Larger than any body. */
const ENDLESS = Number.MAX_SAFE_INTEGER;
const BODY = 'body';

export function textIn(memo: StreamMemo, key: string): string {
  const value = memo[key];
  return typeof value === 'string' ? value : '';
}

export function numberIn(memo: StreamMemo, key: string): number {
  const value = memo[key];
  return typeof value === 'number' ? value : 0;
}

/** How a body is framed; `undefined` where there is none. */
export type BodyFrame = { readonly chunked: true } | { readonly length: number } | 'close' | undefined;

/** A head has been read: its body comes next. */
export function enterBody(memo: StreamMemo, frame: BodyFrame): void {
  const length = typeof frame === 'object' && 'length' in frame ? frame.length : ENDLESS;
  memo['mode'] =
    frame === undefined || length === 0
      ? 'head'
      : frame === 'close'
        ? 'close'
        : length === ENDLESS
          ? 'chunk'
          : 'length';
  memo['left'] = length;
  memo['size'] = length;
  memo['look'] = 'begin';
  memo['chunks'] = 0;
}

function bodyPlace(view: StreamView): BodyPlace {
  const size = numberIn(view.memo, 'size');
  return {
    device: deviceOf(view),
    channel: textIn(view.memo, 'channel'),
    group: textIn(view.memo, 'group'),
    fetched: !view.isSourceHome(),
    contentType: textIn(view.memo, 'type'),
    codings: codingsIn(textIn(view.memo, 'coding')),
    size: size === ENDLESS ? undefined : size,
    joined: numberIn(view.memo, 'chunks') > 1,
    sign: bodySign(view.memo['kind'] === 'response', textIn(view.memo, 'group'), view),
  };
}

/** Takes up `length` bytes of content at `at`. `last`: the body ends with them. */
function feed(view: StreamView, at: number, length: number, last: boolean, facts: Facts): void {
  if (view.memo['look'] === 'pass') return;
  const joiner = view.joiner();
  if (last && !joiner.has(BODY)) return look(view, view.bytes, at, at + length, true, facts);
  const kept = Math.min(length, MESSAGE_BYTES - joiner.size(BODY));
  const fits = joiner.append(BODY, view.bytes, at, at + kept) && kept === length;
  const isSeen = joiner.size(BODY) >= FIRST_LOOK && view.memo['look'] === 'begin';
  if (isSeen && !isWorthWhole(joiner.head(BODY), bodyPlace(view))) endBody(view, true, facts);
  else if (last || !fits) endBody(view, fits, facts);
  else view.memo['look'] = isSeen ? 'keep' : view.memo['look']!;
}

/** Reports what was put together; more of the same body passes by. */
function endBody(view: StreamView, whole: boolean, facts: Facts): void {
  const joiner = view.joiner();
  const body = joiner.head(BODY);
  look(view, body, 0, body.length, whole, facts);
  joiner.drop(BODY);
}

function look(view: StreamView, bytes: Uint8Array, start: number, end: number, whole: boolean, facts: Facts): void {
  view.memo['look'] = 'pass';
  if (end > start && !tellBody(bytes, start, end, bodyPlace(view), facts) && !whole) facts.cut();
}

/** The body does not go on: what arrived is reported. `whole` where that is how it ends. */
export function finishBody(view: StreamView, whole: boolean, facts: Facts): void {
  const isWhole = whole && view.memo['mode'] === 'close';
  if (view.memo['look'] !== 'pass' && view.joiner().has(BODY)) endBody(view, isWhole, facts);
}

/** Reads at `at`; gives how many bytes are done with, 0 asks for more. */
export type Step = (view: StreamView, at: number, facts: Facts) => number;

const readLength: Step = (view, at, facts) => {
  const left = numberIn(view.memo, 'left');
  const taken = Math.min(left, view.end - at);
  feed(view, at, taken, taken === left, facts);
  const passes = view.memo['look'] === 'pass';
  view.memo['left'] = left - taken;
  if (passes || taken === left) view.memo['mode'] = 'head';
  return passes ? left : taken;
};

const readToClose: Step = (view, at, facts) => {
  feed(view, at, view.end - at, false, facts);
  tellLines(view, facts);
  return view.end - at;
};

/** RFC 9112 §7.1: a size in hexadecimal, extensions, line end. */
const readChunk: Step = (view, at, facts) => {
  const feedAt = indexOfByte(view.bytes, 10, at, Math.min(view.end, at + LINE_BYTES));
  if (feedAt < 0) return view.end - at < LINE_BYTES && !view.full ? 0 : loseTrack(view, at, facts);
  const size = Number.parseInt(textAt(view.bytes, at, feedAt, 16), 16);
  if (!(size >= 0 && size <= 0x7fffffff)) return loseTrack(view, at, facts);
  if (size === 0) feed(view, at, 0, true, facts);
  else view.memo['chunks'] = numberIn(view.memo, 'chunks') + 1;
  view.memo['left'] = size;
  view.memo['mode'] = size === 0 ? 'trailer' : 'data';
  return feedAt + 1 - at;
};

const readData: Step = (view, at, facts) => {
  const left = numberIn(view.memo, 'left');
  const taken = Math.min(left, view.end - at);
  feed(view, at, taken, false, facts);
  const passes = view.memo['look'] === 'pass';
  view.memo['left'] = left - taken;
  if (passes || taken === left) {
    view.memo['mode'] = 'data-end';
    tellLines(view, facts);
  }
  return passes ? left : taken;
};

/** The line end behind a chunk's data. */
const readDataEnd: Step = (view, at) => {
  if (view.bytes[at] === 13 && view.end - at < 2) return view.full ? 1 : 0;
  view.memo['mode'] = 'chunk';
  return view.bytes[at] === 10 ? 1 : 2;
};

/** RFC 9112 §7.1.2: fields behind the last chunk, up to an empty line; the next message begins behind it. */
const readTrailer: Step = (view, at, facts) => {
  const feedAt = indexOfByte(view.bytes, 10, at, Math.min(view.end, at + LINE_BYTES));
  if (feedAt < 0) return view.end - at < LINE_BYTES && !view.full ? 0 : loseTrack(view, at, facts);
  const isEmpty = feedAt === at || (feedAt === at + 1 && view.bytes[at] === 13);
  if (isEmpty) view.memo['mode'] = 'head';
  return feedAt + 1 - at;
};

/** Message boundaries are lost: the next segment that begins with a head finds them again. */
function loseTrack(view: StreamView, at: number, facts: Facts): number {
  finishBody(view, false, facts);
  view.memo['mode'] = 'head';
  return view.end - at;
}

export const BODY_STEPS: Readonly<Record<BodyMode, Step>> = {
  length: readLength,
  close: readToClose,
  chunk: readChunk,
  data: readData,
  'data-end': readDataEnd,
  trailer: readTrailer,
};

/** Bodies without end that are sequences of messages, one behind each (empty) line. */
const LINE_TYPES = ['text/event-stream', 'ndjson', 'jsonl', 'json-seq', 'stream+json'];

/** Events that are complete are reported at once: their body may never end. */
function tellLines(view: StreamView, facts: Facts): void {
  const type = textIn(view.memo, 'type').toLowerCase();
  if (codingsIn(textIn(view.memo, 'coding')).length > 0 || !LINE_TYPES.some((word) => type.includes(word))) return;
  const body = view.joiner().head(BODY);
  if (body.length === 0 || body.at(-1) !== 10) return;
  endBody(view, true, facts);
  view.memo['look'] = 'begin';
}
