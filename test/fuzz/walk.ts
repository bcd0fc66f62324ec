// The walk over chunks against the reference path for as long as wanted: `node dist/test/fuzz/walk.js MINUTES [SEED [FRAMES]]`.
// Exits with 1 where they differ, and names the seeds.

import { busyHome } from '../analysis/busy-home.ts';
import { compareWalk } from '../analysis/walk-agreement.ts';

const FRAMES = 5000;
const [, , minutes = '1', first = '1', most = 'Infinity'] = process.argv;
const until = performance.now() + Number(minutes) * 60_000;
let frames = 0;
let walked = 0;
let differences = 0;
for (let seed = Number(first); performance.now() < until && frames < Number(most); seed++) {
  const one = compareWalk(busyHome(seed, FRAMES), { owner: null, infra: [] }, seed);
  frames += one.frames;
  walked += one.walked;
  differences += one.different.length;
  for (const difference of one.different) process.stdout.write(`${difference}\n`);
}
const share = ((walked / Math.max(1, frames)) * 100).toFixed(1);
process.stdout.write(`${frames} frames, ${share} % finished inside the walk, ${differences} differences\n`);
process.exitCode = differences > 0 ? 1 : 0;
