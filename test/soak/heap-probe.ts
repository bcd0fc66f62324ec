// Loaded into the appliance by the soak (`--import`), in its main thread and each worker: writes the heap of the thread every few
// seconds, as one small file per thread. Nothing of Weir knows it.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { threadId } from 'node:worker_threads';

const EVERY_MS = 5000;
const folder = process.env['WEIR_SOAK_HEAPS'];

export interface ThreadHeap {
  readonly pid: number;
  readonly thread: number;
  readonly usedBytes: number;
  readonly totalBytes: number;
  readonly limitBytes: number;
  /** Buffers outside the heap that belong to its objects. */
  readonly externalBytes: number;
  readonly oldSpaceBytes: number;
}

function writeHeap(into: string): void {
  const { used_heap_size, total_heap_size, heap_size_limit, external_memory } = getHeapStatistics();
  const oldSpace = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space');
  const heap: ThreadHeap = {
    pid: process.pid,
    thread: threadId,
    usedBytes: used_heap_size,
    totalBytes: total_heap_size,
    limitBytes: heap_size_limit,
    externalBytes: external_memory,
    oldSpaceBytes: oldSpace?.space_used_size ?? 0,
  };
  writeFileSync(join(into, `${process.pid}-${threadId}.json`), JSON.stringify(heap));
}

if (folder !== undefined) {
  mkdirSync(folder, { recursive: true });
  setInterval(() => writeHeap(folder), EVERY_MS).unref();
}
