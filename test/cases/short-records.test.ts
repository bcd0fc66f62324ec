// Kind H: DTLS 1.3 behind its hellos and from the middle on, ZRTP before its media; what only looks alike proves nothing.
// And the logins of SOCKS.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RandomBytes } from '../analysis/labelled/random-bytes.ts';
import { ascii, connection } from '../analysis/packets.ts';
import { clientHelloBody, handshake } from '../decode/client-hello.ts';
import { be16, be32, wire } from '../decode/fixture.ts';
import { DEVICE, datagrams, documentOf, type Said, SERVER } from './frames.ts';

const random = new RandomBytes('short records');

/** RFC 9147 §4: `001CSLEE`, number, length. */
function sealed(flags: number, size: number): Uint8Array {
  const number = (flags & 8) === 0 ? random.bytes(1) : random.bytes(2);
  return wire(0x20 | flags, number, (flags & 4) === 0 ? [] : be16(size), random.bytes(size));
}

/** RFC 6347 §4.1 and §4.2.2, one message in one record. */
function helloRecord(): Uint8Array {
  const body = clientHelloBody('lamp.example');
  const message = handshake(1, body);
  const fragment = wire(message.subarray(0, 4), be16(0), 0, be16(0), message.subarray(1, 4), body);
  return wire(22, [0xfe, 0xfd], be16(0), [0, 0], be32(0), be16(fragment.length), fragment);
}

function times(n: number, make: (i: number) => Uint8Array): Said[] {
  return Array.from({ length: n }, (_, i) => [i % 3 === 0 ? 'server' : 'device', make(i)] as const);
}

const FORMS: readonly (readonly [string, number])[] = [
  ['short number and length', 0x04],
  ['long number and length', 0x0c],
  ['long number without length', 0x08],
  ['connection id', 0x18],
  ['a later epoch', 0x0f],
];

for (const [name, flags] of FORMS) {
  test(`DTLS 1.3 behind a hello, ${name}, is encrypted`, () => {
    const c = datagrams([['device', helloRecord()], ...times(30, () => sealed(flags, 200))]);
    assert.deepEqual([c.verdict, c.service], ['encrypted', 'dtls'], c.verdict_reason);
  });
}

test('from its middle on nothing proves DTLS 1.3, also where lengths fit: makers have such headers', () => {
  const sealedOnly = datagrams(times(30, () => sealed(0x0c, 300)));
  const own = datagrams(times(30, (i) => wire(0x24, 1, be16(60), be32(i), new Uint8Array(40), random.bytes(16))));
  for (const c of [sealedOnly, own]) {
    assert.notEqual(c.verdict, 'encrypted', c.verdict_reason);
    assert.notEqual(c.service, 'dtls');
  }
});

test('random datagrams with the first byte of DTLS 1.3 prove nothing', () => {
  const c = datagrams(times(60, (i) => wire(0x20 | (i & 31), random.bytes(200))));
  assert.notEqual(c.verdict, 'encrypted');
  assert.notEqual(c.service, 'dtls');
});

/** RFC 6189 §5; the check sum is not looked at. */
function zrtp(type: string, size: number): Uint8Array {
  const words = size / 4;
  return wire(
    [0x10, 0],
    be16(7),
    ascii('ZRTP'),
    be32(99),
    be16(0x505a),
    be16(words),
    ascii(type.padEnd(8)),
    random.bytes(size - 12),
    be32(1),
  );
}

function rtp(i: number): Uint8Array {
  return wire(0x80, 96, be16(i), be32(i * 3000), be32(0x11223344), random.bytes(400));
}

const AGREED = ['Hello', 'HelloACK', 'Commit', 'DHPart1', 'DHPart2', 'Confirm1', 'Confirm2', 'Conf2ACK'];

test('media behind a ZRTP agreement are encrypted', () => {
  const c = datagrams([...AGREED.map((type): Said => ['device', zrtp(type, 76)]), ...times(60, rtp)]);
  assert.deepEqual([c.verdict, c.service], ['encrypted', 'zrtp'], c.verdict_reason);
});

test('hellos of ZRTP that nobody answers agree on nothing', () => {
  const c = datagrams([['device', zrtp('Hello', 88)], ...times(60, rtp)]);
  assert.notEqual(c.verdict, 'encrypted', c.verdict_reason);
});

const PROXY = { ...SERVER, port: 1080 };
const GREETING = wire(5, 2, 0, 2);
const REQUEST = wire(5, 1, 0, 3, 12, ascii('lamp.example'), be16(80));
const ANSWER = wire(5, 0, 0, 1, [10, 0, 0, 1], be16(80));

function login(user: string, password: string): Uint8Array {
  return wire(1, user.length, ascii(user), password.length, ascii(password));
}

for (const [user, password] of [
  ['maria', 'Tr0ut-Ladder!'],
  ['u', ''],
  ['a'.repeat(255), 'p'.repeat(255)],
] as const) {
  test(`the login of SOCKS with ${user.length} and ${password.length} letters is found`, () => {
    const { findings, http } = documentOf(
      connection(DEVICE, PROXY, [
        [0, GREETING],
        [1, wire(5, 2)],
        [0, login(user, password)],
        [1, wire(1, 0)],
        [0, REQUEST],
        [1, ANSWER],
        [0, ascii('GET / HTTP/1.1\r\nHost: lamp.example\r\n\r\n')],
      ]),
    );
    assert.equal(findings.filter(({ rule }) => rule === 'CRED-14').length, 1);
    assert.deepEqual({ ...http.hosts }, { 'lamp.example': 1 });
  });
}
