// A conversation as its device sees it, alone and in groups.

import assert from 'node:assert/strict';
import test from 'node:test';
import { groupByPeer, oneByOne, seenFrom, topCounts } from '../../web/src/conversation.ts';
import { documentOf } from './mock-document.ts';
import { HOME } from './mock-home.ts';

const camera = HOME.slice(0, 1);
const MAC = camera[0]?.mac ?? '';
const document = documentOf(camera, 1_795_176_000_000);
const first = document.conversations[0];
assert.ok(first !== undefined);

test('a conversation that the peer began is turned round', () => {
  const turned = seenFrom('aa:bb:cc:00:00:01', { ...first, b_mac: 'aa:bb:cc:00:00:01' });
  assert.equal(turned.peerIp, first.a_ip);
  assert.equal(turned.up, first.bytes_ba);
  assert.equal(turned.down, first.bytes_ab);
  assert.equal(turned.servicePort, first.b_port);
  assert.ok(turned.offered, 'the device offers the service');
});

test('a device is not named as its own peer', () => {
  const local = { ...first, country: 'local', b_mac: 'aa:bb:cc:00:00:01' };
  assert.deepEqual(seenFrom('aa:bb:cc:00:00:01', local).peerNames, []);
  assert.deepEqual(seenFrom(MAC, local).peerNames, first.names);
});

test('the service is the end without an ephemeral port, anyone who is seen first', () => {
  const midway = seenFrom(MAC, { ...first, a_port: 80, b_port: 40_000 });

  test('a row that represents many ports of clients is known by the port of its service', () => {
    assert.equal(seenFrom(MAC, { ...first, a_port: 0, b_port: 60_000 }).servicePort, 60_000);
    assert.equal(seenFrom(MAC, { ...first, a_port: 5000, b_port: 0 }).servicePort, 5000);
  });
  assert.equal(midway.servicePort, 80);
  assert.ok(midway.offered);
});

test('conversations that were added up have a service and no other port, anyone who is seen first', () => {
  const [asked, midway] = [seenFrom(MAC, { ...first, a_port: 0 }), seenFrom(MAC, { ...first, a_port: 80, b_port: 0 })];
  assert.deepEqual([asked.servicePort, asked.offered], [first.b_port, false]);
  assert.deepEqual([midway.servicePort, midway.offered], [80, true]);
});

test('conversations with one peer and service are one row, and no byte is lost', () => {
  const many = [1, 2, 3].map((port) => seenFrom(MAC, { ...first, a_port: port, H: 5 + port / 10 }));
  const [group, ...others] = groupByPeer(many);
  assert.equal(others.length, 0);
  assert.equal(group?.up, 3 * first.bytes_ab);
  assert.deepEqual(group?.entropy, [5.1, 5.3]);
  assert.equal(oneByOne(many).length, 3);
});

test('a readable conversation never hides among encrypted ones', () => {
  const mixed = (['encrypted', 'cleartext', 'encrypted'] as const).map((verdict, port) =>
    seenFrom(MAC, { ...first, a_port: port, verdict }),
  );
  assert.deepEqual(
    groupByPeer(mixed).map((group) => `${group.main.source.verdict} ${group.members.length}`),
    ['encrypted 2', 'cleartext 1'],
  );
});

test('the largest counts come first and the rest is counted', () => {
  assert.deepEqual(topCounts({ a: 1, b: 3, c: 2 }, 2), {
    top: [
      ['b', 3],
      ['c', 2],
    ],
    left: 1,
  });
});
