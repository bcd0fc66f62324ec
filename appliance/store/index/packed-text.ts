// Summaries and carries on their way between threads and in the index: the canonical JSON text, packed. Packed bytes lie
// outside of the JavaScript heap and are a fourth to a tenth of the text; only who adds or renders a summary unpacks it.
// The first byte says how the rest is to be read; no bytes mean the empty text.

import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

export type PackedText = Uint8Array;

export const NO_TEXT: PackedText = new Uint8Array(0);

const PLAIN = 0;
const BROTLI = 1;
/** Below it packing saves nothing worth its time. */
const LEAST_BYTES = 512;
/** Some 80 MB/s here; higher ones win little on tables of Base64. */
const QUALITY = 3;
/** log2 of the window: texts of one summary repeat each other over more than the 32 KiB that deflate sees. */
const WINDOW_BITS = 20;
/** No text of ours comes near it: what claims to be longer is damaged. */
const MAX_BYTES = 256 * 1024 * 1024;

export function packText(text: string): PackedText {
  if (text === '') return NO_TEXT;
  const plain = Buffer.from(text, 'utf8');
  if (plain.length < LEAST_BYTES) return tagged(PLAIN, plain);
  return tagged(
    BROTLI,
    brotliCompressSync(plain, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS,
        [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
      },
    }),
  );
}

/** As it is: for texts that are read once and soon. */
export function wrapText(text: string): PackedText {
  return text === '' ? NO_TEXT : tagged(PLAIN, Buffer.from(text, 'utf8'));
}

/** @throws where the bytes are not what `packText` or `wrapText` made. */
export function unpackText(packed: PackedText): string {
  if (packed.length === 0) return '';
  const rest = packed.subarray(1);
  if (packed[0] === BROTLI) return brotliDecompressSync(rest, { maxOutputLength: MAX_BYTES }).toString('utf8');
  if (packed[0] === PLAIN) return Buffer.from(rest.buffer, rest.byteOffset, rest.byteLength).toString('utf8');
  throw new TypeError('bytes that are no packed text');
}

/** Memory of its own, and no more than needed: it is copied between threads. */
function tagged(how: number, bytes: Uint8Array): PackedText {
  const packed = new Uint8Array(bytes.length + 1);
  packed[0] = how;
  packed.set(bytes, 1);
  return packed;
}
