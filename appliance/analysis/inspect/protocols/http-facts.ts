// What an HTTP message tells: tables, names of the far end, traits of the device, findings. Called by http.ts, which
// knows where messages begin and end.

import { textAt } from '../../../decode/octets.ts';
import { fieldValue, type TextHead } from '../../../decode/protocols/http.ts';
import { printable } from '../../../model/text.ts';
import {
  inspectAuthorization,
  inspectBody,
  inspectCookie,
  inspectField,
  inspectTarget,
  isUpdatePath,
  type Place,
  requestChannel,
} from '../cleartext.ts';
import type { Facts, StreamView } from '../facts.ts';
import type { Field } from '../fields.ts';
import { gunzipHead } from '../inflate.ts';
import { deviceOf, isLocalAddress } from '../local-address.ts';
import { declaredMedia, type MediaFacts, sniffMedia } from '../media.ts';
import { report } from '../rules.ts';

/** Tells a request; gives its channel, the words under which its findings and those of its answer stand. */
export function tellRequest(head: TextHead, view: StreamView, facts: Facts): string {
  const host = fieldValue(head, 'host') ?? '';
  const channel = requestChannel(head.method, host, head.target);
  const place: Place = { device: deviceOf(view), channel, group: printable(host, 80) };
  facts.count('http.methods', head.method);
  facts.count('http.requests', channel);
  if (host !== '') tellHost(host, facts);
  tellType(head, facts);
  tellAgent(head, place, facts);
  inspectTarget(facts, place, head.target);
  for (let i = 0; i < head.fields.length; i++) inspectHeaderField(facts, place, head.fields.name(i), head, i);
  if (!isLocalAddress(view.destinationIp())) tellInternet(head, host, place, facts);
  return channel;
}

function tellHost(host: string, facts: Facts): void {
  facts.count('http.hosts', host);
  const colon = host.lastIndexOf(':');
  const name = colon > 0 ? host.slice(0, colon) : host;
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
function tellInternet(head: TextHead, host: string, place: Place, facts: Facts): void {
  const shown = printable(host, 80);
  report(facts, 'CLR-01', { device: place.device, subject: shown, excerpt: place.channel });
  if (head.method === 'GET' && isUpdatePath(head.target)) {
    report(facts, 'CLR-02', { device: place.device, subject: `${shown} update`, excerpt: place.channel });
  }
}

/** Tells a response's head. */
export function tellResponse(head: TextHead, view: StreamView, facts: Facts): void {
  tellType(head, facts);
  const server = fieldValue(head, 'server');
  const local = isLocalAddress(view.sourceIp());
  if (local && server !== undefined && server !== '') facts.trait(view.sourceMac(), 'http_server', server);
  const cookie = fieldValue(head, 'set-cookie');
  const place: Place = { device: deviceOf(view), channel: 'Set-Cookie', group: `Set-Cookie ${view.sourceIp()}` };
  if (cookie !== undefined) inspectCookie(facts, place, cookie);
}

/** Where a body was seen and what its head says of it. */
export interface BodyPlace extends Place {
  readonly contentType: string;
  readonly contentCoding: string;
  /** Bytes of the whole body, where its head says. */
  readonly size: number | undefined;
  /** Sent by a host on the Internet: what the device fetched, not what it gave away. */
  readonly fetched: boolean;
}

/** The first bytes of a body: media and compression for the verdict, fields for the findings. */
export function tellBody(bytes: Uint8Array, start: number, end: number, place: BodyPlace, facts: Facts): void {
  const declared = declaredMedia(place.contentType, place.contentCoding);
  const sniffed = sniffMedia(bytes, start, end);
  if (declared !== undefined) facts.mark(declared);
  if (sniffed !== undefined) facts.mark(sniffed.mark);
  const mark = sniffed?.mark ?? declared;
  if (mark?.startsWith('media:') === true) return tellMedia(mark, sniffed, place, facts);
  const plain = gunzipHead(bytes, start, end);
  if (plain !== undefined) facts.unpacked(plain, 0, plain.length, 'gzip');
  const text = plain === undefined ? readableText(bytes, start, end) : readableText(plain, 0, plain.length);
  if (text !== undefined) tellFields(inspectBody(facts, place, place.contentType, text), place, facts);
  else if (sniffed === undefined && declared === undefined) facts.mark('body:binary');
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

const TEXT_WINDOW = 8192;

/** UTF-8 text, where at most one byte in 32 is a control character. */
function readableText(bytes: Uint8Array, start: number, end: number): string | undefined {
  const stop = Math.min(end, start + TEXT_WINDOW);
  let odd = 0;
  for (let at = start; at < stop; at++) {
    const byte = bytes[at]!;
    if ((byte < 32 && byte !== 9 && byte !== 10 && byte !== 13) || byte === 127) odd++;
  }
  return stop > start && odd * 32 <= stop - start ? textAt(bytes, start, stop, TEXT_WINDOW) : undefined;
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
