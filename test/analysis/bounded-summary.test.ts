// A sum over weeks stays small: conversations are joined by service, a scan makes room, and nothing is lost uncounted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import { boundSummary } from '../../appliance/analysis/summary/bounded-summary.ts';
import { mergeSummaries } from '../../appliance/analysis/summary/merge.ts';
import { canonicalJson } from '../../appliance/analysis/summary/packing.ts';
import type { Part, Summary } from '../../appliance/analysis/summary/summary.ts';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { parseMac } from '../../appliance/model/mac.ts';
import { openSummaryTools } from '../../appliance/store/figures/join-analysis.ts';
import { hourRow } from '../../appliance/store/index/hour-row.ts';
import { NO_TEXT, packText, unpackText } from '../../appliance/store/index/packed-text.ts';
import { ascii, connection, type Endpoint, generator, tcp, udp } from './packets.ts';

const DEVICE: Endpoint = { mac: '02:00:00:00:00:11', ip: '10.0.0.11', port: 0 };
const ROUTER = '02:00:00:00:00:01';
const server = (ip: string, port: number): Endpoint => ({ mac: ROUTER, ip, port });
const { tables } = openTables('test');

function analyze(frames: readonly Uint8Array[], start = 1_795_000_000): Summary {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  frames.forEach((bytes, i) => {
    analyzer.frame(bytes, 0, bytes.length, start + Math.floor(i / 50), i % 50, bytes.length, 1);
  });
  return JSON.parse(JSON.stringify(analyzer.summary())) as Summary;
}

function render(summary: Summary): AnalysisDocument {
  const source = { path: 'x', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;
  return renderDocument(summary, tables, source);
}

/** The same requests and answers from one port after the other, to three services. */
function visits(count: number, firstPort = 20_000): Uint8Array[] {
  const request = ascii('GET /state HTTP/1.1\r\nHost: cloud.example.com\r\n\r\n');
  const reading = Uint8Array.from({ length: 40 }, (_, i) => (i * 37) & 255);
  return Array.from({ length: count }, (_, i) => {
    const near = { ...DEVICE, port: firstPort + i };
    if (i % 3 === 0) return connection(near, server('198.51.100.7', 80), [[0, request]]);
    if (i % 3 === 1) return [udp(near, server('203.0.113.9', 7000), reading)];
    return [udp(near, server('192.0.2.44', 9), ascii('knock')), udp(server('192.0.2.44', 9), near, ascii('who'))];
  }).flat();
}

function scan(count: number): Uint8Array[] {
  const random = generator(9);
  return Array.from({ length: count }, (_, i) => {
    const address = random();
    const ip = `${1 + ((address >>> 24) % 220)}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
    return tcp({ ...DEVICE, port: 30_000 + (i % 20_000) }, server(ip, 23), i, 0, 2, new Uint8Array(0));
  });
}

function total({ conversations, evicted }: Part): Record<'packets' | 'bytes' | 'payload', number> {
  const sum = { packets: evicted.packets, bytes: evicted.bytes, payload: evicted.payload };
  for (const { ab, ba } of Object.values(conversations)) {
    sum.packets += ab.packets + ba.packets;
    sum.bytes += ab.bytes + ba.bytes;
    sum.payload += ab.payload + ba.payload;
  }
  return sum;
}

test('what has room stays as it is', () => {
  const summary = analyze(visits(60));
  assert.equal(canonicalJson(boundSummary(summary, 60)), canonicalJson(summary));
});

test('older conversations are joined by service: sums, ports, destinations and statistics stay exact', () => {
  const summary = analyze(visits(900));
  const bounded = boundSummary(summary, 100);
  const [before, after] = [render(summary), render(bounded)];
  assert.equal(after.conversations.length, 53); // half of the room, and three services
  assert.equal(after.limits.conversations_joined, 850);
  assert.equal(after.limits.conversations_evicted, 0);
  assert.deepEqual(total(bounded.own), total(summary.own));
  assert.deepEqual(after.ports, before.ports);
  assert.deepEqual(after.destinations, before.destinations);
  assert.deepEqual(after.countries, before.countries);
  const joined = after.conversations.filter(({ a_port }) => a_port === 0);
  assert.deepEqual(Object.fromEntries(joined.map(({ b_port, verdict }) => [b_port, verdict])), {
    9: 'cleartext',
    80: 'cleartext',
    7000: 'encoded',
  });
  const one = before.conversations.find(({ b_port }) => b_port === 7000)!;
  assert.equal(
    joined.find(({ b_port }) => b_port === 7000)!.H,
    one.H,
    'of equal payloads the sum has the same entropy',
  );
});

test('the service of a joined row is its own port, also among ephemeral ones', () => {
  const far = (port: number): Endpoint => server('198.51.100.7', port);
  const frames = Array.from({ length: 100 }, (_, i) => [
    udp({ ...DEVICE, port: 50_000 + i }, far(60_000), ascii('one')), // both ephemeral: the far end of the first packet
    udp(far(5000), { ...DEVICE, port: 60_000 + i }, ascii('two')), // an answer seen first
  ]).flat();
  const joined = render(boundSummary(analyze(frames), 20)).conversations.filter((c) => c.a_port * c.b_port === 0);
  assert.deepEqual(new Set(joined.map(({ a_port, b_port }) => `${a_port} ${b_port}`)), new Set(['0 60000', '5000 0']));
});

test('of two devices of the home, both directions of a joined row come together', () => {
  const [lamp, hub] = [{ ...DEVICE, port: 0 }, server('10.0.0.12', 8000)];
  const frames = Array.from({ length: 100 }, (_, i) => {
    const near = { ...lamp, port: 20_000 + i };
    return [udp(near, hub, ascii('state of the lamp?')), udp(hub, near, Uint8Array.of(1, 2, 3, 200, 201))];
  }).flat();
  const analyzer = new Analyzer({ owner: parseMac(lamp.mac)!, infra: [] });
  frames.forEach((bytes, i) => analyzer.frame(bytes, 0, bytes.length, 1_795_000_000 + i, 0, bytes.length, 1));
  const summary = analyzer.summary();
  assert.ok(Object.keys(summary.shared.conversations).length === 100, 'what the hub sent is shared');
  const after = render(boundSummary(summary, 20));
  const [joined, ...others] = after.conversations.filter((c) => c.a_port * c.b_port === 0);
  assert.deepEqual(others, []);
  assert.deepEqual([joined?.a_port, joined?.b_port, joined?.pkts_ab, joined?.pkts_ba], [0, 8000, 90, 90]);
  assert.equal(after.limits.conversations_joined, 90);
  assert.deepEqual(after.ports, render(summary).ports);
});

test('what can be read never hides among what cannot', () => {
  const text = ascii('temperature=21.5 humidity=40 battery=87 name=kitchen');
  const noise = Uint8Array.from({ length: 52 }, (_, i) => (i * 151 + 77) & 255);
  const frames = Array.from({ length: 200 }, (_, i) =>
    udp({ ...DEVICE, port: 20_000 + i }, server('198.51.100.7', 9999), i % 50 === 0 ? text : noise),
  );
  const joined = render(boundSummary(analyze(frames), 20)).conversations.filter(({ a_port }) => a_port === 0);
  assert.deepEqual(new Set(joined.map(({ pkts_ab }) => pkts_ab)), new Set([186, 4]));
  assert.equal(joined.find(({ pkts_ab }) => pkts_ab === 4)?.verdict, 'cleartext');
});

test('a scan makes room for everything else and is counted to the packet', () => {
  const summary = analyze([...visits(90), ...scan(3000)]);
  const bounded = boundSummary(summary, 200);
  const { conversations, evicted } = bounded.own;
  assert.ok(Object.keys(conversations).length <= 250);
  assert.deepEqual(total(bounded.own), total(summary.own));
  const services = Object.keys(conversations).filter((key) => key.includes('*'));
  for (const port of [80, 9])
    assert.ok(
      services.some((key) => key.endsWith(` ${port}`)),
      `answers of port ${port} stay`,
    );
  assert.equal(evicted.conversations, 3000 - 100 - 147);
  assert.deepEqual(render(bounded).ports, render(summary).ports);
});

test('a sum that grows for a long time stays within its bounds', () => {
  let sum = boundSummary(analyze(visits(300)), 100);
  let packets = sum.own.packets;
  for (let hour = 1; hour < 40; hour++) {
    const next = analyze(visits(300, 20_000 + hour * 1000), 1_795_000_000 + hour * 3600);
    packets += next.own.packets;
    sum = boundSummary(mergeSummaries(sum, next), 100);
    assert.ok(Object.keys(sum.own.conversations).length <= 103);
  }
  assert.equal(total(sum.own).packets, packets);
  assert.equal(sum.own.evicted.conversations, 0);
});

test('a sum of an earlier version, without that count and without bounds, is bounded when something is added', () => {
  const earlier = analyze(visits(900));
  for (const part of [earlier.own, earlier.shared]) delete part.dropped.joined;
  const sum = boundSummary(mergeSummaries(earlier, analyze(visits(30, 40_000), 1_795_100_000)), 100);
  assert.equal(sum.own.dropped.joined, 930 - 50);
  assert.equal(total(sum.own).packets, sum.own.packets);
});

test('names, findings and contacts beyond their bounds are counted', () => {
  const summary = analyze(visits(3));
  const many = <T>(count: number, value: T): Record<string, T> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, value]));
  summary.own.counts['dns.queries'] = { [DEVICE.mac]: many(6000, 1) };
  summary.own.contacts = many(9000, { segment: 0, packet: 1, ts: '1.000000000' });
  const { own } = boundSummary(summary, 100);
  assert.equal(Object.keys(own.counts['dns.queries']![DEVICE.mac]!).length, 5000);
  assert.equal(Object.keys(own.contacts).length, 8000);
  assert.equal(own.dropped.names, 2000);
});

test('small findings keep no grave one out, and addresses seen last keep their names', () => {
  const summary = analyze(visits(3));
  const [finding] = Object.values(summary.own.findings);
  for (let i = 0; i < 3000; i++) summary.own.findings[`LOW ${i}`] = { ...finding!, severity: 'low' };
  summary.own.findings['HIGH'] = { ...finding!, severity: 'high' };
  for (let i = 0; i < 6000; i++) {
    const ts = `${i + 1}.000000000`;
    summary.own.addresses[`203.0.${i >> 8}.${i & 255}`] = { 'dns cloud.example.com': { first: ts, last: ts } };
  }
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`dns n${i}`, { first: '9.0', last: '9.0' }]));
  summary.own.addresses['198.51.100.200'] = { ...many, 'dns last': { first: '7000.0', last: '7000.0' } };
  const { findings, addresses, dropped } = boundSummary(summary, 100).own;
  assert.ok('HIGH' in findings && Object.keys(findings).length === 2000);
  assert.equal(dropped.findings, Object.keys(summary.own.findings).length - 2000);
  assert.ok('203.0.23.111' in addresses && !('203.0.0.0' in addresses));
  assert.equal(Object.keys(addresses['198.51.100.200']!).length, 64);
  assert.equal(dropped.names, 1001 + 37);
});

const packed = (summary: Summary) => packText(JSON.stringify(summary));

test('the store sums to the same bytes, one segment at a time or all at once', async () => {
  const tools = openSummaryTools('curated', () => undefined);
  const parts = [0, 1, 2, 3].map((hour) =>
    packed(analyze([...visits(1500, 5000 + hour * 1500), ...scan(400)], 1_795_000_000 + hour * 3600)),
  );
  let sum = NO_TEXT;
  for (const part of parts) sum = await tools.merge([sum, part]);
  assert.deepEqual(sum, await tools.merge(parts));
  assert.ok(Object.keys((JSON.parse(unpackText(sum)) as Summary).own.conversations).length <= 3000);
});

for (const [what, parts, expected] of [
  ['visits', [0, 1, 2].map((n) => visits(1500, 5000 + n * 1500)), 4500],
  ['a scan among visits', [[...visits(90), ...scan(4000)], visits(90, 8000)], 4180],
] as const) {
  test(`an hour with more conversations than a sum has rows for still says how many there were: ${what}`, async () => {
    const tools = openSummaryTools('curated', () => undefined);
    let sum = NO_TEXT;
    for (const frames of parts) sum = await tools.merge([sum, packed(analyze(frames))]);
    assert.ok(Object.keys((JSON.parse(unpackText(sum)) as Summary).own.conversations).length < 3000);
    const document = await tools.document([sum], { device: null, path: 'x', bytes: 0 });
    assert.equal(hourRow(document, '20261118T12', 'idle', true).conversations, expected);
  });
}
