import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHttp, fieldValue, HEAD_LIMIT_BYTES } from '../../appliance/decode/protocols/http.ts';
import { behavesOnHostileBytes, wire } from './fixture.ts';

const request = wire(
  'PUT /clips/1.mp4?AccessKeyId=AK&Signature=s HTTP/1.1\r\n',
  'Host: storage.example.com:80\r\n',
  'User-Agent:cam/1.0 \r\n',
  'Content-Type: video/mp4\r\n',
  'Content-Length: 3\r\n',
  '\r\n',
  'abc',
);

test('a request reports method, target, version, its fields and where the body begins', () => {
  const head = decodeHttp(request, 0, request.length);
  assert.deepEqual(
    [
      head?.method,
      head?.target,
      head?.version,
      head && fieldValue(head, 'host'),
      head && fieldValue(head, 'user-agent'),
    ],
    ['PUT', '/clips/1.mp4?AccessKeyId=AK&Signature=s', 'HTTP/1.1', 'storage.example.com:80', 'cam/1.0'],
  );
  assert.equal(head?.headBytes, request.length - 3);
});

test('a status line reports its status', () => {
  const bytes = wire('HTTP/1.0 404 Not Found\nServer: x\n\n');
  const head = decodeHttp(bytes, 0, bytes.length);
  assert.deepEqual([head?.kind, head?.status, head?.truncated], ['response', 404, false]);
});

test('a head cut in a field keeps the whole fields and is truncated', () => {
  const head = decodeHttp(request, 0, 90);
  assert.deepEqual([head?.truncated, head?.fields.length], [true, 1]);
});

test('fields are found by their names whatever their case, and texts are made of no others', () => {
  const bytes = wire('GET / HTTP/1.1\r\nHost : a\r\nX-Key:1\r\n: none\r\nx-KEY: 2\r\n', 'é: 3\r\nAccept:\t4 \r\n\r\n');
  const head = decodeHttp(bytes, 0, bytes.length);
  assert.ok(head);
  const { fields } = head;
  const names = Array.from({ length: fields.length }, (_, i) => [fields.name(i), fields.value(i)]);
  assert.deepEqual(names, [
    ['host', 'a'],
    ['x-key', '1'],
    ['x-key', '2'],
    ['accept', '4'],
  ]);
  assert.deepEqual(
    ['host', 'x-key', 'accept', 'cookie'].map((name) => fields.find(name)),
    ['a', '1', '4', undefined],
  );
});

test('a name with letters beyond ASCII is compared as the text that it is', () => {
  const bytes = wire('GET / HTTP/1.1\r\nCoo', [0xe2, 0x84, 0xaa], 'ie: k\r\n\r\n'); // the sign for Kelvin
  const head = decodeHttp(bytes, 0, bytes.length);
  assert.equal(head && fieldValue(head, 'cookie'), 'k');
});

test('RTSP with the same method is not HTTP', () => {
  const bytes = wire('OPTIONS rtsp://10.0.0.1/ RTSP/1.0\r\nCSeq: 1\r\n\r\n');
  assert.equal(decodeHttp(bytes, 0, bytes.length), undefined);
});

test('a header line of one megabyte costs no more than the cap', () => {
  const bytes = wire('GET / HTTP/1.1\r\nX: ', new Uint8Array(1_000_000).fill(65));
  const head = decodeHttp(bytes, 0, bytes.length);
  assert.deepEqual([head?.truncated, head?.fields.length], [true, 0]);
  assert.ok(HEAD_LIMIT_BYTES <= 16384);
});

behavesOnHostileBytes('HTTP', decodeHttp, request);
