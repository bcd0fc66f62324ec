// One answer, in words or as JSON.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Command } from 'commander';
import { type AnswerOptions, jsonOption, printAnswer } from '../../appliance/cli/print/answer.ts';

/** What the verb `ask` writes with these arguments. */
function written(t: TestContext, ...args: string[]): string {
  let text = '';
  const write = t.mock.method(process.stdout, 'write', (chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  });
  jsonOption(new Command('ask'))
    .action((options: AnswerOptions) =>
      printAnswer(options, { device: 'b8:27:eb:00:00:01', lost: 0 }, 'Nothing was lost.'),
    )
    .parse(args, { from: 'user' });
  write.mock.restore();
  return text;
}

test('people read the words, and one line end behind them', (t) => {
  assert.equal(written(t), 'Nothing was lost.\n');
});

test('programs read the same answer as JSON', (t) => {
  const text = written(t, '--json');
  assert.deepEqual(JSON.parse(text), { device: 'b8:27:eb:00:00:01', lost: 0 });
  assert.ok(text.endsWith('}\n'));
});
