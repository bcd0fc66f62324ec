import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvOf, ndjsonOf } from '../../web/src/rows-text.ts';

const ROWS = [
  { name: 'Hall "camera"', bytes_up: 5, country: null },
  { name: '=cmd|calc', bytes_up: 0, devices: ['a', 'b'], known: true },
];

test('rows become CSV with every field of any row, and nothing that a spreadsheet would run', () => {
  assert.equal(
    csvOf(ROWS),
    [
      '"name","bytes_up","country","devices","known"',
      '"Hall ""camera""",5,,,',
      `"'=cmd|calc",0,,"[""a"",""b""]",true`,
      '',
    ].join('\r\n'),
  );
});

test('rows become one JSON object a line; no rows are an empty file', () => {
  const lines = ndjsonOf(ROWS).trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    ROWS,
  );
  assert.equal(ndjsonOf([]), '');
});
