// Messages made to cost much: each through the whole analysis, none of whose frames may take 5 ms of processor time, and
// what the device says afterwards is heard all the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import type { Part } from '../../appliance/analysis/summary/summary.ts';
import { ascii, connection, type Endpoint, joinBytes, tcp, udp } from '../analysis/packets.ts';

const DEVICE: Endpoint = { mac: '02:00:00:00:00:11', ip: '10.0.0.11', port: 40_000 };
const SERVER: Endpoint = { mac: '02:00:00:00:00:01', ip: '198.51.100.7', port: 80 };
const LIMIT_MILLISECONDS = 5;
const ROUNDS = 5;

/** A frame lies among a megabyte of others, as in the reader's memory: what looks behind its end has that much to look at. */
const SURROUNDINGS = 1_048_576;
const OFFSET = 4096;

interface Outcome {
  readonly part: Part;
  /** Processor time of the slowest frame, of each the best of all rounds: a collection of garbage hits a frame once. */
  readonly slowest: number;
}

function analyze(frames: readonly Uint8Array[]): Outcome {
  const best = frames.map(() => Number.POSITIVE_INFINITY);
  const memory = new Uint8Array(SURROUNDINGS).fill(97);
  let analyzer = new Analyzer({ owner: null, infra: [] });
  for (let round = 0; round < ROUNDS; round++) {
    analyzer = new Analyzer({ owner: null, infra: [] });
    for (const [i, bytes] of frames.entries()) {
      memory.set(bytes, OFFSET);
      const from = process.cpuUsage();
      analyzer.frame(memory, OFFSET, OFFSET + bytes.length, 1_795_000_000, i, bytes.length, 1);
      const { user, system } = process.cpuUsage(from);
      best[i] = Math.min(best[i]!, (user + system) / 1000);
      memory.fill(97, OFFSET, OFFSET + bytes.length);
    }
  }
  return { part: analyzer.summary().own, slowest: best.reduce((most, took) => Math.max(most, took), 0) };
}

const be16 = (value: number): number[] => [value >> 8, value & 255];

/** A DNS message whose counts and body are given as they are. */
function dns(questions: number, answers: number, body: Uint8Array): Uint8Array {
  const head = [0, 7, 0x81, 0x80, ...be16(questions), ...be16(answers), 0, 0, 0, 0];
  return joinBytes(Uint8Array.from(head), body);
}

const QUESTION_END = Uint8Array.of(0, 1, 0, 1);
const pointer = (to: number): Uint8Array => Uint8Array.from([0xc0 | (to >> 8), to & 255]);
const first = 12;

/** Pointers that each point to the one before, as many as 14 bits can reach; the name begins at the last. */
function ladder(): Uint8Array {
  const rungs = Array.from({ length: 8000 }, (_, i) => pointer(i === 0 ? first : first + (i - 1) * 2));
  return dns(1, 0, joinBytes(...rungs, QUESTION_END));
}

/** As many records as fit, the name of each behind the longest chain of labels that there may be. */
function longNames(): Uint8Array {
  const label = joinBytes(Uint8Array.of(63), ascii('a'.repeat(63)));
  const name = joinBytes(label, label, label, Uint8Array.of(0));
  const record = joinBytes(pointer(first), Uint8Array.of(0, 5, 0, 1, 0, 0, 0, 9, 0, 2), pointer(first));
  const records = Array.from({ length: 4000 }, () => record);
  return dns(1, 4000, joinBytes(name, QUESTION_END, ...records));
}

const LOOPS: readonly (readonly [name: string, message: Uint8Array])[] = [
  ['a name that points to itself', dns(1, 0, joinBytes(pointer(first), QUESTION_END))],
  ['two names that point to each other', dns(2, 0, joinBytes(pointer(14), pointer(12), QUESTION_END))],
  ['a label and a pointer back to it', dns(1, 0, joinBytes(Uint8Array.of(1, 97), pointer(first), QUESTION_END))],
  ['a name that points forward', dns(1, 0, joinBytes(pointer(16), QUESTION_END, Uint8Array.of(1, 97, 0)))],
  ['eight thousand pointers in a row', ladder()],
  ['four thousand records with names of 193 bytes', longNames()],
];

/** Ports on which names of this form are read. */
for (const [protocol, port] of [
  ['DNS', 53],
  ['mDNS', 5353],
  ['LLMNR', 5355],
  ['NBNS', 137],
] as const) {
  test(`${protocol}: loops of names end soon`, (t) => {
    for (const [name, message] of LOOPS) {
      const resolver: Endpoint = { mac: SERVER.mac, ip: '10.0.0.1', port };
      const { part, slowest } = analyze([udp(DEVICE, resolver, message), udp(resolver, DEVICE, message)]);
      t.diagnostic(`${name}: ${slowest.toFixed(2)} ms`);
      assert.ok(slowest < LIMIT_MILLISECONDS, `${name}: ${slowest} ms`);
      assert.equal(part.packets, 2);
    }
  });
}

test('DNS: after a loop the next message is read as if nothing had been', () => {
  const resolver: Endpoint = { mac: SERVER.mac, ip: '10.0.0.1', port: 53 };
  const name = joinBytes(Uint8Array.of(4), ascii('next'), Uint8Array.of(4), ascii('home'), Uint8Array.of(0));
  const question = joinBytes(Uint8Array.of(0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0), name, QUESTION_END);
  for (const [, message] of LOOPS) {
    const { part } = analyze([udp(DEVICE, resolver, message), udp({ ...DEVICE, port: 40_001 }, resolver, question)]);
    assert.equal(part.counts['dns.queries']?.[DEVICE.mac]?.['next.home'], 1);
  }
});

/** Four times what the limit is promised for, so that a head read again and again would show. */
const LINE_BYTES = 4_000_000;

/** One message in segments of one size. */
function inPieces(bytes: Uint8Array, size: number): (readonly [0, Uint8Array])[] {
  return Array.from(
    { length: Math.ceil(bytes.length / size) },
    (_, i) => [0, bytes.subarray(i * size, (i + 1) * size)] as const,
  );
}

for (const size of [1448, 7]) {
  test(`a header line of megabytes in pieces of ${size} bytes costs no frame much, and the request keeps its host`, (t) => {
    const head = ascii('GET /a HTTP/1.1\r\nHost: cloud.example.com\r\nX-Long: ');
    const line = new Uint8Array(size === 7 ? 200_000 : LINE_BYTES).fill(65);
    const end = ascii('\r\n\r\n');
    const { part, slowest } = analyze(connection(DEVICE, SERVER, inPieces(joinBytes(head, line, end), size)));
    t.diagnostic(`slowest frame ${slowest.toFixed(2)} ms`);
    assert.ok(slowest < LIMIT_MILLISECONDS, `${slowest} ms`);
    assert.deepEqual({ ...part.counts['http.hosts']?.[DEVICE.mac] }, { 'cloud.example.com': 1 });
    const [conversation] = Object.values(part.conversations);
    assert.equal(conversation?.ab.payload, head.length + line.length + end.length);
  });
}

test('after a header line of 4 MB the next connection on the same ports is read', () => {
  const long = joinBytes(ascii('GET /a HTTP/1.1\r\nX-Long: '), new Uint8Array(LINE_BYTES).fill(65));
  const next = ascii('GET /b HTTP/1.1\r\nHost: second.example.com\r\n\r\n');
  const { part } = analyze([
    ...connection(DEVICE, SERVER, inPieces(long, 1448)),
    tcp(DEVICE, SERVER, 5_000_000, 0, 2, new Uint8Array(0)),
    tcp(DEVICE, SERVER, 5_000_001, 1, 24, next),
  ]);
  assert.equal(part.counts['http.hosts']?.[DEVICE.mac]?.['second.example.com'], 1);
});

test('a thousand half-sent heads share one budget, and a whole request next to them is read', () => {
  const half = joinBytes(ascii('GET /a HTTP/1.1\r\nX-Long: '), new Uint8Array(12_000).fill(65));
  const flood = Array.from({ length: 1000 }, (_, i) =>
    connection({ ...DEVICE, port: 20_000 + i }, SERVER, inPieces(half, 1448)),
  ).flat();
  const request = ascii('GET /b HTTP/1.1\r\nHost: beside.example.com\r\n\r\n');
  const { part } = analyze([...flood, ...connection(DEVICE, SERVER, [[0, request]])]);
  assert.equal(part.counts['http.hosts']?.[DEVICE.mac]?.['beside.example.com'], 1);
  assert.ok(part.dropped.stream_gaps > 0, 'what was given up is counted');
});

/** What a device may repeat without end: line ends, marks, brackets, the shortest messages of each protocol. */
const UNITS = [
  'a\n',
  'a: b\r\n',
  '\r\n',
  '\0',
  '\xff',
  '0\0',
  '0\x02\0\0',
  '&',
  '%',
  'a=%41&',
  '<',
  '<a>',
  '<a></a>',
  '"',
  '"k":"v",',
  '{"a":',
  'name="',
  '/',
  '1.1,',
  '00:11:22:',
  'a@b.c ',
  'USER a\r\n',
  '\x16\x03\x01\0\x01\x01',
  '\x17\x03\x03\0\0',
  '\xff\xfb\x90\0',
  '\x81\x02{}',
  '\xc0\x0c',
];
const STARTS = [
  '',
  'GET /a HTTP/1.1\r\n',
  'GET /',
  'HTTP/1.1 200 OK\r\n',
  'NOTIFY * HTTP/1.1\r\n',
  'POST /a HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n',
  'POST /a HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nContent-Length: 60000\r\n\r\n',
  'POST /a HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data\r\nContent-Length: 60000\r\n\r\n',
  'POST /a?a=b HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n',
];
const TCP_PORTS = [21, 23, 25, 53, 80, 443, 554, 1883, 4444, 6668, 9999];
const UDP_PORTS = [53, 67, 69, 123, 137, 443, 1900, 3478, 5353, 5683, 6667, 9999, 54_321, 56_700];
const FLOOD_BYTES = 12_000;

function filled(start: string, unit: string, length: number): Uint8Array {
  return Uint8Array.from(Buffer.from((start + unit.repeat(length)).slice(0, length), 'latin1'));
}

function floodsOf(unit: string): Uint8Array[] {
  const streams = STARTS.flatMap((start) =>
    TCP_PORTS.flatMap((port, i) =>
      connection(
        { ...DEVICE, port: 41_000 + i },
        { ...SERVER, port },
        inPieces(filled(start, unit, FLOOD_BYTES), 1448),
      ),
    ),
  );
  const datagrams = STARTS.flatMap((start) =>
    UDP_PORTS.map((port) => udp({ ...DEVICE, port }, { ...SERVER, port }, filled(start, unit, 1448))),
  );
  return [...streams, ...datagrams];
}

test('no frame costs much, whatever it repeats and in whichever protocol', (t) => {
  let slowest = 0;
  for (const unit of UNITS) {
    const outcome = analyze(floodsOf(unit));
    slowest = Math.max(slowest, outcome.slowest);
    assert.ok(outcome.slowest < LIMIT_MILLISECONDS, `${JSON.stringify(unit)}: ${outcome.slowest} ms`);
  }
  t.diagnostic(`slowest frame ${slowest.toFixed(2)} ms`);
});
