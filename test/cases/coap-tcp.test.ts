// CoAP over TCP (RFC 8323): the messages of its UDP form, behind their lengths in a stream.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCoapFrame } from '../../appliance/decode/protocols/coap.ts';
import { RandomBytes } from '../analysis/labelled/random-bytes.ts';
import { connection, type Endpoint } from '../analysis/packets.ts';
import { be16, be32, behavesOnHostileBytes, wire } from '../decode/fixture.ts';
import { framesDocument, rulesOf } from './case-document.ts';

const random = new RandomBytes('CoAP over TCP');
const LAMP: Endpoint = { mac: '02:00:00:00:00:20', ip: '192.168.77.20', port: 40_000 };
const HUB: Endpoint = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 5683 };

type Sent = readonly [0 | 1, Uint8Array];

/** Length and token length, extended length, code, token, the rest (§3.2). */
function message(code: number, rest: Uint8Array): Uint8Array {
  const [nibble, more] = lengthOf(rest.length);
  return wire((nibble << 4) | 2, more, code, [9, 8], rest);
}

function lengthOf(length: number): [nibble: number, more: readonly number[]] {
  if (length < 13) return [length, []];
  if (length < 269) return [13, [length - 13]];
  return length < 65_805 ? [14, be16(length - 269)] : [15, be32(length - 65_805)];
}

/** 7.01 with Max-Message-Size 1152 (§5.3.1). */
const CAPABILITIES = message(0xe1, wire([0x22, 4, 0x80]));
const OPENED: readonly Sent[] = [
  [0, CAPABILITIES],
  [1, CAPABILITIES],
];
const CHANGED: Sent = [1, message(0x44, wire())];
/** Uri-Path `cfg`, Content-Format 50. */
const OPTIONS = wire([0xb3], 'cfg', [0x11, 50]);

function post(body: Uint8Array | string, more: readonly number[] = []): Uint8Array {
  return message(2, wire(OPTIONS, more, 0xff, body));
}

function secretBody(length: number): string {
  return `{"note":"${'all is well '.repeat(Math.ceil(length / 12))}","password":"Tr0ut-Ladder!"}`;
}

function talk(sent: readonly Sent[], port = HUB.port, piece = 1400) {
  const pieces = sent.flatMap(([from, bytes]): Sent[] =>
    Array.from({ length: Math.ceil(bytes.length / piece) }, (_, i) => [
      from,
      bytes.subarray(i * piece, (i + 1) * piece),
    ]),
  );
  return framesDocument(connection(LAMP, { ...HUB, port }, pieces));
}

for (const port of [5683, 15_683]) {
  for (const length of [0, 200, 3000]) {
    test(`a password behind ${length} bytes of a message over TCP port ${port} is found under its path`, () => {
      const document = talk([...OPENED, [0, post(secretBody(length))], CHANGED], port);
      assert.equal(document.conversations[0]?.service, 'coap');
      const found = document.findings.find(({ rule }) => rule === 'CRED-05');
      assert.match(found?.excerpt_masked ?? '', /POST \/cfg: password/);
    });
  }
}

test('messages cut anywhere by segments say the same', () => {
  const sent: Sent[] = [...OPENED, [0, post(secretBody(40))], CHANGED];
  const whole = rulesOf(talk(sent));
  for (const piece of [1, 2, 3, 7, 50]) assert.deepEqual(rulesOf(talk(sent, 5683, piece)), whole, `pieces of ${piece}`);
});

test('sealed content in CoAP over TCP leaves the conversation in the clear, with what that content is', () => {
  const sent = Array.from({ length: 30 }, (): Sent => [0, post(random.bytes(300))]);
  const conversation = talk([...OPENED, ...sent, CHANGED], 15_683).conversations[0];
  assert.deepEqual([conversation?.verdict, conversation?.service], ['cleartext', 'coap'], conversation?.verdict_reason);
  assert.match(conversation?.verdict_reason ?? '', /opaque content/);
});

test('blocks of several kilobytes (RFC 8323 §6) are put together', () => {
  const body = Buffer.from(secretBody(4000));
  const size = 2048;
  const blocks = Array.from({ length: Math.ceil(body.length / size) }, (_, i) => {
    const more = (i + 1) * size < body.length ? 8 : 0;
    // Block1 (27) is 15 behind Content-Format (12); number in units of 1,024, then size exponent 7.
    return post(body.subarray(i * size, (i + 1) * size), [0xd1, 2, ((i * 2) << 4) | more | 7]);
  });
  const document = talk([...OPENED, ...blocks.map((block): Sent => [0, block]), CHANGED]);
  assert.equal(document.findings.filter(({ rule }) => rule === 'CRED-05').length, 1);
  assert.deepEqual({ ...document.coap?.paths }, { '/cfg': 1 });
});

test('a message longer than what is put together is read as far as that, and the cut is counted', () => {
  const document = talk([...OPENED, [0, post(wire(secretBody(10), new Uint8Array(70_000)))], [0, post('{"ok":1}')]]);
  assert.ok(rulesOf(document).includes('CRED-05'));
  assert.equal(document.coap?.paths['/cfg'], 2);
});

test('random bytes, and what only begins like capabilities, are no CoAP', () => {
  for (let i = 0; i < 200; i++) {
    const beginning = i % 2 === 0 ? [] : [0x32, 0xe1, 9, 8, 0xf0 | (i & 15)];
    const said = talk([[0, wire(beginning, random.bytes(300))]], 15_683);
    assert.notEqual(said.conversations[0]?.service, 'coap');
  }
});

behavesOnHostileBytes('decodeCoapFrame', decodeCoapFrame, post('{"on":true}'));
