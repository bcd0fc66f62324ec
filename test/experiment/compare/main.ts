// The long form of what compare.test.ts tries in short: how often diff finds a difference where none is, and how often one that was
// planted. `node dist/test/experiment/compare/main.js [SPLITS] [CAPTURE]`; of a capture its own rows are split.

import { countFalse, countPlanted, countRealFalse, PLANTED } from './trials.ts';

const splits = Number(process.argv[2] ?? 1000);
const capture = process.argv[3] || undefined;
const say = (text: string) => process.stdout.write(`${text}\n`);

const shapes = [
  ['10 h, halves', 36_000, 0.5],
  ['10 h, one hour against the rest', 36_000, 0.1],
  ['24 h, two hours against the rest', 86_400, 1 / 12],
] as const;
if (capture !== undefined) {
  for (const share of [0.5, 0.1])
    say(`${capture}, ${share} of it: ${(await countRealFalse(capture, splits, share)).text}`);
} else {
  for (const [name, seconds, share] of shapes) say(`${name}: ${countFalse(splits, seconds, share).text}`);
  if (process.argv[4] !== 'false')
    for (const planted of PLANTED) say(`${planted.name}: found in ${countPlanted(planted, splits)} of ${splits}`);
}
