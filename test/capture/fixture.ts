// Frames, captures and data folders made on the spot, shared by the tests of capture.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { makeEngine } from '../../appliance/capture/engines/engines.ts';
import { VOLUME_BYTES } from '../../appliance/capture/ledger/ledger.ts';
import { type CaptureSurroundings, type RunningCapture, startCapture } from '../../appliance/capture/main.ts';
import { nodeDisk } from '../../appliance/capture/storage/disk.ts';
import { captureSettings } from '../../appliance/cli/capture.ts';
import { loadConfig } from '../../appliance/config/load.ts';
import { makePcapHeader } from '../../appliance/decode/files/pcap-record.ts';
import type { CaptureSettings } from '../../appliance/model/capture-settings.ts';
import type { LedgerLine } from '../../appliance/model/ledger.ts';
import type { SegmentSidecar } from '../../appliance/model/segment.ts';
import { systemClock } from '../../appliance/model/time/clock.ts';

export const BULB = '50:c7:bf:00:00:01';
export const CAMERA = '18:b4:30:00:00:02';
export const GATEWAY = 'dc:a6:32:00:00:fe';
export const BROADCAST = 'ff:ff:ff:ff:ff:ff';

export function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

/** Destination, source, ethertype 0x88b5 (local experimental, IEEE 802), then filling to `length`. */
export function frame(from: string, to: string, length = 60, fill = 0x5a): Buffer {
  const bytes = Buffer.alloc(length, fill);
  macBytes(to).copy(bytes, 0);
  macBytes(from).copy(bytes, 6);
  bytes.writeUInt16BE(0x88b5, 12);
  return bytes;
}

/** One pcap record; `seconds` since 1970, `fraction` in the file's resolution. */
export function record(seconds: number, fraction: number, bytes: Buffer, original = bytes.length): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(seconds >>> 0, 0);
  header.writeUInt32LE(fraction, 4);
  header.writeUInt32LE(bytes.length, 8);
  header.writeUInt32LE(original, 12);
  return Buffer.concat([header, bytes]);
}

export function pcap(records: readonly Buffer[], resolution: 'ns' | 'us' = 'ns', linkType = 1): Buffer {
  return Buffer.concat([makePcapHeader({ resolution, snapLength: 262_144, linkType }), ...records]);
}

export function temporaryFolder(t: TestContext): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-capture-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function settingsFor(dataDir: string, changes: Partial<CaptureSettings> = {}): CaptureSettings {
  const quick = { flushMs: 20, respawnMs: 50, ballastBytes: 0, infra: [GATEWAY], replaySpeed: 'flat' as const };
  const defaults = captureSettings(loadConfig(undefined), '0.0.0');
  return { ...defaults, ...quick, canarySeconds: 0, engine: 'file', interface: 'none', dataDir, ...changes };
}

export function surroundings(changes: Partial<CaptureSurroundings> = {}): CaptureSurroundings {
  return {
    clock: systemClock,
    disk: nodeDisk,
    say: () => undefined,
    bootId: 'test-boot',
    makeEngine,
    volumeBytes: VOLUME_BYTES,
    ...changes,
  };
}

export function readLines(dataDir: string): LedgerLine[] {
  const text = fs.readFileSync(path.join(dataDir, 'ledger.ndjson'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LedgerLine);
}

export interface StoredSegment {
  readonly path: string;
  readonly sidecar: SegmentSidecar;
  readonly bytes: Buffer;
}

/** Every final segment with its sidecar, in order of sequence. */
export function storedSegments(dataDir: string): StoredSegment[] {
  const folder = path.join(dataDir, 'captures');
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pcap'));
  const segments = names.map((name) => ({
    path: name,
    sidecar: JSON.parse(fs.readFileSync(path.join(folder, name.replace(/\.pcap$/, '.json')), 'utf8')) as SegmentSidecar,
    bytes: fs.readFileSync(path.join(folder, name)),
  }));
  return segments.toSorted((a, b) => a.sidecar.seq - b.sidecar.seq);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Records of a classic pcap, little-endian: offsets are trusted, for files that the test has checked or made. */
export function recordsOf(bytes: Buffer): { seconds: number; fraction: number; frame: Buffer }[] {
  const found = [];
  for (let at = 24; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    const seconds = bytes.readUInt32LE(at);
    found.push({ seconds, fraction: bytes.readUInt32LE(at + 4), frame: bytes.subarray(at + 16, at + 16 + length) });
    at += 16 + length;
  }
  return found;
}

/** Waits until the condition holds; fails after `ms`. */
export async function until(condition: () => boolean, ms = 30_000): Promise<void> {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A capture in this process that ends with the test, also with a failed one. */
export async function captureFor(
  t: TestContext,
  settings: CaptureSettings,
  changes: Partial<CaptureSurroundings> = {},
): Promise<RunningCapture> {
  const capture = await startCapture(settings, surroundings(changes));
  t.after(() => capture.stop('end of test').catch(() => undefined));
  return capture;
}
