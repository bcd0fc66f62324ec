// Text that a device chose, before it reaches the page.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { deviceText } from '../../../web/src/format/device-text.ts';
import { HOSTILE_NAMES } from '../mock-home.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

test('control and bidirectional characters become visible escapes', () => {
  assert.equal(deviceText('invoice\u202Efdp.exe').shown, 'invoice\\u{202e}fdp.exe');
  assert.equal(deviceText('a\u001b[31m\nb').shown, 'a\\u{1b}[31m\\u{a}b');
});

test('piles of combining marks are cut, a marked letter is not', () => {
  assert.equal(deviceText('e\u0301').shown, 'e\u0301');
  assert.equal(deviceText(`e${'\u0301'.repeat(50)}x`).shown, 'e\u0301\u0301…x');
});

test('an ordinary name is left as it is', () => {
  assert.deepEqual(deviceText('Küche – Lampe 3'), { shown: 'Küche – Lampe 3', title: undefined, altered: false });
});

test('a long name is cut with a mark and stays readable in the title', () => {
  const { shown, title, altered } = deviceText('x'.repeat(300), 20);
  assert.equal(shown, `${'x'.repeat(20)}…`);
  assert.equal(title, 'x'.repeat(300));
  assert.ok(altered);
});

test('no invisible character survives in what is shown or in the title', () => {
  const anything = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.constantFrom(...HOSTILE_NAMES));
  fc.assert(
    fc.property(anything, fc.integer({ min: 1, max: 100 }), (text, limit) => {
      const { shown, title } = deviceText(text, limit);
      assert.doesNotMatch(shown, INVISIBLE);
      assert.doesNotMatch(title ?? '', INVISIBLE);
    }),
  );
});
