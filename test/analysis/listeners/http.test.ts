import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { http } from '../../../appliance/analysis/inspect/protocols/http.ts';
import { clientHelloBody, handshake, record } from '../../decode/client-hello.ts';
import { wire } from '../../decode/fixture.ts';
import { DEVICE, RecordedStream } from '../recording.ts';

function request(head: readonly string[], body: string | Uint8Array = ''): Uint8Array {
  const bytes = wire(body);
  const length = bytes.length > 0 ? [`Content-Length: ${bytes.length}`] : [];
  return wire([...head, ...length, '', ''].join('\r\n'), bytes);
}

const SCALE = request(
  ['POST /cgi-bin/measure HTTP/1.1', 'Host: scalews.example.com', 'Content-Type: application/json'],
  '{"id":"u-1","user":"jane.roe","weight":"71.4","height":"172","age":"44","sex":"f","epoch":1795000000}',
);

test('a scale that posts weight, height and age is found out, without its values in the finding', () => {
  const stream = new RecordedStream(http);
  stream.send(0, SCALE);
  assert.deepEqual(stream.facts.rules(), ['CLR-01', 'PII-02', 'PII-06', 'PII-07']);
  const reported = JSON.stringify(stream.facts.findings);
  for (const value of ['71.4', '172', 'jane.roe']) assert.ok(!reported.includes(value), `${value} is in a finding`);
});

test('a request in pieces of any size reports the same as in one', () => {
  const whole = new RecordedStream(http);
  whole.send(0, SCALE);
  for (const piece of [1, 2, 7, 64, 200]) {
    const stream = new RecordedStream(http);
    stream.send(0, SCALE, piece);
    assert.deepEqual(stream.facts, whole.facts, `pieces of ${piece}`);
  }
});

test('Basic credentials are named by rule and masked, a default password is named too', () => {
  const stream = new RecordedStream(http);
  stream.send(
    0,
    request([
      'GET / HTTP/1.1',
      'Host: 10.10.10.9',
      `Authorization: Basic ${Buffer.from('admin:1234').toString('base64')}`,
    ]),
  );
  assert.ok(stream.facts.rules().includes('CRED-01'));
  assert.ok(stream.facts.rules().includes('CRED-12'));
  assert.ok(!JSON.stringify(stream.facts.findings).includes('1234'));
});

test('the access key in the URL of an uploaded clip and the clip itself are found', () => {
  const mp4 = wire([0, 0, 0, 24], 'ftypisom', new Uint8Array(2000));
  const stream = new RecordedStream(http);
  stream.send(
    0,
    request(
      [
        'PUT /clips/1.mp4?AWSAccessKeyId=AKIAEXAMPLE&Signature=abcdefgh&Expires=1 HTTP/1.1',
        'Host: s3.example.com',
        'Content-Type: video/mp4',
      ],
      mp4,
    ),
  );
  assert.deepEqual(stream.facts.rules(), ['CLR-01', 'CLR-03', 'CRED-04']);
  assert.deepEqual(stream.facts.marks, ['clear:http', 'media:mp4']);
});

test('of a picture in the clear kind, resolution and size are reported, not the picture', () => {
  // SOI, APP0 of 16 bytes, SOF0 (ITU-T T.81 B.2.2): 8 bits, 480 lines, 640 columns.
  const head = wire(
    [0xff, 0xd8, 0xff, 0xe0, 0, 16],
    new Uint8Array(14),
    [0xff, 0xc0, 0, 17, 8, 0x01, 0xe0, 0x02, 0x80, 3],
  );
  const jpeg = wire(head, new Uint8Array(20_000 - head.length));
  const stream = new RecordedStream(http);
  stream.send(0, request(['PUT /snap.jpg HTTP/1.1', 'Host: cam.example.com', 'Content-Type: image/jpeg'], jpeg));
  const picture = stream.facts.findings.find(({ rule }) => rule === 'CLR-03');
  assert.equal(picture?.excerpt_masked, 'PUT cam.example.com/snap.jpg: jpeg, 640 × 480, 20000 bytes');
});

test("a firmware request with the device's own address in the query is found, the path keeps no key", () => {
  const stream = new RecordedStream(http);
  stream.send(0, request([`GET /ota/firmware.bin?mac=${DEVICE}&version=1.2 HTTP/1.1`, 'Host: up.example.com']));
  assert.deepEqual(stream.facts.rules(), ['CLR-01', 'CLR-02', 'PII-01']);
});

test('a Hue key in the path is a credential and is masked in the table of requests', () => {
  const stream = new RecordedStream(http, { destinationIp: '10.10.10.6' });
  stream.send(0, request(['GET /api/83b7780291a6ceffbe0bd049104df0ab/lights HTTP/1.1', 'Host: 10.10.10.6']));
  assert.deepEqual(stream.facts.rules(), ['CRED-04']);
  assert.deepEqual(stream.facts.counts['http.requests'], { 'GET 10.10.10.6/api/{…}/lights': 1 });
});

test('requests behind each other on one connection, with bodies between, are all counted', () => {
  const stream = new RecordedStream(http);
  const post = request(['POST /a HTTP/1.1', 'Host: h.example'], 'x'.repeat(50_000));
  stream.send(0, wire(post, post, request(['GET /b HTTP/1.1', 'Host: h.example'])), 1460);
  assert.deepEqual(stream.facts.counts['http.methods'], { POST: 2, GET: 1 });
});

test('chunked answers are walked to the next answer', () => {
  const stream = new RecordedStream(http);
  stream.send(0, request(['GET / HTTP/1.1', 'Host: h.example']));
  const chunked = wire(
    'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n',
  );
  stream.send(1, wire(chunked, 'HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 0\r\n\r\n'), 3);
  assert.deepEqual(stream.facts.counts['http.content_types'], { 'text/html': 1, 'image/png': 1 });
});

test('a gzipped JSON body is read like a plain one', () => {
  const stream = new RecordedStream(http);
  const body = gzipSync('{"email":"jane@example.com","padding":"................"}');
  stream.send(
    0,
    request(['POST / HTTP/1.1', 'Host: h.example', 'Content-Type: application/json', 'Content-Encoding: gzip'], body),
  );
  assert.ok(stream.facts.rules().includes('PII-03'));
});

test('TLS inside a CONNECT tunnel reports its server name', () => {
  const stream = new RecordedStream(http);
  stream.send(0, request(['CONNECT cloud.example.com:443 HTTP/1.1', 'Host: cloud.example.com:443']));
  stream.send(1, wire('HTTP/1.1 200 Connection established\r\n\r\n'));
  stream.send(0, record(22, 0x0301, handshake(1, clientHelloBody('cloud.example.com'))));
  assert.deepEqual(stream.facts.counts['tls.sni'], { 'cloud.example.com': 1 });
});

test('a UPnP description reports name, maker and model of the device that serves it', () => {
  const stream = new RecordedStream(http, { destinationMac: DEVICE, destinationIp: '10.10.10.6' });
  stream.send(0, request(['GET /description.xml HTTP/1.1', 'Host: 10.10.10.6']));
  const xml =
    '<root><device><friendlyName>Hue (10.10.10.6)</friendlyName><manufacturer>Signify</manufacturer><modelName>BSB002</modelName></device></root>';
  stream.send(1, request(['HTTP/1.1 200 OK', 'Content-Type: text/xml'], xml));
  assert.deepEqual(stream.facts.traits, [
    `${DEVICE} upnp_name Hue (10.10.10.6)`,
    `${DEVICE} upnp_manufacturer Signify`,
    `${DEVICE} upnp_model BSB002`,
  ]);
});
