// Run by full-card.test.ts in a mount namespace of its own, with a small file system in the place of the index. Prints one
// line a step; the test compares them.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSummaryTools } from '../../appliance/store/figures/join-analysis.ts';
import { LiveAnalysis } from '../../appliance/store/live-analysis.ts';
import { DataFolder, device, eventually, packet, START_NS } from './data-folder.ts';

const folder = new DataFolder(process.argv[2] ?? '');
const silent = () => undefined;
const tools = openSummaryTools('curated', silent);
const analyzer = new URL('../../appliance/store/thread/make-analyzer.js', import.meta.url).href;
const analysis = new LiveAnalysis(
  { dataDir: folder.dir, analyzer, tools },
  { ledger: silent, segment: silent, stored: silent, problem: silent },
);
const ballast = join(folder.dir, 'index', 'ballast');

function addHour(hour: number): void {
  const at = START_NS + BigInt(hour) * 3_600_000_000_000n;
  const segment = folder.open(device(1), at);
  for (let i = 0; i < 10; i++) folder.append(segment, packet(device(1), i, at));
  folder.close(segment);
}

/** Bytes until there is no room for another. */
function fillCard(): void {
  const parts: Buffer[] = [];
  for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 2)) {
    for (;;) {
      try {
        writeFileSync(ballast, Buffer.concat([...parts, Buffer.alloc(size)]));
        parts.push(Buffer.alloc(size));
      } catch {
        break;
      }
    }
  }
}

const packets = async () => (await analysis.figures.document(device(1), 'all'))?.input.packets;

folder.line({ type: 'start' });
addHour(0);
await analysis.start();
await eventually('the first hour is stored', () => analysis.store.segments === 1);
fillCard();
for (let hour = 1; hour <= 3; hour++) addHour(hour);
await eventually('the index waits', () => analysis.indexState.state === 'waiting');
process.stdout.write(
  `while full: ${analysis.indexState.state}, ${/no space/i.test(analysis.indexState.reason)}, figures ${String(await packets().catch(() => 'not to be had'))}\n`,
);
rmSync(ballast);
await eventually('everything is stored', () => analysis.store.segments === 4, 60);
process.stdout.write(
  `with room again: ${analysis.indexState.state}, ${analysis.store.segments} segments, ${await packets()} packets\n`,
);
await analysis.stop();
