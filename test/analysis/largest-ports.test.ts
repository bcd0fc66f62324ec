import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LargestPortCounts, MAX_PORTS } from '../../appliance/analysis/document/largest-ports.ts';
import type { Counts, TransportProtocol } from '../../appliance/model/analysis-document.ts';

function counted(tables: Readonly<Record<TransportProtocol, Counts>>, most?: number) {
  const counts = new LargestPortCounts();
  for (const proto of ['tcp', 'udp'] as const) {
    for (const [port, pkts_ab] of Object.entries(tables[proto]))
      counts.add({ proto, a_ip: '', a_port: 0, b_ip: '', b_port: Number(port), pkts_ab, pkts_ba: 0 });
  }
  const { ports, leftOut } = counts.render(most);
  return { ports: { tcp: { ...ports.tcp }, udp: { ...ports.udp } }, leftOut };
}

test('a document lists the busiest ports of each protocol and counts the others', () => {
  const { ports, leftOut } = counted({ tcp: { 1: 5, 22: 9, 80: 5, 443: 100 }, udp: { 53: 1, 123: 1 } }, 2);
  assert.deepEqual(ports, { tcp: { '22': 9, '443': 100 }, udp: { '53': 1, '123': 1 } });
  assert.equal(leftOut, 2);
});

test('of equally busy ports the lower numbers stay', () => {
  const all = Object.fromEntries(Array.from({ length: 65_536 }, (_, port) => [port, port === 9000 ? 2 : 1]));
  const { ports, leftOut } = counted({ tcp: all, udp: all }, MAX_PORTS);
  const tcp = Object.keys(ports.tcp);
  assert.deepEqual([tcp.length, tcp.at(-2), tcp.at(-1)], [MAX_PORTS, '4094', '9000']);
  assert.equal(leftOut, 2 * (65_536 - MAX_PORTS));
});

test('where all have room, or nothing is said, all are listed', () => {
  const tables = { tcp: { 1: 5, 22: 9 }, udp: { 53: 1 } };
  for (const most of [undefined, 2]) assert.deepEqual(counted(tables, most), { ports: tables, leftOut: 0 });
});

test('where none is wanted all are left out', () => {
  assert.deepEqual(counted({ tcp: { 1: 5, 22: 9 }, udp: {} }, 0), { ports: { tcp: {}, udp: {} }, leftOut: 2 });
});

test('conversations that lost their rows count by the ports that they had', () => {
  const counts = new LargestPortCounts();
  const joined = { a_ip: '', a_port: 0, b_ip: '', b_port: 443, pkts_ab: 3, pkts_ba: 4, joined: true };
  counts.add({ proto: 'tcp', ...joined });
  counts.addEvicted({ ports: { 'tcp 443': 2, 'udp 9': 1 } });
  const { ports } = counts.render();
  assert.deepEqual([{ ...ports.tcp }, { ...ports.udp }], [{ '443': 5 }, { '9': 1 }]);
});
