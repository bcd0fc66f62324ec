// Makes the capture that the benchmark reads: devices' real packets, without which it fails (an easier input would give
// better figures in silence), and bulk transfers. Each round of the corpus gets its own addresses and hour, so that flows are new.
// `node dist/test/bench/make-input.js FILE MEGABYTES`

import { createCipheriv } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CaptureReader } from '../../appliance/decode/files/capture-reader.ts';
import { ascii, connection, type Endpoint, joinBytes, pcapFile, type TestFrame, udp } from '../analysis/packets.ts';
import { CORPUS, withoutCorpus } from '../truth/corpus.ts';

const MEGABYTE = 1_000_000;
/** Bytes of bulk for each byte of the corpus: a third is real devices' small packets. */
const BULK_SHARE = 2;

function readFrames(file: Uint8Array): TestFrame[] {
  const frames: TestFrame[] = [];
  const reader = new CaptureReader({
    frame(bytes, start, end, seconds, nanoseconds, length, linkType) {
      if (linkType === 1) frames.push({ bytes: bytes.slice(start, end), seconds, nanoseconds, length });
    },
  });
  reader.push(file);
  return frames;
}

function corpusFrames(): TestFrame[] {
  if (withoutCorpus !== false) throw new Error(withoutCorpus);
  const files = ['iot-setup', 'iot-misc', 'iot-lifecycle'].flatMap((folder) =>
    existsSync(join(CORPUS, folder)) ? readdirSync(join(CORPUS, folder)).map((file) => join(CORPUS, folder, file)) : [],
  );
  const merged = join(CORPUS, 'derived', 'sentinel_31dev_ap_merged.pcap');
  const camera = join(CORPUS, 'iot-ap', 'dlink-cam_wlan2.4.pcap');
  return [...files, merged, camera].flatMap((file) => readFrames(readFileSync(file)));
}

/** Private IPv4 addresses get the round's number as second byte; MACs stay. */
function readdressed(frame: TestFrame, round: number, seconds: number): TestFrame {
  const bytes = frame.bytes.slice();
  if (bytes.length >= 34 && bytes[12] === 8 && bytes[13] === 0) {
    for (const at of [26, 30]) {
      const isPrivate = bytes[at] === 10 || (bytes[at] === 192 && bytes[at + 1] === 168);
      if (isPrivate) bytes.set([10, round & 255], at);
    }
  }
  return { ...frame, bytes, seconds };
}

/** A TLS record of application data (RFC 8446 §5.1) around ciphertext. */
function tlsRecord(sealed: Uint8Array): Uint8Array {
  return joinBytes(Uint8Array.of(23, 3, 3, sealed.length >> 8, sealed.length & 255), sealed);
}

/** Ciphertext over TCP with and without TLS records, video-like datagrams over UDP, telemetry as text. */
function bulkFrames(round: number, megabytes: number): TestFrame[] {
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, round & 255), Buffer.alloc(16));
  const device: Endpoint = { mac: '02:00:00:00:01:01', ip: `10.200.${round & 255}.2`, port: 0 };
  const far: Endpoint = { mac: '02:00:00:00:00:01', ip: '203.0.113.80', port: 0 };
  const frames: Uint8Array[] = [];
  for (let bytes = 0, port = 40_000; bytes < megabytes * MEGABYTE; bytes += 200_000, port++) {
    const framed = port % 2 === 0;
    const seal = (): Uint8Array => {
      const sealed = new Uint8Array(cipher.update(Buffer.alloc(1375)));
      return framed ? tlsRecord(sealed) : sealed;
    };
    const payloads = Array.from({ length: 120 }, (_, i): readonly [0 | 1, Uint8Array] => [
      i % 5 === 0 ? 1 : 0,
      !framed && i % 9 === 0 ? ascii(`{"t":${i},"v":${port}}`.repeat(9)) : seal(),
    ]);
    frames.push(...connection({ ...device, port }, { ...far, port: framed ? 8443 : 9000 }, payloads));
    for (let i = 0; i < 40; i++) {
      const datagram = new Uint8Array(cipher.update(Buffer.alloc(1032)));
      frames.push(udp({ ...device, port: 50_000 }, { ...far, port: 32_100 }, datagram));
    }
  }
  return frames.map((bytes, i) => ({ bytes, seconds: 1_700_000_000 + round * 3600, nanoseconds: i }));
}

/** The first packets of the corpus, so many bytes: what a start costs. */
export function makeShortInput(path: string, bytes: number): void {
  const frames: TestFrame[] = [];
  let left = bytes;
  for (const frame of corpusFrames()) {
    left -= frame.bytes.length + 16;
    if (left < 0) break;
    frames.push(frame);
  }
  writeFileSync(path, pcapFile(frames));
}

/** @returns bytes written */
export function makeInput(path: string, megabytes: number): number {
  const corpus = corpusFrames();
  const corpusMegabytes = corpus.reduce((sum, { bytes }) => sum + bytes.length + 16, 0) / MEGABYTE;
  const file = openSync(path, 'w');
  let written = writeSync(file, pcapFile([]));
  for (let round = 0; written < megabytes * MEGABYTE; round++) {
    const base = 1_700_000_000 + round * 3600;
    const real = corpus.map((frame, i) => readdressed(frame, round, base + Math.floor((i / corpus.length) * 3500)));
    for (const frames of [real, bulkFrames(round, corpusMegabytes * BULK_SHARE)]) {
      for (let i = 0; i < frames.length && written < megabytes * MEGABYTE; i += 1000) {
        written += writeSync(file, pcapFile(frames.slice(i, i + 1000)).subarray(24));
      }
    }
  }
  closeSync(file);
  return written;
}

if (process.argv[1] === import.meta.filename) {
  const [, , path, megabytes = '72'] = process.argv;
  if (path === undefined) throw new TypeError('make-input FILE MEGABYTES');
  process.stdout.write(`${makeInput(path, Number(megabytes))} bytes\n`);
}
