// Lays what a home said in minutes out over days: the same frames in the same order, their times scaled, a file for each quarter.

import { readFileSync, writeFileSync } from 'node:fs';
import { walkPcap } from './pcap-walk.ts';
import type { Stage } from './stage.ts';

const HEADER_BYTES = 24;
const RECORD_BYTES = 16;
const NANOSECOND_MAGIC = 0xa1b23c4d;

export interface Days {
  /** Seconds since 1970 of the first frame. */
  readonly start: number;
  readonly quarters: number;
  readonly quarterSeconds: number;
}

interface Said {
  readonly ns: number;
  readonly record: Buffer;
}

/** Writes `quarter-N.pcap` into the stage; answers their paths inside. */
export function stretch(stage: Stage, witness: string, days: Days): string[] {
  const bytes = readFileSync(witness);
  const said = recordsOf(bytes);
  const first = said[0]?.ns ?? 0;
  // A little more than the last frame's time, so that this frame still falls into the last quarter.
  const length = ((said.at(-1)?.ns ?? 0) - first) * 1.0001;
  const total = days.quarters * days.quarterSeconds;
  const files: Buffer[][] = Array.from({ length: days.quarters }, () => [bytes.subarray(0, HEADER_BYTES)]);
  for (const { ns, record } of said) {
    const offset = ((ns - first) / length) * total;
    stamp(record, days.start + offset);
    files[Math.floor(offset / days.quarterSeconds)]?.push(record);
  }
  return files.map((parts, quarter) => {
    const file = `${stage.root}/quarter-${quarter}.pcap`;
    writeFileSync(stage.outside(file), Buffer.concat(parts));
    return file;
  });
}

function recordsOf(bytes: Buffer): Said[] {
  if (bytes.readUInt32LE(0) !== NANOSECOND_MAGIC) throw new Error('the witness writes nanoseconds');
  const said: Said[] = [];
  walkPcap(bytes, (frame, seconds, nanos) => {
    const at = frame.byteOffset - bytes.byteOffset - RECORD_BYTES;
    said.push({ ns: seconds * 1e9 + nanos, record: Buffer.from(bytes.subarray(at, at + RECORD_BYTES + frame.length)) });
  });
  return said.sort((a, b) => a.ns - b.ns);
}

function stamp(record: Buffer, seconds: number): void {
  record.writeUInt32LE(Math.floor(seconds), 0);
  record.writeUInt32LE(Math.floor((seconds % 1) * 1e9), 4);
}
