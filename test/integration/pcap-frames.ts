// A second, deliberately plain reader of classic pcap files: the integration tests count with it, not with our own decoder.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface Frame {
  readonly ns: bigint;
  readonly source: string;
  readonly destination: string;
  readonly length: number;
  /** Of the content. The kernel stamps a frame once for each listener, some 100 ns apart, so time is no part of it. */
  readonly identity: string;
}

const MAGIC: Readonly<Record<number, bigint>> = { 0xa1b23c4d: 1n, 0xa1b2c3d4: 1000n };

/** Every record of a little-endian pcap file; throws when the file does not end with a whole record. */
export function framesOf(path: string): Frame[] {
  const bytes = readFileSync(path);
  const unit = MAGIC[bytes.readUInt32LE(0)];
  if (unit === undefined) throw new Error(`${path}: unexpected magic`);
  const frames: Frame[] = [];
  let offset = 24;
  while (offset < bytes.length) {
    const captured = bytes.readUInt32LE(offset + 8);
    const data = bytes.subarray(offset + 16, offset + 16 + captured);
    if (data.length !== captured) throw new Error(`${path}: half a record at ${offset}`);
    const ns = BigInt(bytes.readUInt32LE(offset)) * 1_000_000_000n + BigInt(bytes.readUInt32LE(offset + 4)) * unit;
    frames.push(frameOf(ns, bytes.readUInt32LE(offset + 12), data));
    offset += 16 + captured;
  }
  return frames;
}

function frameOf(ns: bigint, length: number, data: Buffer): Frame {
  const digest = createHash('sha1').update(data).digest('base64');
  return { ns, length, source: macText(data, 6), destination: macText(data, 0), identity: digest };
}

function macText(data: Buffer, offset: number): string {
  return data.toString('hex', offset, offset + 6).replace(/(..)(?=.)/g, '$1:');
}
