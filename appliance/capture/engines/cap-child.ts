// The disposable process around node-cap: frames in, a pcap stream on standard output (a pipe that blocks when it is full), Started by cap-engine.ts as
// `node cap-child.js INTERFACE FILTER RING_KIB ns|us`.
// Measured dangers kept in mind (research/capture-engines.md §4.2): it aborts on link down (so it is alone here), it does not
// keep its buffer alive (so a module variable does), its decoders throw and hang (so they are never used).

import fs from 'node:fs';
import { createRequire } from 'node:module';
import { makePcapHeader, RECORD_HEADER_BYTES } from '../../decode/files/pcap-record.ts';

interface CapHandle {
  open(device: string, filter: string, bufferBytes: number, buffer: Buffer): string;
  setMinBytes?(bytes: number): void;
  on(event: 'packet', listener: (bytes: number, truncated: boolean) => void): void;
  close(): void;
}

const STDOUT = 1;
/** node-cap asks libpcap for 65535 bytes of each frame. */
const FRAME_BYTES = 65_535;
const LINKTYPES: Readonly<Record<string, number>> = { ETHERNET: 1, NULL: 0, RAW: 101, LINKTYPE_LINUX_SLL: 113 };
const FLUSH_BYTES = 60 * 1024;

// In module variables: node-cap writes into the frame buffer for as long as the process lives.
const frame = Buffer.allocUnsafeSlow(FRAME_BYTES);
const out = Buffer.allocUnsafeSlow(FLUSH_BYTES + RECORD_HEADER_BYTES + FRAME_BYTES);
let used = 0;
let flushing = false;

// Wall time at nanosecond steps: read once, then carried on by the monotonic clock until the two disagree.
let wallMinusMonotonic = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();

function nowNs(): bigint {
  const wall = BigInt(Date.now()) * 1_000_000n;
  const monotonic = process.hrtime.bigint();
  const drift = wall - (monotonic + wallMinusMonotonic);
  if (drift > 2_000_000n || drift < -2_000_000n) wallMinusMonotonic = wall - monotonic;
  return monotonic + wallMinusMonotonic;
}

function writeOut(bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += fs.writeSync(STDOUT, bytes, done, bytes.length - done);
}

function flush(): void {
  flushing = false;
  if (used === 0) return;
  writeOut(out.subarray(0, used));
  used = 0;
}

function take(bytes: number, perSecond: bigint): void {
  if (bytes <= 0 || bytes > FRAME_BYTES) return;
  const ns = nowNs();
  out.writeUInt32LE(Number((ns / 1_000_000_000n) & 0xffffffffn), used);
  out.writeUInt32LE(Number((ns % 1_000_000_000n) / (1_000_000_000n / perSecond)), used + 4);
  out.writeUInt32LE(bytes, used + 8);
  // The original length is not known; the captured one is the least it can be.
  out.writeUInt32LE(bytes, used + 12);
  frame.copy(out, used + RECORD_HEADER_BYTES, 0, bytes);
  used += RECORD_HEADER_BYTES + bytes;
  // node-cap's read loop does not return while packets wait, so a full buffer cannot wait for a timer.
  if (used >= FLUSH_BYTES) flush();
  else if (!flushing) {
    flushing = true;
    setImmediate(flush);
  }
}

function loadCap(): (new () => CapHandle) | null {
  try {
    return (createRequire(import.meta.url)('cap') as { Cap: new () => CapHandle }).Cap;
  } catch (error) {
    process.stderr.write(`cap-missing: ${String(error).split('\n')[0] ?? ''}\n`);
    return null;
  }
}

function main(device: string, filter: string, ringKiB: number, resolution: 'ns' | 'us'): void {
  const Cap = loadCap();
  if (Cap === null) return void (process.exitCode = 1);
  const cap = new Cap();
  let link: string;
  try {
    link = cap.open(device, filter, ringKiB * 1024, frame);
  } catch (error) {
    process.stderr.write(`cap-refused: ${String(error).split('\n')[0] ?? ''}\n`);
    process.exitCode = 1;
    return;
  }
  cap.setMinBytes?.(0);
  writeOut(makePcapHeader({ resolution, snapLength: FRAME_BYTES, linkType: LINKTYPES[link] ?? 1 }));
  const perSecond = resolution === 'ns' ? 1_000_000_000n : 1_000_000n;
  cap.on('packet', (bytes) => take(bytes, perSecond));
  process.on('SIGINT', () => {
    flush();
    cap.close();
    process.exit(0);
  });
}

const [device = '', filter = '', ringKiB = '1024', resolution = 'ns'] = process.argv.slice(2);
main(device, filter, Number(ringKiB), resolution === 'us' ? 'us' : 'ns');
