// Kind E: DNS is known by its form on any port, and how a device hides its questions is a fact of the device. All made here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connection, type Endpoint, udp } from '../analysis/packets.ts';
import { clientHelloBody, handshake, record } from '../decode/client-hello.ts';
import { be16, be32, labels, noise, vector8, vector16, wire } from '../decode/fixture.ts';
import { QUIC_V1, sealInitial } from '../decode/quic-initial.ts';
import { framesDocument } from './case-document.ts';

const CAM: Endpoint = { mac: '02:00:00:00:00:20', ip: '192.168.77.20', port: 40_000 };
const RESOLVER: Endpoint = { mac: '02:00:00:00:00:01', ip: '203.0.113.53', port: 5300 };
const CLOUD: Endpoint = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 4433 };

function question(name: string, type = 1): Uint8Array {
  return wire(be16(7), be16(0x0100), be16(1), be16(0), be16(0), be16(0), labels(name), be16(type), be16(1));
}

function answer(name: string, type: number, data: Uint8Array): Uint8Array {
  const head = wire(be16(7), be16(0x8180), be16(1), be16(1), be16(0), be16(0), labels(name), be16(type), be16(1));
  return wire(head, [0xc0, 12], be16(type), be16(1), be32(60), vector16(data));
}

const ADDRESS = answer('api.example', 1, wire([45, 33, 32, 156]));

for (const [name, port] of [
  ['53 of another host', 53],
  ['5300', 5300],
  ['443', 443],
  ['50000', 50_000],
] as const) {
  test(`DNS on port ${name} names what it resolves`, () => {
    const resolver = { ...RESOLVER, port };
    const { dns, destinations, conversations } = framesDocument([
      udp(CAM, resolver, question('api.example')),
      udp(resolver, CAM, ADDRESS),
      ...connection({ ...CAM, port: 41_000 }, CLOUD, [[0, wire('opaque text of nobody')]]),
    ]);
    assert.deepEqual({ ...dns.queries }, { 'api.example': 1 });
    const to = destinations.find(({ ip }) => ip === CLOUD.ip);
    assert.deepEqual(to?.names, [{ name: 'api.example', source: 'dns' }]);
    assert.ok(conversations.some(({ service, proto }) => service === 'dns' && proto === 'udp'));
  });
}

test('DNS over TCP on another port', () => {
  const { dns } = framesDocument(
    connection(CAM, RESOLVER, [
      [0, vector16(question('api.example'))],
      [1, vector16(ADDRESS)],
    ]),
  );
  assert.deepEqual({ ...dns.queries }, { 'api.example': 1 });
});

test('what only resembles DNS is none on another port', () => {
  const bad = [
    wire(question('api.example'), 0), // a byte too many
    question('api.example', 4000), // a type nobody asks for
    question('ap!i.example'), // not a host's name
    question('api.example').with(2, 0x79), // another operation
    noise(60),
  ];
  for (const bytes of bad) assert.deepEqual({ ...framesDocument([udp(CAM, RESOLVER, bytes)]).dns.queries }, {});
});

function deviceOf(frames: readonly Uint8Array[]) {
  return framesDocument(frames).devices.find(({ mac }) => mac === CAM.mac);
}

function overTls(name: string, port: number): Uint8Array[] {
  const hello = record(22, 0x0301, handshake(1, clientHelloBody(name)));
  return connection(CAM, { ...CLOUD, port }, [[0, hello]]);
}

test('DNS over TLS by its port, over HTTPS by the resolver’s name', () => {
  assert.deepEqual(deviceOf(overTls('resolver.example', 853))?.encrypted_dns, ['DoT resolver.example']);
  assert.deepEqual(deviceOf(overTls('cloudflare-dns.com', 443))?.encrypted_dns, ['DoH cloudflare-dns.com']);
  assert.deepEqual(deviceOf(overTls('ab12cd.dns.nextdns.io', 443))?.encrypted_dns, ['DoH ab12cd.dns.nextdns.io']);
  assert.deepEqual(deviceOf(overTls('api.example', 443))?.encrypted_dns, []);
});

/** A hello with one more extension at its end. */
function helloWith(name: string, type: number, body: Uint8Array, alpn?: string): Uint8Array {
  const hello = clientHelloBody(name);
  const at = hello.length - 2 - (hello.length - extensionsAt(hello) - 2);
  const extensions = wire(hello.subarray(at + 2), be16(type), vector16(body));
  const shown = alpn === undefined ? extensions : replaceAlpn(extensions, alpn);
  return wire(hello.subarray(0, at), vector16(shown));
}

/** Behind version, random, session id, ciphers and compression. */
function extensionsAt(hello: Uint8Array): number {
  const ciphersAt = 34 + 1 + hello[34]!;
  const compressionAt = ciphersAt + 2 + hello[ciphersAt]! * 256 + hello[ciphersAt + 1]!;
  return compressionAt + 1 + hello[compressionAt]!;
}

function replaceAlpn(extensions: Uint8Array, alpn: string): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < extensions.length; ) {
    const end = at + 4 + extensions[at + 2]! * 256 + extensions[at + 3]!;
    const isAlpn = extensions[at] === 0 && extensions[at + 1] === 16;
    parts.push(isAlpn ? wire(be16(16), vector16(vector16(vector8(alpn)))) : extensions.subarray(at, end));
    at = end;
  }
  return wire(...parts);
}

test('DNS over QUIC by the protocol that its hello asks for', () => {
  const hello = handshake(1, helloWith('dns.example', 0x1234, wire(), 'doq'));
  const frames = wire(6, 0, be16(0x4000 | hello.length), hello);
  const cid = noise(8);
  const datagram = udp(CAM, { ...CLOUD, port: 853 }, sealInitial({ frames, version: QUIC_V1, cid, keys: cid }));
  assert.deepEqual(deviceOf([datagram])?.encrypted_dns, ['DoQ dns.example']);
});

test('DNSCrypt by its answers and by the question for its certificate', () => {
  const resolver = { ...RESOLVER, port: 8443 };
  const frames = [
    udp(CAM, resolver, question('2.dnscrypt-cert.resolver.example', 16)),
    udp(CAM, resolver, noise(256)),
    udp(resolver, CAM, wire('r6fnvWj8', noise(200))),
  ];
  assert.deepEqual(deviceOf(frames)?.encrypted_dns, ['DNSCrypt 203.0.113.53', 'DNSCrypt resolver.example']);
});

/** ECHConfigList (RFC 9849 §4) with one configuration. */
function echConfigs(name: string): Uint8Array {
  const contents = wire(1, be16(0x20), vector16(noise(32)), vector16(be16(1), be16(1)), 64, vector8(name), be16(0));
  return vector16(wire(be16(0xfe0d), vector16(contents)));
}

test('an encrypted hello is in use where DNS announced its keys, else it may be an imitation', () => {
  const hello = record(22, 0x0301, handshake(1, helloWith('outer.example', 0xfe0d, noise(120))));
  const opened = connection(CAM, { ...CLOUD, port: 443 }, [[0, hello]]);
  assert.deepEqual(deviceOf(opened)?.encrypted_hellos, [{ outer_name: 'outer.example', announced: false }]);
  const data = wire(be16(1), 0, be16(5), vector16(echConfigs('outer.example')));
  const resolver = { ...RESOLVER, port: 53 };
  const announced = [
    udp(CAM, resolver, question('hidden.example', 65)),
    udp(resolver, CAM, answer('hidden.example', 65, data)),
  ];
  assert.deepEqual(deviceOf([...announced, ...opened])?.encrypted_hellos, [
    { outer_name: 'outer.example', announced: true },
  ]);
});
