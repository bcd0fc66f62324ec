import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withLargestPorts } from '../../appliance/analysis/document/largest-ports.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import { emptySummary } from '../../appliance/analysis/summary/merge.ts';

const SOURCE = { path: 'x', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;
const EMPTY = renderDocument(emptySummary(), openTables('test').tables, SOURCE);

test('a document lists the busiest ports of each protocol and counts the others', () => {
  const document = { ...EMPTY, ports: { tcp: { '1': 5, '22': 9, '80': 5, '443': 100 }, udp: { '53': 1, '123': 1 } } };
  const bounded = withLargestPorts(document, 2);
  assert.deepEqual(bounded.ports, { tcp: { '22': 9, '443': 100 }, udp: { '53': 1, '123': 1 } });
  assert.equal(bounded.limits.ports_left_out, 2);
});

test('of equally busy ports the lower numbers stay', () => {
  const tcp = Object.fromEntries(Array.from({ length: 65_536 }, (_, port) => [String(port), 1]));
  const bounded = withLargestPorts({ ...EMPTY, ports: { tcp, udp: tcp } });
  assert.deepEqual([Object.keys(bounded.ports.tcp).at(-1), Object.keys(bounded.ports.udp).length], ['4095', 4096]);
  assert.equal(bounded.limits.ports_left_out, 2 * (65_536 - 4096));
});

test('where all have room the document stays as it is, to the last field', () => {
  assert.equal(withLargestPorts(EMPTY), EMPTY);
});
