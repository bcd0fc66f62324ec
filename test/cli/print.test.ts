import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesText, countText, tableText } from '../../appliance/cli/print.ts';

test('bytes are shown with three digits and a binary unit', () => {
  assert.deepEqual([0, 1023, 1024, 12_900_000, 5e12].map(bytesText), [
    '0 B',
    '1023 B',
    '1.00 KiB',
    '12.3 MiB',
    '4.55 TiB',
  ]);
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
