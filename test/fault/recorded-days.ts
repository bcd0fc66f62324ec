// Makes the captures that the file engine replays: a quiet home over many hours, frames numbered as generator.c numbers them.

import { writeFileSync } from 'node:fs';
import { deviceMac, GATEWAY } from './traffic.ts';

export interface Recording {
  readonly run: number;
  readonly devices: number;
  readonly frames: number;
  /** Seconds since 1970 of the first frame, and how long the recording lasts. */
  readonly startSeconds: number;
  readonly seconds: number;
}

const HEADER_BYTES = 24;
const RECORD_BYTES = 16;
const MAGIC_AT = 42;

/** Writes a nanosecond pcap file. Every frame goes from a device to the gateway or back; sizes vary. */
export function writeRecording(path: string, recording: Recording, random: () => number): void {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(0xa1b23c4d, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262_144, 16);
  header.writeUInt32LE(1, 20);
  const step = recording.seconds / recording.frames;
  const records = Array.from({ length: recording.frames }, (_, number) => {
    const device = number < recording.devices ? number : Math.floor(random() * recording.devices);
    const up = number < recording.devices || random() < 0.6;
    const frame = numberedFrame(recording.run, number, device, up, 90 + Math.floor(random() * 1300));
    return record(frame, recording.startSeconds + number * step + random() * step * 0.9);
  });
  writeFileSync(path, Buffer.concat([header, ...records]));
}

function record(frame: Buffer, seconds: number): Buffer {
  const head = Buffer.alloc(RECORD_BYTES);
  head.writeUInt32LE(Math.floor(seconds), 0);
  head.writeUInt32LE(Math.floor((seconds % 1) * 1e9), 4);
  head.writeUInt32LE(frame.length, 8);
  head.writeUInt32LE(frame.length, 12);
  return Buffer.concat([head, frame]);
}

/** One frame in the format of generator.c's first comment; IPv4 and UDP as far as a reader looks. */
function numberedFrame(run: number, number: number, device: number, up: boolean, size: number): Buffer {
  const frame = Buffer.alloc(size);
  const mac = deviceMac(device);
  writeMac(frame, 0, up ? GATEWAY : mac);
  writeMac(frame, 6, up ? mac : GATEWAY);
  frame.writeUInt16BE(0x0800, 12); // EtherType IPv4
  frame.writeUInt16BE(0x4500, 14);
  frame.writeUInt16BE(size - 14, 16);
  frame.writeUInt16BE(0x4011, 22); // TTL 64, UDP
  frame.writeUInt16BE(size - 34, 38);
  frame.write('WFLT', MAGIC_AT, 'latin1');
  frame.writeUInt32BE(run, 46);
  frame.writeUInt32BE(number, 54);
  frame.writeUInt16BE(device, 58);
  frame[62] = up ? 0 : 1;
  frame.writeUInt16BE(size, 64);
  frame.writeUInt32BE(number, size - 4);
  return frame;
}

function writeMac(frame: Buffer, at: number, mac: string): void {
  Buffer.from(mac.replaceAll(':', ''), 'hex').copy(frame, at);
}
