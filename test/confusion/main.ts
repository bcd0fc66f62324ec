// Prints tshark's protocols next to our verdicts over all shared captures, and every fault. `node dist/test/confusion/main.js`

import { Confusion } from '../analysis/labelled/confusion.ts';
import { describe, faultsOf, isMuch, judgeCorpus } from './confusion.ts';

const all = await judgeCorpus((text) => process.stderr.write(`${text}\n`));
const table = new Confusion();
for (const { protocol, conversation } of all) table.add(protocol, conversation.verdict, conversation.threshold7);
process.stdout.write(`${table.lines().join('\n')}\n\n`);

const much = all.filter(isMuch).length;
for (const [name, faults] of Object.entries(faultsOf(all))) {
  process.stdout.write(`${name}: ${faults.length} of ${all.length}, ${much} of them with 1 KB or more\n`);
  for (const fault of faults) process.stdout.write(`  ${describe(fault)}\n`);
}
