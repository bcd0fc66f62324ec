// Kind A: who speaks for the network. Border routers of meshes next to routers that lie; DHCP that gives nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { parseMac } from '../../appliance/model/mac.ts';
import { type Endpoint, ethernet, joinBytes, macBytes, udp } from '../analysis/packets.ts';
import { advertisement, ipv6Bytes, neighbour, routerMessage } from './ipv6-frames.ts';

const ROUTER = 'b8:27:eb:01:02:03';
const HUB = '02:11:22:33:44:55';
const LAMP = '02:11:22:33:44:66';
const PLUG = '02:11:22:33:44:77';
const { tables } = openTables('test');
const SOURCE = { path: 'x', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;

function documentOf(frames: readonly Uint8Array[], step = 1): AnalysisDocument {
  const analyzer = new Analyzer({ owner: null, infra: [parseMac(ROUTER)!] });
  frames.forEach((bytes, i) => analyzer.frame(bytes, 0, bytes.length, 1_795_000_000 + i * step, 0, bytes.length, 1));
  return renderDocument(analyzer.summary(), tables, SOURCE);
}

const reported = (document: AnalysisDocument, rule: string) =>
  document.findings
    .filter((finding) => finding.rule === rule)
    .map(({ severity, device, excerpt_masked: excerpt }) => `${severity} ${device} ${excerpt}`)
    .sort();

/** RFC 4861 §4.6.2 and RFC 4191 §2.3. */
const prefix = (ip: string, bits: number) =>
  joinBytes(Uint8Array.of(3, 4, bits, 0xc0), new Uint8Array(12), ipv6Bytes(ip));
const route = (ip: string, bits: number) =>
  joinBytes(Uint8Array.of(24, 2, bits, 0), new Uint8Array(4), ipv6Bytes(ip).subarray(0, 8));

test('the border router of a mesh is reported as what it is, and takes nobody’s traffic', () => {
  const mesh = [
    [prefix('fd11:22:33:44::', 64)],
    [route('fd11:22:33:44::', 64)],
    [prefix('fd11:22:33:1::', 64), route('fd11:22:33:44::', 64)],
  ];
  for (const options of mesh) {
    const found = reported(documentOf([routerMessage(HUB, 0, 'fe80::11', options)]), 'AP-03');
    assert.equal(found.length, options.length);
    for (const line of found) assert.match(line, /^low .* (the prefix|a route to) fd11:.*, not from the router$/);
  }
  const silent = reported(documentOf([routerMessage(HUB, 0, 'fe80::11', [])]), 'AP-03');
  assert.match(silent.join(), /^low .*no default router, from fe80::11/);
});

test('anyone who takes traffic is reported as grave: a default router, a public prefix or route, a word in the router’s name', () => {
  const frames: Record<string, Uint8Array[]> = {
    'a default router with local addresses': [routerMessage(HUB, 1800, 'fe80::11', [prefix('fd11:22:33:44::', 64)])],
    'a public prefix': [routerMessage(HUB, 0, 'fe80::11', [prefix('2a02:810a:1:2::', 64)])],
    'a route to all': [routerMessage(HUB, 0, 'fe80::11', [route('::', 0)])],
    'a route to a public network': [routerMessage(HUB, 0, 'fe80::11', [route('2606:4700::', 32)])],
    'all local addresses there are': [routerMessage(HUB, 0, 'fe80::11', [route('fc00::', 7)])],
    'the end of the router, in its name': [neighbour(136, ROUTER, 'fe80::1'), routerMessage(HUB, 0, 'fe80::1', [])],
  };
  for (const [name, list] of Object.entries(frames)) {
    const found = reported(documentOf(list), 'AP-03');
    assert.ok(found.length > 0 && found.every((line) => line.startsWith('high ')), `${name}: ${found.join('; ')}`);
  }
});

test('what the router announces for its own mesh is no finding', () => {
  const frames = [
    advertisement(ROUTER, '2a02:810a:1:2::', 64),
    routerMessage(ROUTER, 0, 'fe80::1', [route('fd11::', 64)]),
  ];
  assert.deepEqual(reported(documentOf(frames), 'AP-03'), []);
});

type Message = 'discover' | 'offer' | 'request' | 'ack' | 'nak';
const TYPES: Record<Message, number> = { discover: 1, offer: 2, request: 3, ack: 5, nak: 6 };

/** RFC 2131 §2, with what the decoder looks at. */
function dhcp(mac: string, message: Message): Uint8Array {
  const isAnswer = message === 'offer' || message === 'ack' || message === 'nak';
  const body = new Uint8Array(244);
  body.set([isAnswer ? 2 : 1, 1, 6, 0]);
  body.set(macBytes(mac), 28);
  if (isAnswer && message !== 'nak') body.set([10, 0, 0, 20], 16);
  body.set([99, 130, 83, 99, 53, 1, TYPES[message], 255], 236);
  const all = { mac: 'ff:ff:ff:ff:ff:ff', ip: '255.255.255.255' };
  return isAnswer
    ? udp({ mac: ROUTER, ip: '10.0.0.1', port: 67 }, { ...all, port: 68 }, body)
    : udp({ mac, ip: '0.0.0.0', port: 68 }, { ...all, port: 67 }, body);
}

const inVain = (mac: string) => Array.from({ length: 6 }, () => dhcp(mac, 'discover'));
const served = (mac: string) => (['discover', 'offer', 'request', 'ack'] as const).map((message) => dhcp(mac, message));

test('a device that asks in vain while others are answered: no address is left', () => {
  const document = documentOf([...served(LAMP), ...inVain(HUB), ...served(PLUG), ...inVain('02:11:22:33:44:88')], 5);
  // The second asked when nobody was answered any more: of that nothing is known.
  assert.deepEqual(reported(document, 'AP-06'), [`medium null got no address from a DHCP server that answers: ${HUB}`]);
  assert.equal(reported(document, 'AP-02').length, 2);
});

test('while nobody answers anybody there is no server, and no pool that is used up', () => {
  const document = documentOf([...inVain(HUB), ...inVain(LAMP)], 5);
  assert.deepEqual([reported(document, 'AP-06').length, reported(document, 'AP-02').length], [0, 2]);
});

test('who was offered an address did not ask in vain, and who is refused again and again did', () => {
  const offered = documentOf([...inVain(HUB), dhcp(HUB, 'offer'), ...inVain(HUB), dhcp(HUB, 'offer')], 5);
  assert.deepEqual([reported(offered, 'AP-02'), reported(offered, 'AP-06')], [[], []]);
  const refusals = (times: number) =>
    Array.from({ length: times }, () => [dhcp(HUB, 'request'), dhcp(HUB, 'nak')]).flat();
  assert.equal(reported(documentOf([...served(LAMP), ...refusals(4)]), 'AP-06').length, 1);
  assert.equal(
    reported(documentOf([...refusals(1), ...served(HUB)]), 'AP-06').length,
    0,
    'it came from another network',
  );
});

/** RFC 826. */
function claim(mac: string, ip: string): Uint8Array {
  const address = Uint8Array.from(ip.split('.').map(Number));
  const head = Uint8Array.of(0, 1, 8, 0, 6, 4, 0, 2);
  return ethernet(mac, 'ff:ff:ff:ff:ff:ff', 0x0806, joinBytes(head, macBytes(mac), address, macBytes(mac), address));
}

test('an address that goes to and fro between two MACs is reported; one that is given on is not', () => {
  const router = { ip: '10.0.0.1' } satisfies Partial<Endpoint>;
  const spoofed = [claim(ROUTER, router.ip), claim(HUB, router.ip), claim(ROUTER, router.ip), claim(HUB, router.ip)];
  assert.match(
    reported(documentOf(spoofed), 'AP-05').join(),
    new RegExp(`medium ${HUB} 10.0.0.1: also claimed by ${ROUTER}`),
  );
  assert.deepEqual(
    reported(documentOf([claim(HUB, '10.0.0.9'), claim(HUB, '10.0.0.9'), claim(LAMP, '10.0.0.9')]), 'AP-05'),
    [],
  );
});
