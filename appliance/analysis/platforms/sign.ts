// What inspectors note of a message for the platform rules beyond the tables that are counted anyway: heads of HTTP without
// what is private or changes, names of JSON fields, hellos, certificates, first bytes of what nobody reads. A sign is a text of
// its device and far end; the rules are asked when a document is rendered, so that better rules hold for old captures as well.

import type { TextHead } from '../../decode/protocols/http.ts';
import { foldHostName, splitAuthority } from '../../model/host-name.ts';
import { looksLikeKey } from '../inspect/mask.ts';

/** Kinds of traits (inspect/facts.ts) under which signs are kept: each has room of its own in a sum over weeks. */
export const SIGN_TRAITS = ['sign', 'sign_payload'] as const;
export type SignTrait = (typeof SIGN_TRAITS)[number];

/** What a sign is about; the rest of its text follows behind tabs. */
export type SignWord =
  | 'request'
  | 'answer'
  | 'request-json'
  | 'answer-json'
  | 'message-json'
  | 'hello'
  | 'certificate'
  | 'payload';

/** Characters of a sign; a longer one is cut at the end of a word. */
export const SIGN_CHARACTERS = 400;
/** Of one device in one segment or file, of each kind of trait. */
export const MAX_SIGNS = 256;
/** Characters of a name of a field and of a value. */
const WORD_CHARACTERS = 64;
/** Different names of fields taken from one JSON text, at any depth; those that come later are left out. */
const MAX_KEYS = 40;
/** Characters of JSON that are looked through for names of fields. */
const JSON_CHARACTERS = 4096;
/** First bytes of a payload that are kept. */
export const PAYLOAD_BYTES = 16;

/** Protocols of which the inspector reads no more than a head, and text that nobody owns: their first bytes are kept as if nobody read them. */
export function isSealedProtocol(service: string): boolean {
  return service === 'miio' || service === 'tuya' || service === 'text';
}

/** `peer` is empty for what a device says of itself. */
export function signText(peer: string, word: SignWord, parts: readonly string[]): string {
  let text = `${peer.slice(0, WORD_CHARACTERS * 2)}\t${word}`;
  for (const part of parts) {
    if (text.length + part.length >= SIGN_CHARACTERS) break;
    text += `\t${part}`;
  }
  return text;
}

export interface Sign {
  readonly peer: string;
  readonly word: string;
  readonly parts: readonly string[];
}

export function readSign(text: string): Sign {
  const [peer = '', word = '', ...parts] = text.split('\t');
  return { peer, word, parts };
}

/** The far end by its name where it has one, else `203.0.113.5:443`. */
export function peerName(authority: string, ip: string, port: number): string {
  const host = foldHostName(splitAuthority(authority).host);
  return host === '' ? `${ip}:${port}` : clean(host);
}

/** Fields whose values describe a program, not a person or a session; of all others the name alone is kept. */
export const VALUED_FIELDS: ReadonlySet<string> = new Set([
  'server',
  'user-agent',
  'via',
  'x-powered-by',
  'x-cache',
  'content-type',
]);

/** In every message: without information. */
const PLAIN_FIELDS: ReadonlySet<string> = new Set(
  'host date content-length connection accept accept-encoding accept-language cache-control pragma expires etag last-modified age keep-alive transfer-encoding'.split(
    ' ',
  ),
);

/** Header fields in alphabetical order: `server: Tengine`, `x-amz-cf-id`. */
export function headParts({ fields }: TextHead): string[] {
  const parts: string[] = [];
  for (let i = 0; i < fields.length; i++) {
    const name = fields.name(i);
    if (PLAIN_FIELDS.has(name) || name.length > WORD_CHARACTERS) continue;
    parts.push(VALUED_FIELDS.has(name) ? clean(`${name}: ${steady(fields.value(i))}`) : clean(name));
  }
  parts.sort();
  return parts.filter((part, i) => part !== parts[i - 1]);
}

/** Without what is drawn again for each message, such as the number of a proxy. */
function steady(value: string): string {
  return value
    .slice(0, WORD_CHARACTERS * 2)
    .split(' ')
    .map((word) => (looksLikeKey(word.split('.', 1)[0] ?? '') ? '{…}' : word))
    .join(' ')
    .slice(0, WORD_CHARACTERS);
}

function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: tabs part the words of a sign, and nothing else is allowed there.
  return /[\u0000-\u001f\u007f]/.test(text) ? text.replaceAll(/[\u0000-\u001f\u007f]/g, ' ') : text;
}

/** A name that a programmer gave; numbers, addresses and keys used as names of fields are private. */
const KEY = /^[A-Za-z_$][A-Za-z_$.-]{0,31}[0-9]{0,2}$/;

/** Names of fields of JSON at any depth in alphabetical order, each once; empty where the text is none. */
export function jsonKeys(text: string): string[] {
  const first = text.trimStart()[0];
  if (first !== '{' && first !== '[') return [];
  const keys = new Set<string>();
  const limit = Math.min(text.length, JSON_CHARACTERS);
  for (let at = text.indexOf('"'); at >= 0 && at < limit && keys.size < MAX_KEYS; at = text.indexOf('"', at)) {
    const end = stringEnd(text, at + 1, limit);
    if (isColon(text, end + 1) && end - at <= WORD_CHARACTERS) {
      const key = text.slice(at + 1, end);
      if (!keys.has(key) && KEY.test(key) && !looksLikeKey(key)) keys.add(key);
    }
    at = end + 1;
  }
  return [...keys].sort();
}

function stringEnd(text: string, start: number, limit: number): number {
  for (let at = start; at < limit; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at;
    if (code === 0x5c) at++;
  }
  return limit;
}

function isColon(text: string, start: number): boolean {
  let at = start;
  while (at < text.length && text.charCodeAt(at) <= 32) at++;
  return text[at] === ':';
}

/** `tcp 2002 client 55cc…`: the port is the one that was called, and the sender the one that called it or the other. */
export function payloadParts(
  protocol: 'tcp' | 'udp',
  port: number,
  sender: 'client' | 'server',
  bytes: Uint8Array,
  start: number,
  end: number,
): string[] {
  const head = Buffer.from(bytes.subarray(start, Math.min(end, start + PAYLOAD_BYTES))).toString('hex');
  return [`${protocol}/${port}`, sender, head];
}
