// Reads the frames that generator.c sends (its first comment is the format) and says who they belong to.

import { deviceMac, GATEWAY } from './traffic.ts';

export interface NumberedFrame {
  readonly run: number;
  readonly number: number;
  readonly source: string;
  readonly target: string;
}

const MAGIC = 0x57464c54;
const MAGIC_AT = 42;
const SHORTEST = 70;
const [UP, DOWN, PEER, SPOOFED] = [0, 1, 2, 3];

/** The frame's number; `foreign` for a frame that no generator sent, `altered` for one that is not as it was sent. */
export function readFrame(frame: Buffer, originalLength: number): NumberedFrame | 'foreign' | 'altered' {
  if (frame.length < SHORTEST || frame.readUInt32BE(MAGIC_AT) !== MAGIC) return 'foreign';
  const number = frame.readUInt32BE(50) * 2 ** 32 + frame.readUInt32BE(54);
  const size = frame.readUInt16BE(64);
  if (size !== frame.length || size !== originalLength) return 'altered';
  if (frame.readUInt32BE(size - 4) !== number % 2 ** 32) return 'altered';
  const target = macAt(frame, 0);
  const source = macAt(frame, 6);
  return isConsistent(frame, source, target) ? { run: frame.readUInt32BE(46), number, source, target } : 'altered';
}

function isConsistent(frame: Buffer, source: string, target: string): boolean {
  const device = deviceMac(frame.readUInt16BE(58));
  const direction = frame[62];
  if (direction === UP) return source === device && target === GATEWAY;
  if (direction === DOWN) return source === GATEWAY && target === device;
  if (direction === PEER) return source === device && target === deviceMac(frame.readUInt16BE(60));
  return direction === SPOOFED && source.startsWith('06:5f:00:') && target === GATEWAY;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function macAt(frame: Buffer, at: number): string {
  let text = HEX[frame[at] ?? 0] ?? '';
  for (let i = 1; i < 6; i++) text += `:${HEX[frame[at + i] ?? 0]}`;
  return text;
}
