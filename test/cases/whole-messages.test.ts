// Kind B over TCP: a body is what its chunks and codings say together, an answer belongs to its request. Inputs of the field
// where they are, and siblings made here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { connection, type Endpoint, tcp } from '../analysis/packets.ts';
import { noise, wire } from '../decode/fixture.ts';
import { caseDocument, framesDocument, rulesOf, withoutCases } from './case-document.ts';

const SECRET = 'geheimwort-4711';

function secretsOf(document: ReturnType<typeof caseDocument>): string[] {
  return document.findings.filter(({ rule }) => rule === 'PII-09').map(({ excerpt_masked }) => excerpt_masked);
}

test('case 06: a body in chunks, packed, its header alone in the first', { skip: withoutCases }, () => {
  const document = caseDocument('06', SECRET);
  assert.deepEqual(rulesOf(document), rulesOf(caseDocument('06', SECRET, 'control.pcap')));
  assert.match(secretsOf(document).join(), /gzip/);
});

test('case 09: requests sent before the answers, HEAD among them', { skip: withoutCases }, () => {
  const { http, findings } = caseDocument('09');
  assert.deepEqual({ ...http.methods }, { GET: 2, HEAD: 1 });
  assert.deepEqual(Object.values(http.content_types), [1, 1, 1]);
  assert.ok(findings.some(({ rule, excerpt_masked }) => rule === 'CRED-05' && excerpt_masked.includes('/login')));
});

const CAM: Endpoint = { mac: '02:00:00:00:00:20', ip: '192.168.77.20', port: 40_000 };
const CLOUD: Endpoint = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 80 };
const JSON_BODY = Buffer.from(`{"a":1,"user":"jane","password":"${SECRET}","more":[1,2,3,4,5,6,7,8]}`);

/** RFC 8878: one block of literals as they are, and no sequence. */
function zstdOf(body: Uint8Array): Uint8Array {
  const literals = wire([4 | ((body.length & 15) << 4), body.length >> 4], body, 0);
  const head = (literals.length << 3) | 5;
  return wire(0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, [head & 255, head >> 8, 0], literals);
}

/** Blocks that say one byte 131,072 times each. */
const ZSTD_BOMB = wire(0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, ...Array.from({ length: 153 }, () => [2, 0, 16, 32]));

function chunks(body: Uint8Array, sizes: readonly number[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const size of [...sizes, body.length]) {
    const piece = body.subarray(at, at + size);
    if (piece.length > 0) parts.push(wire(`${piece.length.toString(16)};ext="x"\r\n`, piece, '\r\n'));
    at += piece.length;
  }
  return wire(...parts, '0\r\n\r\n');
}

const POST = 'POST /api/login HTTP/1.1\r\nHost: api.example\r\nContent-Type: application/json\r\n';

/** Segments of `size` bytes. */
function segments(direction: 0 | 1, bytes: Uint8Array, size = 1400): (readonly [0 | 1, Uint8Array])[] {
  const list: (readonly [0 | 1, Uint8Array])[] = [];
  for (let at = 0; at < bytes.length; at += size) list.push([direction, bytes.subarray(at, at + size)]);
  return list;
}

function reported(messages: readonly (readonly [0 | 1, Uint8Array])[], secret?: string) {
  return framesDocument(connection(CAM, CLOUD, messages), secret);
}

for (const [name, coding, packed] of [
  ['plain', 'identity', JSON_BODY],
  ['gzip', 'gzip', gzipSync(JSON_BODY)],
  ['x-gzip', 'X-GZIP', gzipSync(JSON_BODY)],
  ['zlib', 'deflate', deflateSync(JSON_BODY)],
  ['raw DEFLATE', 'deflate', deflateRawSync(JSON_BODY)],
  ['brotli', 'br', brotliCompressSync(JSON_BODY)],
  ['Zstandard', 'zstd', zstdOf(JSON_BODY)],
  ['Zstandard in gzip', 'zstd, gzip', gzipSync(zstdOf(JSON_BODY))],
  ['stored blocks', 'gzip', gzipSync(JSON_BODY, { level: 0 })],
  ['two codings', 'deflate, gzip', gzipSync(deflateSync(JSON_BODY))],
] as const) {
  for (const sizes of [[], [1], [4, 3, 2], [10], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]]) {
    test(`${name} in chunks of ${sizes.join(', ') || 'all'} gives the password away`, () => {
      const request = wire(
        POST,
        `Content-Encoding: ${coding}\r\nTransfer-Encoding: chunked\r\n\r\n`,
        chunks(packed, sizes),
      );
      for (const size of [1400, 7]) {
        const document = reported(segments(0, request, size), SECRET);
        assert.ok(rulesOf(document).includes('CRED-05'), rulesOf(document).join());
        assert.ok(rulesOf(document).includes('PII-09'));
        assert.equal(document.limits.messages_cut, 0);
      }
    });
  }
}

test('packed as a transfer coding', () => {
  const body = chunks(gzipSync(JSON_BODY), [5]);
  assert.ok(
    rulesOf(reported(segments(0, wire(POST, 'Transfer-Encoding: gzip, chunked\r\n\r\n', body)))).includes('CRED-05'),
  );
});

test('a password that lies across two chunks is found once, as plain', () => {
  const at = JSON_BODY.indexOf(SECRET) + 5;
  const request = wire(POST, 'Transfer-Encoding: chunked\r\n\r\n', chunks(JSON_BODY, [at]));
  assert.deepEqual(secretsOf(reported(segments(0, request), SECRET)).length, 1);
  const whole = wire(POST, 'Transfer-Encoding: chunked\r\n\r\n', chunks(JSON_BODY, [3]));
  assert.deepEqual(secretsOf(reported(segments(0, whole), SECRET)).length, 1);
});

const response = (head: string, body: Uint8Array | string = ''): Uint8Array => wire(`HTTP/1.1 ${head}\r\n\r\n`, body);
const get = (method: string, path: string): Uint8Array =>
  wire(`${method} ${path} HTTP/1.1\r\nHost: up.example\r\n\r\n`);
const JSON_ANSWER = response(
  `200 OK\r\nContent-Type: application/json\r\nContent-Length: ${JSON_BODY.length}`,
  JSON_BODY,
);

for (const [name, answers] of [
  ['304', [response('304 Not Modified\r\nContent-Length: 500')]],
  ['204 behind 100 and 103', [response('100 Continue'), response('103 Early Hints'), response('204 No Content')]],
  [
    'chunked with trailers',
    [response('200 OK\r\nTransfer-Encoding: chunked', '2\r\nok\r\n0\r\nDigest: x\r\nExpires: 0\r\n\r\n')],
  ],
  ['a HEAD’s length', [response('200 OK\r\nContent-Length: 99999')]],
] as const) {
  test(`pipelined: the answer behind ${name} is read`, () => {
    const method = name.includes('HEAD') ? 'HEAD' : 'GET';
    const requests = wire(get(method, '/first'), get('GET', '/login'));
    const document = reported([[0, requests], ...segments(1, wire(...answers, JSON_ANSWER), 50)]);
    const secret = document.findings.find(({ rule }) => rule === 'CRED-05');
    assert.match(secret?.excerpt_masked ?? '', /GET up\.example\/login/);
  });
}

test('twenty pipelined requests, every third a HEAD, are answered in their order', () => {
  const methods = Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? 'HEAD' : 'GET'));
  const requests = wire(...methods.map((method, i) => get(method, `/p${i}`)));
  const answers = methods.map((method) =>
    wire('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n', method === 'HEAD' ? '' : 'hello'),
  );
  const { http } = reported([[0, requests], ...segments(1, wire(...answers), 333)]);
  assert.deepEqual({ ...http.content_types }, { 'text/plain': 20 });
});

/** A connection whose server closes it. */
function closed(answer: Uint8Array, flags: number, from = 0) {
  const messages: (readonly [0 | 1, Uint8Array])[] = [[0, get('GET', '/login')], ...segments(1, answer, 100)];
  const end = 5001 + answer.length + from;
  return framesDocument([...connection(CAM, CLOUD, messages), tcp(CLOUD, CAM, end, 0, flags, new Uint8Array(0))]);
}

test('a packed body that ends with its connection is read at its end', () => {
  const answer = wire(
    'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n',
    gzipSync(JSON_BODY),
  );
  for (const flags of [17, 20]) assert.ok(rulesOf(closed(answer, flags)).includes('CRED-05'), `flags ${flags}`);
});

test('a body that breaks off is reported as far as it came, and that it was cut', () => {
  const text = `{"password":"${SECRET}","more":"${'x'.repeat(200)}`;
  const document = closed(
    wire('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n', text),
    17,
  );
  assert.ok(rulesOf(document).includes('CRED-05'));
  assert.equal(document.limits.messages_cut, 1);
});

test('events of a stream that never ends are reported as they come', () => {
  const event = `data: {"password":"${SECRET}"}\n\n`;
  const answer = wire(
    'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
    '3\r\n: x\r\n',
    chunks(wire('\n\n', event), [9, 3]).subarray(0, -5),
  );
  const document = reported([
    [0, get('GET', '/events')],
    [1, answer],
  ]);
  assert.ok(rulesOf(document).includes('CRED-05'), rulesOf(document).join());
});

test('a password deep in a long body is found; beyond 64 KiB it is reported that the rest was not searched', () => {
  const long = (padding: number): Uint8Array => {
    const body = wire(`{"padding":"${'x'.repeat(padding)}","password":"${SECRET}"}`);
    return wire(POST, `Content-Length: ${body.length}\r\n\r\n`, body);
  };
  const near = reported(segments(0, long(40_000)));
  assert.deepEqual([rulesOf(near).includes('CRED-05'), near.limits.messages_cut], [true, 0]);
  const far = reported(segments(0, long(80_000)));
  assert.deepEqual([rulesOf(far).includes('CRED-05'), far.limits.messages_cut], [false, 1]);
});

test('a coding that is not undone here, and a damaged body, are reported', () => {
  const send = (coding: string, body: Uint8Array) =>
    reported(segments(0, wire(POST, `Content-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`, body)));
  assert.equal(send('zstd', noise(500)).limits.messages_cut, 1);
  assert.equal(send('gzip', noise(500)).limits.messages_cut, 1);
  assert.equal(send('br', noise(500, 5)).limits.messages_cut, 1);
});

test('pictures and firmware pass by unseen and are no cut', () => {
  for (const [type, start] of [
    ['image/jpeg', [0xff, 0xd8, 0xff, 0xe0]],
    ['application/octet-stream', [0, 1, 2, 3]],
  ] as const) {
    const body = wire(start, noise(200_000));
    const document = reported(
      segments(
        1,
        wire(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`, body, JSON_ANSWER),
      ),
    );
    assert.deepEqual([document.limits.messages_cut, rulesOf(document).includes('CRED-05')], [0, true], type);
  }
});

test('bombs in each coding cost their limit, and are reported', () => {
  const zeros = Buffer.alloc(20_000_000, 32);
  for (const [coding, bomb] of [
    ['gzip', gzipSync(zeros)],
    ['deflate', deflateSync(zeros)],
    ['deflate', deflateRawSync(zeros)],
    ['zstd', ZSTD_BOMB],
    ['br', brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } })],
  ] as const) {
    const request = wire(POST, `Content-Encoding: ${coding}\r\nContent-Length: ${bomb.length}\r\n\r\n`, bomb);
    const document = reported(segments(0, wire(request, request)));
    assert.equal(document.limits.messages_cut, 2, coding);
  }
});
