// Every frame of a capture file or of a folder, once, for tools that count packets: segments of an appliance in the order of time, and what
// two devices said to each other, which is in both their files, a single time; any other file as it is, by name.

import { statSync } from 'node:fs';
import { CaptureReader } from '../../decode/files/capture-reader.ts';
import type { FrameSink } from '../../decode/files/records.ts';
import { WeirError } from '../../model/errors.ts';
import { type MergedFile, mergedPcap } from '../../publish/http/merged-pcap.ts';
import { describeSegment, type FolderSegment, findCaptures } from '../analyze/analyze-folder.ts';
import { readCaptureFile } from './capture-file.ts';

/**
 * @returns why files of the folder were left out, one message each
 * @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE where it is one file, or no file of the folder can be read
 */
export async function readCaptures(path: string, sink: FrameSink): Promise<readonly string[]> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
    await readCaptureFile(path, sink, false);
    return [];
  }
  const found = findCaptures(path).map((file) => describeSegment(file));
  if (found.length === 0) throw new WeirError('NOT_A_CAPTURE', `${path} holds no capture file (.pcap, .pcapng).`);
  const segments = found.flatMap((segment) => mergedFile(segment) ?? []);
  await readMerged(segments, sink);
  const leftOut: WeirError[] = [];
  const others = found.filter((segment) => mergedFile(segment) === undefined);
  for (const other of others) {
    try {
      await readCaptureFile(other.path, sink, false);
    } catch (thrown) {
      if (!(thrown instanceof WeirError)) throw thrown;
      leftOut.push(thrown);
    }
  }
  if (leftOut.length === found.length) throw leftOut[0]!;
  return leftOut.map(({ message }) => message);
}

/** Undefined for what is no segment, or holds no packet. */
function mergedFile({ path, device, seq, times }: FolderSegment): MergedFile | undefined {
  if (device === null || times === null || !path.endsWith('.pcap')) return undefined;
  // In whole seconds, so that no packet is earlier.
  const fromNs = BigInt(Math.floor(times[0])) * 1_000_000_000n;
  return { seq, device, fileName: path, paths: [path], sha256: null, fromNs };
}

const ALWAYS = { from: -(1n << 63n), to: 1n << 63n };

async function readMerged(files: readonly MergedFile[], sink: FrameSink): Promise<void> {
  if (files.length === 0) return;
  const reader = new CaptureReader(sink);
  const sorted = files.toSorted((a, b) => (a.fromNs < b.fromNs ? -1 : a.fromNs > b.fromNs ? 1 : a.seq - b.seq));
  for await (const piece of mergedPcap(sorted, ALWAYS, () => undefined)) reader.push(piece);
  reader.finish();
}
