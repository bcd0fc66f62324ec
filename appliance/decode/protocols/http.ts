// HTTP/1 heads (RFC 9112): request or status line and header fields, at the start of a segment or stream head.
// RTSP, SSDP and SIP share the form; rtsp.ts and ssdp.ts read theirs through `decodeTextHead`.

import { indexOfByte, isAsciiLine, startsWith, textAt } from '../octets.ts';
import { HeadFields } from './head-fields.ts';

export interface TextHead {
  readonly kind: 'request' | 'response';
  /** Requests; empty in responses. */
  readonly method: string;
  /** Requests: at most 2 KiB. */
  readonly target: string;
  /** `HTTP/1.1`. */
  readonly version: string;
  /** Responses; 0 in requests. */
  readonly status: number;
  /** Valid until the next head is read. */
  readonly fields: HeadFields;
  /** Length of the head with its empty line: the body begins there. Where the head did not end, all there is. */
  readonly headBytes: number;
  /** No empty line was seen within the cap. */
  readonly truncated: boolean;
}

/** A head longer than this is an attack or not HTTP: what was read is kept, marked truncated. */
export const HEAD_LIMIT_BYTES = 16384;
/** Bytes of a request target that are kept; the rest is cut. */
const TARGET_LIMIT = 2048;
/** Letters of a method; the longest known has thirteen. */
const LONGEST_WORD = 16;

const METHODS = new Set(
  (
    'GET POST PUT HEAD DELETE OPTIONS PATCH CONNECT TRACE NOTIFY SUBSCRIBE UNSUBSCRIBE PROPFIND PROPPATCH ' +
    'MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH M-SEARCH PRI'
  ).split(' '),
);

/** Of the current head: heads are many, and each is done with before the next is read. */
const fields = new HeadFields();

/** `undefined` where the bytes do not start an HTTP/1 message. */
export function decodeHttp(bytes: Uint8Array, start: number, end: number): TextHead | undefined {
  return decodeTextHead(bytes, start, end, 'HTTP/', METHODS);
}

/** A head whose version begins with `protocol` and whose method is in `methods`. */
export function decodeTextHead(
  bytes: Uint8Array,
  start: number,
  end: number,
  protocol: string,
  methods: ReadonlySet<string>,
): TextHead | undefined {
  if (end - start < 8 || !mayBeStartLine(bytes, start, end)) return undefined;
  const limit = Math.min(end, start + HEAD_LIMIT_BYTES);
  const lineEnd = lineEndAt(bytes, start, limit);
  const line = startLine(bytes, start, lineEnd, protocol, methods);
  if (line === undefined) return undefined;
  const bodyAt = fields.read(bytes, lineEnd.next, limit);
  const { kind, method, target, version, status } = line;
  const headBytes = (bodyAt < 0 ? end : bodyAt) - start;
  return { kind, method, target, version, status, fields, headBytes, truncated: bodyAt < 0 };
}

/** Whether an HTTP/1 message begins here: the start line alone, for asking often. */
export function startsHttp(bytes: Uint8Array, start: number, end: number): boolean {
  return startsTextHead(bytes, start, end, 'HTTP/', METHODS);
}

/** The same for the protocols of the same form. */
export function startsTextHead(
  bytes: Uint8Array,
  start: number,
  end: number,
  protocol: string,
  methods: ReadonlySet<string>,
): boolean {
  if (end - start < 8 || !mayBeStartLine(bytes, start, end)) return false;
  const lineEnd = lineEndAt(bytes, start, Math.min(end, start + HEAD_LIMIT_BYTES));
  return startLine(bytes, start, lineEnd, protocol, methods) !== undefined;
}

function startLine(
  bytes: Uint8Array,
  start: number,
  lineEnd: LineEnd,
  protocol: string,
  methods: ReadonlySet<string>,
): StartLine | undefined {
  if (startsWith(bytes, start, lineEnd.at, protocol)) return statusLine(bytes, start, lineEnd.at);
  return requestLine(bytes, start, lineEnd, protocol, methods);
}

/** A word in capitals (a method or a protocol's name) and then a blank or a slash: most payload ends here, before a line is looked for. */
function mayBeStartLine(bytes: Uint8Array, start: number, end: number): boolean {
  const stop = Math.min(end, start + LONGEST_WORD + 1);
  for (let at = start; at < stop; at++) {
    const byte = bytes[at]!;
    if ((byte >= 0x41 && byte <= 0x5a) || ((byte === 0x2d || byte === 0x5f) && at > start)) continue;
    return at > start && (byte === 32 || byte === 0x2f);
  }
  return false;
}

interface LineEnd {
  /** Behind the last character of the line. */
  readonly at: number;
  /** Start of the next line. */
  readonly next: number;
  readonly whole: boolean;
}

/** A line ends with LF, a CR before it is dropped (RFC 9112 §2.2). */
function lineEndAt(bytes: Uint8Array, start: number, end: number): LineEnd {
  const feed = indexOfByte(bytes, 10, start, end);
  if (feed < 0) return { at: end, next: end, whole: false };
  return { at: feed > start && bytes[feed - 1] === 13 ? feed - 1 : feed, next: feed + 1, whole: true };
}

type StartLine = Pick<TextHead, 'kind' | 'method' | 'target' | 'version' | 'status'>;

/** RFC 9112 §4: `HTTP/1.1 200 OK`. */
function statusLine(bytes: Uint8Array, start: number, end: number): StartLine | undefined {
  const space = indexOfByte(bytes, 32, start, end);
  if (space < 0 || space - start > 10) return undefined;
  let status = 0;
  for (let i = 1; i <= 3; i++) {
    const digit = (bytes[space + i] ?? 0) - 48;
    if (space + i >= end || digit < 0 || digit > 9) return undefined;
    status = status * 10 + digit;
  }
  return { kind: 'response', method: '', target: '', version: textAt(bytes, start, space), status };
}

/** RFC 9112 §3: method, target, version; a line cut by the capture may lack the version. */
function requestLine(
  bytes: Uint8Array,
  start: number,
  lineEnd: LineEnd,
  protocol: string,
  methods: ReadonlySet<string>,
): StartLine | undefined {
  const space = indexOfByte(bytes, 32, start, lineEnd.at);
  if (space < 0 || space - start > LONGEST_WORD) return undefined;
  const method = textAt(bytes, start, space);
  if (!methods.has(method)) return undefined;
  const last = lastSpace(bytes, space + 1, lineEnd.at);
  const versioned = last > 0 && startsWith(bytes, last + 1, lineEnd.at, protocol);
  if (!versioned && lineEnd.whole) return undefined;
  if (!versioned && !isAsciiLine(bytes, start, lineEnd.at)) return undefined;
  const target = textAt(bytes, space + 1, versioned ? last : lineEnd.at, TARGET_LIMIT);
  return {
    kind: 'request',
    method,
    target,
    version: versioned ? textAt(bytes, last + 1, lineEnd.at, 16) : '',
    status: 0,
  };
}

function lastSpace(bytes: Uint8Array, start: number, end: number): number {
  for (let at = end - 1; at >= start; at--) if (bytes[at] === 32) return at;
  return -1;
}

/** First value of a field; `name` in lower case. */
export function fieldValue(head: TextHead, name: string): string | undefined {
  return head.fields.find(name);
}
