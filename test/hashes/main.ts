// Prints the hashes of all outputs (outputs.ts), to compare two trees or to make outputs.txt again:
// `node dist/test/hashes/main.js > test/hashes/outputs.txt`, or `… main.js FILE …` for captures of your own.

import { basename, dirname } from 'node:path';
import { hashFolder, hashOutputs, outputLine } from './outputs.ts';

const files = process.argv.slice(2);
if (files.length === 0) for await (const output of hashFolder()) process.stdout.write(`${outputLine(output)}\n`);
for (const file of files) {
  const output = await hashOutputs(file, dirname(file));
  process.stdout.write(`${outputLine({ ...output, name: basename(file) })}\n`);
}
