// What a device does unlike it did before is reported with its figures, only after enough history, and alike however the days
// are cut into segments.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import type { Carry } from '../../appliance/analysis/summary/carry.ts';
import { combineDevices, emptySummary, mergeSummaries } from '../../appliance/analysis/summary/merge.ts';
import { type Summary } from '../../appliance/analysis/summary/summary.ts';
import type { AnalysisDocument, DocumentBehaviour } from '../../appliance/model/analysis-document.ts';
import { type Mac, parseMac } from '../../appliance/model/mac.ts';
import { dnsPacket } from '../decode/dns-oracle.ts';
import { ascii, type Endpoint, udp } from './packets.ts';

/** A Sunday, 00:00 UTC. */
const START = 1_795_305_600;
const HOUR = 3600;
const DAY = 24 * HOUR;
const GATEWAY = '02:00:00:00:00:01';
const BULB: Endpoint = { mac: '02:00:00:00:00:11', ip: '10.0.0.11', port: 40_000 };
const RESOLVER: Endpoint = { mac: GATEWAY, ip: '10.0.0.1', port: 53 };

interface Sent {
  readonly seconds: number;
  readonly bytes: Uint8Array;
}

function cloud(last: number, port: number): Endpoint {
  return { mac: GATEWAY, ip: `52.208.0.${last}`, port };
}

/** Of another owner than `cloud`. */
const OTHER_CLOUD: Endpoint = { mac: GATEWAY, ip: '5.9.0.1', port: 8883 };

function mac(text: string): Mac {
  return parseMac(text) ?? assert.fail(text);
}

/** As the appliance does it: a segment an hour, the carry from one to the next. */
function summaryOf(packets: readonly Sent[], segmentSeconds = HOUR): Summary {
  const bySegment = new Map<number, Sent[]>();
  for (const packet of packets.toSorted((a, b) => a.seconds - b.seconds)) {
    const segment = Math.floor(packet.seconds / segmentSeconds);
    bySegment.set(segment, [...(bySegment.get(segment) ?? []), packet]);
  }
  let carry: Carry | undefined;
  let sum = emptySummary();
  for (const [segment, list] of bySegment) {
    const analyzer = new Analyzer({ owner: mac(BULB.mac), infra: [mac(GATEWAY)], segment: segment + 1 }, carry);
    for (const { seconds, bytes } of list) {
      analyzer.frame(bytes, 0, bytes.length, START + seconds, 0, bytes.length, 1);
    }
    const end = analyzer.end();
    carry = JSON.parse(JSON.stringify(end.carry)) as Carry;
    sum = mergeSummaries(sum, JSON.parse(JSON.stringify(end.summary)) as Summary);
  }
  return sum;
}

const { tables } = openTables('test');
const SOURCE = { path: 'x', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;

function documentOf(packets: readonly Sent[]): AnalysisDocument {
  return renderDocument(summaryOf(packets), tables, SOURCE);
}

function behaviourOf(document: AnalysisDocument): Required<DocumentBehaviour> {
  return document.behaviour as Required<DocumentBehaviour>;
}

/** One message in each of the hours `from` to `to`, counted from the start. */
function hourly(from: number, to: number, peer = cloud(1, 8883), bytes = 100): Sent[] {
  return Array.from({ length: to - from }, (_, i) => ({
    seconds: (from + i) * HOUR + 60,
    bytes: udp(BULB, peer, new Uint8Array(bytes)),
  }));
}

function answer(name: string, ip: string): Uint8Array {
  const questions = [{ name, type: 'A' as const }];
  return udp(
    RESOLVER,
    BULB,
    dnsPacket.encode({ type: 'response', questions, answers: [{ type: 'A', name, data: ip }] }),
  );
}

function rulesOf(document: AnalysisDocument): string[] {
  return document.findings.filter(({ rule }) => rule.startsWith('ANOM')).map(({ id }) => id);
}

test('a destination met after two days is new, with the packet that met it; the first ones are only first', () => {
  const packets = [
    ...hourly(0, 60),
    { seconds: 50 * HOUR, bytes: answer('c2.example.net', '52.208.0.9') },
    { seconds: 50 * HOUR + 1, bytes: udp(BULB, cloud(9, 8883), ascii('hello')) },
  ];
  const document = documentOf(packets);
  const rows = behaviourOf(document).first_seen;
  assert.deepEqual(
    rows.map(({ destination, ip, is_new, known_before }) => [destination, ip, is_new, known_before]),
    [
      ['example.net', '52.208.0.9', true, 1],
      ['Amazon, udp 8883', '52.208.0.1', false, 0],
    ],
  );
  assert.deepEqual(rows[0]?.evidence, [{ segment: 51, packet: 2, ts: `${START + 50 * HOUR + 1}.000000000` }]);
  const finding = document.findings.find(({ rule }) => rule === 'ANOM-01');
  assert.equal(
    finding?.excerpt_masked,
    'first packet to example.net (52.208.0.9), udp port 8883, after 2 d 2 h in which it talked to 1 other',
  );
  assert.deepEqual(rulesOf(document), ['ANOM-01 02:00:00:00:00:11 example.net']);
});

test('another address of a known domain is no new destination', () => {
  const packets = [
    { seconds: 0, bytes: answer('a.example.net', '52.208.0.1') },
    ...hourly(0, 60),
    { seconds: 50 * HOUR, bytes: answer('b.example.net', '52.208.0.9') },
    { seconds: 50 * HOUR + 1, bytes: udp(BULB, cloud(9, 8883), ascii('hello')) },
  ];
  assert.deepEqual(rulesOf(documentOf(packets)), []);
});

test('before a day has passed nothing is new, and the document says why', () => {
  const document = documentOf([...hourly(0, 10), ...hourly(9, 10, cloud(9, 22))]);
  assert.deepEqual(rulesOf(document), []);
  assert.deepEqual(behaviourOf(document).history, [
    {
      device: BULB.mac,
      active_hours: 10,
      span_hours: 10,
      enough: false,
      explanation:
        '10 hours with traffic within 10 hours: not enough to decide what is unusual (12 hours with traffic within at least 24 are needed)',
    },
  ]);
});

test('a service never used before is reported, asked for and offered', () => {
  const scan = udp({ ...cloud(1, 50_000) }, { ...BULB, port: 23 }, ascii('x'));
  const document = documentOf([
    ...hourly(0, 40),
    { seconds: 30 * HOUR, bytes: udp(BULB, cloud(1, 123), ascii('x')) },
    { seconds: 31 * HOUR, bytes: scan },
  ]);
  assert.deepEqual(rulesOf(document).toSorted(), [
    'ANOM-02 02:00:00:00:00:11 udp 123 (ntp) to',
    'ANOM-02 02:00:00:00:00:11 udp 23 from',
  ]);
});

test('an hour of ten times the median is reported with both figures, nine times is not', () => {
  const million = (hour: number, packets: number) =>
    Array.from({ length: packets }, () => ({
      seconds: hour * HOUR + 100,
      bytes: udp(BULB, cloud(1, 8883), new Uint8Array(1000)),
    }));
  const ordinary = Array.from({ length: 40 }, (_, hour) => million(hour, 120)).flat();
  const document = documentOf([...ordinary, ...million(40, 1201), ...million(41, 1080)]);
  const [finding, ...others] = document.findings.filter(({ rule }) => rule === 'ANOM-03');
  assert.deepEqual(others, []);
  // 1042 bytes a frame: 14 of Ethernet, 20 of IPv4, 8 of UDP.
  assert.match(
    finding?.excerpt_masked ?? '',
    /^sent 1251442 bytes in the hour of 2026-\S+, 10 times the median of 125040 bytes in its 40 hours before$/,
  );
});

test('talk at an hour at which the device was silent for a week, while it was there, is strange', () => {
  const days = Array.from({ length: 9 }, (_, day) => [
    ...hourly(day * 24 + 8, day * 24 + 12),
    ...hourly(day * 24 + 20, day * 24 + 22),
  ]);
  const quiet = documentOf(days.flat());
  assert.deepEqual(rulesOf(quiet), []);
  const document = documentOf([...days.flat(), ...hourly(8 * 24 + 15, 8 * 24 + 16)]);
  assert.deepEqual(rulesOf(document), ['ANOM-04 02:00:00:00:00:11 15:00 UTC']);
  const [finding] = document.findings.filter(({ rule }) => rule === 'ANOM-04');
  assert.match(
    finding?.excerpt_masked ?? '',
    /in the hour of \S+T15:00:00\.000Z; on all 8 days .* silent at 15:00 UTC$/,
  );
  assert.match(finding?.explanation ?? '', /\(UTC\)/);
  // Night hours: nobody knows whether it was silent or switched off.
  assert.deepEqual(rulesOf(documentOf([...days.flat(), ...hourly(8 * 24 + 3, 8 * 24 + 4)])), []);
});

test('the time zone of the machine changes nothing of it', (t) => {
  const zone = process.env['TZ'];
  t.after(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });
  const days = Array.from({ length: 9 }, (_, day) => [
    ...hourly(day * 24 + 8, day * 24 + 12),
    ...hourly(day * 24 + 20, day * 24 + 22),
  ]);
  const packets = [...days.flat(), ...hourly(8 * 24 + 15, 8 * 24 + 16)];
  const [tokyo, denver] = ['Asia/Tokyo', 'America/Denver'].map((name) => {
    process.env['TZ'] = name;
    return { offset: new Date(0).getTimezoneOffset(), text: JSON.stringify(documentOf(packets)) };
  });
  assert.notEqual(tokyo?.offset, denver?.offset, 'the zone was taken over');
  assert.equal(tokyo?.text, denver?.text);
});

test('a regular service that stops while the device goes on is reported, one that goes on is not', () => {
  const beat = (peer: Endpoint, until: number): Sent[] =>
    Array.from({ length: until / 300 }, (_, i) => ({ seconds: i * 300, bytes: udp(BULB, peer, ascii('beat')) }));
  const document = documentOf([...beat(cloud(1, 8883), 2 * DAY), ...beat(OTHER_CLOUD, DAY)]);
  const [finding, ...others] = document.findings.filter(({ rule }) => rule === 'ANOM-05');
  assert.deepEqual(others, []);
  assert.equal(
    finding?.excerpt_masked,
    'udp port 8883 of 5.9.0.1: every 300 s (100 % of 287 intervals) until then, silent for 24 h since',
  );
});

test('a service that goes on at another address of its cloud has not stopped', () => {
  const beat = (peer: Endpoint, from: number, until: number): Sent[] =>
    Array.from({ length: (until - from) / 300 }, (_, i) => ({
      seconds: from + i * 300,
      bytes: udp(BULB, peer, ascii('beat')),
    }));
  const document = documentOf([...beat(cloud(1, 8883), 0, DAY), ...beat(cloud(2, 8883), DAY, 2 * DAY)]);
  assert.deepEqual(
    rulesOf(document).filter((id) => id.startsWith('ANOM-05') || id.startsWith('ANOM-01')),
    [],
  );
});

test('a pause of the recording is no silence of a service', () => {
  const beat = (peer: Endpoint, from: number, until: number): Sent[] =>
    Array.from({ length: (until - from) / 300 }, (_, i) => ({
      seconds: from + i * 300,
      bytes: udp(BULB, peer, ascii('beat')),
    }));
  const before = [...beat(OTHER_CLOUD, 0, DAY), ...beat(cloud(1, 8883), 0, DAY)];
  const document = documentOf([...before, ...beat(cloud(1, 8883), 3 * DAY, 3 * DAY + 1200)]);
  assert.deepEqual(rulesOf(document), []);
});

test('who was given an address took one, whatever it had to ask', () => {
  const frames = (ip: string): Sent[] => [
    ...Array.from({ length: 6 }, (_, i) => ({ seconds: i * 5, bytes: discover() })),
    { seconds: 60, bytes: udp({ ...BULB, ip }, RESOLVER, ascii('x')) },
  ];
  const rules = (ip: string): string[] => documentOf(frames(ip)).findings.map(({ rule }) => rule);
  assert.deepEqual([rules('10.0.0.11'), rules('169.254.3.4')], [[], ['AP-02']]);
});

/** RFC 2131 §2: only what the decoder looks at. */
function discover(): Uint8Array {
  const message = new Uint8Array(244);
  message.set([1, 1, 6, 0]);
  message.set(
    BULB.mac.split(':').map((pair) => Number.parseInt(pair, 16)),
    28,
  );
  message.set([99, 130, 83, 99, 53, 1, 1, 255], 236);
  const all: Endpoint = { mac: 'ff:ff:ff:ff:ff:ff', ip: '255.255.255.255', port: 67 };
  return udp({ ...BULB, ip: '0.0.0.0', port: 68 }, all, message);
}

test('hours, contacts and what is unusual do not depend on where segments are cut', () => {
  const packets = [...hourly(0, 60), { seconds: 50 * HOUR + 1, bytes: udp(BULB, cloud(9, 22), ascii('hello')) }];
  const render = (seconds: number) => {
    const document = renderDocument(summaryOf(packets, seconds), tables, SOURCE);
    return JSON.stringify(document.behaviour).replaceAll(/"segment":\d+,"packet":\d+/g, '');
  };
  assert.equal(render(HOUR), render(60 * HOUR));
  assert.equal(render(HOUR), render(7 * HOUR));
});

test('of all devices together each keeps its own habits', () => {
  const summary = summaryOf(hourly(0, 30));
  const { behaviour } = renderDocument(combineDevices([summary, emptySummary()]), tables, SOURCE);
  assert.deepEqual(
    behaviour?.history?.map(({ device, active_hours }) => [device, active_hours]),
    [[BULB.mac, 30]],
  );
});

test('bytes by service report who opened and where the other end lies', () => {
  const [use] = behaviourOf(documentOf(hourly(0, 3, cloud(1, 123)))).services;
  assert.deepEqual(
    [use?.service, use?.internal, use?.conversations, use?.opened, use?.packets_sent, use?.payload_sent],
    ['ntp', false, 1, 1, 3, 300],
  );
});
