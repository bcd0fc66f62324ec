// DNS messages (RFC 1035) and what speaks the same format: mDNS (RFC 6762), LLMNR (RFC 4795), NBNS (RFC 1002).
// The caller knows the port and so which of them it is; over TCP it strips the two length bytes first.
import { ipv4Text, ipv6Text } from '../address-text.ts';
import { TEXT_LIMIT, textAt, u16, u32 } from '../octets.ts';

/** RFC 1035 §3.2.2 and successors: the record types whose data we read; others keep their number. */
export const DNS_TYPES = {
  a: 1,
  ns: 2,
  cname: 5,
  ptr: 12,
  hinfo: 13,
  txt: 16,
  aaaa: 28,
  srv: 33,
  svcb: 64,
  https: 65,
} as const;

export interface DnsQuestion {
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

export interface DnsRecord {
  readonly section: 'answer' | 'authority' | 'additional';
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Seconds. */
  readonly ttl: number;
  /** Address, target name or first texts, by type; empty for types that we do not read. */
  readonly value: string;
  /** Of types 64 and 65. */
  readonly binding?: ServiceBinding;
}

/** Where and how a service is reached (RFC 9460). */
export interface ServiceBinding {
  /** 0: `target` is another name for the one asked (AliasMode). */
  readonly priority: number;
  /** Empty for the record's own name. */
  readonly target: string;
  /** Protocols, such as `h3`. */
  readonly alpn: readonly string[];
  /** ipv4hint and ipv6hint. */
  readonly hints: readonly string[];
  readonly port: number | undefined;
  /** Name that a hello with ECH shows outside (RFC 9848, RFC 9849 §4); `undefined` without keys for ECH. */
  readonly echName: string | undefined;
  /** RFC 9461: the path at which the name answers DNS over HTTPS. */
  readonly dohPath: string | undefined;
}

export interface DnsFacts {
  readonly id: number;
  readonly response: boolean;
  readonly opcode: number;
  readonly rcode: number;
  readonly questions: readonly DnsQuestion[];
  readonly records: readonly DnsRecord[];
  /** The message ended, or a cap was met, before all announced records were read. */
  readonly truncated: boolean;
  /** How far the reading came, from the message's start. */
  readonly readBytes: number;
}

const HEADER_BYTES = 12;
/** RFC 1035 §2.3.4 has it for bytes on the wire; here the text is measured. A longer name is not read. */
const MAX_NAME_BYTES = 255;
/** Pointers in one name; a name with more is not read. Loops cannot occur, as pointers go backwards only. */
const MAX_POINTERS = 32;
/** Far beyond real messages; a cap on work for one packet. */
const MAX_ENTRIES = 256;

interface Cursor {
  readonly bytes: Uint8Array;
  /** Start of the message: compression pointers count from here. */
  readonly base: number;
  readonly end: number;
  at: number;
}

/** RFC 1035 §4.1.1; `undefined` where the bytes cannot be a DNS message. */
export function decodeDns(bytes: Uint8Array, start: number, end: number): DnsFacts | undefined {
  if (end - start < HEADER_BYTES) return undefined;
  const flags = u16(bytes, start + 2);
  const opcode = (flags >> 11) & 15;
  if (opcode > 6 || !isCountPlausible(bytes, start)) return undefined;
  const cursor: Cursor = { bytes, base: start, end, at: start + HEADER_BYTES };
  const questions = readQuestions(cursor, u16(bytes, start + 4));
  if (questions === undefined) return undefined;
  const whole = questions.length === u16(bytes, start + 4);
  const records = whole ? readRecords(cursor, start) : [];
  const announced = u16(bytes, start + 6) + u16(bytes, start + 8) + u16(bytes, start + 10);
  return {
    id: u16(bytes, start),
    response: flags >= 0x8000,
    opcode,
    rcode: flags & 15,
    questions,
    records,
    truncated: !whole || records.length < announced,
    readBytes: cursor.at - start,
  };
}

/** RFC 1035 §3.2.2 and the IANA registry: what is asked for in real life. */
const ASKED_TYPES: ReadonlySet<number> = new Set([
  1, 2, 5, 6, 12, 13, 15, 16, 28, 33, 35, 43, 44, 46, 48, 52, 64, 65, 99, 255, 257,
]);
/** Additional records of a query (as OPT, TSIG, SIG(0)); one with more is not taken for DNS with certainty. */
const MAX_EXTRA = 4;

/**
 * Whether [start, end) is a DNS message and nothing else, wherever it was met: one question of a known type and class for a
 * name of letters, digits, hyphens and underscores, no bit set that must not be, every announced record there, no byte behind.
 */
export function isCertainlyDns(bytes: Uint8Array, start: number, end: number): boolean {
  // Opcode QUERY, reserved bit zero, one question: most other payload ends here.
  if (end - start < HEADER_BYTES + 7 || (bytes[start + 2]! & 0x78) !== 0 || (bytes[start + 3]! & 0x40) !== 0)
    return false;
  if (u16(bytes, start + 4) !== 1) return false;
  const isQuery = bytes[start + 2]! < 0x80;
  const answers = u16(bytes, start + 6) + u16(bytes, start + 8);
  if (isQuery && (answers > 0 || (bytes[start + 3]! & 15) !== 0 || u16(bytes, start + 10) > MAX_EXTRA)) return false;
  const message = decodeDns(bytes, start, end);
  const question = message?.questions[0];
  if (message === undefined || question === undefined || message.truncated) return false;
  if (message.readBytes !== end - start || !ASKED_TYPES.has(question.type)) return false;
  return (question.class === 1 || question.class === 3) && /^[\w-]+(?:\.[\w-]+)+$/.test(question.name);
}

/** A message without any entry, or with thousands of questions, is another protocol on port 53. */
function isCountPlausible(bytes: Uint8Array, start: number): boolean {
  const questions = u16(bytes, start + 4);
  const others = u16(bytes, start + 6) + u16(bytes, start + 8) + u16(bytes, start + 10);
  return questions <= MAX_ENTRIES && others <= 4096 && questions + others > 0;
}

/** `undefined` where the very first question is damaged: then nothing speaks for DNS. */
function readQuestions(cursor: Cursor, count: number): DnsQuestion[] | undefined {
  const questions: DnsQuestion[] = [];
  for (let i = 0; i < count; i++) {
    const name = readName(cursor);
    if (name === undefined || cursor.at + 4 > cursor.end) return i === 0 ? firstCut(cursor) : questions;
    const { bytes, at } = cursor;
    questions.push({ name, type: u16(bytes, at), class: u16(bytes, at + 2) & 0x7fff });
    cursor.at += 4;
  }
  return questions;
}

/** The first question running into the end is a cut message; a bad label before the end is no message. */
function firstCut(cursor: Cursor): DnsQuestion[] | undefined {
  return cursor.at >= cursor.end - 4 ? [] : undefined;
}

const SECTIONS = ['answer', 'authority', 'additional'] as const;

function readRecords(cursor: Cursor, start: number): DnsRecord[] {
  const records: DnsRecord[] = [];
  for (const [index, section] of SECTIONS.entries()) {
    const count = u16(cursor.bytes, start + 6 + index * 2);
    for (let i = 0; i < count && records.length < MAX_ENTRIES; i++) {
      const record = readRecord(cursor, section);
      if (record === undefined) return records;
      records.push(record);
    }
  }
  return records;
}

/** RFC 1035 §4.1.3: name, type, class, TTL, length, data. */
function readRecord(cursor: Cursor, section: DnsRecord['section']): DnsRecord | undefined {
  const name = readName(cursor);
  if (name === undefined || cursor.at + 10 > cursor.end) return undefined;
  const { bytes, at } = cursor;
  const type = u16(bytes, at);
  const dataEnd = at + 10 + u16(bytes, at + 8);
  if (dataEnd > cursor.end) return undefined;
  const isBinding = type === DNS_TYPES.svcb || type === DNS_TYPES.https;
  const binding = isBinding ? readBinding(cursor, at + 10, dataEnd) : undefined;
  const value = readValue(cursor, type, at + 10, dataEnd);
  cursor.at = dataEnd;
  const record = { section, name, type, class: u16(bytes, at + 2) & 0x7fff, ttl: u32(bytes, at + 4), value };
  return binding === undefined ? record : { ...record, binding };
}

function readValue(cursor: Cursor, type: number, at: number, dataEnd: number): string {
  const { bytes } = cursor;
  switch (type) {
    case DNS_TYPES.a:
      return dataEnd - at === 4 ? ipv4Text(bytes, at) : '';
    case DNS_TYPES.aaaa:
      return dataEnd - at === 16 ? ipv6Text(bytes, at) : '';
    case DNS_TYPES.cname:
    case DNS_TYPES.ptr:
    case DNS_TYPES.ns:
      return nameAt(cursor, at);
    case DNS_TYPES.svcb:
    case DNS_TYPES.https:
      return nameAt(cursor, at + 2);
    case DNS_TYPES.srv:
      return dataEnd - at > 6 ? `${nameAt(cursor, at + 6)}:${u16(bytes, at + 4)}` : '';
    case DNS_TYPES.txt:
    case DNS_TYPES.hinfo:
      return readTexts(bytes, at, dataEnd);
    default:
      return '';
  }
}

const PARAMETER = { alpn: 1, port: 3, ipv4hint: 4, ech: 5, ipv6hint: 6, dohPath: 7 } as const;
/** Parameters of one HTTPS or SVCB record (RFC 9460); those beyond are not read. */
const MAX_PARAMETERS = 32;
/** Addresses or protocols in one parameter. */
const MAX_HINTS = 16;

/** RFC 9460 §2.2: priority, target name without compression, then key, length and value by ascending key. */
function readBinding(cursor: Cursor, start: number, end: number): ServiceBinding | undefined {
  const { bytes } = cursor;
  const name = { ...cursor, at: start + 2, end };
  const target = start + 3 <= end ? readName(name) : undefined;
  if (target === undefined) return undefined;
  const parameters = new Map<number, Uint8Array>();
  for (let at = name.at; at + 4 <= end && parameters.size < MAX_PARAMETERS; ) {
    const stop = at + 4 + u16(bytes, at + 2);
    if (stop > end) break;
    parameters.set(u16(bytes, at), bytes.subarray(at + 4, stop));
    at = stop;
  }
  const port = parameters.get(PARAMETER.port);
  const ech = parameters.get(PARAMETER.ech);
  const path = parameters.get(PARAMETER.dohPath);
  return {
    priority: u16(bytes, start),
    target,
    alpn: shortTexts(parameters.get(PARAMETER.alpn)),
    hints: [
      ...addresses(parameters.get(PARAMETER.ipv4hint), 4, ipv4Text),
      ...addresses(parameters.get(PARAMETER.ipv6hint), 16, ipv6Text),
    ],
    port: port?.length === 2 ? u16(port, 0) : undefined,
    echName: ech && echName(ech),
    dohPath: path && textAt(path, 0, path.length),
  };
}

function shortTexts(list: Uint8Array | undefined): string[] {
  const texts: string[] = [];
  for (let at = 0; list !== undefined && at < list.length && texts.length < MAX_HINTS; at += 1 + list[at]!) {
    texts.push(textAt(list, at + 1, Math.min(list.length, at + 1 + list[at]!)));
  }
  return texts;
}

function addresses(
  list: Uint8Array | undefined,
  size: number,
  text: (bytes: Uint8Array, at: number) => string,
): string[] {
  const found: string[] = [];
  for (let at = 0; at + size <= (list?.length ?? 0) && found.length < MAX_HINTS; at += size)
    found.push(text(list!, at));
  return found;
}

/** ECHConfigList (RFC 9849 §4): key and suites are passed over, the name behind them is what observers see. */
function echName(list: Uint8Array): string | undefined {
  for (let at = 2; at + 4 <= list.length; at += 4 + u16(list, at + 2)) {
    if (u16(list, at) !== 0xfe0d) continue;
    const keyAt = at + 4 + 3; // behind config id and KEM
    const suitesAt = keyAt + 2 + u16(list, keyAt);
    const nameAt = suitesAt + 2 + u16(list, suitesAt) + 1; // behind the longest name's length
    const end = nameAt + 1 + (list[nameAt] ?? 0);
    if (nameAt < list.length && end <= list.length) return textAt(list, nameAt + 1, end);
  }
  return undefined;
}

/** RFC 1035 §3.3.14: character-strings, here joined by a new line (mDNS puts `key=value` in each). */
function readTexts(bytes: Uint8Array, start: number, end: number): string {
  const texts: string[] = [];
  let at = start;
  let total = 0;
  while (at < end && total < 4 * TEXT_LIMIT) {
    const stop = Math.min(at + 1 + (bytes[at] ?? 0), end);
    texts.push(textAt(bytes, at + 1, stop));
    total += stop - at;
    at = stop;
  }
  return texts.join('\n');
}

function nameAt(cursor: Cursor, at: number): string {
  return readName({ ...cursor, at }) ?? '';
}

/** The current name: one text is made of it, not one of each label. */
const spelled = Buffer.alloc(MAX_NAME_BYTES + 1);

/**
 * RFC 1035 §4.1.4. Labels joined by dots, the root as an empty string; the case is kept. A pointer may only go backwards
 * from where the name began, so a loop cannot exist; names stop at 255 bytes (§2.3.4).
 */
function readName(cursor: Cursor): string | undefined {
  const { bytes, base, end } = cursor;
  let at = cursor.at;
  let lowest = at;
  let after = -1;
  let written = 0;
  for (let pointers = 0; at < end; ) {
    const length = bytes[at]!;
    if (length === 0) {
      cursor.at = after < 0 ? at + 1 : after;
      return textAt(spelled, 0, written);
    }
    if (length >= 0xc0) {
      if (at + 2 > end || ++pointers > MAX_POINTERS) break;
      if (after < 0) after = at + 2;
      at = base + (u16(bytes, at) & 0x3fff);
      if (at >= lowest || at < base + HEADER_BYTES) return undefined;
      lowest = at;
    } else {
      if (length > 63 || written + length > MAX_NAME_BYTES) return undefined;
      if (at + 1 + length > end) break;
      written = spell(bytes, at + 1, length, written);
      at += 1 + length;
    }
  }
  cursor.at = end;
  return undefined;
}

/** Adds a label, behind a dot where it is not the first; returns where the name ends now. */
function spell(bytes: Uint8Array, at: number, length: number, end: number): number {
  let next = end;
  if (next > 0) spelled[next++] = 0x2e;
  for (let i = 0; i < length; i++) spelled[next++] = bytes[at + i]!;
  return next;
}

/** RFC 1001 §14.1: sixteen bytes spelled as 32 letters A-P; the last byte says the service. */
export function netbiosName(encoded: string): { name: string; suffix: number } | undefined {
  if (encoded.length < 32) return undefined;
  let name = '';
  let suffix = 0;
  for (let i = 0; i < 32; i += 2) {
    const high = encoded.charCodeAt(i) - 65;
    const low = encoded.charCodeAt(i + 1) - 65;
    if (high < 0 || high > 15 || low < 0 || low > 15) return undefined;
    suffix = high * 16 + low;
    if (i < 30) name += String.fromCharCode(suffix);
  }
  return { name: name.trimEnd(), suffix };
}
