// Floods: a device that invents addresses, ports and names fills no memory; what is not kept is counted and shown.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { KeyTable } from '../../appliance/analysis/packet/key-table.ts';
import { FILE_BOUNDS } from '../../appliance/analysis/summary/bounds.ts';
import { wholePart } from '../../appliance/analysis/summary/merge.ts';
import { ascii, connection, generator, joinBytes, udp } from './packets.ts';

const DEVICE = '02:00:00:00:00:11';
const GATEWAY = '02:00:00:00:00:01';
const MEGABYTE = 1_048_576;
/** Of an analysis with 20,000 conversations and its summary, MiB. */
const MAX_HELD = 96;

function feed(analyzer: Analyzer, bytes: Uint8Array, packet: number): void {
  analyzer.frame(bytes, 0, bytes.length, 1_795_000_000 + Math.floor(packet / 1000), packet % 1000, bytes.length, 1);
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
}

test('a million spoofed conversations are counted to the packet in bounded memory', (t) => {
  const analyzer = new Analyzer({ owner: null, infra: [], bounds: { ...FILE_BOUNDS, conversations: 20_000 } });
  const frame = udp(
    { mac: DEVICE, ip: '10.0.0.11', port: 40_000 },
    { mac: GATEWAY, ip: '198.51.100.1', port: 9 },
    ascii('knock'),
  );
  const view = new DataView(frame.buffer);
  const random = generator(1);
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 1_000_000; i++) {
    view.setUint32(26, random()); // source address, at 14 bytes of Ethernet and 12 of IPv4
    view.setUint16(34, random() & 0xffff); // source port
    feed(analyzer, frame, i);
  }
  const grown = (process.memoryUsage().rss - before) / MEGABYTE;
  const part = wholePart(analyzer.summary());
  const kept = Object.values(part.conversations);
  t.diagnostic(`${grown.toFixed(0)} MB more, ${kept.length} kept, ${part.evicted.conversations} evicted`);
  assert.equal(
    kept.reduce((sum, { ab, ba }) => sum + ab.packets + ba.packets, part.evicted.packets),
    1_000_000,
  );
  assert.equal(part.packets, 1_000_000);
  assert.ok(kept.length <= 20_000 && part.evicted.conversations >= 900_000);
  // Resident memory (192 MB are promised of the program) holds as much garbage as V8 likes; what counts is what is still held.
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  const held = (heapUsed + external) / MEGABYTE;
  t.diagnostic(`${held.toFixed(0)} MB held`);
  assert.ok(held <= MAX_HELD, `${held} MB`);
});

/** Processor time of packets of ever new conversations and addresses, each `step` seconds after the one before. */
function floodTime(step: number): number {
  const analyzer = new Analyzer({ owner: null, infra: [], bounds: { ...FILE_BOUNDS, conversations: 20_000 } });
  const from = process.cpuUsage();
  for (let i = 0; i < 40_000; i++) {
    const mac = `02:00:00:00:${String(10 + ((i >> 6) % 60))}:${String(10 + (i & 63))}`;
    const bytes = udp({ mac, ip: '10.0.0.11', port: i }, { mac: GATEWAY, ip: '198.51.100.1', port: 9 }, ascii('knock'));
    analyzer.frame(bytes, 0, bytes.length, 100_000_000 + Math.floor(i * step), 0, bytes.length, 1);
  }
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}

test('times that jump with every packet cost little more than those of a flood', (t) => {
  const best = (step: number): number => Math.min(floodTime(step), floodTime(step));
  const usual = best(0.001);
  for (const step of [61, 3600]) {
    const jumping = best(step);
    t.diagnostic(`${step} s: ${jumping.toFixed(0)} ms, a flood ${usual.toFixed(0)} ms`);
    assert.ok(jumping < 4 * usual + 200, `${jumping} ms against ${usual}`);
  }
});

test('a conversation with answers outlives a flood of others', () => {
  const analyzer = new Analyzer({ owner: null, infra: [], bounds: { ...FILE_BOUNDS, conversations: 500 } });
  const [near, far] = [
    { mac: DEVICE, ip: '10.0.0.11', port: 4000 },
    { mac: GATEWAY, ip: '198.51.100.9', port: 5683 },
  ];
  feed(analyzer, udp(near, far, ascii('ask')), 1);
  feed(analyzer, udp(far, near, ascii('answer')), 2);
  for (let i = 0; i < 5000; i++) feed(analyzer, udp({ ...near, port: 10_000 + i }, far, ascii('knock')), i);
  const { conversations } = analyzer.summary().own;
  assert.equal(conversations['udp 10.0.0.11 4000 198.51.100.9 5683']?.ba.packets, 1);
});

test('a hundred thousand invented names are capped and counted', () => {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  const resolver = { mac: GATEWAY, ip: '10.0.0.1', port: 53 };
  for (let i = 0; i < 100_000; i++) {
    const label = ascii(`n${i}x`);
    const query = joinBytes(
      Uint8Array.of(0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, label.length), // id, recursion desired, one question
      label,
      Uint8Array.of(4, 105, 111, 116, 97, 0, 0, 1, 0, 1), // .iota, type A, class IN
    );
    feed(analyzer, udp({ mac: DEVICE, ip: '10.0.0.11', port: 40_000 + (i % 8) }, resolver, query), i);
  }
  const part = wholePart(analyzer.summary());
  const names = Object.values(part.counts['dns.queries']?.[DEVICE] ?? {});
  assert.ok(names.length >= 20_000 && names.length <= 40_000);
  assert.equal(names.length + part.dropped.names, 100_000);
});

test('long names of many conversations are capped and counted', () => {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  const server = { mac: GATEWAY, ip: '198.51.100.7', port: 80 };
  const conversations = 3000;
  for (let i = 0; i < conversations; i++) {
    const hosts = Array.from({ length: 16 }, (_, k) => `GET / HTTP/1.1\r\nHost: ${'h'.repeat(240)}${i}x${k}\r\n\r\n`);
    const near = { mac: DEVICE, ip: '10.0.0.11', port: 10_000 + i };
    for (const frame of connection(near, server, [[0, ascii(hosts.join(''))]])) feed(analyzer, frame, i);
  }
  const part = wholePart(analyzer.summary());
  const names = Object.values(part.conversations).flatMap((record) => Object.keys(record.names));
  assert.ok(names.join('').length <= 8_000_000 && names.length > 16 * 1500);
  assert.ok(part.dropped.names >= 16 * conversations - names.length);
});

test('names that objects are born with are names like others', () => {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  const resolver = { mac: GATEWAY, ip: '10.0.0.1', port: 53 };
  for (const name of ['__proto__', 'constructor', 'toString']) {
    const query = joinBytes(
      Uint8Array.of(0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, name.length),
      ascii(name),
      Uint8Array.of(0, 0, 1, 0, 1),
    );
    feed(analyzer, udp({ mac: DEVICE, ip: '10.0.0.11', port: 40_000 }, resolver, query), 1);
  }
  const names = analyzer.summary().own.counts['dns.queries']?.[DEVICE] ?? {};
  assert.deepEqual(Object.keys(names).toSorted(), ['__proto__', 'constructor', 'tostring']);
});

/** Milliseconds to insert the keys, the best of three. */
function insertTime(keys: Int32Array): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const table = new KeyTable(2, 1_000_000);
    const from = performance.now();
    for (let i = 0; i < keys.length; i += 2) {
      table.key[0] = keys[i]!;
      table.key[1] = keys[i + 1]!;
      table.insert();
    }
    best = Math.min(best, performance.now() - from);
  }
  return best;
}

test('keys chosen to collide cost no more than three times random ones', () => {
  const random = generator(3);
  const count = 100_000;
  const chance = Int32Array.from({ length: count * 2 }, () => random() | 0);
  const stepped = Int32Array.from({ length: count * 2 }, (_, i) => (i % 2 === 0 ? (i << 15) | 0 : 0));
  const sequential = Int32Array.from({ length: count * 2 }, (_, i) => (i % 2 === 0 ? 7 : i << 16));
  const usual = insertTime(chance);
  assert.ok(insertTime(stepped) < 3 * usual + 20);
  assert.ok(insertTime(sequential) < 3 * usual + 20);
});

test('a table finds what it holds after any removals', () => {
  const random = generator(5);
  const table = new KeyTable(1, 10_000, 16);
  const rows = new Map<number, number>();
  for (let step = 0; step < 20_000; step++) {
    const key = random() % 3000;
    table.key[0] = key;
    const row = rows.get(key);
    assert.equal(table.find(), row ?? -1);
    if (row === undefined) rows.set(key, table.insert());
    else {
      table.remove(row);
      rows.delete(key);
    }
  }
  assert.equal(table.count, rows.size);
});
