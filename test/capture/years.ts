// A ledger of years, written by capture's own writer with a clock of its own: an hour is one segment of each device, opened, closed, and
// deleted when there are too many, and so is what a minute writes. Same wish, same lines but for the signatures.

import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { sidecarPath } from '../../appliance/capture/evidence/segment.ts';
import { Ledger } from '../../appliance/capture/ledger/ledger.ts';
import { EMPTY_CHAIN } from '../../appliance/capture/ledger/ledger-chain.ts';
import { LedgerState } from '../../appliance/capture/ledger/ledger-state.ts';
import { encodePublicKey, keyFingerprint } from '../../appliance/capture/ledger/minisign.ts';
import { nodeDisk } from '../../appliance/capture/storage/disk.ts';
import { LEDGER_FILE } from '../../appliance/model/files/ledger-files.ts';
import type { CaptureCounters, LedgerEvent } from '../../appliance/model/ledger.ts';
import type { DeviceKey } from '../../appliance/model/mac.ts';
import { segmentPath } from '../../appliance/model/segment.ts';
import type { ClockState } from '../../appliance/model/time/clock.ts';
import { sha256 } from './fixture.ts';

export interface Years {
  readonly hours: number;
  readonly devices: number;
  /** Segments that stay; the oldest above that are deleted. */
  readonly kept: number;
  /** Minutes at the end that write their lines; of the hours before only the first minute does. */
  readonly minutes: number;
  readonly volumeBytes: number;
}

const BEGIN_NS = 1_480_000_000n * 1_000_000_000n;
const HOUR_NS = 3_600_000_000_000n;
const MINUTE_NS = 60_000_000_000n;
const HASH = sha256(Buffer.alloc(0));
const CLOCK: ClockState = {
  boot: 1,
  boot_id: 'years',
  monotonic_ns: '0',
  wall: '0',
  synced: 'yes',
  source: 'test',
  max_error_seconds: null,
};
const COUNTERS: CaptureCounters = {
  received: 1_000_000_000,
  dropped_kernel: 0,
  lost_pipe: 0,
  captured: 1_000_000_000,
  written: 1_000_000_000,
  lost_queue: 0,
  lost_disk: 0,
  refused: 0,
  sourceless: 0,
  canaries: 0,
};

/** Writes key, identity, ledger and the empty files of what is kept into a folder that is there. The number of lines. */
export async function writeYears(folder: string, years: Years): Promise<number> {
  const key = makeIdentity(folder);
  let now = BEGIN_NS;
  const clock = { wall: () => now, monotonic: () => now - BEGIN_NS };
  const state = new LedgerState();
  const start = { chain: EMPTY_CHAIN, volume: 1, wholeBytes: 0, bytesBefore: 0, state, durable: 0 };
  const signText = (text: string): string => sign(null, Buffer.from(text), key).toString('base64');
  const ledger = new Ledger(
    nodeDisk,
    path.join(folder, LEDGER_FILE),
    clock as never,
    1,
    signText,
    start,
    years.volumeBytes,
  );
  await ledger.start();
  const add = (event: LedgerEvent): void => void ledger.append(event);
  const devices = Array.from({ length: years.devices }, (_, i) => `50:c7:bf:00:00:${hex(i + 1)}` as DeviceKey);
  const stored: string[] = [];
  let seq = 0;
  const fingerprint = keyFingerprint(encodePublicKey(createPublicKey(key))) ?? '';
  add({
    type: 'start',
    format: 4,
    key: fingerprint,
    version: '0',
    config_sha256: HASH,
    engine: 'x',
    interface: 'x',
    clock: CLOCK,
  });
  add({ type: 'phase', phase: 'idle', interaction: 'none', by: 'start', note: '' });
  for (const device of devices) add({ type: 'device', device });
  for (let hour = 0; hour < years.hours; hour++) {
    for (const device of devices) {
      const name = segmentPath({ device, startNs: now, seq: ++seq, phase: 'idle' });
      const about = { device, seq, path: name };
      add({ type: 'segment-opened', ...about, phase: 'idle', infra: ['dc:a6:32:00:00:fe'] });
      add({
        type: 'segment-closed',
        ...about,
        sha256: HASH,
        bytes: 0,
        packets: 0,
        cut: 'hour',
        sidecar_sha256: HASH,
      } as never);
      stored.push(name);
    }
    for (const name of stored.splice(0, Math.max(0, stored.length - years.kept))) {
      add({ type: 'segment-deleting', path: name, sha256: HASH, reason: 'retention' });
      add({ type: 'segment-deleted', path: name, sha256: HASH, reason: 'retention' });
    }
    minute(add, ledger, devices);
    now += HOUR_NS;
    if (hour % 100 === 0) await ledger.flush();
  }
  for (let i = 0; i < years.minutes; i++) {
    minute(add, ledger, devices);
    now += MINUTE_NS;
    if (i % 1000 === 0) await ledger.flush();
  }
  add({ type: 'stop', reason: 'test', counters: COUNTERS, clock: CLOCK });
  await ledger.stop();
  for (const name of stored)
    for (const file of [name, sidecarPath(name)]) writeEmpty(path.join(folder, 'captures', file));
  return ledger.chain.lines;
}

function minute(add: (event: LedgerEvent) => void, ledger: Ledger, devices: readonly DeviceKey[]): void {
  const gained = Object.fromEntries(devices.map((device) => [device, [1234, 1234, 0, 0] as const]));
  add({ type: 'counters', counters: COUNTERS, devices: gained });
  ledger.seal();
}

function makeIdentity(folder: string): KeyObject {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  fs.mkdirSync(path.join(folder, 'key'));
  fs.writeFileSync(path.join(folder, 'key', 'ed25519.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const appliance = { schema: 'weir.appliance/1', id: 'years', created: '0', public_key: encodePublicKey(publicKey) };
  fs.writeFileSync(path.join(folder, 'appliance.json'), JSON.stringify(appliance));
  return privateKey;
}

function writeEmpty(file: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, '');
}

function hex(number: number): string {
  return number.toString(16).padStart(2, '0');
}
