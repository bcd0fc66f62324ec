// How Edimax's devices introduce themselves: to a search in the local network (UDP 20560) in the clear, to their cloud (UDP
// 8765) as XML whose bytes are rotated by a number of bits given in the first byte. Layouts as seen in captures.
import { startsWith, textAt } from '../../octets.ts';

export interface EdimaxFacts {
  /** `SP1101W`. */
  readonly model: string;
  /** As its owner called it. */
  readonly name: string;
  /** Hardware address that the message says it is about: twelve digits; empty in answers to a search. */
  readonly id: string;
}

/** Behind six bytes of hardware address: the maker's word, then model, version and name at fixed places. */
const MAKER_AT = 6;
const MODEL_AT = 22;
const VERSION_AT = 36;
const NAME_AT = 44;
const NAME_END = 172;

/** `undefined` where the maker's word is not at its place or no model follows. */
export function decodeEdimax(bytes: Uint8Array, start: number, end: number): EdimaxFacts | undefined {
  if (end - start < NAME_AT || !startsWith(bytes, start + MAKER_AT, end, 'EDIMAX')) return undefined;
  const model = paddedText(bytes, start + MODEL_AT, start + VERSION_AT);
  if (model === '') return undefined;
  return { model, name: paddedText(bytes, start + NAME_AT, Math.min(end, start + NAME_END)), id: '' };
}

/** Up to the first NUL. */
function paddedText(bytes: Uint8Array, start: number, end: number): string {
  return textAt(bytes, start, end).split('\0', 1)[0]!.trim();
}

/** `<`, to which the first byte of a message adds how many bits its bytes were rotated to the right. */
const FIRST = 0x3c;
const OPENING = 'param>';
/** Bytes of a message that are read; those beyond are not. */
const MAX_BYTES = 1024;

/** A message to the cloud; `undefined` where it is none or says no model. */
export function decodeEdimaxCloud(bytes: Uint8Array, start: number, end: number): EdimaxFacts | undefined {
  const bits = (bytes[start] ?? 0) - FIRST;
  if (end - start < 16 || bits < 0 || bits > 7) return undefined;
  const plain = bytes
    .slice(start + 1, Math.min(end, start + MAX_BYTES))
    .map((byte) => (byte << bits) | (byte >> (8 - bits)));
  if (!startsWith(plain, 0, plain.length, OPENING)) return undefined;
  const text = textAt(plain, 0, plain.length, MAX_BYTES);
  const model = valueOf(text, 'model');
  return model === '' ? undefined : { model, name: valueOf(text, 'alias'), id: valueOf(text, 'id') };
}

/** Of `<name value="…" />`. */
function valueOf(text: string, name: string): string {
  const label = `<${name} value="`;
  const at = text.indexOf(label);
  const end = at < 0 ? -1 : text.indexOf('"', at + label.length);
  return end < 0 ? '' : text.slice(at + label.length, end);
}
