// Kind B: HTTP/2 without TLS is read like HTTP/1: fields, bodies in any number of frames, behind an upgrade too.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { RandomBytes } from '../analysis/labelled/random-bytes.ts';
import { ascii, connection, joinBytes } from '../analysis/packets.ts';
import { be32, wire } from '../decode/fixture.ts';
import { DEVICE, documentOf, SERVER } from './frames.ts';

const PREFACE = ascii('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const [DATA, HEADERS, SETTINGS, CONTINUATION] = [0, 1, 4, 9];
const [END_STREAM, END_HEADERS, PADDED] = [1, 4, 8];
const SECRET = '{"password":"Tr0ut-Ladder!"}';

function frame(
  type: number,
  flags: number,
  stream: number,
  ...content: readonly (number | Uint8Array | readonly number[])[]
): Uint8Array {
  const payload = wire(...content);
  return wire(
    [payload.length >> 16, (payload.length >> 8) & 255, payload.length & 255, type, flags],
    be32(stream),
    payload,
  );
}

/** Literal field without indexing, new name (RFC 7541 §6.2.2). */
function field(name: string, value: string): Uint8Array {
  return wire(0, name.length, ascii(name), value.length, ascii(value));
}

/** Indexed: kept in the table for later blocks. */
function keptField(name: string, value: string): Uint8Array {
  return wire(0x40, name.length, ascii(name), value.length, ascii(value));
}

function head(...fields: readonly Uint8Array[]): Uint8Array {
  return wire(0x83, field(':path', '/login'), field(':authority', 'lamp.example'), ...fields);
}

type Piece = readonly [0 | 1, Uint8Array];

function document(...pieces: readonly Piece[]): AnalysisDocument {
  return documentOf(connection(DEVICE, { ...SERVER, port: 8090 }, pieces));
}

function passwords({ findings }: AnalysisDocument): string[] {
  return findings.filter(({ rule }) => rule === 'CRED-05').map(({ excerpt_masked }) => excerpt_masked);
}

const FOUND = ['POST lamp.example/login: password=Tr…(13)'];
const JSON_TYPE = field('content-type', 'application/json');
const START = joinBytes(PREFACE, frame(SETTINGS, 0, 0, wire()));

/** Ways to send one body. */
const BODIES: Readonly<Record<string, () => Uint8Array[]>> = {
  'one frame': () => [frame(HEADERS, END_HEADERS, 1, head(JSON_TYPE)), frame(DATA, END_STREAM, 1, ascii(SECRET))],
  'a frame for each byte': () => [
    frame(HEADERS, END_HEADERS, 1, head(JSON_TYPE)),
    ...Array.from(SECRET, (character) => frame(DATA, 0, 1, ascii(character))),
    frame(DATA, END_STREAM, 1, wire()),
  ],
  'padded frames': () => [
    frame(HEADERS, END_HEADERS | PADDED, 1, 4, head(JSON_TYPE), [0, 0, 0, 0]),
    frame(DATA, END_STREAM | PADDED, 1, 9, ascii(SECRET), new Uint8Array(9)),
  ],
  'a head in continuations': () => [
    frame(HEADERS, 0, 1, head().subarray(0, 7)),
    frame(CONTINUATION, 0, 1, head().subarray(7)),
    frame(CONTINUATION, END_HEADERS, 1, JSON_TYPE),
    frame(DATA, END_STREAM, 1, ascii(SECRET)),
  ],
  'two streams by turns': () => [
    frame(HEADERS, END_HEADERS, 1, head(keptField('content-type', 'application/json'))),
    frame(HEADERS, END_HEADERS, 3, head(wire(0xbe))),
    frame(DATA, 0, 1, ascii(SECRET.slice(0, 9))),
    frame(DATA, END_STREAM, 3, ascii('{"light":"on"}')),
    frame(DATA, END_STREAM, 1, ascii(SECRET.slice(9))),
  ],
  gzip: () => [
    frame(HEADERS, END_HEADERS, 1, head(JSON_TYPE, field('content-encoding', 'gzip'))),
    frame(DATA, END_STREAM, 1, gzipSync(SECRET)),
  ],
  'brotli, ended by trailers': () => [
    frame(HEADERS, END_HEADERS, 1, head(JSON_TYPE, field('content-encoding', 'br'))),
    frame(DATA, 0, 1, brotliCompressSync(SECRET)),
    frame(HEADERS, END_HEADERS | END_STREAM, 1, field('x-sum', '7')),
  ],
  'the longest frame': () => [
    frame(HEADERS, END_HEADERS, 1, head(JSON_TYPE)),
    frame(
      DATA,
      END_STREAM,
      1,
      ascii(`{"note":"${'a'.repeat(16_384 - 9 - 30)}","password":"Tr0ut-Ladder!"}`.slice(0, 16_384)),
    ),
  ],
};

for (const [name, frames] of Object.entries(BODIES)) {
  test(`a password in ${name} is found once`, () => {
    const whole = joinBytes(START, ...frames());
    const pieces = Array.from({ length: Math.ceil(whole.length / 1000) }, (_, i): Piece => {
      return [0, whole.subarray(i * 1000, (i + 1) * 1000)];
    });
    const reported = document(...pieces);
    assert.deepEqual(passwords(reported), FOUND);
    assert.deepEqual({ ...reported.http.hosts }, { 'lamp.example': name === 'two streams by turns' ? 2 : 1 });
    const verdict = /gzip|brotli/.test(name) ? 'compressed-in-clear' : 'cleartext';
    assert.equal(reported.conversations[0]?.verdict, verdict, reported.conversations[0]?.verdict_reason);
    assert.equal(reported.conversations[0]?.service, 'h2c');
  });
}

test('behind an upgrade both directions are read', () => {
  const ask =
    'POST /login HTTP/1.1\r\nHost: lamp.example\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 0\r\n\r\n';
  const agree = ascii('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  const answer = joinBytes(
    frame(SETTINGS, 0, 0, wire()),
    frame(HEADERS, END_HEADERS, 1, wire(0x88, JSON_TYPE)),
    frame(DATA, END_STREAM, 1, ascii(SECRET)),
  );
  const request = joinBytes(
    START,
    frame(HEADERS, END_HEADERS | END_STREAM, 3, head(field('x-api-key', 'k3yk3yk3yk3y'))),
  );
  const reported = document([0, ascii(ask)], [1, joinBytes(agree, answer)], [0, request]);
  assert.deepEqual(passwords(reported), [...FOUND, 'POST lamp.example/login: xapikey=k3…(12)']);
  assert.equal(reported.conversations[0]?.verdict, 'cleartext');
});

test('after a block that is none the rest is passed by and reported', () => {
  const reported = document([
    0,
    joinBytes(START, frame(HEADERS, END_HEADERS, 1, [0xff, 0x80]), frame(DATA, 1, 1, ascii(SECRET))),
  ]);
  assert.deepEqual(passwords(reported), []);
  assert.equal(reported.limits.messages_cut, 1);
});

test('hostile frames are bounded: streams without end, bombs, noise', () => {
  const random = new RandomBytes('h2');
  const bomb = gzipSync(new Uint8Array(50_000_000));
  const many = Array.from({ length: 500 }, (_, i) =>
    joinBytes(
      frame(HEADERS, END_HEADERS, i * 2 + 1, head(field('content-encoding', 'gzip'))),
      frame(DATA, 0, i * 2 + 1, i === 0 ? bomb.subarray(0, 16_000) : random.bytes(50)),
      frame(i % 11, i & 255, i, random.bytes(i)),
    ),
  );
  const reported = document([0, START], ...many.map((bytes): Piece => [0, bytes]));
  assert.equal(reported.conversations.length, 1);
  assert.ok((reported.limits.messages_cut ?? 0) > 0);
});
