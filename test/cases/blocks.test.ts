// Kind B over UDP: a CoAP body is what its blocks say together. Inputs of the field where they are, and siblings made here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Endpoint, udp } from '../analysis/packets.ts';
import { noise, wire } from '../decode/fixture.ts';
import { caseDocument, framesDocument, rulesOf, withoutCases } from './case-document.ts';

const SECRET = 'geheimwort-4711';

test('case 17: a password across blocks', { skip: withoutCases }, () => {
  const document = caseDocument('17', SECRET);
  assert.deepEqual(rulesOf(document), rulesOf(caseDocument('17', SECRET, 'control.pcap')));
  assert.deepEqual({ ...document.coap?.paths }, { '/cfg': 1 });
});

const CAM: Endpoint = { mac: '02:00:00:00:00:20', ip: '192.168.77.20', port: 40_000 };
const CLOUD: Endpoint = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 5683 };
const BODY = Buffer.from(`{"a":"${'x'.repeat(30)}","password":"${SECRET}","b":"${'y'.repeat(60)}"}`);
const [GET, POST, CONTENT] = [1, 2, 0x45];

/** A block option's value (RFC 7959 §2.2). */
function block(number: number, more: boolean, exponent: number): Uint8Array {
  const value = (number << 4) | (more ? 8 : 0) | exponent;
  return value < 256 ? wire(value) : wire(value >> 8, value & 255);
}

interface Message {
  readonly code: number;
  readonly token: number;
  readonly path?: string;
  readonly block1?: Uint8Array;
  readonly block2?: Uint8Array;
  readonly payload?: Uint8Array;
}

function coap({ code, token, path = '', block1, block2, payload = wire() }: Message): Uint8Array {
  const options: Uint8Array[] = [];
  let last = 0;
  for (const [number, value] of [
    [11, path === '' ? undefined : wire(path)],
    [23, block2],
    [27, block1],
  ] as const) {
    if (value === undefined) continue;
    const delta = number - last; // 13 to 268 are in a byte of their own (RFC 7252 §3.1)
    options.push(delta < 13 ? wire((delta << 4) | value.length, value) : wire(0xd0 | value.length, delta - 13, value));
    last = number;
  }
  return wire(0x41, code, [0, token], token, ...options, payload.length === 0 ? [] : 0xff, payload);
}

function parts(exponent: number): { number: number; more: boolean; bytes: Uint8Array }[] {
  const size = 16 << exponent;
  const count = Math.ceil(BODY.length / size);
  return Array.from({ length: count }, (_, i) => ({
    number: i,
    more: i + 1 < count,
    bytes: BODY.subarray(i * size, (i + 1) * size),
  }));
}

function posted(order: (count: number) => readonly number[], exponent = 1) {
  const list = parts(exponent);
  return order(list.length).map((i) => {
    const { number, more, bytes } = list[i]!;
    return udp(
      CAM,
      CLOUD,
      coap({ code: POST, token: i, path: 'cfg', block1: block(number, more, exponent), payload: bytes }),
    );
  });
}

const up = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

for (const [name, order] of [
  ['in order', up],
  ['backwards', (count: number) => up(count).toReversed()],
  ['each twice', (count: number) => up(count).flatMap((i) => [i, i])],
] as const) {
  for (const exponent of [0, 1, 2]) {
    test(`Block1 of ${16 << exponent} bytes, ${name}`, () => {
      const document = framesDocument(posted(order, exponent), SECRET);
      assert.deepEqual(
        ['CRED-05', 'PII-09'].filter((rule) => !rulesOf(document).includes(rule)),
        [],
      );
    });
  }
}

test('Block1 with a hole reports nothing', () => {
  assert.ok(!rulesOf(framesDocument(posted((count) => up(count).filter((i) => i !== 1)))).includes('CRED-05'));
});

test('Block2: an answer in blocks, each asked for with another token, names its path', () => {
  const frames = parts(1).flatMap(({ number, more, bytes }) => [
    udp(CAM, CLOUD, coap({ code: GET, token: number + 9, path: 'cfg', block2: block(number, false, 1) })),
    udp(CLOUD, CAM, coap({ code: CONTENT, token: number + 9, block2: block(number, more, 1), payload: bytes })),
  ]);
  const document = framesDocument(frames);
  assert.match(document.findings.find(({ rule }) => rule === 'CRED-05')?.excerpt_masked ?? '', /\/cfg/);
  assert.deepEqual({ ...document.coap?.paths }, { '/cfg': 1 });
});

test('two bodies to two paths at once', () => {
  const frames = parts(1).flatMap(({ number, more, bytes }) =>
    ['one', 'two'].map((path) =>
      udp(CAM, CLOUD, coap({ code: POST, token: 1, path, block1: block(number, more, 1), payload: bytes })),
    ),
  );
  assert.equal(framesDocument(frames).findings.filter(({ rule }) => rule === 'CRED-05').length, 2);
});

test('bodies without end, and many at once, are bounded and reported', () => {
  const endless = up(80).map((number) =>
    udp(CAM, CLOUD, coap({ code: POST, token: 1, path: 'x', block1: block(number, true, 6), payload: noise(1024) })),
  );
  assert.ok((framesDocument(endless).limits.messages_cut ?? 0) > 0);
  const many = up(200).map((i) =>
    udp(CAM, CLOUD, coap({ code: POST, token: 1, path: `p${i}`, block1: block(0, true, 2), payload: noise(64) })),
  );
  assert.ok((framesDocument(many).limits.messages_cut ?? 0) >= 190);
});
