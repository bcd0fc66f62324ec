import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesText, countText, tableText } from '../../appliance/cli/print/print.ts';
import { bytes as pageBytes } from '../../web/src/format/quantity.ts';

test('bytes are shown with three digits and a decimal unit', () => {
  assert.deepEqual(
    [0, 999, 1000, 999_499, 999_500, 12_900_000, 5e12].map((bytes) => bytesText(bytes)),
    ['0 B', '999 B', '1.00 kB', '999 kB', '1.00 MB', '12.9 MB', '5.00 TB'],
  );
});

test('page and command line write the same size alike', () => {
  for (const bytes of [0, 1, 999.4, 999.6, 1023, 99_950, 1e15]) assert.equal(bytesText(bytes), pageBytes(bytes));
});

test('what is unknown is never shown as zero', () => {
  assert.deepEqual([bytesText(null), countText(null)], ['unknown', 'unknown']);
});

test('a device name cannot colour the terminal or break a line', () => {
  const text = tableText(['name'], [['\u001b[31mred\nnext']]);
  assert.equal(text, 'name\n\\u{1b}[31mred\\u{a}next');
});

test('columns are as wide as their widest cell', () => {
  assert.equal(
    tableText(
      ['a', 'b'],
      [
        ['long', 'x'],
        ['s', 'y'],
      ],
    ),
    'a     b\nlong  x\ns     y',
  );
});
