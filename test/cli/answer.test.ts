// One answer, in words or as JSON.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { type AnswerOptions, jsonOption, printAnswer } from '../../appliance/cli/print/answer.ts';

/** What the verb `ask` writes with these arguments. */
function written(...args: string[]): string {
  const { write } = process.stdout;
  let text = '';
  process.stdout.write = (chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  };
  try {
    jsonOption(new Command('ask'))
      .action((options: AnswerOptions) =>
        printAnswer(options, { device: 'b8:27:eb:00:00:01', lost: 0 }, 'Nothing was lost.'),
      )
      .parse(args, { from: 'user' });
  } finally {
    process.stdout.write = write;
  }
  return text;
}

test('people read the words, and one line end behind them', () => {
  assert.equal(written(), 'Nothing was lost.\n');
});

test('programs read the same answer as JSON', () => {
  const text = written('--json');
  assert.deepEqual(JSON.parse(text), { device: 'b8:27:eb:00:00:01', lost: 0 });
  assert.ok(text.endsWith('}\n'));
});
