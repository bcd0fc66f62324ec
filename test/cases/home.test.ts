// Kind A: what is at home. Generated homes with prefixes of a provider, routers said and found, and devices that announce or
// claim what is not theirs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { type Mac, parseMac } from '../../appliance/model/mac.ts';
import { ascii, connection, type Endpoint, ethernet, joinBytes, udp } from '../analysis/packets.ts';
import { advertisement, connection6, neighbour } from './ipv6-frames.ts';

const ROUTER = 'b8:27:eb:01:02:03';
const PLUG = '02:11:22:33:44:55';
const LAMP = '02:11:22:33:44:66';
const LOGIN = ascii(
  'POST /login HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/json\r\nContent-Length: 21\r\n\r\n{"password":"secret"}',
);
const CLOUD = '2606:4700::6810:84e5';

const { tables } = openTables('test');
const SOURCE = { path: 'x', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;

function documentOf(frames: readonly Uint8Array[], said: readonly string[] = []): AnalysisDocument {
  const infra = said.map((text): Mac => parseMac(text) ?? assert.fail(text));
  const analyzer = new Analyzer({ owner: null, infra });
  frames.forEach((bytes, i) => analyzer.frame(bytes, 0, bytes.length, 1_795_000_000 + i, 0, bytes.length, 1));
  return renderDocument(analyzer.summary(), tables, SOURCE);
}

function login(ip: string, mac = PLUG, to = CLOUD): Uint8Array[] {
  return connection6({ mac, ip, port: 40_000 }, { mac: ROUTER, ip: to, port: 80 }, [[0, LOGIN]]);
}

function whose(document: AnalysisDocument): (string | null)[] {
  return [...new Set(document.findings.filter(({ rule }) => rule.startsWith('CRED')).map(({ device }) => device))];
}

function destinationsOf(document: AnalysisDocument): string[] {
  return document.destinations.map(({ ip }) => ip).sort();
}

test('a login over IPv6 is the device’s, with no announcement in the capture', () => {
  const document = documentOf(login('2a02:810a:1:2::20'));
  assert.deepEqual([whose(document), destinationsOf(document)], [[PLUG], [CLOUD]]);
});

test('the router that was said to be one is believed, another that would be found is not', () => {
  const document = documentOf([...login('2a02:810a:1:2::20'), ...login('2a02:810a:1:2::21', LAMP)], [ROUTER]);
  assert.deepEqual([whose(document), document.routers?.map(({ known_by }) => known_by)], [[PLUG, LAMP], ['said']]);
});

test('a device that announces all of the Internet hides nothing that it sends', () => {
  for (const [prefix, bits] of [
    ['2000::', 3],
    ['2606:4700::', 32],
    ['2606:4700::', 48],
  ] as const) {
    const frames = [
      advertisement(PLUG, prefix, bits),
      ...login('2a02:810a:1:2::20'),
      ...login('2a02:810a:1:2::21', LAMP, '2a00:1450:4001:81b::200e'),
    ];
    const document = documentOf(frames, [ROUTER]);
    assert.deepEqual(destinationsOf(document), ['2606:4700::6810:84e5', '2a00:1450:4001:81b::200e'].sort());
    assert.ok(document.findings.some(({ rule, device }) => rule === 'AP-03' && device === PLUG));
  }
});

test('a router that announces more than a home can have is not believed either', () => {
  const document = documentOf([advertisement(ROUTER, '2606:4700::', 32), ...login('2a02:810a:1:2::20')], [ROUTER]);
  assert.deepEqual(destinationsOf(document), [CLOUD]);
  assert.equal(
    document.findings.some(({ rule }) => rule === 'AP-03'),
    true,
  );
});

test('an address of the router’s own prefix is at home though it is behind the router', () => {
  const frames = [
    advertisement(ROUTER, '2a02:810a:1:2::', 64),
    ...login('2a02:810a:1:2::20'),
    ...login('2a02:810a:1:2::20', PLUG, '2a02:810a:1:2::1'),
  ];
  const document = documentOf(frames, [ROUTER]);
  assert.deepEqual(
    [destinationsOf(document), document.findings.some(({ rule }) => rule === 'AP-03')],
    [[CLOUD], false],
  );
});

test('a claim to a public address is a finding of the claimant, and the address stays a destination', () => {
  const frames = [
    advertisement(ROUTER, '2a02:810a:1:2::', 64),
    neighbour(136, LAMP, CLOUD),
    neighbour(136, PLUG, '2a02:810a:1:2::20'),
    ...login('2a02:810a:1:2::20'),
  ];
  const document = documentOf(frames, [ROUTER]);
  assert.deepEqual(destinationsOf(document), [CLOUD]);
  assert.deepEqual(
    document.findings
      .filter(({ rule }) => rule === 'AP-04')
      .map(({ device, excerpt_masked }) => [device, excerpt_masked]),
    [[LAMP, `${CLOUD}: claimed by NDP or ARP`]],
  );
});

test('what the router asks for on the link is at home', () => {
  const frames = [
    neighbour(135, ROUTER, '2a02:810a:1:2::66'),
    ...login('2a02:810a:1:2::20', PLUG, '2a02:810a:1:2::66'),
  ];
  assert.deepEqual(destinationsOf(documentOf(frames, [ROUTER])), []);
});

const PHONE: Endpoint = { mac: PLUG, ip: '192.168.77.20', port: 50_000 };

test('the router is found by the devices that go out through it, and is left out', () => {
  const server: Endpoint = { mac: ROUTER, ip: '45.33.32.156', port: 80 };
  const frames = [
    ...connection(PHONE, server, [[0, LOGIN]]),
    ...connection({ ...PHONE, mac: LAMP, ip: '192.168.77.21' }, server, [[0, LOGIN]]),
    ...connection({ mac: ROUTER, ip: '192.168.77.1', port: 50_100 }, { ...PHONE, port: 80 }, [[0, LOGIN]]),
  ];
  const document = documentOf(frames);
  assert.deepEqual(document.devices.map(({ mac }) => mac).sort(), [PLUG, LAMP]);
  assert.deepEqual(
    document.routers?.map(({ mac, known_by }) => [mac, known_by]),
    [[ROUTER, 'capture']],
  );
  assert.equal((document.routers?.[0]?.findings_left_out ?? 0) > 0, true);
  assert.equal(
    document.findings.some(({ device }) => device === ROUTER),
    false,
  );
  assert.equal(
    document.behaviour?.services?.some(({ device }) => device === ROUTER),
    false,
  );
});

test('a device that sends from strange addresses is no router', () => {
  const strange = Array.from({ length: 20 }, (_, i) =>
    udp({ mac: LAMP, ip: `8.8.${i}.8`, port: 53 }, { ...PHONE, port: 50_000 + i }, ascii('x')),
  );
  const frames = [...strange, ...connection(PHONE, { mac: ROUTER, ip: '45.33.32.156', port: 80 }, [[0, LOGIN]])];
  assert.deepEqual(
    documentOf(frames).routers?.map(({ mac }) => mac),
    [ROUTER],
  );
});

test('two devices alone have no router', () => {
  const frames = connection(PHONE, { mac: LAMP, ip: '192.168.77.21', port: 80 }, [[0, LOGIN]]);
  const document = documentOf(frames);
  assert.deepEqual([document.routers, document.devices.length, whose(document)], [[], 2, [PLUG]]);
});

/** RFC 826. */
function arp(mac: string, ip: string): Uint8Array {
  const bytes = Uint8Array.of(0, 1, 8, 0, 6, 4, 0, 2);
  const address = Uint8Array.from(ip.split('.'), Number);
  const hardware = Uint8Array.from(mac.split(':'), (pair) => Number.parseInt(pair, 16));
  return ethernet(mac, 'ff:ff:ff:ff:ff:ff', 0x0806, joinBytes(bytes, hardware, address, hardware, address));
}

test('two MACs that claim one address by turns are a finding, one after the other is not', () => {
  const turns = documentOf([arp(PLUG, '192.168.77.9'), arp(LAMP, '192.168.77.9'), arp(PLUG, '192.168.77.9')]);
  const after = documentOf([arp(PLUG, '192.168.77.9'), arp(LAMP, '192.168.77.9')]);
  assert.deepEqual(
    [turns, after].map(({ findings }) => findings.filter(({ rule }) => rule === 'AP-05').length),
    [1, 0],
  );
});

test('announcements by others do not keep out the prefix of the router', () => {
  const forged = (mac: (i: number) => string): Uint8Array[] =>
    Array.from({ length: 600 }, (_, i) => advertisement(mac(i), `2a0e:${i.toString(16)}::`, 64));
  const manyMacs = (i: number): string =>
    `02:66:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`;
  const inside = login('2a02:810a:1:2::20', PLUG, '2a02:810a:1:2::77');
  for (const mac of [() => PLUG, manyMacs]) {
    const document = documentOf([...forged(mac), advertisement(ROUTER, '2a02:810a:1:2::', 64), ...inside], [ROUTER]);
    assert.deepEqual(destinationsOf(document), []);
    assert.ok(document.limits.names_dropped > 0);
  }
});
