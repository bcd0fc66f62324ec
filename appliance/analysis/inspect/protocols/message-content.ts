// What a message holds whose protocol says nothing of its content: MQTT, CoAP, WebSocket. Packed and Base64 content is as readable
// as plain; some makers put a few bytes of their own before JSON.

import { textAt } from '../../../decode/octets.ts';
import { jsonKeys, signText } from '../../platforms/sign.ts';
import { inspectBody, type Place } from '../cleartext.ts';
import type { Facts } from '../facts.ts';
import { sniffMedia } from '../media.ts';
import { report } from '../report.ts';
import { MESSAGE_BYTES } from '../streams/message-joiner.ts';
import { unpackBody } from '../streams/unpack.ts';

/** Where a message was seen. */
export interface MessagePlace extends Place {
  /** For the platform rules: the far end under which names of JSON fields are noted. */
  readonly signPeer?: string;
}

/** Media, compression and fields of [from, to). */
export function tellContent(bytes: Uint8Array, from: number, to: number, place: MessagePlace, facts: Facts): void {
  const stop = Math.min(to, from + MESSAGE_BYTES);
  if (stop <= from) return;
  const mark = sniffMedia(bytes, from, to)?.mark;
  if (mark !== undefined) facts.mark(mark);
  if (mark?.startsWith('media:') === true) {
    const excerpt = `${place.channel}: ${mark.slice(6)}`;
    return report(facts, 'CLR-03', { device: place.device, subject: place.channel, excerpt });
  }
  if (!tellPacked(bytes, from, stop, mark, place, facts)) tellText(bytes, from, stop, place, facts);
}

/** Judged by first bytes; those of zlib are two, so that its end must be right as well. */
function tellPacked(
  bytes: Uint8Array,
  from: number,
  to: number,
  mark: string | undefined,
  place: MessagePlace,
  facts: Facts,
): boolean {
  const plain = unpackBody(bytes, from, to, [], facts.unpackBudget);
  if (plain === undefined || 'locked' in plain || (mark === undefined && !plain.whole)) return false;
  if (mark === undefined) facts.mark(`compressed:${plain.how}`);
  facts.unpacked(plain.bytes, 0, plain.bytes.length, plain.how);
  tellText(plain.bytes, 0, plain.bytes.length, place, facts);
  if (!plain.whole) facts.cut();
  return true;
}

function tellText(bytes: Uint8Array, from: number, to: number, place: MessagePlace, facts: Facts): void {
  const at = isStructured(bytes[from]) ? from : jsonBehindHeader(bytes, from, to);
  const text = at < 0 ? base64Text(bytes, from, to) : textAt(bytes, at, to, MESSAGE_BYTES);
  if (text === undefined) return;
  if (place.signPeer !== undefined) tellKeys(text, place.device, place.signPeer, facts);
  inspectBody(facts, place, '', text);
}

function tellKeys(text: string, device: string, peer: string, facts: Facts): void {
  const keys = jsonKeys(text);
  if (keys.length > 0) facts.sign(device, 'sign', signText(peer, 'message-json', keys));
}

/** JSON or XML by its first character. */
function isStructured(byte: number | undefined): boolean {
  return byte === 0x7b || byte === 0x5b || byte === 0x3c;
}

const LEAST_BASE64 = 24;
const BASE64 = /^[A-Za-z0-9+/_-]{24,}={0,2}\s*$/;

/** Structured text under Base64 (RFC 4648). */
function base64Text(bytes: Uint8Array, from: number, to: number): string | undefined {
  // `{"`, `[{` and `<` begin with these letters.
  if (to - from < LEAST_BASE64 || !'eWPK'.includes(String.fromCharCode(bytes[from]!))) return undefined;
  const encoded = textAt(bytes, from, to, MESSAGE_BYTES);
  const plain = BASE64.test(encoded) ? Buffer.from(encoded, 'base64') : undefined;
  return plain !== undefined && isStructured(plain[0]) ? plain.toString('utf8') : undefined;
}

/** Longest header of a maker's own that is looked behind. */
const HEADER_BYTES = 24;
/** So many letters of JSON are no accident. */
const LEAST_JSON = 16;

/** Where an object begins with a name behind a few other bytes; -1 where none does. */
export function jsonBehindHeader(bytes: Uint8Array, from: number, to: number): number {
  const stop = Math.min(to - LEAST_JSON, from + HEADER_BYTES);
  for (let at = from + 1; at <= stop; at++) {
    if (bytes[at] === 0x7b && bytes[at + 1] === 0x22 && isAscii(bytes, at, at + LEAST_JSON)) return at;
  }
  return -1;
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte > 0x7e || (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13)) return false;
  }
  return true;
}
