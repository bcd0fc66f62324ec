// TP-Link's local scrambling (TCP and UDP 9999): each byte is XORed with the scrambled byte before it, first with 171.

const FIRST_KEY = 171;

export function scramble(text: string): Buffer {
  let key = FIRST_KEY;
  return Buffer.from(Buffer.from(text, 'utf8').map((byte) => (key ^= byte)));
}

export function unscramble(bytes: Uint8Array): string {
  let key = FIRST_KEY;
  const clear = Buffer.alloc(bytes.length);
  bytes.forEach((byte, index) => {
    clear[index] = byte ^ key;
    key = byte;
  });
  return clear.toString('utf8');
}

/** On TCP a 32-bit length is in front. */
export function encodeFrame(text: string): Buffer {
  const body = scramble(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}
