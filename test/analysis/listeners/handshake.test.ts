// Names from DNS, DHCP and TLS through their listeners.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dns, dnsOverTcp, mdns } from '../../../appliance/analysis/inspect/protocols/dns.ts';
import { tls } from '../../../appliance/analysis/inspect/protocols/tls.ts';
import { clientHelloBody, handshake, record, serverHelloBody } from '../../decode/client-hello.ts';
import { dnsPacket } from '../../decode/dns-oracle.ts';
import { be16, noise, wire } from '../../decode/fixture.ts';
import { DEVICE, RecordedStream, tellDatagram } from '../recording.ts';

const ANSWER = dnsPacket.encode({
  type: 'response',
  questions: [{ name: 'api.example.com', type: 'A' }],
  answers: [
    { type: 'CNAME', name: 'api.example.com', data: 'edge.example.net' },
    { type: 'A', name: 'edge.example.net', data: '192.0.2.7' },
  ],
});

test('a query is counted by its name, an answer gives the address the name asked for and that at the end of the chain', () => {
  const query = dnsPacket.encode({ type: 'query', questions: [{ name: 'api.example.com', type: 'A' }] });
  assert.deepEqual(tellDatagram(dns, query).counts, { 'dns.queries': { 'api.example.com': 1 } });
  assert.deepEqual(tellDatagram(dns, ANSWER).addresses, [
    '192.0.2.7 dns api.example.com',
    '192.0.2.7 cname edge.example.net',
  ]);
});

test('DNS over TCP in single bytes reports the same as over UDP', () => {
  const stream = new RecordedStream(dnsOverTcp);
  stream.send(0, wire(be16(ANSWER.length), ANSWER, be16(ANSWER.length), ANSWER), 1);
  assert.deepEqual(stream.facts.counts, { 'dns.resolved': { 'api.example.com': 2 } });
});

test('an mDNS announcement reports host name, instance and model of its sender', () => {
  const announcement = dnsPacket.encode({
    type: 'response',
    answers: [
      { type: 'PTR', name: '_hap._tcp.local', data: 'Philips hue - 2476FF._hap._tcp.local' },
      { type: 'TXT', name: 'Philips hue - 2476FF._hap._tcp.local', data: ['md=BSB002', 'c#=1'] },
      { type: 'A', name: 'Philips-hue.local', data: '10.10.10.6' },
    ],
  });
  assert.deepEqual(tellDatagram(mdns, announcement).traits, [
    `${DEVICE} mdns_instance Philips hue - 2476FF`,
    `${DEVICE} mdns_model BSB002`,
    `${DEVICE} mdns_name Philips-hue.local`,
  ]);
});

test('a HomeKit accessory and a Matter device report the kind that their standards have a number for', () => {
  const answers = [
    ['_hap._tcp', ['md=Eve', 'ci=9']],
    ['_matterc._udp', ['VP=4874+77', 'DT=769']],
    ['_http._tcp', ['ci=17', 'DT=10']],
  ] as const;
  const announcement = dnsPacket.encode({
    type: 'response',
    answers: answers.map(([service, data]) => ({ type: 'TXT', name: `Hall.${service}.local`, data: [...data] })),
  });
  assert.deepEqual(tellDatagram(mdns, announcement).traits, [
    `${DEVICE} mdns_model Eve`,
    `${DEVICE} homekit_category 9`,
    `${DEVICE} matter_type 769`,
  ]);
});

test('a handshake in pieces of any size reports name and version once, and ciphertext behind it nothing', () => {
  const client = wire(
    record(22, 0x0301, handshake(1, clientHelloBody('plug.example.com'))),
    record(20, 0x0303, wire(1)),
    record(22, 0x0303, noise(40)),
    record(23, 0x0303, noise(900)),
  );
  const server = record(22, 0x0303, handshake(2, serverHelloBody(undefined)));
  for (const piece of [1, 3, 50, 5000]) {
    const stream = new RecordedStream(tls);
    stream.send(0, client, piece);
    stream.send(1, server, piece);
    assert.deepEqual(
      [stream.facts.counts['tls.sni'], stream.facts.counts['tls.versions']],
      [{ 'plug.example.com': 1 }, { 'TLSv1.2': 1 }],
    );
  }
});

test('TLS 1.0 agreed on is a finding about the client', () => {
  const stream = new RecordedStream(tls);
  const hello = serverHelloBody(undefined);
  hello[1] = 1;
  stream.send(0, record(22, 0x0301, handshake(1, clientHelloBody('old.example.com'))));
  stream.send(1, record(22, 0x0301, handshake(2, hello)));
  assert.deepEqual(
    stream.facts.findings.map(({ rule, device }) => [rule, device]),
    [['TLS-01', DEVICE]],
  );
});
