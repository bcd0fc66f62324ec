import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_BYTES, MAX_MESSAGES, Outbox } from '../../appliance/publish/mqtt/outbox.ts';
import { RetainedTopics } from '../../appliance/publish/mqtt/retained-topics.ts';
import { makeTopics, word } from '../../appliance/publish/mqtt/topics.ts';

test('a newer state takes the place of the older one of its topic', () => {
  const outbox = new Outbox();
  outbox.put({ topic: 'a', payload: '1', retain: true });
  outbox.put({ topic: 'a', payload: '2', retain: true });
  assert.deepEqual([outbox.size, outbox.take()?.payload, outbox.dropped], [1, '2', 0]);
});

test('events keep their order and their number', () => {
  const outbox = new Outbox();
  for (const payload of ['1', '2', '3']) outbox.put({ topic: 'a', payload, retain: false });
  assert.deepEqual([outbox.take()?.payload, outbox.take()?.payload, outbox.take()?.payload], ['1', '2', '3']);
});

test('when it is full, events go before states', () => {
  const outbox = new Outbox();
  outbox.put({ topic: 'state', payload: 's', retain: true });
  for (let i = 0; i < 2 * MAX_MESSAGES; i++) outbox.put({ topic: 'event', payload: 'e', retain: false });
  assert.equal(outbox.size, MAX_MESSAGES);
  assert.equal(outbox.take()?.topic, 'state');
});

test('whatever is put, it stays within a thousand messages and 2 MiB, and counts its bytes right', () => {
  const message = fc.record({
    topic: fc.constantFrom('a', 'b', 'c', 'd'),
    payload: fc.integer({ min: 0, max: 900_000 }).map((n) => 'x'.repeat(n)),
    retain: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
      const outbox = new Outbox();
      for (const entry of messages) outbox.put(entry);
      let bytes = 0;
      const held = outbox.bytes;
      for (let taken = outbox.take(); taken !== undefined; taken = outbox.take())
        bytes += taken.topic.length + taken.payload.length;
      return held === bytes && held <= MAX_BYTES && outbox.bytes === 0;
    }),
    { numRuns: 50 },
  );
});

test('a message given back does not overtake a newer one of its topic', () => {
  const outbox = new Outbox();
  outbox.put({ topic: 'a', payload: 'new', retain: true });
  outbox.giveBack({ topic: 'a', payload: 'old', retain: true });
  assert.deepEqual([outbox.size, outbox.take()?.payload], [1, 'new']);
});

test('nothing that a device says can become a wildcard, a separator or a control character of a topic', () => {
  const topics = makeTopics('', 'weir-test');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const made = [topics.device(text).state, topics.finding(text, text)];
      return made.every((topic) => /^weir\/weir-test\/device\/[a-z0-9_-]{1,64}\/[a-z0-9_/-]+$/.test(topic));
    }),
  );
  assert.equal(word('../+/#'), '_');
});

test('a stored list that is no list is an empty one', () => {
  for (const stored of [undefined, null, 'x', { a: 1 }, [1, null, {}]]) {
    assert.deepEqual(
      new RetainedTopics(stored).takeStale(() => false),
      [],
    );
  }
});
