// Kind H: a proof needs the body, not one header; a test against random bytes must not meet constant headers; one five-tuple
// may carry several protocols.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RandomBytes } from '../analysis/labelled/random-bytes.ts';
import { clientHelloBody, handshake } from '../decode/client-hello.ts';
import { be16, be32, vector8, wire } from '../decode/fixture.ts';
import { QUIC_V1, type QuicVersion, sealInitial } from '../decode/quic-initial.ts';
import { caseDocument, datagrams, type Said, withoutCases } from './frames.ts';

const random = new RandomBytes('kind H');
const NOTHING = new Uint8Array(0);

async function verdicts(number: string, file?: string): Promise<string[]> {
  return (await caseDocument(number, file)).conversations.map(({ verdict }) => verdict);
}

test('case 51: SRTP with a header extension gets the word that it gets without', { skip: withoutCases }, async () => {
  assert.deepEqual(await verdicts('51'), await verdicts('51', 'control.pcap'));
});

test('case 52: DTLS behind a STUN request is encrypted, and STUN is named', { skip: withoutCases }, async () => {
  const [conversation] = (await caseDocument('52')).conversations;
  assert.deepEqual([conversation?.verdict, conversation?.service], ['encrypted', 'dtls']);
  assert.match(conversation?.verdict_reason ?? '', /STUN/);
});

test('case 53: a datagram that only begins like QUIC proves nothing', { skip: withoutCases }, async () => {
  const [conversation] = (await caseDocument('53')).conversations;
  assert.notEqual(conversation?.verdict, 'encrypted');
  assert.notEqual(conversation?.service, 'quic');
});

function times(n: number, make: (i: number) => Uint8Array, from: Said[0] = 'device'): Said[] {
  return Array.from({ length: n }, (_, i) => [from, make(i)] as const);
}

/** RFC 3550 §5.1; `flags` next to version 2, `more` between header and payload. */
function rtp(i: number, body: Uint8Array, flags = 0, more: Uint8Array = NOTHING, type = 96): Uint8Array {
  return wire(0x80 | flags, type, be16(i), be32(i * 3000), be32(0x11223344), more, body);
}

/** RFC 8285 §4.2 and §4.3: one-byte and two-byte elements in two words. */
const ONE_BYTE = wire(be16(0xbede), be16(2), [0x10, 0xff, 0x21, 1, 2, 0, 0, 0]);
const TWO_BYTE = wire(be16(0x1000), be16(2), [1, 1, 7, 2, 2, 1, 2, 0]);
const SOURCES = wire(be32(0x01010101), be32(0x02020202));
const SHAPES: readonly (readonly [name: string, flags: number, more: Uint8Array])[] = [
  ['one-byte extensions', 0x10, ONE_BYTE],
  ['two-byte extensions', 0x10, TWO_BYTE],
  ['contributing sources', 2, SOURCES],
  ['contributing sources and an extension', 0x12, wire(SOURCES, ONE_BYTE)],
  ['padding announced', 0x20, NOTHING],
];

for (const [name, flags, more] of SHAPES) {
  test(`SRTP with ${name} is opaque, H.264 in RTP with them is compressed in the clear`, () => {
    const sealed = datagrams(times(60, (i) => rtp(i, random.bytes(900), flags, more)));
    assert.equal(sealed.verdict, 'opaque', sealed.verdict_reason);
    const open = datagrams(times(60, (i) => rtp(i, wire([0x7c, 0x41], random.bytes(900)), flags, more)));
    assert.equal(open.verdict, 'compressed-in-clear', open.verdict_reason);
  });
}

test('SRTP of a registered payload type is opaque, telephone sound of that type is not', () => {
  const sealed = datagrams(times(80, (i) => rtp(i, random.bytes(170), 0, NOTHING, 0)));
  assert.equal(sealed.verdict, 'opaque', sealed.verdict_reason);
  // G.711: small amplitudes are bytes near ff and 7f.
  const sound = (): Uint8Array => random.bytes(160).map((byte) => (byte & 0x80) | (0x7f - (byte % 23)));
  const open = datagrams(times(80, (i) => rtp(i, sound(), 0, NOTHING, 0)));
  assert.equal(open.verdict, 'compressed-in-clear', open.verdict_reason);
});

test('a counter and a constant byte of another protocol are no RTP', () => {
  const frame = (i: number): Uint8Array => wire([0x80, 0x60], be16(i), be32(0), be32(7), [9], random.bytes(700));
  const said = datagrams(times(60, frame));
  assert.notEqual(said.verdict, 'compressed-in-clear', said.verdict_reason);
});

/** RFC 8489 §5: a binding request with the magic cookie, and its answer. */
function stun(type: 0x0001 | 0x0101): Uint8Array {
  return wire(be16(type), be16(0), be32(0x2112a442), random.bytes(12));
}

/** RFC 6347 §4.1: application data of epoch 1. */
function dtls(i: number, body: Uint8Array): Uint8Array {
  return wire(23, be16(0xfefd), be16(1), be16(0), be32(i), be16(body.length), body);
}

test('STUN, DTLS and SRTP on one pair of ports are encrypted, in whatever order they come', () => {
  const parts = [
    [['device', stun(1)] as const, ['server', stun(0x0101)] as const],
    times(10, (i) => dtls(i, random.bytes(300))),
    times(100, (i) => rtp(i, random.bytes(800))),
  ];
  for (const order of [
    [0, 1, 2],
    [1, 0, 2],
    [2, 0, 1],
  ]) {
    const said = datagrams(order.flatMap((part) => parts[part]!));
    assert.deepEqual([said.verdict, said.service], ['encrypted', 'dtls'], said.verdict_reason);
  }
});

test('DTLS inside channels of a TURN server is found', () => {
  const channel = (i: number): Uint8Array => {
    const record = dtls(i, random.bytes(300));
    return wire(be16(0x4001), be16(record.length), record);
  };
  const said = datagrams([['device', stun(1)], ['server', stun(0x0101)], ...times(20, channel)]);
  assert.equal(said.verdict, 'encrypted', said.verdict_reason);
});

test('STUN before media that nobody can read leaves it opaque, STUN alone is cleartext', () => {
  const opened: Said[] = [
    ['device', stun(1)],
    ['server', stun(0x0101)],
  ];
  assert.equal(datagrams([...opened, ...times(100, (i) => rtp(i, random.bytes(800)))]).verdict, 'opaque');
  assert.equal(datagrams([...opened, ...opened, ...opened]).verdict, 'cleartext');
});

test('first bytes in the range of DTLS make no DTLS', () => {
  const said = datagrams(times(60, (i) => wire([20 + (i % 44)], random.bytes(200))));
  assert.equal(said.verdict, 'opaque', said.verdict_reason);
});

function reading(i: number): Uint8Array {
  return wire(
    [1, 2],
    be16(i),
    [0x41, 0xa4],
    be16(i * 77),
    [0x42, 0x48, 0, 0, 0x3f, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  );
}

const HELLO = handshake(1, clientHelloBody('cam.example.com'));
const CRYPTO = wire([6, 0], be16(0x4000 | HELLO.length), HELLO);
const CID = Buffer.from('8394c8f03e515708', 'hex');
const CLIENT_CID = Buffer.from('0102030405060708', 'hex');
const SERVER_CID = Buffer.from('a1a2a3a4a5a6a7a8', 'hex');

function initial(version: QuicVersion): Uint8Array {
  return sealInitial({ frames: CRYPTO, version, cid: CID, keys: CID, source: CLIENT_CID });
}

const INITIAL = initial(QUIC_V1);

/** RFC 9000 §17.2: a long header of version 1 around as many bytes as it says. */
function longHeader(type: number, destination: Uint8Array, source: Uint8Array, body: Uint8Array): Uint8Array {
  const token = type === 0 ? [0] : [];
  const head = wire(0xc0 | (type << 4), be32(1), vector8(destination), vector8(source), token);
  return wire(head, be16(0x4000 | body.length), body);
}

test('one whole QUIC packet and then telemetry is not encrypted', () => {
  for (const first of [
    INITIAL,
    longHeader(0, CID, NOTHING, random.bytes(1100)),
    longHeader(2, CID, CID, random.bytes(60)),
  ]) {
    const said = datagrams([['device', first], ...times(40, reading)]);
    assert.notEqual(said.verdict, 'encrypted', said.verdict_reason);
  }
});

test('a long header whose length does not fit, or of a version nobody knows, is no QUIC', () => {
  const cut = longHeader(0, CID, NOTHING, random.bytes(1100)).subarray(0, 700);
  const strange = longHeader(0, CID, NOTHING, random.bytes(1100));
  strange[1] = 0x77;
  for (const bytes of [cut, strange]) assert.notEqual(datagrams([['device', bytes]]).service, 'quic');
});

test('an Initial that opens, and short headers behind it, are QUIC', () => {
  const short = (): Uint8Array => wire([0x40 | random.whole(0, 63)], random.bytes(120));
  const said = datagrams([['device', INITIAL], ...times(30, short, 'server'), ...times(30, short)]);
  assert.deepEqual([said.verdict, said.service], ['encrypted', 'quic'], said.verdict_reason);
});

test('long headers of both sides that name each other are QUIC though nothing opens', () => {
  const said = datagrams([
    ['device', longHeader(2, SERVER_CID, CLIENT_CID, random.bytes(200))],
    ['server', longHeader(2, CLIENT_CID, SERVER_CID, random.bytes(900))],
  ]);
  assert.equal(said.verdict, 'encrypted', said.verdict_reason);
});

test('a long header without the fixed bit is QUIC as an answer and nothing by itself', () => {
  const answer = longHeader(2, CLIENT_CID, SERVER_CID, random.bytes(900));
  answer[0] = answer[0]! & 0xbf;
  const asked = longHeader(2, SERVER_CID, CLIENT_CID, random.bytes(200));
  assert.equal(
    datagrams([
      ['device', asked],
      ['server', answer],
    ]).verdict,
    'encrypted',
  );
  assert.notEqual(datagrams([['server', answer]]).service, 'quic');
});

function negotiation(destination: Uint8Array, source: Uint8Array, versions: readonly number[]): Uint8Array {
  return wire(0x80 | random.whole(0, 127), be32(0), vector8(destination), vector8(source), ...versions.map(be32));
}

test('a list of versions proves QUIC only as the answer to what was asked', () => {
  const forced = longHeader(0, CID, CLIENT_CID, random.bytes(1150));
  forced.set(be32(0x1a2a3a4a), 1);
  const answer = negotiation(CLIENT_CID, CID, [1, 0x0a0a0a0a]);
  assert.equal(
    datagrams([
      ['device', forced],
      ['server', answer],
    ]).verdict,
    'encrypted',
  );
  const alone = datagrams([['server', answer], ...times(40, reading)]);
  assert.deepEqual([alone.verdict === 'encrypted', alone.service], [false, null], alone.verdict_reason);
});

/** QUIC Crypto: `CHLO`, entries, padding, then tag and end of each value. */
function chlo(name: string): Uint8Array {
  const entry = (tag: string, end: number): Uint8Array => {
    const bytes = Buffer.alloc(8);
    bytes.write(tag, 'latin1');
    bytes.writeUInt32LE(end, 4);
    return bytes;
  };
  const table = wire(Buffer.from('CHLO'), [2, 0, 0, 0], entry('PAD\0', 1000), entry('SNI\0', 1000 + name.length));
  return wire(table, new Uint8Array(1000).fill(0x2d), Buffer.from(name));
}

const STREAM = wire([0xa4, 1], be16(0)); // frame of stream 1 with its length

for (const version of ['Q039', 'Q043']) {
  test(`Google's ${version} with its hello is QUIC and reports the name`, () => {
    const first = wire([0x09], CID, Buffer.from(version), [1], random.bytes(12), STREAM, chlo('video.example.com'));
    const said = datagrams([['device', first], ...times(20, () => wire([0x00], random.bytes(600)), 'server')]);
    assert.deepEqual([said.verdict, said.service], ['encrypted', 'quic'], said.verdict_reason);
    assert.deepEqual(said.names, [{ name: 'video.example.com', source: 'quic' }]);
  });
}

test("Google's Q046 has a long header with lengths in one byte and a hello in the clear", () => {
  const head = wire([0xc3], Buffer.from('Q046'), [0x50], CID, be32(1), random.bytes(12));
  const said = datagrams([['device', wire(head, STREAM, chlo('video.example.com'))]]);
  assert.deepEqual([said.verdict, said.service], ['encrypted', 'quic'], said.verdict_reason);
});

for (const [number, salt] of [
  [0x51303530, '504574efd066fe2f9d945cfcdbd3a7f0d3b56b45'],
  [0x54303530, '7ff579e5acd072915580304c43a2367c60488310'],
  [0x54303531, '7a4edef4e7ccee5fa4506c19124fc8ccda6e033d'],
  [0xfaceb001, '7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a'],
  [0xfaceb002, 'c3eef712c72ebb5a11a7d2432bb46365bef9f502'],
] as const) {
  test(`an Initial of version ${number.toString(16)} opens under its own salt`, () => {
    const said = datagrams([['device', initial({ ...QUIC_V1, number, salt })]]);
    assert.deepEqual([said.verdict, said.service], ['encrypted', 'quic'], said.verdict_reason);
  });
}

test('constant headers that hold marks of pictures or video make no media of sealed messages', () => {
  const headers = [
    [0xff, 0x00, 1, 2], // a stuffed ff of JPEG
    [0, 0, 1, 0x41], // 321, or a slice of H.264
    [0, 0, 0, 1, 0x67, 9, 9, 9], // 1, or a parameter set
    [0, 0, 1, 0xba, 0, 0], // 442, or a pack of MPEG
    [0xff, 0xd8, 0xff, 0xe0], // or a picture
    [0xaa, 0x55, 0xff, 0xd8, 0xff, 0xe0, 0, 0], // the same behind a maker's own two bytes
  ];
  for (const header of headers) {
    const behind = wire(random.bytes(70), header);
    for (const front of [wire(header), behind]) {
      const said = datagrams(times(80, () => wire(front, random.bytes(160))));
      assert.notEqual(said.verdict, 'compressed-in-clear', `${header.join()}: ${said.verdict_reason}`);
    }
  }
});
