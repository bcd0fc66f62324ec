// The long form of what trials.test.ts tries in short: how often diff finds a difference where none is, and how often one that was
// planted. `node dist/test/experiment/compare/main.js [--trials 1000] [--seed TEXT] [--planted 100] [--factors 1.8,2.5] [--hours 10]
// [CAPTURE …]`; of captures their own rows are split; of factors only changes of rate by them are planted. Another seed, other runs;
// the one that was used is printed. Ends with 1 where a share is larger than it may be.

import { parseArgs } from 'node:util';
import { countFalse, countPlanted, countRealFalse, type FalseCount, PLANTED, plantedRate } from './trials.ts';

const { values, positionals } = parseArgs({
  options: {
    trials: { type: 'string', default: '1000' },
    planted: { type: 'string', default: '100' },
    factors: { type: 'string', default: '' },
    hours: { type: 'string', default: '10' },
    seed: { type: 'string', default: new Date().toISOString() },
  },
  allowPositionals: true,
});
const [trials, planted, { seed }] = [Number(values.trials), Number(values.planted), values];
const factors = values.factors.split(',').filter((text) => text !== '');
const rates = factors.map((factor) => plantedRate(Number(factor), Number(values.hours)));
const say = (text: string) => process.stdout.write(`${text}\n`);

const SHAPES = [
  ['10 h, halves', 36_000, 0.5],
  ['10 h, one hour against the rest', 36_000, 0.1],
  ['24 h, two hours against the rest', 86_400, 1 / 12],
] as const;

function report(name: string, count: FalseCount): void {
  const excess = count.excess();
  say(`${name}: ${count.text}${excess === '' ? '' : `; too often: ${excess}`}`);
  if (excess !== '') process.exitCode = 1;
}

say(`seed ${seed}`);
for (const capture of positionals)
  for (const share of [0.5, 0.1])
    report(`${capture}, ${share} of it`, await countRealFalse(capture, trials, share, seed));
if (positionals.length === 0) {
  if (trials > 0 && rates.length === 0)
    for (const [name, seconds, share] of SHAPES) report(name, countFalse(trials, seconds, share, seed));
  if (planted > 0)
    for (const one of rates.length > 0 ? rates : PLANTED)
      say(`${one.name}: found in ${countPlanted(one, planted, seed)} of ${planted}`);
}
