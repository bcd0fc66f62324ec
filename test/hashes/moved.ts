// Prints what the results over all shared captures say differently from another tree's: `node dist/test/hashes/moved.js OTHER`,
// where OTHER is that tree's folder, built. Each line counts what is gone and what is new of one kind, with the commonest of each.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CORPUS } from '../truth/corpus.ts';
import { countMoves, type Moves, printMoves } from './moves.ts';
import { listCaptures } from './outputs.ts';

const HERE = fileURLToPath(new URL('../../..', import.meta.url));
const MAX_BYTES = 512 * 1024 * 1024;

function main(other: string | undefined): void {
  if (other === undefined)
    throw new TypeError("name the other tree's folder, built: node dist/test/hashes/moved.js OTHER");
  const moves: Moves = new Map();
  for (const name of listCaptures()) {
    countMoves(moves, readDocument(other, name), readDocument(HERE, name));
    process.stderr.write('.');
  }
  process.stdout.write(`\n${printMoves(moves)}`);
}

/** A capture that is refused gives an empty document. */
function readDocument(tree: string, name: string): unknown {
  const cli = join(tree, 'dist/appliance/cli/main.js');
  const words = [cli, 'analyze', join(CORPUS, name), '--format', 'json'];
  try {
    const text = execFileSync(process.execPath, words, {
      encoding: 'utf8',
      maxBuffer: MAX_BYTES,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return JSON.parse(text);
  } catch {
    return {};
  }
}

main(process.argv[2]);
