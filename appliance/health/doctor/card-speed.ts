// How fast the card takes what capture gives it: one stretch in blocks and small synchronised writes. Bounded in bytes and in
// time, so that it neither wears the card nor holds up a concurrent capture. The file is unlinked before anything is written.

import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { toError } from '../../model/errors.ts';
import type { SpeedFact } from './facts.ts';
import { type Look, seen, unseen } from './look.ts';

export interface CardWork {
  readonly bytes: number;
  readonly syncs: number;
  /** For each of the two parts. */
  readonly milliseconds: number;
}

const QUICK: CardWork = { bytes: 4 * 1024 * 1024, syncs: 16, milliseconds: 2000 };
const BLOCK_BYTES = 256 * 1024;
/** Capture's own writes are of this order: what a device said within a second, and ledger lines. */
const SMALL_BYTES = 4096;

export async function measureCard(folder: string, work: CardWork = QUICK): Promise<Look<SpeedFact>> {
  const path = join(folder, `.weir-doctor-${process.pid}`);
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'wx', 0o600);
    await unlink(path);
    const stretch = await writeStretch(file, work);
    const syncs = await syncSmall(file, work);
    const sorted = [...syncs].sort((a, b) => a - b);
    return seen({
      writtenBytes: stretch.bytes + syncs.length * SMALL_BYTES,
      bytesPerSecond: stretch.bytes / stretch.seconds,
      worstSyncMs: sorted.at(-1) ?? 0,
      medianSyncMs: sorted[sorted.length >> 1] ?? 0,
    });
  } catch (thrown) {
    return unseen(`writing failed: ${toError(thrown).message}`);
  } finally {
    await file?.close();
  }
}

/** Bytes that cannot be compressed: some cards and file systems do. */
async function writeStretch(
  file: FileHandle,
  { bytes, milliseconds }: CardWork,
): Promise<{ bytes: number; seconds: number }> {
  const block = noise(BLOCK_BYTES);
  const began = performance.now();
  let written = 0;
  while (written < bytes && performance.now() - began < milliseconds) {
    written += (await file.write(block, 0, block.length, written)).bytesWritten;
    // Block by block: a stretch that waits in memory would pass the limit of time unseen.
    await file.datasync();
  }
  return { bytes: written, seconds: Math.max(0.000_001, (performance.now() - began) / 1000) };
}

async function syncSmall(file: FileHandle, { syncs, milliseconds }: CardWork): Promise<number[]> {
  const block = noise(SMALL_BYTES);
  const began = performance.now();
  const times: number[] = [];
  while (times.length < syncs && performance.now() - began < milliseconds) {
    const start = performance.now();
    await file.write(block, 0, block.length, times.length * SMALL_BYTES);
    await file.datasync();
    times.push(performance.now() - start);
  }
  return times;
}

/** xorshift32: fast, and no two blocks of a card's page alike. */
function noise(bytes: number): Buffer {
  const words = new Uint32Array(bytes / 4);
  let state = 0x9e3779b9;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return Buffer.from(words.buffer);
}
