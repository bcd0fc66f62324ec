// A data folder as capture would leave it, written by a test step by step: segments that grow, are closed, are recovered,
// and the ledger that mentions it. Only what the appliance reads is there.

import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { makePcapHeader } from '../../appliance/decode/files/pcap-record.ts';
import { type DeviceKey, parseMac } from '../../appliance/model/mac.ts';
import type { Phase } from '../../appliance/model/phase.ts';
import { segmentPath } from '../../appliance/model/segment.ts';
import { formatSeconds } from '../../appliance/model/time/clock.ts';

/** Represents the access point: frames from it belong to their receiver. */
export const GATEWAY = '02:00:00:00:00:01';
export const START_NS = 1_795_179_600n * 1_000_000_000n;

export function device(last: number): DeviceKey {
  const mac = parseMac(`b8:27:eb:00:00:${last.toString(16).padStart(2, '0')}`);
  if (mac === undefined) throw new TypeError('no MAC');
  return mac;
}

export class OpenSegment {
  readonly path: string;
  readonly seq: number;
  readonly device: DeviceKey;
  readonly phase: Phase;
  packets = 0;

  constructor(file: string, device: DeviceKey, seq: number, phase: Phase) {
    this.path = file;
    this.device = device;
    this.seq = seq;
    this.phase = phase;
  }
}

export class DataFolder {
  readonly dir: string;
  #previous = '0'.repeat(64);
  #n = 0;
  #seq = 0;

  constructor(dir: string) {
    this.dir = dir;
  }

  static make(t: TestContext): DataFolder {
    const dir = mkdtempSync(join(tmpdir(), 'weir-'));
    t.after(() => rmSync(dir, { recursive: true, force: true }));
    writeFileSync(join(dir, 'appliance.json'), JSON.stringify({ schema: 'weir.appliance/1', id: 'weir-test' }));
    const folder = new DataFolder(dir);
    folder.line({ type: 'start' });
    return folder;
  }

  get ledger(): string {
    return join(this.dir, 'ledger.ndjson');
  }

  line(event: Record<string, unknown>): void {
    const text = JSON.stringify({
      n: ++this.#n,
      previous: this.#previous,
      ts: formatSeconds(START_NS),
      boot: 1,
      ...event,
    });
    this.#previous = createHash('sha256').update(text).digest('hex');
    appendFileSync(this.ledger, `${text}\n`);
  }

  open(device: DeviceKey, atNs: bigint = START_NS, phase: Phase = 'idle'): OpenSegment {
    const seq = ++this.#seq;
    const path = segmentPath({ device, startNs: atNs, seq, phase });
    const segment = new OpenSegment(path, device, seq, phase);
    mkdirSync(dirname(this.file(path)), { recursive: true });
    writeFileSync(`${this.file(path)}.part`, makePcapHeader({ resolution: 'ns', snapLength: 262_144, linkType: 1 }));
    this.line({ type: 'segment-opened', device, seq, path, phase, infra: [GATEWAY] });
    return segment;
  }

  append(segment: OpenSegment, record: Uint8Array): void {
    appendFileSync(`${this.file(segment.path)}.part`, record);
    segment.packets++;
  }

  /** Recovery keeps less than was there. */
  cut(segment: OpenSegment, bytes: number): void {
    const part = `${this.file(segment.path)}.part`;
    truncateSync(part, statSync(part).size - bytes);
  }

  close(segment: OpenSegment, cut = 'hour'): void {
    const file = this.file(segment.path);
    renameSync(`${file}.part`, file);
    const { device, seq, path, packets } = segment;
    const bytes = statSync(file).size;
    this.line({
      type: 'segment-closed',
      device,
      seq,
      path,
      sha256: this.hash(path),
      bytes,
      packets,
      cut,
      sidecar_sha256: '0'.repeat(64),
    });
  }

  file(path: string): string {
    return join(this.dir, 'captures', path);
  }

  /** Times of the records of a closed segment, in nanoseconds since 1970. */
  records({ path }: OpenSegment): bigint[] {
    const bytes = readFileSync(this.file(path));
    const times: bigint[] = [];
    for (let at = 24; at < bytes.length; at += 16 + bytes.readUInt32LE(at + 8))
      times.push(BigInt(bytes.readUInt32LE(at)) * 1_000_000_000n + BigInt(bytes.readUInt32LE(at + 4)));
    return times;
  }

  hash(path: string): string {
    return createHash('sha256').update(`contents of ${path}`).digest('hex');
  }
}

/** A pcap record (nanoseconds, little endian) around a frame. */
export function record(frame: Uint8Array, atNs: bigint): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(Number(atNs / 1_000_000_000n), 0);
  header.writeUInt32LE(Number(atNs % 1_000_000_000n), 4);
  header.writeUInt32LE(frame.length, 8);
  header.writeUInt32LE(frame.length, 12);
  return Buffer.concat([header, frame]);
}

export interface UdpSpec {
  readonly from: string;
  readonly to: string;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

const macBytes = (mac: string) => Buffer.from(mac.replaceAll(':', ''), 'hex');
const ipBytes = (ip: string) => Buffer.from(ip.split('.').map(Number));

/** Ethernet, IPv4 (RFC 791 §3.1), UDP (RFC 768); checksums are left zero, nobody here looks. */
export function udpFrame(spec: UdpSpec): Buffer {
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(spec.sourcePort, 0);
  udp.writeUInt16BE(spec.destinationPort, 2);
  udp.writeUInt16BE(8 + spec.payload.length, 4);
  const ip = Buffer.alloc(20);
  ip[0] = 0x45;
  ip.writeUInt16BE(28 + spec.payload.length, 2);
  ip[8] = 64;
  ip[9] = 17;
  ipBytes(spec.source).copy(ip, 12);
  ipBytes(spec.destination).copy(ip, 16);
  return Buffer.concat([macBytes(spec.to), macBytes(spec.from), Buffer.from([8, 0]), ip, udp, spec.payload]);
}

/** The `i`th packet of a device to a server on the Internet: same input, same bytes. */
export function packet(owner: DeviceKey, i: number, atNs: bigint = START_NS): Buffer {
  const last = Number.parseInt(owner.slice(-2), 16);
  const frame = udpFrame({
    from: owner,
    to: GATEWAY,
    source: `10.0.0.${last + 10}`,
    destination: '93.184.216.34',
    sourcePort: 40_000 + (i % 5),
    destinationPort: 5000,
    payload: createHash('sha256').update(`${owner} ${i}`).digest(),
  });
  return record(frame, atNs + BigInt(i) * 10_000_000n);
}

/** Waits until something is so; fails the test after `seconds`. */
export async function eventually(what: string, isSo: () => boolean | Promise<boolean>, seconds = 60): Promise<void> {
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`not so within ${seconds} s: ${what}`);
}
