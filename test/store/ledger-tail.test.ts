import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LedgerTail } from '../../appliance/store/tail/ledger-tail.ts';

function ledger(t: TestContext): { path: string; tail: LedgerTail } {
  const dir = mkdtempSync(join(tmpdir(), 'weir-ledger-'));
  const path = join(dir, 'ledger.ndjson');
  const tail = new LedgerTail(path);
  t.after(() => {
    tail.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return { path, tail };
}

const line = (n: number) => `${JSON.stringify({ n, ts: '1.0', type: 'device', device: '_infra' })}\n`;
const numbers = (tail: LedgerTail) => tail.poll().lines.map((entry) => entry.n);

test('a ledger that is not there yet has no lines, and is followed when it appears', (t) => {
  const { path, tail } = ledger(t);
  assert.deepEqual(numbers(tail), []);
  writeFileSync(path, line(1));
  assert.deepEqual(numbers(tail), [1]);
});

test('a line is handed out when its end is there, not before', (t) => {
  const { path, tail } = ledger(t);
  const text = line(1) + line(2);
  writeFileSync(path, text.slice(0, text.length - 5));
  assert.deepEqual(numbers(tail), [1]);
  appendFileSync(path, text.slice(text.length - 5));
  assert.deepEqual(numbers(tail), [2]);
});

test('a ledger written byte by byte gives each line once', (t) => {
  const { path, tail } = ledger(t);
  const seen: number[] = [];
  writeFileSync(path, '');
  for (const byte of Buffer.from(line(1) + line(2) + line(3))) {
    appendFileSync(path, Buffer.from([byte]));
    seen.push(...numbers(tail));
  }
  assert.deepEqual(seen, [1, 2, 3]);
});

test('a ledger that was replaced is read from its start, and said to be', (t) => {
  const { path, tail } = ledger(t);
  writeFileSync(path, line(1) + line(2));
  tail.poll();
  writeFileSync(`${path}.new`, line(7));
  renameSync(`${path}.new`, path);
  const read = tail.poll();
  assert.deepEqual([read.restarted, read.lines.map((entry) => entry.n)], [true, [7]]);
});

test('a ledger that became shorter is read from its start', (t) => {
  const { path, tail } = ledger(t);
  writeFileSync(path, line(1) + line(2));
  tail.poll();
  writeFileSync(path, line(1));
  assert.equal(tail.poll().restarted, true);
});

for (const [what, text] of [
  ['no JSON', 'not json'],
  ['an array', '[1]'],
  ['a number that is none', '{"n":"1","ts":"1","type":"device"}'],
  ['null', 'null'],
  ['invalid UTF-8', Buffer.from([0xff, 0xfe])],
] as const) {
  test(`a line that is ${what} is passed over and counted`, (t) => {
    const { path, tail } = ledger(t);
    writeFileSync(path, line(1));
    appendFileSync(path, text);
    appendFileSync(path, `\n${line(2)}`);
    assert.deepEqual([numbers(tail), tail.damagedLines], [[1, 2], 1]);
  });
}

test('a line of two megabytes is passed over without being kept', (t) => {
  const { path, tail } = ledger(t);
  writeFileSync(path, `${'x'.repeat(2_000_000)}\n${line(2)}`);
  const seen: number[] = [];
  for (let i = 0; i < 20; i++) seen.push(...numbers(tail));
  assert.deepEqual([seen, tail.damagedLines], [[2], 1]);
});
