// A device's own frames, taken out of a capture and given another address: what device-life.ts plays again and again.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { CaptureReader } from '../../appliance/decode/files/capture-reader.ts';
import { macFromBytes } from '../../appliance/model/mac.ts';
import { MAX_FRAME_BYTES } from './frame-source.ts';

/** Address of the access point in every stream of the soak; `capture.infra_macs` names it. */
export const GATEWAY_MAC = '02:77:00:00:00:01';

export interface RawFrame {
  readonly bytes: Buffer;
  /** Microseconds since 1970. */
  readonly us: number;
  /** On the wire. */
  readonly length: number;
}

export interface TapeFrame {
  readonly bytes: Buffer;
  /** Microseconds since the tape's first frame. */
  readonly offsetUs: number;
  readonly length: number;
  /** Where the port lies that a new play changes, as a new connection has a new one; 0 for none. */
  readonly portAt: number;
}

export interface Tape {
  readonly name: string;
  readonly frames: readonly TapeFrame[];
  /** Records as they lie in a file. */
  readonly bytes: number;
  readonly us: number;
}

export interface TapeIdentity {
  readonly mac: string;
  readonly ip: string;
}

const ETHERNET = 1;
const RECORD_BYTES = 16;
/** A capture that paused longer (a clock that was set, a device switched off) goes on after so long. */
const LONGEST_PAUSE_US = 120_000_000;
const IPV4 = 0x0800;
const ARP = 0x0806;

/** Ethernet frames of a capture in their order; none where the file is no capture, damaged at once, or of another link type. */
export function readFrames(file: string): RawFrame[] {
  return framesIn(readFileSync(file));
}

export function framesIn(capture: Uint8Array): RawFrame[] {
  const frames: RawFrame[] = [];
  const reader = new CaptureReader({
    frame(bytes, start, end, seconds, nanoseconds, length, linkType) {
      if (linkType !== ETHERNET || end - start < 14 || end - start > MAX_FRAME_BYTES - RECORD_BYTES) return;
      const us = seconds * 1_000_000 + Math.floor(nanoseconds / 1000);
      frames.push({ bytes: Buffer.from(bytes.slice(start, end)), us, length });
    },
  });
  reader.push(capture);
  return frames;
}

/** The address that most frames come from and that no router has; undefined where every sender speaks for the Internet. */
export function findDevice(frames: readonly RawFrame[]): string | undefined {
  const counts = new Map<string, number>();
  const routers = new Set<string>();
  for (const { bytes } of frames) {
    const sender = macFromBytes(bytes, 6);
    counts.set(sender, (counts.get(sender) ?? 0) + 1);
    if (isIpv4(bytes) && !isLocal(bytes, 26)) routers.add(sender);
  }
  const senders = [...counts].filter(([mac]) => !routers.has(mac) && (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0);
  return senders.sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** What `device` sent and received, as sent by `identity`; everybody else becomes the access point. */
export function makeTape(file: string, frames: readonly RawFrame[], device: string, identity: TapeIdentity): Tape {
  const own = Buffer.from(device.replaceAll(':', ''), 'hex');
  const mine = frames.filter(
    ({ bytes }) => bytes.compare(own, 0, 6, 6, 12) === 0 || bytes.compare(own, 0, 6, 0, 6) === 0,
  );
  const ips = ownAddresses(mine, own);
  let offsetUs = 0;
  let before = mine[0]?.us ?? 0;
  const list = mine.map(({ bytes, us, length }): TapeFrame => {
    offsetUs += Math.min(Math.max(us - before, 0), LONGEST_PAUSE_US);
    before = us;
    const frame = readdressed(bytes, own, ips, identity);
    return { bytes: frame, offsetUs, length, portAt: changingPort(frame) };
  });
  const bytes = list.reduce((sum, frame) => sum + frame.bytes.length + RECORD_BYTES, 0);
  return { name: basename(file), frames: list, bytes, us: offsetUs };
}

function ownAddresses(frames: readonly RawFrame[], own: Buffer): Set<number> {
  const ips = new Set<number>();
  for (const { bytes } of frames) {
    if (bytes.compare(own, 0, 6, 6, 12) !== 0 || !isIpv4(bytes) || !isPrivate(bytes, 26)) continue;
    ips.add(bytes.readUInt32BE(26));
  }
  return ips;
}

function readdressed(frame: Buffer, own: Buffer, ips: ReadonlySet<number>, identity: TapeIdentity): Buffer {
  const bytes = Buffer.from(frame);
  const mac = Buffer.from(identity.mac.replaceAll(':', ''), 'hex');
  const gateway = Buffer.from(GATEWAY_MAC.replaceAll(':', ''), 'hex');
  for (const at of [0, 6]) {
    if (bytes.compare(own, 0, 6, at, at + 6) === 0) mac.copy(bytes, at);
    else if ((bytes[at]! & 1) === 0) gateway.copy(bytes, at);
  }
  const places = isIpv4(bytes) ? [26, 30] : bytes.readUInt16BE(12) === ARP && bytes.length >= 42 ? [28, 38] : [];
  for (const at of places) if (ips.has(bytes.readUInt32BE(at))) bytes.set(identity.ip.split('.').map(Number), at);
  return bytes;
}

/** The larger of two ports that differ is the caller's, anyone who sent the frame. Groups and fragments keep theirs. */
function changingPort(bytes: Buffer): number {
  if (!isIpv4(bytes) || (bytes[0]! & 1) === 1) return 0;
  const at = 14 + (bytes[14]! & 15) * 4;
  const isFragment = (bytes.readUInt16BE(20) & 0x3fff) !== 0;
  const hasPorts = bytes[23] === 6 || bytes[23] === 17;
  if (isFragment || !hasPorts || bytes.length < at + 8) return 0;
  const [from, to] = [bytes.readUInt16BE(at), bytes.readUInt16BE(at + 2)];
  if (Math.max(from, to) < 1024 || from === to) return 0;
  return from > to ? at : at + 2;
}

function isIpv4(bytes: Buffer): boolean {
  return bytes.length >= 34 && bytes.readUInt16BE(12) === IPV4 && bytes[14]! >> 4 === 4;
}

function isPrivate(bytes: Buffer, at: number): boolean {
  const [a, b] = [bytes[at]!, bytes[at + 1]!];
  return a === 10 || (a === 192 && b === 168) || (a === 172 && b >= 16 && b < 32);
}

/** Private, link-local, or no address yet. */
function isLocal(bytes: Buffer, at: number): boolean {
  return isPrivate(bytes, at) || bytes[at] === 0 || (bytes[at] === 169 && bytes[at + 1] === 254);
}
