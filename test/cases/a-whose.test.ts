// Kind A: whose it is. Who opened, who showed a certificate, whose packet it was. The cases where they are, and siblings of
// our own next to them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { ascii, connection, type Endpoint, joinBytes, udp } from '../analysis/packets.ts';
import { certificate } from '../decode/certificate.ts';
import { clientHelloBody, handshake, record, serverHelloBody } from '../decode/client-hello.ts';
import { dnsPacket } from '../decode/dns-oracle.ts';
import { vector24 } from '../decode/fixture.ts';
import { caseDocument, framesDocument, withoutCases } from './case-document.ts';

const ROUTER = 'b8:27:eb:01:02:03';
const PLUG: Endpoint = { mac: '02:11:22:33:44:55', ip: '192.168.77.20', port: 51_000 };
const CLOUD: Endpoint = { mac: ROUTER, ip: '45.33.32.156', port: 8883 };

function servicesOf(document: AnalysisDocument, device: string): (readonly [string, number])[] {
  return (document.behaviour?.services ?? [])
    .filter((row) => row.device === device)
    .map(({ service, opened }) => [service, opened]);
}

function certificateNames(document: AnalysisDocument): string[] {
  const names = document.conversations.flatMap((conversation) => conversation.names);
  return [
    ...new Set(
      names.filter(({ source, also = [] }) => [source, ...also].includes('certificate')).map(({ name }) => name),
    ),
  ];
}

test('case 11: a certificate of the device does not name the destination', { skip: withoutCases }, () => {
  const document = caseDocument('11');
  assert.deepEqual(certificateNames(document), ['mqtt.cloud.example']);
  assert.deepEqual(document.findings, []);
});

test('case 54: the device that was answered is the client, and its port no service', { skip: withoutCases }, () => {
  const document = caseDocument('54');
  const [conversation] = document.conversations;
  assert.deepEqual([conversation?.service, conversation?.client], ['dns', 'b']);
  assert.deepEqual(servicesOf(document, '02:00:00:00:00:01'), [['dns', 1]]);
  assert.deepEqual(servicesOf(document, '02:00:00:00:00:02'), [['dns', 0]]);
});

const CERTIFICATE = handshake(11, vector24(vector24(certificate())));
const CLIENT_HELLO = record(22, 0x0301, handshake(1, clientHelloBody('mqtt.cloud.example')));
const SERVER_HELLO = record(22, 0x0303, handshake(2, serverHelloBody(undefined)));
const SHOWN = record(22, 0x0303, CERTIFICATE);

test('a certificate names the far end only where the far end showed it', () => {
  const shownByServer = connection(PLUG, CLOUD, [
    [0, CLIENT_HELLO],
    [1, joinBytes(SERVER_HELLO, SHOWN)],
  ]);
  const shownByClient = connection(PLUG, CLOUD, [
    [0, CLIENT_HELLO],
    [1, SERVER_HELLO],
    [0, SHOWN],
  ]);
  assert.equal(certificateNames(framesDocument(shownByServer)).length > 0, true);
  assert.deepEqual(certificateNames(framesDocument(shownByClient)), []);
});

test('where the capture begins behind the hello of the client, that of the server still reports the sides', () => {
  const frames = connection(PLUG, CLOUD, [
    [0, CLIENT_HELLO],
    [1, SERVER_HELLO],
    [0, SHOWN],
  ]);
  assert.deepEqual(certificateNames(framesDocument(frames.slice(4))), []);
});

test('a certificate of its own that ran out is one finding of the device, not one of each connection', () => {
  const frames = [51_001, 51_002, 51_003].flatMap((port) =>
    connection({ ...PLUG, port }, CLOUD, [
      [0, CLIENT_HELLO],
      [1, SERVER_HELLO],
      [0, SHOWN],
    ]),
  );
  const findings = framesDocument(frames).findings.filter(({ rule }) => rule.startsWith('TLS-0'));
  assert.deepEqual(
    findings.map(({ rule, device, count }) => [rule, device, count]),
    findings.map(() => ['TLS-04', PLUG.mac, 3]),
  );
});

const ANSWER = dnsPacket.encode({
  type: 'response',
  questions: [{ name: 'iot.example.com', type: 'A' }],
  answers: [{ type: 'A', name: 'iot.example.com', data: '93.184.216.34' }],
});

for (const [what, service, from, port, payload] of [
  ['a DNS answer to the port 1024', 'dns', 53, 1024, ANSWER],
  ['a DNS answer to the port of a known service', 'dns', 53, 5683, ANSWER],
  [
    'a time from an NTP server to a low port',
    'ntp',
    123,
    4097,
    joinBytes(Uint8Array.of(0x24, 2, 6, 0xec), new Uint8Array(44)),
  ],
  [
    'a found service of SSDP',
    'ssdp',
    1900,
    30_000,
    ascii('HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:1\r\n\r\n'),
  ],
] as const) {
  test(`${what} goes to a client`, () => {
    const server: Endpoint = { mac: '02:00:00:00:00:02', ip: '192.168.77.1', port: from };
    const document = framesDocument([udp(server, { ...PLUG, port }, payload)]);
    assert.deepEqual(
      document.conversations.map((conversation) => [conversation.service, conversation.client]),
      [[service, 'b']],
    );
    assert.deepEqual(servicesOf(document, PLUG.mac), [[service, 1]]);
  });
}

test('who sent the SYN is the client, though its port is one of a known service', () => {
  const document = framesDocument(
    connection({ ...PLUG, port: 8080 }, { ...CLOUD, port: 40_001 }, [[0, ascii('hello')]]),
  );
  assert.deepEqual([document.conversations[0]?.client, servicesOf(document, PLUG.mac)[0]?.[1]], ['a', 1]);
});

test('case 35: a device with a global IPv6 address is the device, its neighbour is at home', {
  skip: withoutCases,
}, () => {
  const document = caseDocument('35');
  const [device, neighbour] = ['02:11:22:33:44:55', '02:00:00:00:00:66'];
  const blamed = document.findings.map((finding) => [finding.rule.replace(/-\d+$/, ''), finding.device]);
  assert.deepEqual([...new Set(blamed.map(String))].sort(), [`CLR,${device}`, `CRED,${device}`, `PII,${device}`]);
  assert.deepEqual(
    document.destinations.map(({ ip, devices, bytes_up }) => [ip, devices, bytes_up > 0]),
    [['2606:4700::6810:84e5', [device], true]],
  );
  assert.deepEqual(document.devices.map(({ mac }) => mac).sort(), [neighbour, device].sort());
  assert.deepEqual(
    document.routers?.map(({ mac, known_by }) => [mac, known_by]),
    [[ROUTER, 'capture']],
  );
});
