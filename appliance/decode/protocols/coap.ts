// CoAP over UDP (RFC 7252 §3) and over TCP (RFC 8323 §3): method or status, path, query, format.
import { hexAt, textAt, u16, u32 } from '../octets.ts';

/** A message over TCP needs no confirmation. */
type CoapType = 'confirmable' | 'non-confirmable' | 'acknowledgement' | 'reset' | 'reliable';

export interface CoapFacts {
  readonly type: CoapType;
  /** `GET`, or for answers `2.05`; `0.00` for an empty message. */
  readonly code: string;
  readonly request: boolean;
  readonly host: string | undefined;
  /** Segments of Uri-Path joined, with a leading slash; empty where there is none. */
  readonly path: string;
  readonly query: readonly string[];
  /** Distinguishes answers of one client; hexadecimal. */
  readonly token: string;
  /** Part of a request's body (RFC 7959 §2.1), of an answer's. */
  readonly block1: CoapBlock | undefined;
  readonly block2: CoapBlock | undefined;
  /** Where the payload lies from the message's start; equal where there is none. */
  readonly payloadFrom: number;
  readonly payloadTo: number;
  readonly truncated: boolean;
}

/** RFC 7959 §2.2. */
export interface CoapBlock {
  /** Of the block's first byte in the body. */
  readonly offset: number;
  /** Bytes of each block but the last. */
  readonly size: number;
  readonly more: boolean;
}

const TYPES = ['confirmable', 'non-confirmable', 'acknowledgement', 'reset'] as const;
const METHODS: readonly string[] = ['0.00', 'GET', 'POST', 'PUT', 'DELETE', 'FETCH', 'PATCH', 'iPATCH'];
const OPTION = { uriHost: 3, uriPath: 11, uriQuery: 15, block2: 23, block1: 27 } as const;
/** Of one message; further ones are passed over up to the payload, which they must not hide, and it is marked as truncated. */
const MAX_OPTIONS = 64;
/** RFC 7252 §12.2 and later registrations reach 2,053 and a few experimental numbers. */
const HIGHEST_OPTION = 65535;

/** `undefined` where version, code class or option coding are not CoAP's. */
export function decodeCoap(bytes: Uint8Array, start: number, end: number): CoapFacts | undefined {
  if (end - start < 4) return undefined;
  const first = bytes[start]!;
  const tokenLength = first & 15;
  const code = bytes[start + 1]!;
  if (first >> 6 !== 1 || tokenLength > 8 || !isCode(code) || start + 4 + tokenLength > end) return undefined;
  if (code === 0 && (tokenLength !== 0 || end - start !== 4)) return undefined;
  return messageOf(TYPES[(first >> 4) & 3] ?? 'reset', code, bytes, start, start + 4, tokenLength, end);
}

export interface CoapFrame {
  readonly message: CoapFacts;
  /** Its length, perhaps more than what is there: then options and payload are cut. */
  readonly bytes: number;
}

/**
 * A message of a stream (RFC 8323 §3.2): bytes of options and payload, extended like an option's length, and the length of the
 * token in the first byte. `undefined` where code class or option coding are not CoAP's, `more` where its head is not there yet.
 */
export function decodeCoapFrame(bytes: Uint8Array, start: number, end: number): CoapFrame | 'more' | undefined {
  if (end - start < 2) return 'more';
  const tokenLength = bytes[start]! & 15;
  const length = frameLength(bytes, start);
  const token = length.next + 1;
  if (tokenLength > 8) return undefined;
  if (token + tokenLength > end) return 'more';
  const code = bytes[length.next]!;
  const next = token + tokenLength + length.value;
  if (!isCode(code) && !isSignal(code)) return undefined;
  if (code === CAPABILITIES && next > end) return 'more';
  const message = messageOf('reliable', code, bytes, start, token, tokenLength, Math.min(end, next));
  if (message === undefined) return next > end ? 'more' : undefined;
  if (code === CAPABILITIES && !isSettings(bytes, token + tokenLength, next)) return undefined;
  return { message, bytes: next - start };
}

/** RFC 8323 §3.2: 13, 14 and 15 stand for one, two and four more bytes. */
function frameLength(bytes: Uint8Array, start: number): { value: number; next: number } {
  const nibble = bytes[start]! >> 4;
  return nibble < 15 ? extended(bytes, start + 1, nibble) : { value: u32(bytes, start + 1) + 65_805, next: start + 5 };
}

const CAPABILITIES = 0xe1;
/** Of capabilities and settings numbers up to 6 are registered, for sizes in a few bytes (RFC 8323 §11.2, RFC 8974 §6). */
const HIGHEST_SETTING = 6;
const LONGEST_SETTING = 4;

function isSettings(bytes: Uint8Array, start: number, end: number): boolean {
  let number = 0;
  for (let at = start; at < end; at += 1 + (bytes[at]! & 15)) {
    number += bytes[at]! >> 4;
    if (number === 0 || number > HIGHEST_SETTING || (bytes[at]! & 15) > LONGEST_SETTING) return false;
  }
  return true;
}

/** RFC 8323 §5: 7.01 capabilities and settings, 7.02 and 7.03 ping and pong, 7.04 release, 7.05 abort. */
function isSignal(code: number): boolean {
  return code > 0xe0 && code < 0xe6;
}

function messageOf(
  type: CoapType,
  code: number,
  bytes: Uint8Array,
  start: number,
  token: number,
  tokenLength: number,
  end: number,
): CoapFacts | undefined {
  const options = readOptions(bytes, token + tokenLength, end, type === 'reliable');
  if (options === undefined) return undefined;
  return {
    type,
    code: code < 8 ? METHODS[code]! : `${code >> 5}.${String(code & 31).padStart(2, '0')}`,
    request: code > 0 && code < 8,
    host: options.host,
    path: options.path,
    query: options.query,
    token: hexAt(bytes, token, token + tokenLength),
    block1: options.block1,
    block2: options.block2,
    payloadFrom: options.next - start,
    payloadTo: end - start,
    truncated: options.truncated,
  };
}

/** §12.1: methods 0.01 to 0.07, answers 2.xx, 4.xx, 5.xx, signals 7.xx. */
function isCode(code: number): boolean {
  const kind = code >> 5;
  return code < 8 || ((kind === 2 || kind === 4 || kind === 5) && (code & 31) < 32);
}

interface Options {
  host: string | undefined;
  path: string;
  query: string[];
  block1: CoapBlock | undefined;
  block2: CoapBlock | undefined;
  next: number;
  truncated: boolean;
}

/** §3.1: delta and length nibbles, 13 and 14 extend them, 15 is the payload marker. */
function readOptions(bytes: Uint8Array, start: number, end: number, isStream: boolean): Options | undefined {
  const options: Options = {
    host: undefined,
    path: '',
    query: [],
    block1: undefined,
    block2: undefined,
    next: end,
    truncated: false,
  };
  let at = start;
  let number = 0;
  for (let count = 0; at < end; count++) {
    const nibbles = bytes[at]!;
    if (nibbles === 0xff) return { ...options, next: at + 1 };
    const delta = extended(bytes, at + 1, nibbles >> 4);
    const length = extended(bytes, delta.next, nibbles & 15);
    number += delta.value;
    if (delta.value < 0 || length.value < 0 || number > HIGHEST_OPTION) return undefined;
    at = length.next + length.value;
    if (at > end) return count === 0 ? undefined : { ...options, truncated: true };
    if (count >= MAX_OPTIONS) options.truncated = true;
    else if (number === OPTION.block1) options.block1 = blockAt(bytes, length.next, at, isStream);
    else if (number === OPTION.block2) options.block2 = blockAt(bytes, length.next, at, isStream);
    else noteOption(options, number, textAt(bytes, length.next, at));
  }
  return options;
}

function extended(bytes: Uint8Array, at: number, nibble: number): { value: number; next: number } {
  if (nibble < 13) return { value: nibble, next: at };
  if (nibble === 13) return { value: (bytes[at] ?? 0) + 13, next: at + 1 };
  return nibble === 14 ? { value: u16(bytes, at) + 269, next: at + 2 } : { value: -1, next: at };
}

const LARGEST_SIZE = 7;

/** Number, a bit for more, three bits of size: 2^(4 + size) bytes; 7 are several blocks of 1,024 in a stream (RFC 8323 §6). */
function blockAt(bytes: Uint8Array, at: number, end: number, isStream: boolean): CoapBlock | undefined {
  if (end - at > 3) return undefined;
  let value = 0;
  for (let i = at; i < end; i++) value = value * 256 + bytes[i]!;
  const kind = value & LARGEST_SIZE;
  if (kind === LARGEST_SIZE && !isStream) return undefined;
  const size = kind === LARGEST_SIZE ? 1024 : 16 << kind;
  return { offset: (value >> 4) * size, size, more: (value & 8) !== 0 };
}

function noteOption(options: Options, number: number, text: string): void {
  if (number === OPTION.uriHost) options.host = text;
  if (number === OPTION.uriPath) options.path += `/${text}`;
  if (number === OPTION.uriQuery) options.query.push(text);
}
