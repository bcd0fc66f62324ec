// Kind D: one name, one spelling. Inputs of the field where they are, and siblings made here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identify } from '../../appliance/analysis/document/identity.ts';
import { uniqueNames } from '../../appliance/analysis/document/names.ts';
import { decodeCertificate } from '../../appliance/decode/protocols/certificate.ts';
import { foldAuthority, foldHostName, isNoName, unicodeHostName } from '../../appliance/model/host-name.ts';
import { ascii, connection, type Endpoint, udp } from '../analysis/packets.ts';
import { clientHelloBody, handshake, record } from '../decode/client-hello.ts';
import { dnsPacket } from '../decode/dns-oracle.ts';
import { wire } from '../decode/fixture.ts';
import { caseDocument, framesDocument, rulesOf, withoutCases } from './case-document.ts';

const PLUG: Endpoint = { mac: '02:11:22:33:44:55', ip: '192.168.77.20', port: 51_000 };
const RESOLVER: Endpoint = { mac: '02:00:00:00:00:01', ip: '192.168.77.1', port: 53 };
const CLOUD: Endpoint = { mac: RESOLVER.mac, ip: '45.33.32.156', port: 443 };
const WEB: Endpoint = { ...CLOUD, port: 80 };

function texts(document: ReturnType<typeof caseDocument>): string[] {
  return document.destinations.flatMap(({ names }) => names.map(({ name }) => name));
}

test('case 15: spellings of one name are one name everywhere', { skip: withoutCases }, () => {
  const document = caseDocument('15');
  assert.deepEqual({ ...document.dns.queries }, { 'api.vendor.example': 4 });
  assert.deepEqual({ ...document.tls.sni }, { 'api.vendor.example': 4 });
  assert.deepEqual({ ...document.http.hosts }, { 'api.vendor.example': 1 });
  assert.deepEqual(texts(document), ['api.vendor.example']);
});

test('case 38: the target of a request says its host, and no host precedes http://', {
  skip: withoutCases,
}, () => {
  const { http } = caseDocument('38');
  const requests = ['GET 192.168.77.1:49152/desc.xml', 'GET api.vendor.example/v1/ping'];
  assert.deepEqual(Object.keys(http.requests ?? {}).sort(), requests);
  assert.deepEqual(Object.keys(http.hosts).sort(), ['192.168.77.1:49152', 'api.vendor.example']);
});

function asked(target: string, host: string, method = 'GET') {
  const bytes = Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return framesDocument(connection(PLUG, WEB, [[0, bytes]]));
}

const TARGETS: readonly (readonly [string, string, string, string])[] = [
  ['http://API.Example./v1?x=1', 'proxy.example:3128', 'api.example', 'GET api.example/v1'],
  ['HTTP://api.example', 'api.example', 'api.example', 'GET api.example/'],
  ['http://[2001:DB8::1]:8080/a', 'other.example', '[2001:db8::1]:8080', 'GET [2001:db8::1]:8080/a'],
  ['http://jane:s3cret-word@api.example:81/a', 'x.example', 'api.example:81', 'GET api.example:81/a'],
  ['/go?to=http://other.example/', 'Api.Example', 'api.example', 'GET api.example/go'],
];

for (const [target, host, name, request] of TARGETS) {
  test(`a request for ${target} is one to ${name}`, () => {
    const { http } = asked(target, host);
    assert.deepEqual([Object.keys(http.hosts), Object.keys(http.requests ?? {})], [[name], [request]]);
  });
}

test('a tunnel is asked of the host in its target', () => {
  const { http } = asked('Broker.Example:8883', 'proxy.example', 'CONNECT');
  assert.deepEqual(Object.keys(http.hosts), ['broker.example:8883']);
});

test('a login before the host is reported, masked, and in no name', () => {
  const document = asked('http://jane:s3cret-word@api.example/', 'x.example');
  assert.ok(rulesOf(document).includes('CRED-04'));
  assert.ok(!JSON.stringify(document).includes('s3cret-word'));
});

test('a resolver asked in twenty spellings resolves one name, and each is counted', () => {
  const name = 'cloud.some-vendor.example';
  const frames = Array.from({ length: 20 }, (_, i) => {
    const spelled = Array.from(name, (letter, at) => ((i >> (at % 5)) & 1 ? letter.toUpperCase() : letter)).join('');
    const question = { type: 'query' as const, id: i, questions: [{ type: 'A', name: spelled }] };
    const answers = [{ type: 'A', name: spelled, data: CLOUD.ip }];
    return [
      udp(PLUG, RESOLVER, dnsPacket.encode(question)),
      udp(RESOLVER, PLUG, dnsPacket.encode({ ...question, type: 'response' as const, answers })),
    ];
  }).flat();
  const hello = record(22, 0x0301, handshake(1, clientHelloBody('CLOUD.some-vendor.example')));
  const document = framesDocument([...frames, ...connection(PLUG, CLOUD, [[0, hello]])]);
  assert.deepEqual({ ...document.dns.queries }, { [name]: 20 });
  assert.deepEqual(document.destinations[0]?.names, [{ name, source: 'sni', also: ['dns'] }]);
  assert.equal(document.limits?.names_dropped, 0);
});

test('an internationalised name is shown both ways, whichever way it was sent', () => {
  for (const sent of ['xn--BCHER-kva.Example', 'Bücher.example.']) {
    const [destination] = asked('/', sent).destinations;
    assert.deepEqual(destination?.names, [
      { name: 'xn--bcher-kva.example', source: 'host', unicode: 'bücher.example' },
    ]);
  }
  assert.equal(unicodeHostName('plain.example'), undefined);
  assert.equal(foldHostName('Küche.local.'), 'küche.local');
  assert.equal(foldHostName('.'), '.');
  assert.equal(foldAuthority('[FE80::1]:80'), '[fe80::1]:80');
});

test('an escaped name of a host is the name that it stands for; escapes that make no name stay', () => {
  for (const sent of ['api%2Evendor%2Eexample', '%41PI.vendor.example']) {
    const { http, destinations } = asked('/', sent);
    assert.deepEqual({ ...http.hosts }, { 'api.vendor.example': 1 });
    assert.deepEqual(destinations[0]?.names, [{ name: 'api.vendor.example', source: 'host' }]);
  }
  assert.deepEqual(asked('http://b%C3%BCcher.example/', 'x.example').destinations[0]?.names, [
    { name: 'xn--bcher-kva.example', source: 'host', unicode: 'bücher.example' },
  ]);
  for (const kept of ['a%2541.example', 'a%2fb.example', 'a%00.example', 'a%zz.example', 'a%fc.example', 'a%']) {
    assert.equal(foldAuthority(`${kept}:80`), `${kept}:80`);
  }
});

function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = wire(...parts);
  return wire(body.length < 128 ? [tag, body.length] : [tag, 0x82, body.length >> 8, body.length & 255], body);
}

/** A certificate whose subject has an organisation next to the common name in one set (RFC 5280 §4.1.2.4). */
function certificateOf(tag: number, name: Uint8Array): Uint8Array {
  const common = der(0x30, Uint8Array.of(6, 3, 0x55, 4, 3), der(tag, name));
  const organisation = der(0x30, Uint8Array.of(6, 3, 0x55, 4, 10), der(0x0c, ascii('Acme')));
  const subject = der(0x30, der(0x31, organisation, common));
  const validity = der(0x30, der(0x17, ascii('270101000000Z')), der(0x17, ascii('370101000000Z')));
  return der(0x30, der(0x30, der(2, Uint8Array.of(1)), der(0x30), subject, validity, subject));
}

const WORD = 'hub.example';
const STRING_TYPES: Readonly<Record<string, readonly [number, Uint8Array]>> = {
  UTF8String: [0x0c, Buffer.from(WORD)],
  PrintableString: [0x13, Buffer.from(WORD)],
  TeletexString: [0x14, Buffer.from(WORD, 'latin1')],
  IA5String: [0x16, Buffer.from(WORD)],
  UniversalString: [0x1c, Buffer.concat(Array.from(WORD, (letter) => Buffer.from([0, 0, 0, letter.charCodeAt(0)])))],
  BMPString: [0x1e, Buffer.from(WORD, 'utf16le').swap16()],
};

for (const [type, [tag, bytes]] of Object.entries(STRING_TYPES)) {
  test(`a common name as ${type} is the same name`, () => {
    const certificate = certificateOf(tag, bytes);
    assert.equal(decodeCertificate(certificate, 0, certificate.length)?.subject, WORD);
  });
}

test('names of interfaces and addresses are no names, and a device called after a thing keeps its own', () => {
  for (const text of [
    'wlan0',
    'ETH0.lan',
    'wlp2s0',
    '00178874c2dc',
    '00-17-88-74-C2-DC',
    '192.168.1.7',
    'fe80::1',
    '',
    'null',
    'Unknown',
    '0017.8874.c2dc',
  ])
    assert.ok(isNoName(text), text);
  for (const text of ['kitchen', 'ESP_07AEFB', 'engine', 'lounge', 'Philips-hue.local', 'ap-kitchen'])
    assert.ok(!isNoName(text), text);
  const traits = { hostname: { wlan0: 3, 'Kitchen-Lamp': 1 }, mdns_name: { '00178874c2dc.local': 1 } };
  const { names } = identify({ mac: PLUG.mac, vendor: null, traits, counts: {} });
  assert.deepEqual(names, [{ name: 'Kitchen-Lamp', source: 'hostname' }]);
  const reported = [...names, { name: 'kitchen-lamp', source: 'dhcp' }];
  assert.deepEqual(uniqueNames(reported), [{ name: 'Kitchen-Lamp', source: 'hostname', also: ['dhcp'] }]);
});
