import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { judge, threshold7 } from '../../appliance/analysis/verdict/verdict.ts';
import { RandomBytes } from './labelled/random-bytes.ts';
import { type Packet, type Reported, segments, statsOf } from './labelled/stats-of.ts';

const random = new RandomBytes('verdict');

function word(packets: readonly Packet[], reported?: Reported): string {
  return judge(statsOf(packets, reported)).verdict;
}

function text(from: 'a' | 'b', content: string): Packet {
  return { from, bytes: Buffer.from(content, 'latin1') };
}

function times(n: number, make: (i: number) => Packet): Packet[] {
  return Array.from({ length: n }, (_, i) => make(i));
}

/** One TLS record around ciphertext (RFC 8446 §5.1). */
function record(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 3, body.length >> 8, body.length & 255]), body]);
}

/** JPEG scan data: random bytes with every ff stuffed. */
function scanData(n: number): Buffer {
  const out: number[] = [];
  for (const byte of random.bytes(n)) out.push(...(byte === 0xff ? [0xff, 0] : [byte]));
  return Buffer.from(out);
}

test('seven is at or below, a hair more is above, nothing is no payload', () => {
  assert.deepEqual([threshold7(7), threshold7(7.0000001), threshold7(null)], ['at_or_below', 'above', 'no_payload']);
});

test('a conversation without payload has no verdict', () => {
  const judgement = judge(statsOf([]));
  assert.deepEqual(
    [judgement.verdict, judgement.n, judgement.entropy_expected, judgement.threshold7],
    ['no_payload', 0, null, 'no_payload'],
  );
});

test('camera video over HTTP is compressed in the clear although its entropy is 7.9', () => {
  const head = text('a', 'PUT /clip.mp4?AccessKeyId=x HTTP/1.1\r\nHost: h\r\nContent-Type: video/mp4\r\n\r\n');
  const packets = [head, ...segments('a', random.bytes(400_000))];
  const judgement = judge(statsOf(packets, { service: 'http', proof: 'grammar', marks: ['clear:http', 'media:mp4'] }));
  assert.deepEqual([judgement.verdict, judgement.threshold7], ['compressed-in-clear', 'above']);
});

test('a motion JPEG stream over HTTP is compressed in the clear even without a listener', () => {
  const head = text('b', 'HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n');
  assert.equal(word([head, ...segments('b', scanData(100_000))]), 'compressed-in-clear');
});

test('an encoded bulb is encoded: low and not readable', () => {
  const packets = times(40, (i) => {
    const bytes = Buffer.alloc(49);
    bytes.set([49, 0, 0, 0x34, 1, 2, 3, 4, 0xd0, 0x73, 0xd5, i & 255], 0);
    bytes.writeUInt16LE(102, 32);
    bytes.writeUInt16LE((i * 640) & 0xffff, 37);
    return { from: i % 2 === 0 ? 'a' : 'b', bytes };
  });
  const judgement = judge(statsOf(packets, { proto: 'udp' }));
  assert.deepEqual([judgement.verdict, judgement.threshold7], ['encoded', 'at_or_below']);
  assert.equal(word(packets, { proto: 'udp', service: 'lifx', proof: 'grammar' }), 'encoded');
});

test('keep-alives too short to judge are insufficient', () => {
  assert.equal(word(times(3, () => ({ from: 'a', bytes: random.bytes(60) }))), 'insufficient');
});

test('many encrypted keep-alives under 200 bytes are opaque although threshold 7 calls them clear', () => {
  const judgement = judge(
    statsOf(times(500, (i) => ({ from: i % 2 ? 'a' : 'b', bytes: random.bytes(48 + (i % 100)) }))),
  );
  assert.deepEqual([judgement.verdict, judgement.threshold7], ['opaque', 'at_or_below']);
});

test('four plain requests inside 2 MB of ciphertext are seen', () => {
  const packets = segments('a', random.bytes(2_000_000));
  for (const i of [200, 500, 800, 1100])
    packets.splice(i, 0, text('a', `GET /api/v1/status?id=${i} HTTP/1.1\r\nHost: example.com\r\n\r\n`));
  const judgement = judge(statsOf(packets));
  assert.equal(judgement.verdict, 'cleartext');
  assert.match(judgement.reason, /^4 packets/);
});

test('media joined in mid-stream without a trace is opaque, never encrypted', () => {
  assert.equal(word(segments('b', random.bytes(300_000))), 'opaque');
});

test('media joined in mid-stream with a trace is compressed in the clear', () => {
  const nal = Buffer.concat(
    times(40, () => ({ from: 'b', bytes: Buffer.concat([Buffer.from([0, 0, 1, 0x41]), random.bytes(3000)]) })).map(
      (p) => p.bytes,
    ),
  );
  assert.equal(word(segments('b', nal.subarray(2000))), 'compressed-in-clear');
  assert.equal(word(segments('b', scanData(20_000))), 'compressed-in-clear');
  const ts = Buffer.concat(
    times(300, () => ({ from: 'b', bytes: Buffer.concat([Buffer.from([0x47]), random.bytes(187)]) })).map(
      (p) => p.bytes,
    ),
  );
  assert.equal(word(segments('b', ts.subarray(99))), 'compressed-in-clear');
});

test('TLS is encrypted when a listener walked it, and when joined in mid-stream', () => {
  const stream = Buffer.concat(
    times(30, (i) => ({ from: 'a', bytes: record(23, random.bytes(100 + i * 97)) })).map((p) => p.bytes),
  );
  assert.equal(word(segments('a', stream)), 'encrypted');
  assert.equal(word(segments('a', stream.subarray(50))), 'encrypted');
  assert.equal(word(segments('a', record(23, random.bytes(900))), { marks: ['encrypted:tls'] }), 'encrypted');
});

test('text inside TLS framing is not encrypted', () => {
  const line = Buffer.from('{"temperature": 21.5, "humidity": 40, "name": "kitchen"} ');
  const stream = Buffer.concat(times(60, () => ({ from: 'a', bytes: record(23, line) })).map((p) => p.bytes));
  assert.notEqual(word(segments('a', stream)), 'encrypted');
  assert.notEqual(word(segments('a', stream), { marks: ['encrypted:tls'] }), 'encrypted');
});

test('plain text after a TLS handshake is not encrypted', () => {
  const packets = [...segments('a', record(22, random.bytes(200))), ...segments('b', record(22, random.bytes(1200)))];
  packets.push(...times(4, () => text('a', 'user=alice&password=secret&note=this-is-not-encrypted-at-all')));
  assert.equal(word(packets, { marks: ['encrypted:tls'] }), 'cleartext');
});

test('a clear greeting that turns into TLS is upgraded', () => {
  const packets = [
    text('b', '220 mail.example.com ESMTP ready\r\n'),
    text('a', 'EHLO device\r\n'),
    text('a', 'STARTTLS\r\n'),
    text('b', '220 go ahead\r\n'),
  ];
  for (let i = 0; i < 12; i++)
    packets.push({ from: i % 2 ? 'a' : 'b', bytes: record(i < 4 ? 22 : 23, random.bytes(300)) });
  assert.equal(word(packets), 'upgraded');
});

test('TLS offered to a server that answers in plain text is cleartext', () => {
  const packets = [
    ...segments('a', record(22, random.bytes(300))),
    text('b', 'HTTP/1.1 400 Bad Request\r\nServer: lighttpd/1.4.35\r\n\r\n'),
  ];
  assert.equal(word(packets, { marks: ['encrypted:tls', 'clear:http'] }), 'cleartext');
});

test('a single message that looks like QUIC does not encrypt a structured conversation', () => {
  const packets = times(100, (i) => ({
    from: 'a',
    bytes: Buffer.from([0xc0, 0, 0, 0, 1, 8, i, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]),
  }));
  assert.notEqual(word(packets, { proto: 'udp', marks: ['encrypted:quic'] }), 'encrypted');
});

test('SSH is encrypted: its identification lines and lists of algorithms are part of the grammar', () => {
  const lists = Buffer.concat([
    Buffer.from([0, 0, 4, 0, 6, 20]),
    random.bytes(16),
    Buffer.from([0, 0, 3, 132]),
    Buffer.from('curve25519-sha256,'.repeat(50)),
  ]);
  const packets = [
    text('a', 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n'),
    text('b', 'SSH-2.0-dropbear_2022.83 for a small device\r\n'),
  ];
  packets.push(...segments('a', lists), ...segments('b', lists), ...segments('a', random.bytes(5000)));
  assert.equal(word(packets), 'encrypted');
});

test('lines of SSH on both sides of plain text are not encrypted', () => {
  const packets = [text('a', 'SSH-2.0-client\r\n'), text('b', 'SSH-2.0-device\r\n')];
  packets.push(...times(20, () => text('a', 'this is the maker’s own text, and nothing of it is sealed in any way\n')));
  assert.equal(word(packets), 'cleartext');
});

test('a WireGuard handshake and its answer are encrypted', () => {
  const index = random.bytes(4);
  const initiation = Buffer.concat([Buffer.from([1, 0, 0, 0]), index, random.bytes(140)]);
  const response = Buffer.concat([Buffer.from([2, 0, 0, 0]), random.bytes(4), index, random.bytes(80)]);
  assert.equal(
    word(
      [
        { from: 'a', bytes: initiation },
        { from: 'b', bytes: response },
      ],
      { proto: 'udp' },
    ),
    'encrypted',
  );
});

test('Base64 and hexadecimal are encoded', () => {
  assert.equal(word(segments('a', Buffer.from(random.bytes(3000).toString('base64')))), 'encoded');
  assert.equal(word(segments('a', Buffer.from(random.bytes(3000).toString('hex')))), 'encoded');
});

test('compressed files are named by their first bytes', () => {
  const content = Buffer.from(Array.from({ length: 4000 }, (_, i) => `line ${i * 7919} of a log\n`).join(''));
  assert.equal(word(segments('a', gzipSync(content))), 'compressed-in-clear');
  assert.equal(word(segments('a', deflateSync(content))), 'compressed-in-clear');
});

test('ciphertext that begins as zlib would is still opaque', () => {
  const stream = random.bytes(5000);
  stream.set([0x78, 0x9c], 0);
  assert.equal(word(segments('a', stream)), 'opaque');
});

test('plain text is cleartext, from 20 bytes up', () => {
  assert.equal(word([text('a', 'temperature=21.5 ok\r\n')]), 'cleartext');
  assert.equal(word([text('a', 'ok\r\n')]), 'insufficient');
});

test('HTTP around an unexplained uniform body is cleartext and says so', () => {
  const packets = [
    text('a', 'POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 50000\r\n\r\n'),
    ...segments('a', random.bytes(50_000)),
  ];
  const judgement = judge(statsOf(packets, { marks: ['clear:http'] }));
  assert.equal(judgement.verdict, 'cleartext');
  assert.match(judgement.reason, /opaque/);
});

test('SRTP is opaque, RTP with an open payload header is compressed in the clear', () => {
  const rtp = (i: number, body: Buffer): Packet => {
    const head = Buffer.from([0x80, 96, i >> 8, i & 255, 0, i >> 3, 0, 0, 1, 2, 3, 4]);
    return { from: 'a', bytes: Buffer.concat([head, body]) };
  };
  assert.equal(
    word(
      times(200, (i) => rtp(i, random.bytes(900))),
      { proto: 'udp' },
    ),
    'opaque',
  );
  const open = times(200, (i) => rtp(i, Buffer.concat([Buffer.from([0x7c]), random.bytes(900)])));
  assert.equal(word(open, { proto: 'udp' }), 'compressed-in-clear');
});

test('every judgement gives a reason, its bytes and the entropy expected of them', () => {
  const judgement = judge(statsOf(segments('a', random.bytes(4096))));
  assert.equal(judgement.n, 4096);
  assert.ok(judgement.entropy_expected !== null && Math.abs(judgement.entropy_expected - 7.955) < 0.001);
  assert.match(judgement.reason, /4096 bytes/);
});
