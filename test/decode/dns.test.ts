import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDns, netbiosName } from '../../appliance/decode/protocols/dns.ts';
import { dnsPacket as packet } from './dns-oracle.ts';
import { be16, be32, behavesOnHostileBytes, labels, vector16, wire } from './fixture.ts';

const answer = wire(
  be16(0x1234), // id
  be16(0x8180), // response, recursion desired and available
  be16(1), // questions
  be16(2), // answers
  be16(0),
  be16(0),
  labels('www.example.com'),
  be16(1), // A
  be16(1), // IN
  [0xc0, 12], // pointer to the question's name
  be16(5), // CNAME
  be16(1),
  be32(300), // TTL, seconds
  vector16(labels('edge.example.net')),
  [0xc0, 45], // pointer to the CNAME's target
  be16(1),
  be16(1),
  be32(60),
  vector16([192, 0, 2, 7]),
);

test('an answer gives its chain of names and the address at the end', () => {
  const facts = decodeDns(answer, 0, answer.length);
  assert.deepEqual(
    facts?.records.map(({ name, value, ttl }) => [name, value, ttl]),
    [
      ['www.example.com', 'edge.example.net', 300],
      ['edge.example.net', '192.0.2.7', 60],
    ],
  );
});

test('a message cut within a record keeps the records before and says so', () => {
  const facts = decodeDns(answer, 0, answer.length - 3);
  assert.deepEqual([facts?.records.length, facts?.truncated], [1, true]);
});

test('a name that points to itself ends the reading', () => {
  const loop = wire(be16(1), be16(0), be16(1), be16(0), be16(0), be16(0), [0xc0, 12], be16(1), be16(1));
  assert.equal(decodeDns(loop, 0, loop.length), undefined);
});

test('a name that points forward is refused', () => {
  const forward = wire(
    be16(1),
    be16(0),
    be16(1),
    be16(0),
    be16(0),
    be16(0),
    [0xc0, 18],
    be16(1),
    be16(1),
    labels('a.b'),
  );
  assert.equal(decodeDns(forward, 0, forward.length), undefined);
});

test('a header without any entry is not DNS', () => {
  assert.equal(decodeDns(new Uint8Array(40), 0, 40), undefined);
});

test('an IPv6 answer is written as RFC 5952 asks', () => {
  const bytes = packet.encode({
    type: 'response' as const,
    answers: [{ type: 'AAAA', name: 'h.example', data: '2001:db8:0:0:1:0:0:1' }],
  });
  assert.equal(decodeDns(bytes, 0, bytes.length)?.records[0]?.value, '2001:db8::1:0:0:1');
});

test('names, types and data agree with dns-packet on a service announcement', () => {
  const message = {
    type: 'response' as const,
    answers: [
      { type: 'PTR', name: '_hap._tcp.local', data: 'Lamp._hap._tcp.local' },
      { type: 'SRV', name: 'Lamp._hap._tcp.local', data: { port: 8080, target: 'lamp.local' } },
      { type: 'TXT', name: 'Lamp._hap._tcp.local', data: ['md=BSB002', 'id=00:17:88:24:76:ff'] },
    ],
    additionals: [{ type: 'A', name: 'lamp.local', data: '10.0.0.9' }],
  };
  const bytes = packet.encode(message);
  assert.deepEqual(
    decodeDns(bytes, 0, bytes.length)?.records.map(({ section, name, value }) => [section, name, value]),
    [
      ['answer', '_hap._tcp.local', 'Lamp._hap._tcp.local'],
      ['answer', 'Lamp._hap._tcp.local', 'lamp.local:8080'],
      ['answer', 'Lamp._hap._tcp.local', 'md=BSB002\nid=00:17:88:24:76:ff'],
      ['additional', 'lamp.local', '10.0.0.9'],
    ],
  );
});

test('what dns-packet decodes without complaint from mutated bytes has the questions that we read', () => {
  let compared = 0;
  for (let at = 0; at < answer.length; at++) {
    const bytes = answer.slice();
    bytes[at] = (bytes[at]! + 1) & 255;
    const theirs = tryOracle(bytes);
    const ours = decodeDns(bytes, 0, bytes.length);
    if (theirs === undefined || ours === undefined || ours.truncated) continue;
    compared += 1;
    assert.deepEqual(
      ours.questions.map(({ name }) => name),
      theirs.map((name) => (name === '.' ? '' : name)),
    );
  }
  assert.ok(compared > 20, `${compared} messages compared`);
});

function tryOracle(bytes: Uint8Array): string[] | undefined {
  try {
    return packet.decode(Buffer.from(bytes)).questions?.map(({ name }) => name);
  } catch {
    return undefined;
  }
}

test('a NetBIOS name is unfolded from its letters', () => {
  // RFC 1001 §14.1: "FRED" padded with blanks, suffix 0x00.
  assert.deepEqual(netbiosName('EGFCEFEECACACACACACACACACACACAAA'), { name: 'FRED', suffix: 0 });
});

behavesOnHostileBytes('DNS', decodeDns, answer);
