// What is left of a secret or an identifier outside the pcap: enough to recognise it, not enough to use it. Every excerpt
// of a finding goes through here.
import { createHash } from 'node:crypto';
import { printable } from '../../model/text.ts';

/** `ab…(12)`: two characters of values from eight on, one from five on, none of shorter ones, and the length. */
export function maskValue(value: string): string {
  const shown = value.length >= 8 ? 2 : value.length >= 5 ? 1 : 0;
  return `${printable(value.slice(0, shown))}…(${value.length})`;
}

/** Vendor part of a hardware address, the rest is the device's own. */
export function maskMac(mac: string): string {
  return `${mac.slice(0, 8)}:…`;
}

/** First letter and the provider's last label: `j…@…com`. */
export function maskEmail(address: string): string {
  return printable(`${address.slice(0, 1)}…@…${address.slice(address.lastIndexOf('.') + 1)}`, 32);
}

/** An identifier stays readable where it is a word, such as `kitchen-plug`; what looks like a number or key is masked. */
export function maskIdentifier(value: string): string {
  const parts = value.split('/').map((part) => (isPrivatePart(part) ? maskValue(part) : part));
  return printable(parts.join('/'), PATH_LIMIT);
}

/**
 * Twelve hexadecimal digits that represent an identifier: the same for the same value, wherever it is met. Without a salt, since hours,
 * appliances and a replay on another machine must give the same digits and add up: who has the document can try what the value was, and a
 * number of 32 bits (miio) or a common name is found. It hides the value from a reader, not from somebody who searches for it.
 */
export function pseudonym(value: string): string {
  const known = pseudonyms.get(value);
  if (known !== undefined) return known;
  const made = createHash('sha256').update(value).digest('hex').slice(0, 12);
  if (pseudonyms.size >= MAX_PSEUDONYMS) pseudonyms.clear();
  pseudonyms.set(value, made);
  return made;
}

/** Devices say the same few identifiers every few seconds. */
const pseudonyms = new Map<string, string>();
/** Pseudonyms computed before, kept to save work: emptied when full, which changes no answer. */
const MAX_PSEUDONYMS = 1000;

/** Longest path kept for tables of requests. */
const PATH_LIMIT = 120;

/** A path without its query; parts that look like keys or identifiers become `{…}`, so that requests of one kind count as one. */
export function maskPath(target: string): string {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  const parts = path.split('/').map((part) => (isPrivatePart(part) ? '{…}' : part));
  return printable(parts.join('/'), PATH_LIMIT);
}

function isPrivatePart(part: string): boolean {
  return part.includes('@') || part.includes('%40') || looksLikeKey(part);
}

/** Twelve characters or more with digits among letters and no word structure, or only digits of that length. */
export function looksLikeKey(text: string): boolean {
  if (text.length < 12) return false;
  let digits = 0;
  let letters = 0;
  let others = 0;
  let switches = 0;
  let before = 0;
  for (let i = 0; i < text.length && i < 512; i++) {
    const kind = characterKind(text.charCodeAt(i));
    if (kind === 1) digits++;
    else if (kind === 0) others++;
    else letters++;
    if (i > 0 && kind !== before) switches++;
    before = kind;
  }
  if (others > text.length / 8) return false;
  if (letters === 0) return true;
  return digits >= 2 ? switches >= 3 : text.length >= 24 && switches >= 8;
}

/** 0 punctuation, 1 digit, 2 lower case, 3 upper case. */
function characterKind(code: number): 0 | 1 | 2 | 3 {
  if (code >= 48 && code <= 57) return 1;
  if (code >= 97 && code <= 122) return 2;
  if (code >= 65 && code <= 90) return 3;
  return 0;
}
