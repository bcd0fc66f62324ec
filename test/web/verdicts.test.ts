// Traffic by verdict word: trouble stands first, and nothing is lost in the sums.

import assert from 'node:assert/strict';
import test from 'node:test';
import { conversationParts, conversationsByScope, flowParts, verdictParts } from '../../web/src/verdicts.ts';
import { documentOf } from './mock-document.ts';
import { flowsOf } from './mock-flows.ts';
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

test('Internet and home stand apart and add up to all, in the document as in the matrix', () => {
  const document = documentOf(HOME, 1_795_176_000_000);
  const { internet, home } = conversationsByScope(document);
  assert.equal(internet.length + home.length, document.conversations.length);
  assert.ok(home.every(({ country }) => country === 'local'));
  const { groups } = flowsOf(new URLSearchParams({ by: 'scope,protection' }), 1_795_176_000_000);
  const sums = (parts: readonly { readonly verdict: string; readonly bytes: number }[]) =>
    parts.map(({ verdict, bytes }) => [verdict, bytes]);
  assert.deepEqual(sums(flowParts(groups, 'internet')), sums(conversationParts(internet)));
  assert.deepEqual(sums(flowParts(groups, 'home')), sums(conversationParts(home)));
});
