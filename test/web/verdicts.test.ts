// Traffic by verdict word: problem is first, and nothing is lost in the sums.

import assert from 'node:assert/strict';
import test from 'node:test';
import { parseDevice } from '../../appliance/model/mac.ts';
import { isReadableContent, protectionWord } from '../../appliance/model/protection.ts';
import { headOf } from '../../appliance/store/figures/device-head.ts';
import { conversationParts, conversationsByScope, flowParts, verdictParts } from '../../web/src/verdicts.ts';
import { documentOf } from './mock-document.ts';
import { flowsOf } from './mock-flows.ts';
import { HOME } from './mock-home.ts';

test('what is in the clear precedes what is encrypted, whatever the bytes', () => {
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

test('Internet and home are separate and add up to all, in the document as in the matrix', () => {
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

test('a device with a grave finding of readable content is never called mostly encrypted', () => {
  const bytes = { encrypted: 999, opaque: 1 };
  assert.deepEqual(protectionWord(bytes, false), { says: 'most', verdict: 'encrypted', only: false });
  assert.deepEqual(protectionWord(bytes, true), { says: 'readable', verdict: 'encrypted' });
  assert.deepEqual(protectionWord({ ...bytes, cleartext: 1000 }, true), { says: 'clear', share: 0.5 });
  assert.deepEqual(protectionWord({}, true), { says: 'nothing' });
  const rules = ['CLR-03', 'CRED-01', 'PII-09', 'AP-03'].map((rule) => ({ rule, severity: 'high' as const }));
  assert.deepEqual(rules.map(isReadableContent), [true, true, true, false]);
  assert.equal(isReadableContent({ rule: 'CLR-03', severity: 'medium' }), false);
});

test('what a device says at home does not count as what it says to the Internet, nor the other way round', () => {
  for (const one of HOME) {
    const device = parseDevice(one.mac);
    assert.ok(device !== undefined);
    const document = documentOf([one], 1_795_176_000_000);
    const abroad = { ...document, destinations: document.destinations.filter(({ country }) => country !== 'local') };
    const head = headOf(device, abroad, { packets: 0, bytes: 0 });
    for (const [verdict, bytes] of Object.entries(head.verdicts)) {
      const { internet, home } = head.protection;
      assert.equal((internet[verdict] ?? 0) + (home[verdict] ?? 0), bytes);
    }
    const sum = (parts: Readonly<Record<string, number>>) =>
      Object.values(parts).reduce((total, part) => total + part, 0);
    const plain = new Set(['dns', 'ntp', 'ssdp', 'mdns']);
    const atHome = one.talks.filter(({ peer, service }) => peer.country === 'local' && !plain.has(service));
    assert.equal(
      sum(head.protection.home),
      atHome.reduce((total, { up, down }) => total + up + down, 0),
    );
    assert.equal(head.readable, document.findings.some(isReadableContent));
  }
});
