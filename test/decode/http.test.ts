import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHttp, fieldValue, HEAD_LIMIT_BYTES } from '../../appliance/decode/http.ts';
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

test('a request tells method, target, version, its fields and where the body begins', () => {
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

test('a status line tells its status', () => {
  const bytes = wire('HTTP/1.0 404 Not Found\nServer: x\n\n');
  const head = decodeHttp(bytes, 0, bytes.length);
  assert.deepEqual([head?.kind, head?.status, head?.truncated], ['response', 404, false]);
});

test('a head cut in a field keeps the whole fields and is truncated', () => {
  const head = decodeHttp(request, 0, 90);
  assert.deepEqual([head?.truncated, head?.fields.length], [true, 1]);
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
