// What is encoded is one thing; who can read it is another: anybody, who has the device's key, or nobody.
import assert from 'node:assert/strict';
import { createCipheriv, createHash } from 'node:crypto';
import { test } from 'node:test';
import type { DocumentConversation } from '../../appliance/model/analysis-document.ts';
import { RandomBytes } from '../analysis/labelled/random-bytes.ts';
import { connection } from '../analysis/packets.ts';
import { be16, be32, wire } from '../decode/fixture.ts';
import { DEVICE, datagrams, documentOf } from './frames.ts';

const random = new RandomBytes('readable');

function said({ verdict, readable, payload_says, port_check }: DocumentConversation): unknown[] {
  return [verdict, readable, payload_says, port_check];
}

function kasa(text: string): Uint8Array {
  let key = 171;
  return Uint8Array.from(Buffer.from(text), (byte) => {
    key ^= byte;
    return key;
  });
}

const STATE = '{"system":{"get_sysinfo":{"alias":"Kitchen","model":"HS110(EU)","err_code":0}}}';

test('Kasa by UDP and TCP is readable without a key', () => {
  const plug = { mac: '02:00:00:00:00:31', ip: '10.0.0.31', port: 9999 };
  const wanted = ['encoded', 'without_key', 'readable', 'agreement'];
  assert.deepEqual(said(datagrams([['server', kasa(STATE)]], DEVICE, plug)), wanted);
  const message = wire(be32(STATE.length), kasa(STATE));
  assert.deepEqual(said(documentOf(connection(DEVICE, plug, [[1, message]])).conversations[0]!), wanted);
});

function tuya(body: Uint8Array, command: number): Uint8Array {
  return wire(be32(0x55aa), be32(1), be32(command), be32(body.length + 12), be32(0), body, be32(0), be32(0xaa55));
}

test('a Tuya broadcast opens without a key, and no finding speaks of commands', () => {
  const key = createHash('md5').update('yGAdlopoPVldABfn').digest();
  const cipher = createCipheriv('aes-128-ecb', key, null);
  const body = Buffer.concat([cipher.update('{"ip":"10.0.0.5","gwId":"bf1234567890abcdefghij"}'), cipher.final()]);
  const all = { mac: 'ff:ff:ff:ff:ff:ff', ip: '255.255.255.255', port: 6667 };
  const [verdict, readable] = said(datagrams([['device', tuya(body, 0x13)]], DEVICE, all));
  assert.deepEqual([verdict, readable], ['encoded', 'without_key']);
});

test("Tuya's local control needs the device's key: not readable, and the port question stays open", () => {
  const plug = { mac: '02:00:00:00:00:31', ip: '10.0.0.31', port: 6668 };
  const frames = Array.from({ length: 12 }, (_, i) => [i % 2 === 0 ? 0 : 1, tuya(random.bytes(96), 7)] as const);
  const { conversations, findings } = documentOf(connection(DEVICE, plug, frames));
  assert.deepEqual(said(conversations[0]!), ['encoded', 'device_key', 'unknown', 'open']);
  assert.deepEqual(
    findings.filter(({ rule }) => rule === 'CLR-07'),
    [],
  );
});

for (const [name, withCode] of [
  ['with a return code', true],
  ['without', false],
] as const) {
  test(`Tuya 3.1 sends its state in the clear: readable without a key, ${name}`, () => {
    const plug = { mac: '02:00:00:00:00:31', ip: '10.0.0.31', port: 6668 };
    const ask = Buffer.from('{"gwId":"0120015260091453a970","devId":"0120015260091453a970"}');
    const state = Buffer.from('{"devId":"0120015260091453a970","dps":{"1":true,"5":"cell: 49151234567"}}');
    const frame = (body: Uint8Array): Uint8Array =>
      withCode
        ? tuya(body, 10)
        : wire(be32(0x55aa), be32(1), be32(10), be32(body.length + 8), body, be32(0), be32(0xaa55));
    const heartbeat = wire(be32(0x55aa), be32(2), be32(9), be32(8), be32(0), be32(0xaa55));
    const pieces = [
      [0, frame(ask)],
      [1, frame(state)],
      [0, heartbeat],
    ] as const;
    const { conversations, findings } = documentOf(connection(DEVICE, plug, pieces));
    assert.deepEqual(said(conversations[0]!).slice(0, 3), ['encoded', 'without_key', 'readable']);
    const [reported] = findings.filter(({ rule }) => rule === 'CLR-07');
    assert.match(reported?.explanation ?? '', /commands need its own key/);
    assert.ok(findings.some(({ rule }) => rule === 'PII-02'));
  });
}

test('Tuya 3.1 with orders under its key needs the key', () => {
  const plug = { mac: '02:00:00:00:00:31', ip: '10.0.0.31', port: 6668 };
  const order = Buffer.from(`3.1${'0'.repeat(16)}${random.bytes(48).toString('base64')}`);
  const state = Buffer.from('{"devId":"0120015260091453a970","dps":{"1":true}}');
  const { conversations } = documentOf(
    connection(DEVICE, plug, [
      [0, tuya(order, 7)],
      [1, tuya(state, 10)],
    ]),
  );
  assert.deepEqual(said(conversations[0]!).slice(0, 2), ['encoded', 'device_key']);
});

test("miIO's messages need the token, its hellos nothing", () => {
  const lamp = { mac: '02:00:00:00:00:31', ip: '10.0.0.31', port: 54_321 };
  const message = (): Uint8Array => {
    const body = random.bytes(112);
    return wire(be16(0x2131), be16(32 + body.length), be32(0), be32(7), be32(99), random.bytes(16), body);
  };
  assert.deepEqual(
    said(
      datagrams(
        [
          ['device', message()],
          ['server', message()],
        ],
        DEVICE,
        lamp,
      ),
    ).slice(0, 3),
    ['encoded', 'device_key', 'unknown'],
  );
});

test('Base64 is readable without a key, proven encryption by nobody, random bytes by nobody knows', () => {
  const text = Buffer.from(random.bytes(3000).toString('base64'));
  const far = { mac: '02:00:00:00:00:01', ip: '52.208.0.1', port: 7000 };
  const [verdict, readable] = said(documentOf(connection(DEVICE, far, [[0, text]])).conversations[0]!);
  assert.deepEqual([verdict, readable], ['encoded', 'without_key']);
  const unknown = documentOf(connection(DEVICE, far, [[0, random.bytes(1400)]])).conversations[0]!;
  assert.deepEqual(said(unknown), ['opaque', null, 'unknown', 'open']);
});
