import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeTls, endsMessage, isTlsRecord } from '../../appliance/decode/protocols/tls.ts';
import { ja3, ja4 } from '../../appliance/decode/protocols/tls-fingerprint.ts';
import { tlsVersionName } from '../../appliance/decode/protocols/tls-hello.ts';
import { certificate } from './certificate.ts';
import { clientHelloBody, handshake, record, serverHelloBody } from './client-hello.ts';
import { behavesOnHostileBytes, noise, vector24, wire } from './fixture.ts';

const hello = handshake(1, clientHelloBody('plug.example.com'));
const flight = record(22, 0x0301, hello);

test('a ClientHello reports name, protocols, versions and ciphers, GREASE left out of versions', () => {
  const facts = decodeTls(flight, 0, flight.length)?.clientHello;
  assert.deepEqual(
    [facts?.serverName, facts?.alpn, facts?.versions, facts?.truncated],
    ['plug.example.com', ['h2', 'http/1.1'], [0x0304, 0x0303], false],
  );
});

test('a ClientHello in three records is put together', () => {
  const parts = [hello.subarray(0, 20), hello.subarray(20, 90), hello.subarray(90)];
  const split = wire(...parts.map((part) => record(22, 0x0301, part)));
  assert.equal(decodeTls(split, 0, split.length)?.clientHello?.serverName, 'plug.example.com');
});

test('a ClientHello cut behind its name keeps the name and says that it is cut', () => {
  const cut = flight.length - 40;
  const facts = decodeTls(flight, 0, cut);
  assert.deepEqual([facts?.clientHello?.serverName, facts?.truncated], ['plug.example.com', true]);
});

test('records end with a message exactly where decoding them says that nothing is cut', () => {
  const answers = new Set<string>();
  for (let seed = 1; seed < 3000; seed++) {
    const random = noise(40, seed);
    const body = wire(
      handshake(2, random.subarray(0, random[0]! % 9)),
      handshake(random[1]! % 40, random.subarray(0, random[2]! % 30)),
      random.subarray(0, random[3]! % 2 === 0 ? 0 : random[4]! % 6),
    );
    const cuts = [1 + (random[5]! % 9), 10 + (random[6]! % 20)];
    const parts = [body.subarray(0, cuts[0]), body.subarray(cuts[0], cuts[1]), body.subarray(cuts[1])];
    const bytes = wire(...parts.filter(({ length }) => length > 0).map((part) => record(22, 0x0303, part)));
    const ends = endsMessage(bytes, 0, bytes.length);
    assert.equal(ends, decodeTls(bytes, 0, bytes.length)?.truncated === false, `seed ${seed}`);
    answers.add(String(ends));
  }
  assert.equal(answers.size, 2);
});

test('JA3 is the MD5 over the numbers without GREASE', () => {
  const facts = decodeTls(flight, 0, flight.length)?.clientHello;
  // md5 of 771,4865-4866-49199,0-10-11-13-16-43,29-23,0
  assert.equal(facts && ja3(facts), 'c9e264cb3675678ee364e81f3b6da7ad');
});

test('JA4 counts ciphers and extensions without GREASE and names version, SNI and ALPN', () => {
  const facts = decodeTls(flight, 0, flight.length)?.clientHello;
  assert.match(facts === undefined ? '' : (ja4(facts, 'tcp') ?? ''), /^t13d0306h2_[0-9a-f]{12}_[0-9a-f]{12}$/);
});

test("the version agreed on is that of supported_versions, else the header's", () => {
  const versions = [0x0304, undefined].map((supported) => {
    const bytes = record(22, 0x0303, handshake(2, serverHelloBody(supported)));
    return tlsVersionName(decodeTls(bytes, 0, bytes.length)?.serverHello?.version ?? 0);
  });
  assert.deepEqual(versions, ['TLSv1.3', 'TLSv1.2']);
});

test('the certificate of a TLS 1.2 server reports subject, issuer, names and end of validity', () => {
  const bytes = record(22, 0x0303, handshake(11, vector24(vector24(certificate()))));
  assert.deepEqual(decodeTls(bytes, 0, bytes.length)?.certificate, {
    subject: 'camera.example',
    issuer: 'camera.example',
    organisation: undefined,
    altNames: ['camera.example', '*.cam.example', '192.0.2.5'],
    notBefore: '260101000000Z',
    notAfter: '360101000000Z',
  });
});

test('an alert in the clear is reported, ciphertext behind ChangeCipherSpec is not read as handshake', () => {
  const alert = record(21, 0x0303, wire(2, 40));
  assert.deepEqual(decodeTls(alert, 0, alert.length)?.alert, { level: 2, description: 40 });
  const finished = wire(record(20, 0x0303, wire(1)), record(22, 0x0303, noise(40)));
  assert.equal(decodeTls(finished, 0, finished.length)?.clientHello, undefined);
});

test('an application-data record is TLS; the same header with a version beyond 3.4 or no length is not', () => {
  const data = record(23, 0x0303, noise(64));
  assert.equal(decodeTls(data, 0, data.length)?.applicationData, true);
  assert.equal(isTlsRecord(wire(23, 3, 9, 0, 10), 0, 5), false);
  assert.equal(isTlsRecord(wire(23, 3, 3, 0, 0), 0, 5), false);
});

behavesOnHostileBytes('TLS', decodeTls, flight);
behavesOnHostileBytes(
  'TLS certificate',
  (bytes, start, end) => decodeTls(bytes, start, end),
  record(22, 0x0303, wire(handshake(2, serverHelloBody(undefined)), handshake(11, vector24(vector24(certificate()))))),
);
