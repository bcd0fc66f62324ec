// Kind A: captures without a link layer, as apps on phones (PCAPdroid, PCAP Remote) and tunnels write them: whose it is says the
// address. Kind C: later IP fragments are bytes of their destination.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { ascii, connection, type Endpoint, ethernet, ipv4, joinBytes, udp } from '../analysis/packets.ts';
import { dnsPacket } from '../decode/dns-oracle.ts';
import { connection6 } from './ipv6-frames.ts';

const { tables } = openTables('test');
const SOURCE = { path: 'x', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;
const ANY = '02:00:00:00:00:01';
const PHONE: Endpoint = { mac: ANY, ip: '10.215.173.1', port: 40_000 };
const SERVER: Endpoint = { mac: ANY, ip: '52.208.0.1', port: 80 };
const RESOLVER: Endpoint = { mac: ANY, ip: '10.215.173.2', port: 53 };
const LOGIN = ascii('GET / HTTP/1.1\r\nHost: a.example\r\nAuthorization: Basic bWFyYTpUcjB1dCE=\r\n\r\n');

/** What follows the Ethernet header, behind what each link puts there. */
const LINKS: readonly (readonly [name: string, linkType: number, head: readonly number[], only: 4 | 6 | 'any'])[] = [
  ['raw', 101, [], 'any'],
  ['raw of BSD', 12, [], 'any'],
  ['IPv4', 228, [], 4],
  ['IPv6', 229, [], 6],
  ['null, little endian, IPv4', 0, [2, 0, 0, 0], 4],
  ['null, little endian, IPv6', 0, [30, 0, 0, 0], 6],
  ['loop, IPv4', 108, [0, 0, 0, 2], 4],
];

function documentOf(frames: readonly Uint8Array[], linkType: number, head: readonly number[]): AnalysisDocument {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  frames.forEach((frame, i) => {
    const bytes = joinBytes(Uint8Array.from(head), frame.subarray(14));
    analyzer.frame(bytes, 0, bytes.length, 1_795_000_000 + i, 0, bytes.length, linkType);
  });
  return renderDocument(analyzer.summary(), tables, SOURCE);
}

const devicesOf = ({ devices }: AnalysisDocument) =>
  devices.map(({ mac, ips, packets_sent, vendor, randomised }) => [mac, ips, packets_sent, vendor, randomised]);

for (const [name, linkType, head] of LINKS.filter(([, , , which]) => which !== 6)) {
  test(`link type ${linkType} (${name}): the phone is a device, servers are destinations, findings are the phone’s`, () => {
    const document = documentOf(
      connection(PHONE, SERVER, [
        [0, LOGIN],
        [1, ascii('x')],
      ]),
      linkType,
      head,
    );
    assert.deepEqual(devicesOf(document), [[PHONE.ip, [PHONE.ip], 3, null, false]]);
    assert.deepEqual(
      document.destinations.map(({ ip, devices }) => [ip, devices]),
      [[SERVER.ip, [PHONE.ip]]],
    );
    assert.equal(document.findings.find(({ rule }) => rule === 'CRED-01')?.device, PHONE.ip);
    assert.equal(document.behaviour?.services?.[0]?.device, PHONE.ip);
  });
}

for (const [name, linkType, head] of LINKS.filter(([, , , which]) => which !== 4)) {
  test(`link type ${linkType} (${name}): over IPv6 as well`, () => {
    const near = { ...PHONE, ip: 'fd00:2:fd00:1:fd00:1:fd00:1' };
    const document = documentOf(
      connection6(near, { ...SERVER, ip: '2606:4700::6810:84e5' }, [[0, LOGIN]]),
      linkType,
      head,
    );
    assert.deepEqual(devicesOf(document), [[near.ip, [near.ip], 3, null, false]]);
    assert.equal(document.findings.find(({ rule }) => rule === 'CRED-01')?.device, near.ip);
  });
}

test('names that the phone asks for are its own; groups and broadcasts are no devices; several hosts are distinguished', () => {
  const question = dnsPacket.encode({ type: 'query', questions: [{ type: 'A', name: 'cloud.example' }] });
  const lamp = { ...PHONE, ip: '10.215.173.9' };
  const frames = [
    udp(PHONE, RESOLVER, question),
    udp({ ...PHONE, port: 5353 }, { ...PHONE, ip: '224.0.0.251', port: 5353 }, ascii('x')),
    udp(PHONE, { ...PHONE, ip: '10.215.173.255', port: 9999 }, ascii('x')),
    udp(PHONE, { ...PHONE, ip: '255.255.255.255', port: 9999 }, ascii('x')),
    ...connection(lamp, SERVER, [[0, ascii('x')]]),
    ...connection({ ...SERVER, ip: '127.0.0.1' }, { ...SERVER, ip: '127.0.0.1', port: 81 }, []),
  ];
  const document = documentOf(frames, 101, []);
  assert.deepEqual(
    document.devices.map(({ mac }) => mac),
    [PHONE.ip, lamp.ip],
  );
  assert.deepEqual(
    document.behaviour?.unreached?.map(({ device, name }) => [device, name]),
    [[PHONE.ip, 'cloud.example']],
  );
  assert.deepEqual(
    document.destinations.map(({ devices }) => devices),
    [[lamp.ip]],
  );
});

test('a renewal of DHCP on such a link is nobody’s in another’s name', () => {
  const body = new Uint8Array(244);
  body.set([1, 1, 6, 0]);
  body.set([2, 0x11, 0x22, 0x33, 0x44, 0x55], 28);
  body.set([99, 130, 83, 99, 53, 1, 3, 255], 236);
  const document = documentOf([udp({ ...PHONE, port: 68 }, { ...RESOLVER, port: 67 }, body)], 101, []);
  assert.deepEqual(
    document.findings.map(({ rule }) => rule),
    [],
  );
});

test('later fragments are bytes of their destination, both ways, and make none of the home', () => {
  const later = (from: Endpoint, to: Endpoint, bytes: number): Uint8Array => {
    const packet = ipv4(from.ip, to.ip, 17, new Uint8Array(bytes));
    packet[7] = 185; // 1480 bytes in units of 8
    return ethernet('02:00:00:00:00:11', ANY, 0x0800, packet);
  };
  const frames = [
    udp(PHONE, { ...SERVER, port: 5000 }, ascii('first')),
    later(PHONE, SERVER, 1000),
    later(PHONE, SERVER, 500),
    later(SERVER, PHONE, 700),
    later(PHONE, RESOLVER, 900),
  ];
  for (const head of [0, 14]) {
    const analyzer = new Analyzer({ owner: null, infra: [] });
    const lengths = frames.map((frame, i) => {
      const bytes = frame.subarray(head);
      analyzer.frame(bytes, 0, bytes.length, 1_795_000_000 + i, 0, bytes.length, head === 0 ? 1 : 101);
      return bytes.length;
    });
    const document = renderDocument(analyzer.summary(), tables, SOURCE);
    const [first = 0, second = 0, third = 0, back] = lengths;
    assert.deepEqual(
      document.destinations.map(({ ip, bytes_up, bytes_down }) => [ip, bytes_up, bytes_down]),
      [[SERVER.ip, first + second + third, back]],
    );
    const [country] = Object.values(document.countries);
    assert.deepEqual([country?.bytes_up, country?.bytes_down], [first + second + third, back]);
  }
});
