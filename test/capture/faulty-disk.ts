// A real disk on which the test decides which call fails, and how. Calls are counted by kind over all files.

import { type EvidenceDisk, type EvidenceFile, nodeDisk } from '../../appliance/capture/storage/disk.ts';

export type DiskCall =
  | 'create'
  | 'open'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'close'
  | 'rename'
  | 'syncFolder'
  | 'makeFolder';

/** Undefined lets the call through; a number makes a write short and the next one fail; a code throws it. */
export type Fault = (call: DiskCall, path: string, count: number) => string | number | undefined;

export function faultyDisk(fault: Fault): EvidenceDisk {
  const counts = new Map<DiskCall, number>();
  const strike = (call: DiskCall, path: string): number | undefined => {
    const count = (counts.get(call) ?? 0) + 1;
    counts.set(call, count);
    const hit = fault(call, path, count);
    if (typeof hit === 'string') throw Object.assign(new Error(`${hit}: injected`), { code: hit });
    return hit;
  };
  const wrap = (file: EvidenceFile, path: string): EvidenceFile => ({
    write: async (bytes, offset, length, position) => {
      const short = strike('write', path);
      return await file.write(bytes, offset, Math.min(length, short ?? length), position);
    },
    truncate: async (length) => {
      strike('truncate', path);
      await file.truncate(length);
    },
    sync: async () => {
      strike('sync', path);
      await file.sync();
    },
    close: () => file.close(),
  });
  return {
    ...nodeDisk,
    create: async (path) => {
      strike('create', path);
      return wrap(await nodeDisk.create(path), path);
    },
    open: async (path) => {
      strike('open', path);
      return wrap(await nodeDisk.open(path), path);
    },
    rename: async (from, to) => {
      strike('rename', from);
      await nodeDisk.rename(from, to);
    },
    syncFolder: async (path) => {
      strike('syncFolder', path);
      await nodeDisk.syncFolder(path);
    },
  };
}
