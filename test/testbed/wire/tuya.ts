// Tuya's local frames as the makers' devices of protocol 3.3 send them (publicly documented by the tinytuya project):
// 000055aa, sequence, command, length, body, CRC-32 over all before, 0000aa55. The body is AES-128-ECB.
import { createCipheriv, createHash } from 'node:crypto';
import { crc32 } from './crc32.ts';

export const COMMAND = { CONTROL: 0x07, STATUS: 0x08, HEARTBEAT: 0x09, QUERY: 0x0a, DISCOVERY: 0x13 } as const;

/** The key of all discovery broadcasts on UDP 6667. */
export const DISCOVERY_KEY = createHash('md5').update('yGAdlopoPVldABfn').digest();

const PREFIX = 0x0000_55aa;
const SUFFIX = 0x0000_aa55;

export function encrypt(key: Buffer, plain: string): Buffer {
  const cipher = createCipheriv('aes-128-ecb', key, null);
  return Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
}

export function encodeFrame(sequence: number, command: number, body: Buffer): Buffer {
  const frame = Buffer.alloc(16 + body.length + 8);
  frame.writeUInt32BE(PREFIX, 0);
  frame.writeUInt32BE(sequence, 4);
  frame.writeUInt32BE(command, 8);
  frame.writeUInt32BE(body.length + 8, 12);
  body.copy(frame, 16);
  frame.writeUInt32BE(crc32(frame.subarray(0, 16 + body.length)), 16 + body.length);
  frame.writeUInt32BE(SUFFIX, 20 + body.length);
  return frame;
}

/** A command from the app: version header 3.3 for CONTROL, bare ciphertext for queries. */
export function encodeRequest(sequence: number, command: number, key: Buffer, json: string): Buffer {
  const cipher = encrypt(key, json);
  const header = Buffer.concat([Buffer.from('3.3'), Buffer.alloc(12)]);
  return encodeFrame(sequence, command, command === COMMAND.CONTROL ? Buffer.concat([header, cipher]) : cipher);
}

/** A reply of the device: return code 0 before the ciphertext. */
export function encodeReply(sequence: number, command: number, key: Buffer, json: string): Buffer {
  return encodeFrame(sequence, command, Buffer.concat([Buffer.alloc(4), encrypt(key, json)]));
}

/** Sequence and command of a whole frame. */
export function readFrame(frame: Buffer): { sequence: number; command: number } | undefined {
  if (frame.length < 24 || frame.readUInt32BE(0) !== PREFIX) return undefined;
  return { sequence: frame.readUInt32BE(4), command: frame.readUInt32BE(8) };
}
