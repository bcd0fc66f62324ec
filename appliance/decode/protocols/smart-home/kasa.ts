// TP-Link Smart Home (Kasa), port 9999: JSON under an autokey XOR that starts with 171. No secret is needed to undo it.
// Over TCP it is preceded by a length of four bytes, over UDP nothing (softScheck, "Reverse Engineering the TP-Link HS110").
import { isPrintableAscii, textAt, u32 } from '../../octets.ts';

export interface KasaFacts {
  /** The JSON, at most 4 KiB. */
  readonly text: string;
  /** Of TCP: with the length field. */
  readonly messageBytes: number;
  readonly truncated: boolean;
}

const FIRST_KEY = 171;
const TEXT_WINDOW = 4096;
/** `{` under the first key. */
const FIRST_BYTE = 0x7b ^ FIRST_KEY;

/** A datagram. */
export function decodeKasaDatagram(bytes: Uint8Array, start: number, end: number): KasaFacts | undefined {
  const text = unscramble(bytes, start, end);
  return text === undefined ? undefined : { text, messageBytes: end - start, truncated: !text.endsWith('}') };
}

/** A message of a TCP stream. */
export function decodeKasaMessage(bytes: Uint8Array, start: number, end: number): KasaFacts | undefined {
  const length = u32(bytes, start);
  if (end - start < 6 || length < 2 || length > 0x100000) return undefined;
  const text = unscramble(bytes, start + 4, Math.min(end, start + 4 + length));
  return text === undefined ? undefined : { text, messageBytes: 4 + length, truncated: start + 4 + length > end };
}

/** Each byte is XORed with the cipher byte before it. `undefined` where that gives no readable JSON. */
function unscramble(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start < 2 || bytes[start] !== FIRST_BYTE) return undefined;
  const plain = new Uint8Array(Math.min(end - start, TEXT_WINDOW));
  let key = FIRST_KEY;
  for (let i = 0; i < plain.length; i++) {
    const byte = bytes[start + i]!;
    plain[i] = byte ^ key;
    key = byte;
    if (i < 8 && !isPrintableAscii(plain[i]!) && plain[i] !== 10 && plain[i] !== 13) return undefined;
  }
  return textAt(plain, 0, plain.length, TEXT_WINDOW);
}
