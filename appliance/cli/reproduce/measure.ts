// Fig. 6: time, processor time and memory of the analyzer mode over the size of a capture. Each size is a file made of the
// frames of one capture, analysed by a process of its own.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { WeirError } from '../../model/errors.ts';
import { type Measurement, measuredReport } from '../../reproduce/paper/measured-report.ts';
import { readCaptureFile } from '../files/capture-file.ts';
import { type OutputFile, reportFiles } from './write-report.ts';

/** The paper's range, in bytes: 500 to 75,000 kB. */
const SIZES = [500_000, 5_000_000, 25_000_000, 75_000_000] as const;
const MAIN = join(import.meta.dirname, '..', 'main.js');

/** @throws WeirError NOT_A_CAPTURE where no capture has a frame to repeat */
export async function measuredFiles(path: string): Promise<OutputFile[]> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-measure-'));
  try {
    const source = largestCapture(path);
    const measurements: Measurement[] = [];
    for (const size of SIZES) {
      const file = join(folder, `${size}.pcap`);
      await makeCapture(source, size, file);
      measurements.push(measure(file));
      rmSync(file);
    }
    const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`;
    return reportFiles(measuredReport(measurements, machine), 'figure-6-measured.html');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function largestCapture(path: string): string {
  if (!statSync(path).isDirectory()) return path;
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:pcap|pcapng|cap)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted((a, b) => statSync(b).size - statSync(a).size || (a < b ? -1 : 1));
  const [largest] = files;
  if (largest === undefined) throw new WeirError('NOT_A_CAPTURE', `${path} holds no capture file to measure with.`);
  return largest;
}

/** The frames of `source` again and again until the file has `size` bytes; those of its first link type. */
async function makeCapture(source: string, size: number, target: string): Promise<void> {
  const records: Uint8Array[] = [];
  let bytes = 0;
  let link = -1;
  const frame = (
    data: Uint8Array,
    start: number,
    end: number,
    seconds: number,
    nanoseconds: number,
    length: number,
    linkType: number,
  ): void => {
    if (link < 0) link = linkType;
    if (linkType !== link || bytes >= size) return;
    const record = new Uint8Array(16 + end - start);
    const view = new DataView(record.buffer);
    for (const [i, value] of [seconds, Math.floor(nanoseconds / 1000), end - start, length].entries())
      view.setUint32(4 * i, value, true);
    record.set(data.subarray(start, end), 16);
    records.push(record);
    bytes += record.length;
  };
  await readCaptureFile(source, { frame }, false);
  if (records.length === 0) throw new WeirError('NOT_A_CAPTURE', `${source} has no frame to measure with.`);
  const file = openSync(target, 'w');
  try {
    writeSync(file, fileHeader(link));
    const block = Buffer.concat(records);
    for (let written = 24; written < size; written += block.length) writeSync(file, block);
  } finally {
    closeSync(file);
  }
}

/** Classic pcap, microseconds, least significant byte first. */
function fileHeader(link: number): Uint8Array {
  const header = new Uint8Array(24);
  const view = new DataView(header.buffer);
  view.setUint32(0, 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 262_144, true);
  view.setUint32(20, link, true);
  return header;
}

function measure(file: string): Measurement {
  const { stdout, status, stderr } = spawnSync(process.execPath, [MAIN, 'measured-analysis', file], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new WeirError('NOT_A_CAPTURE', `The measured run failed: ${stderr.slice(0, 400)}`);
  return JSON.parse(stdout) as Measurement;
}

/** In the measured process: reads the file as `weir analyze FILE -po -cn …` does, prints what it took. */
export async function measuredAnalysis(path: string): Promise<void> {
  const { analyzeAsPublished } = await import('./published.ts');
  const started = performance.now();
  await analyzeAsPublished(path);
  const seconds = (performance.now() - started) / 1000;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const measurement: Measurement = {
    bytes: statSync(path).size,
    seconds,
    processor_seconds: (userCPUTime + systemCPUTime) / 1e6,
    memory_bytes: maxRSS * 1024,
  };
  process.stdout.write(`${JSON.stringify(measurement)}\n`);
}
