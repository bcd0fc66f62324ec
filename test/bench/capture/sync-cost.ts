// What a sync of all open files costs the card, in the ways that there are: each file by itself, so many at a time, or the whole
// file system at once. ext4 on a loop device in memory: the bytes are those of a card, the times are not.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Card } from '../../fault/ext4.ts';
import { Stage } from '../../fault/stage.ts';
import { median } from './figures.ts';

const ROUNDS = 40;
const INSIDE = fileURLToPath(new URL('./sync-rounds.js', import.meta.url));
/** As the unit gives them to capture. */
const WITH_THREADS = ['env', 'UV_THREADPOOL_SIZE=8'];
const SECTOR_BYTES = 512;
const CARD = { bytes: 1024 * 1024 * 1024 };
/** Files at a time, or the file system. Capture takes four (appliance/capture/recorder.ts). */
const WAYS = ['1', '2', '4', '8', 'syncfs'] as const;

export interface SyncCost {
  readonly way: string;
  readonly files: number;
  /** What the device took for one round, of so many files with 4 KiB each. */
  readonly kibibytes: number;
  readonly medianMs: number;
  readonly worstMs: number;
}

export async function syncCosts(): Promise<SyncCost[]> {
  const stage = await Stage.open();
  try {
    const card = new Card(stage, 'card', CARD);
    card.mount();
    const costs: SyncCost[] = [];
    for (const files of [20, 50]) for (const way of WAYS) costs.push(costOf(stage, card, way, files));
    await card.unmount();
    return costs;
  } finally {
    await stage.close();
  }
}

function costOf(stage: Stage, card: Card, way: string, files: number): SyncCost {
  // Names and inodes are made before: what is measured is appending.
  const round = (rounds: number): number[] =>
    JSON.parse(stage.run(...WITH_THREADS, process.execPath, INSIDE, card.folder, String(files), way, String(rounds)));
  round(1);
  stage.run('sync', '-f', card.folder);
  const before = sectorsWritten(card);
  const times = round(ROUNDS);
  const kibibytes = ((sectorsWritten(card) - before) * SECTOR_BYTES) / 1024 / ROUNDS;
  return { way, files, kibibytes, medianMs: median(times), worstMs: Math.max(...times) };
}

/** Documentation/block/stat.rst, field 7. */
function sectorsWritten(card: Card): number {
  return Number(readFileSync(`/sys/block/${card.device}/stat`, 'utf8').trim().split(/ +/)[6]);
}
