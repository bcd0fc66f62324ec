// Xiaomi's device protocol (UDP 8053 to the cloud, 54321 at home): magic 2131, length, device id, stamp, MD5, ciphertext.
import type { SeededRandom } from '../seeded-random.ts';

const HEADER_BYTES = 32;

/** 32 bytes, all ones after magic and length. */
export function encodeHello(): Buffer {
  const hello = Buffer.alloc(HEADER_BYTES, 0xff);
  hello.writeUInt16BE(0x2131, 0);
  hello.writeUInt16BE(HEADER_BYTES, 2);
  return hello;
}

export function isHello(message: Buffer): boolean {
  return message.length === HEADER_BYTES && message[4] === 0xff;
}

/** A packet whose ciphertext is rounded up to whole AES blocks. */
export function encodeMiot(random: SeededRandom, stamp: number, bodyBytes: number, deviceId = 0x0e1a_77c2): Buffer {
  const body = random.bytes(Math.ceil(bodyBytes / 16) * 16);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(0x2131, 0);
  header.writeUInt16BE(HEADER_BYTES + body.length, 2);
  header.writeUInt32BE(deviceId, 8);
  header.writeUInt32BE(stamp >>> 0, 12);
  random.bytes(16).copy(header, 16);
  return Buffer.concat([header, body]);
}
