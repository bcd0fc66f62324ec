// What a process costs, as the kernel counts it: proc_pid_stat(5), proc_pid_io(5), proc_pid_status(5); and what lies on the card.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ThreadHeap } from './heap-probe.ts';

/** USER_HZ on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export interface ProcessCost {
  /** Processor time of all threads since the process began. */
  readonly cpuSeconds: number;
  /** Pages that were made dirty on a disk, in bytes; a page that is written twice before the kernel stores it counts once. */
  readonly diskBytes: number;
  /** Bytes given to write(), sockets and pipes included. */
  readonly writtenBytes: number;
  readonly residentBytes: number;
  /** Of these, what no file backs: mapped programs can be had back at any time. */
  readonly anonymousBytes: number;
}

export const NO_COST: ProcessCost = {
  cpuSeconds: 0,
  diskBytes: 0,
  writtenBytes: 0,
  residentBytes: 0,
  anonymousBytes: 0,
};

/** Undefined where the process has ended. */
export function costOf(pid: number | undefined): ProcessCost | undefined {
  if (pid === undefined) return undefined;
  try {
    const io = readFileSync(`/proc/${pid}/io`, 'utf8');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // After the name, which may hold spaces: state is field 3, so utime (14) and stime (15) are at 11 and 12.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      diskBytes: field(io, 'write_bytes'),
      writtenBytes: field(io, 'wchar'),
      residentBytes: field(status, 'VmRSS') * 1024,
      anonymousBytes: (field(status, 'RssAnon') + field(status, 'RssShmem')) * 1024,
    };
  } catch {
    return undefined;
  }
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

/** Of the threads of a process, by thread number; empty without the probe. */
export function heapsOf(folder: string, pid: number | undefined): ThreadHeap[] {
  if (pid === undefined || !existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${pid}-`))
    .flatMap((name) => readHeap(join(folder, name)))
    .sort((a, b) => a.thread - b.thread);
}

/** None where the thread is just writing it. */
function readHeap(file: string): ThreadHeap[] {
  try {
    return [JSON.parse(readFileSync(file, 'utf8')) as ThreadHeap];
  } catch {
    return [];
  }
}

export interface FolderSize {
  readonly files: number;
  readonly bytes: number;
}

/** Files below a folder; one that goes away meanwhile is left out. */
export function sizeOf(folder: string): FolderSize {
  if (!existsSync(folder)) return { files: 0, bytes: 0 };
  let files = 0;
  let bytes = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const entry = statSync(join(folder, name), { throwIfNoEntry: false });
    if (entry?.isFile() !== true) continue;
    files++;
    bytes += entry.size;
  }
  return { files, bytes };
}
