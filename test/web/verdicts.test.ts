// Traffic by verdict word: trouble stands first, and nothing is lost in the sums.

import assert from 'node:assert/strict';
import test from 'node:test';
import { conversationParts, verdictParts } from '../../web/src/verdicts.ts';
import { documentOf } from './mock-document.ts';
import { HOME } from './mock-home.ts';

test('what is in the clear stands before what is encrypted, whatever the bytes', () => {
  const words = verdictParts({ encrypted: 900, opaque: 20, cleartext: 1, no_payload: 0 }).map((part) => part.verdict);
  assert.deepEqual(words, ['cleartext', 'opaque', 'encrypted']);
});

test('a word of a later version comes last and is not lost', () => {
  const words = verdictParts({ novel: 5, encrypted: 1 }).map((part) => part.verdict);
  assert.deepEqual(words, ['encrypted', 'novel']);
});

test('the parts add up to all conversations', () => {
  const { conversations } = documentOf(HOME, 1_795_176_000_000);
  const parts = conversationParts(conversations);
  const bytes = conversations.reduce((sum, one) => sum + one.bytes_ab + one.bytes_ba, 0);
  assert.equal(
    parts.reduce((sum, part) => sum + part.bytes, 0),
    bytes,
  );
  assert.equal(
    parts.reduce((sum, part) => sum + part.conversations, 0),
    conversations.length,
  );
});
