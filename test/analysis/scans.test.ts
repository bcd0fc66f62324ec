// Who looks for what is distinguished from who uses what: many ports of one host, one port of many, nobody answering.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { SCAN_LIMITS } from '../../appliance/analysis/behaviour/scans.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import type { Carry } from '../../appliance/analysis/summary/carry.ts';
import { combineDevices, emptySummary, mergeSummaries } from '../../appliance/analysis/summary/merge.ts';
import { type Summary } from '../../appliance/analysis/summary/summary.ts';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { parseMac } from '../../appliance/model/mac.ts';
import { dnsPacket } from '../decode/dns-oracle.ts';
import { ascii, connection, type Endpoint, ethernet, joinBytes, macBytes, tcp, udp } from './packets.ts';

const ROUTER = '02:00:00:00:00:01';
const CAMERA: Endpoint = { mac: '02:00:00:00:00:11', ip: '10.0.0.11', port: 40_000 };
const LAPTOP: Endpoint = { mac: '02:00:00:00:00:12', ip: '10.0.0.12', port: 50_000 };
const RESOLVER: Endpoint = { mac: ROUTER, ip: '10.0.0.1', port: 53 };
const START = 1_795_305_600;
const NONE = new Uint8Array(0);
const { tables } = openTables('test');
const SOURCE = { path: 'x', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;

const far = (n: number, port: number): Endpoint => ({ mac: ROUTER, ip: `45.${n >> 8}.${n & 255}.7`, port });
const near = (n: number, port: number): Endpoint => ({
  mac: `02:00:00:00:01:${(n + 16).toString(16)}`,
  ip: `10.0.0.${n + 20}`,
  port,
});
const syn = (from: Endpoint, to: Endpoint) => tcp(from, to, 7, 0, 2, NONE);
const range = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** Frames `step` seconds apart, from so many devices as there are. */
function summaryOf(frames: readonly Uint8Array[], step = 1, cut = frames.length, owner: string | null = null): Summary {
  let sum = emptySummary();
  let carry: Carry | undefined;
  for (let from = 0; from < frames.length; from += cut) {
    const context = {
      owner: owner === null ? null : (parseMac(owner) ?? null),
      infra: [parseMac(ROUTER)!],
      segment: from + 1,
    };
    const analyzer = new Analyzer(context, carry);
    frames.slice(from, from + cut).forEach((bytes, i) => {
      analyzer.frame(bytes, 0, bytes.length, START + (from + i) * step, 0, bytes.length, 1);
    });
    const end = analyzer.end();
    carry = JSON.parse(JSON.stringify(end.carry)) as Carry;
    sum = mergeSummaries(sum, JSON.parse(JSON.stringify(end.summary)) as Summary);
  }
  return sum;
}

const documentOf = (frames: readonly Uint8Array[], step = 1) => renderDocument(summaryOf(frames, step), tables, SOURCE);
const scansIn = (document: AnalysisDocument) =>
  document.findings
    .filter(({ rule }) => rule.startsWith('SCAN'))
    .map(({ rule, device, excerpt_masked: excerpt, count }) => [rule, device, excerpt, count]);

test('a camera that tries Telnet all over the Internet scans', () => {
  const frames = range(500, (i) => syn({ ...CAMERA, port: 30_000 + i }, far(i, i % 10 === 0 ? 2323 : 23)));
  assert.deepEqual(scansIn(documentOf(frames)), [
    ['SCAN-01', CAMERA.mac, 'tried tcp port 23 (telnet) of 230 hosts of the Internet; none answered', 500],
  ]);
});

test('a laptop that tries all ports of a camera scans, and the camera is scanned, whether ports are closed or silent', () => {
  const frames = range(100, (i) => {
    const [from, to] = [
      { ...LAPTOP, port: 50_000 + i },
      { ...CAMERA, port: 1 + i },
    ];
    return i === 79
      ? connection(from, to, [[0, ascii('GET / HTTP/1.1\r\n\r\n')]])
      : i % 2 === 0
        ? [syn(from, to), tcp(to, from, 0, 8, 20, NONE)]
        : [syn(from, to)];
  });
  const found = scansIn(documentOf(frames.flat()));
  assert.deepEqual(found, [
    ['SCAN-01', LAPTOP.mac, 'tried 99 ports, first tcp 1, tcp 2, tcp 3 of 10.0.0.11; none answered', 99],
    ['SCAN-02', CAMERA.mac, '10.0.0.12 tried 99 ports, first tcp 1, tcp 2, tcp 3; none answered', 99],
  ]);
});

test('a scan over UDP and one of neighbours are scans as well', () => {
  const ports = range(60, (i) => udp({ ...LAPTOP, port: 50_000 }, { ...CAMERA, port: 1 + i }, NONE));
  assert.deepEqual(
    scansIn(documentOf(ports)).map(([rule, device]) => [rule, device]),
    [
      ['SCAN-01', LAPTOP.mac],
      ['SCAN-02', CAMERA.mac],
    ],
  );
  const hosts = range(60, (i) => syn(CAMERA, near(i, 554)));
  assert.deepEqual(scansIn(documentOf(hosts))[0]?.slice(0, 3), [
    'SCAN-01',
    CAMERA.mac,
    'tried tcp port 554 (rtsp) of 60 hosts of the home; none answered',
  ]);
});

test('what a home does without harm is no scan', () => {
  const answerOf = (name: string, ip: string) =>
    udp(RESOLVER, CAMERA, dnsPacket.encode({ type: 'response', answers: [{ type: 'A', name, data: ip }] }));
  const homes: Record<string, Uint8Array[]> = {
    'many servers that answer': range(300, (i) => connection({ ...CAMERA, port: 30_000 + i }, far(i, 443), [])).flat(),
    'servers known by name, while the Internet is down': range(200, (i) => [
      answerOf(`h${i}.example.net`, far(i, 443).ip),
      syn({ ...CAMERA, port: 30_000 + i }, far(i, 443)),
    ]).flat(),
    'one server that is away, asked again and again': range(500, (i) =>
      syn({ ...CAMERA, port: 30_000 + i }, far(1, 443)),
    ),
    'a few ports of a camera': range(SCAN_LIMITS.portsOfHost - 1, (i) => syn(LAPTOP, { ...CAMERA, port: 8000 + i })),
    'mDNS and SSDP to all': range(500, (i) => [
      udp({ ...CAMERA, port: 5353 }, { mac: '01:00:5e:00:00:fb', ip: '224.0.0.251', port: 5353 }, ascii('x')),
      udp({ ...CAMERA, port: 40_000 + i }, { mac: '01:00:5e:7f:ff:fa', ip: '239.255.255.250', port: 1900 }, ascii('x')),
    ]).flat(),
    'answers to searches from ever other ports': range(300, (i) =>
      udp({ ...CAMERA, port: 1900 }, { ...LAPTOP, port: 50_000 + i }, ascii('HTTP/1.1 200 OK\r\n\r\n')),
    ),
    'ARP for the whole home': range(254, (i) => arp(CAMERA, `10.0.0.${i + 1}`)),
    'a call that looks for a way': range(300, (i) => udp({ ...CAMERA, port: 50_000 }, far(i, 50_000 + i), ascii('x'))),
  };
  const found = Object.entries(homes).map(([name, frames]) => [name, scansIn(documentOf(frames))]);
  assert.deepEqual(
    found.filter(([, scans]) => scans?.length !== 0),
    [],
  );
});

function arp({ mac, ip }: Endpoint, target: string): Uint8Array {
  const bytes = (text: string) => Uint8Array.from(text.split('.').map(Number));
  const head = Uint8Array.of(0, 1, 8, 0, 6, 4, 0, 1);
  return ethernet(
    mac,
    'ff:ff:ff:ff:ff:ff',
    0x0806,
    joinBytes(head, macBytes(mac), bytes(ip), new Uint8Array(6), bytes(target)),
  );
}

test('as many targets over a day are habits, within an hour they are a scan', () => {
  const frames = range(200, (i) => syn({ ...CAMERA, port: 30_000 + i }, far(i, 8080)));
  assert.equal(scansIn(documentOf(frames, 400)).length, 0);
  assert.equal(scansIn(documentOf(frames, 10)).length, 1);
});

test('a scan is one finding wherever segments are cut, in the file of the scanner and of the scanned', () => {
  const frames = range(120, (i) => syn({ ...LAPTOP, port: 50_000 + i }, { ...CAMERA, port: 1 + i }));
  const render = (owner: string, cut: number) => renderDocument(summaryOf(frames, 1, cut, owner), tables, SOURCE);
  for (const cut of [120, 50, 7 * 11]) {
    assert.deepEqual(
      scansIn(render(LAPTOP.mac, cut)).map(([rule, device]) => [rule, device]),
      [['SCAN-01', LAPTOP.mac]],
    );
    assert.deepEqual(
      scansIn(render(CAMERA.mac, cut)).map(([rule, device]) => [rule, device]),
      [['SCAN-02', CAMERA.mac]],
    );
  }
  assert.deepEqual(scansIn(render(LAPTOP.mac, 50)), scansIn(render(LAPTOP.mac, 120)));
  const both = combineDevices([summaryOf(frames, 1, 50, LAPTOP.mac), summaryOf(frames, 1, 50, CAMERA.mac)]);
  assert.deepEqual(
    scansIn(renderDocument(both, tables, SOURCE)).map(([rule, , , count]) => [rule, count]),
    [
      ['SCAN-01', 120],
      ['SCAN-02', 120],
    ],
  );
});

test('a scan of the whole Internet holds no more than its first targets', () => {
  const frames = range(20_000, (i) => syn({ ...CAMERA, port: 1024 + (i % 60_000) }, far(i, 23)));
  const summary = summaryOf(frames, 0.1);
  const [record] = Object.values(summary.own.scans ?? {});
  assert.deepEqual([Object.keys(record?.targets ?? {}).length, record?.probes], [256, 20_000]);
  assert.match(String(scansIn(renderDocument(summary, tables, SOURCE))), /of at least 256 hosts/);
});

test('of more scans than a document lists the busiest stay, whatever its MAC address, and the others are counted', () => {
  const frames = range(55, (device) =>
    range(device === 54 ? 40 : 30, (i) =>
      syn(
        { mac: `02:00:00:00:02:${(device + 16).toString(16)}`, ip: `10.0.0.${device + 20}`, port: 30_000 + i },
        far(i, 23),
      ),
    ),
  ).flat();
  const document = documentOf(frames);
  const found = scansIn(document);
  assert.deepEqual([found.length, document.limits.findings_dropped], [50, 5]);
  assert.ok(found.some(([, device, , count]) => device === '02:00:00:00:02:46' && count === 40));
});
