// The facts of an HTTP message: tables, names of the far end, traits of the device, findings. Called by http.ts, which
// knows where messages begin and end.

import { textAt } from '../../../decode/octets.ts';
import { fieldValue, type TextHead } from '../../../decode/protocols/http.ts';
import { splitAuthority } from '../../../model/host-name.ts';
import { printable } from '../../../model/text.ts';
import { headParts, jsonKeys, peerName, signText } from '../../platforms/sign.ts';
import {
  inspectAuthorization,
  inspectBody,
  inspectCookie,
  inspectField,
  inspectTarget,
  inspectUserinfo,
  isUpdatePath,
  type Place,
  requestChannel,
} from '../cleartext.ts';
import type { Facts, StreamView } from '../facts.ts';
import type { Field } from '../fields/field.ts';
import { deviceOf } from '../local-address.ts';
import { declaredMedia, type MediaFacts, sniffMedia } from '../media.ts';
import { report } from '../report.ts';
import { MESSAGE_BYTES } from '../streams/message-joiner.ts';
import { looksPacked, type PlainBody, unpackBody } from '../streams/unpack.ts';
import { requestTarget } from './request-target.ts';

/** The words under which the findings of a request and those of its answer are reported. */
export interface RequestWords {
  readonly channel: string;
  readonly group: string;
}

/** Reports a request; returns its words. */
export function tellRequest(head: TextHead, view: StreamView, facts: Facts): RequestWords {
  const { authority: host, path, userinfo } = requestTarget(head);
  const channel = requestChannel(head.method, host, path);
  const group = printable(host, 80);
  const place: Place = { device: deviceOf(view), channel, group };
  facts.count('http.methods', head.method);
  facts.count('http.requests', channel);
  if (host !== '') tellHost(host, facts);
  tellType(head, facts);
  tellAgent(head, place, facts);
  if (userinfo !== '') inspectUserinfo(facts, place, userinfo);
  inspectTarget(facts, place, path);
  for (let i = 0; i < head.fields.length; i++) inspectHeaderField(facts, place, head.fields.name(i), head, i);
  signRequest(head, host, view, facts);
  if (!view.isDestinationHome()) tellInternet(head, { host, path }, place, facts);
  return { channel, group };
}

function tellHost(host: string, facts: Facts): void {
  facts.count('http.hosts', host);
  const name = splitAuthority(host).host;
  if (!isAddressLiteral(name)) facts.name(name, 'host');
}

function isAddressLiteral(name: string): boolean {
  return name.startsWith('[') || /^[0-9.]+$/.test(name);
}

function tellType(head: TextHead, facts: Facts): void {
  const type = fieldValue(head, 'content-type');
  if (type !== undefined) facts.count('http.content_types', type);
}

function tellAgent(head: TextHead, place: Place, facts: Facts): void {
  const agent = fieldValue(head, 'user-agent');
  if (agent === undefined || agent === '') return;
  facts.count('http.user_agents', agent);
  facts.trait(place.device, 'user_agent', agent);
}

/** Fields that every client sends and that name nobody. */
const COMMON_FIELDS = new Set(
  'host user-agent accept accept-encoding accept-language connection content-length content-type cache-control pragma'.split(
    ' ',
  ),
);

function inspectHeaderField(facts: Facts, place: Place, name: string, { fields }: TextHead, index: number): void {
  if (COMMON_FIELDS.has(name)) return;
  const value = fields.value(index);
  if (name === 'authorization' || name === 'proxy-authorization') inspectAuthorization(facts, place, value);
  else if (name === 'cookie') inspectCookie(facts, place, value);
  else inspectField(facts, place, name, value);
}

/** Plain HTTP that leaves the home. */
function tellInternet(
  head: TextHead,
  { host, path }: { host: string; path: string },
  place: Place,
  facts: Facts,
): void {
  const shown = printable(host, 80);
  report(facts, 'CLR-01', { device: place.device, subject: shown, excerpt: place.channel });
  if (head.method === 'GET' && isUpdatePath(path)) {
    report(facts, 'CLR-02', { device: place.device, subject: `${shown} update`, excerpt: place.channel });
  }
}

/** Reports a response's head. `host` was asked; empty where the request was not seen. */
export function tellResponse(head: TextHead, host: string, view: StreamView, facts: Facts): void {
  tellType(head, facts);
  signAnswer(head, host, view, facts);
  const server = fieldValue(head, 'server');
  const local = view.isSourceHome();
  if (local && server !== undefined && server !== '') facts.trait(view.sourceMac(), 'http_server', server);
  const cookie = fieldValue(head, 'set-cookie');
  const place: Place = { device: deviceOf(view), channel: 'Set-Cookie', group: `Set-Cookie ${view.sourceIp()}` };
  if (cookie !== undefined) inspectCookie(facts, place, cookie);
}

/** For the platform rules: the kinds of fields that a device sends to a host. */
function signRequest(head: TextHead, host: string, view: StreamView, facts: Facts): void {
  if (!view.isSourceHome()) return;
  const parts = headParts(head);
  if (parts.length === 0) return;
  const peer = peerName(host, view.destinationIp(), view.destinationPort);
  facts.sign(view.sourceMac(), 'sign', signText(peer, 'request', parts));
}

/** The same of an answer: about the device that answers, or about the one that asked `host` on the Internet. */
function signAnswer(head: TextHead, host: string, view: StreamView, facts: Facts): void {
  const parts = headParts(head);
  if (parts.length > 0) facts.sign(deviceOf(view), 'sign', signText(answerPeer(host, view), 'answer', parts));
}

/** Far end of an answer; empty where the device itself answers. */
function answerPeer(host: string, view: StreamView): string {
  return view.isSourceHome() ? '' : peerName(host, view.sourceIp(), view.sourcePort);
}

/** Under which word and far end the names of a body's JSON fields are noted. */
export function bodySign(isAnswer: boolean, host: string, view: StreamView): BodyPlace['sign'] {
  if (isAnswer) return { word: 'answer-json', peer: answerPeer(host, view) };
  return { word: 'request-json', peer: peerName(host, view.destinationIp(), view.destinationPort) };
}

/** Where a body was seen and what its head says of it. */
export interface BodyPlace extends Place {
  readonly contentType: string;
  /** In the order in which they were applied. */
  readonly codings: readonly string[];
  /** Bytes of the whole body, where its head says. */
  readonly size: number | undefined;
  /** Sent by a host on the Internet: what the device fetched, not what it gave away. */
  readonly fetched: boolean;
  /** It came in several chunks. */
  readonly joined: boolean;
  /** For the platform rules: whose message it is, and the far end. */
  readonly sign: { readonly word: 'request-json' | 'answer-json'; readonly peer: string };
}

/** Whether more than the first bytes of a body is to be put together: text and what is packed, no pictures. */
export function isWorthWhole(head: Uint8Array, place: BodyPlace): boolean {
  const mark = sniffMedia(head, 0, head.length)?.mark ?? declaredMedia(place.contentType, place.codings.join(','));
  if (mark !== undefined) return mark.startsWith('compressed:');
  return isReadable(head, 0, head.length) || looksPacked(head, 0, head.length);
}

/**
 * What a body holds: media and compression for the verdict, fields for the findings. True where that is all there is to say,
 * whether or not more of it follows: of pictures and binary data nothing more is looked for.
 */
export function tellBody(bytes: Uint8Array, start: number, end: number, place: BodyPlace, facts: Facts): boolean {
  const declared = declaredMedia(place.contentType, place.codings.at(-1) ?? '');
  const sniffed = sniffMedia(bytes, start, end);
  if (declared !== undefined) facts.mark(declared);
  if (sniffed !== undefined) facts.mark(sniffed.mark);
  const mark = sniffed?.mark ?? declared;
  if (mark?.startsWith('media:') === true) {
    tellMedia(mark, sniffed, place, facts);
    return true;
  }
  const plain = unpackBody(bytes, start, end, place.codings, facts.unpackBudget);
  if (plain !== undefined && 'locked' in plain) {
    facts.cut();
    return true;
  }
  if (plain !== undefined) return tellUnpacked(plain, place, facts);
  if (place.joined) facts.unpacked(bytes, start, end, 'chunks');
  if (tellText(bytes, start, end, place, facts)) return false;
  if (sniffed === undefined && declared === undefined) facts.mark('body:binary');
  return true;
}

function tellUnpacked({ bytes, whole, how }: PlainBody, place: BodyPlace, facts: Facts): boolean {
  facts.unpacked(bytes, 0, bytes.length, how);
  const media = sniffMedia(bytes, 0, bytes.length);
  if (media?.mark.startsWith('media:') === true) {
    tellMedia(media.mark, media, place, facts);
    return true;
  }
  const isText = tellText(bytes, 0, bytes.length, place, facts);
  if (!whole && (isText || bytes.length === 0)) facts.cut();
  return true;
}

/** False where it is no text. */
function tellText(bytes: Uint8Array, start: number, end: number, place: BodyPlace, facts: Facts): boolean {
  const text = readableText(bytes, start, end);
  if (text === undefined) return false;
  const keys = jsonKeys(text);
  if (keys.length > 0) facts.sign(place.device, 'sign', signText(place.sign.peer, place.sign.word, keys));
  if (place.contentType.toLowerCase().includes('event-stream')) inspectBody(facts, place, '', eventData(text));
  else tellFields(inspectBody(facts, place, place.contentType, text), place, facts);
  return true;
}

/** The `data` lines of server-sent events (WHATWG HTML §9.2.6). */
function eventData(text: string): string {
  const lines = text.split('\n').filter((line) => line.startsWith('data:'));
  return lines.map((line) => line.slice(5).trim()).join('\n');
}

function tellMedia(mark: string, media: MediaFacts | undefined, place: BodyPlace, facts: Facts): void {
  const kind = printable(mark.slice(6), 16);
  const size = media?.width === undefined ? '' : `, ${media.width} × ${media.height}`;
  const bytes = place.size === undefined ? '' : `, ${place.size} bytes`;
  report(facts, 'CLR-03', {
    device: place.device,
    subject: `${place.group ?? place.channel} ${kind}${place.fetched ? ' fetched' : ''}`,
    severity: place.fetched ? 'low' : 'high',
    excerpt: `${place.channel}: ${kind}${size}${bytes}`,
    // A declared type without its magic may be anything; small icons are pictures too.
    confidence: media === undefined ? 0.6 : 0.95,
  });
}

/** UTF-8 text, where at most one byte in 32 is a control character. */
function readableText(bytes: Uint8Array, start: number, end: number): string | undefined {
  const stop = Math.min(end, start + MESSAGE_BYTES);
  return isReadable(bytes, start, stop) ? textAt(bytes, start, stop, MESSAGE_BYTES) : undefined;
}

function isReadable(bytes: Uint8Array, start: number, stop: number): boolean {
  const most = (stop - start) >> 5;
  let odd = 0;
  for (let at = start; at < stop; at++) {
    const byte = bytes[at]!;
    if ((byte < 32 && byte !== 9 && byte !== 10 && byte !== 13) || byte === 127) {
      if (++odd > most) return false;
    }
  }
  return stop > start;
}

/** UPnP device description (UDA 1.1 §2.3): the words by which a device introduces itself. */
const DESCRIPTION_TRAITS: ReadonlyMap<string, string> = new Map([
  ['friendlyname', 'upnp_name'],
  ['manufacturer', 'upnp_manufacturer'],
  ['modelname', 'upnp_model'],
  ['modelnumber', 'upnp_model_number'],
]);

function tellFields(fields: readonly Field[], place: BodyPlace, facts: Facts): void {
  if (!place.contentType.toLowerCase().includes('xml')) return;
  for (const { key, value } of fields) {
    const kind = DESCRIPTION_TRAITS.get(key.toLowerCase());
    if (kind !== undefined) facts.trait(place.device, kind, value);
  }
}
