// Rows of the flow matrix: who sent how much to whom, never divided, bounded without losing a byte.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addGroups, type FlowQuestion, firstGroups, groupFlows } from '../../appliance/store/figures/flow-groups.ts';
import { openSummaryTools } from '../../appliance/store/figures/join-analysis.ts';
import { packBlock, unpackBlock } from '../../appliance/store/index/flow-pack.ts';
import {
  addBlocks,
  addSums,
  boundBlock,
  type FlowBlock,
  type FlowRow,
  type FlowSums,
  NO_BLOCK,
  UNANSWERED,
} from '../../appliance/store/index/flow-row.ts';
import { packText } from '../../appliance/store/index/packed-text.ts';
import { makeAnalyzer } from '../../appliance/store/thread/make-analyzer.ts';
import { tcp } from '../analysis/packets.ts';
import { DataFolder, device, GATEWAY, udpFrame } from './data-folder.ts';

const tools = openSummaryTools('curated', () => undefined);
const HOUR = { hour: '20261120T13', phase: 'idle' } as const;
const SERVER = '93.184.216.34';
const ZERO: FlowSums = { packets_up: 0, bytes_up: 0, packets_down: 0, bytes_down: 0 };
const describe = (address: string) => ({ country: address === SERVER ? 'US' : 'IE', org: `owner of ${address}` });

/** The block of an hour of a device in which these frames were captured. */
async function blockOf(folder: DataFolder, last: number, frames: readonly Uint8Array[]): Promise<FlowBlock> {
  const owner = device(last);
  const room = { device: owner, seq: 1, infra: [GATEWAY], linkType: 1, carry: null, dataDir: folder.dir };
  const analyzer = makeAnalyzer(room);
  for (const [i, frame] of frames.entries()) analyzer.frame(frame, 0, frame.length, 1_795_179_600, i, frame.length, 1);
  const { flows } = await tools.hour([packText(analyzer.finish().summary)], { device: owner, ...HOUR });
  return unpackBlock(flows);
}

/** A question of NTP: 90 bytes on the wire (RFC 5905 §7.3). */
function ntp(last: number): Buffer {
  const source = `10.0.0.${last + 10}`;
  const payload = Buffer.alloc(48);
  payload[0] = 0x23;
  return udpFrame({
    from: device(last),
    to: GATEWAY,
    source,
    destination: SERVER,
    sourcePort: 123,
    destinationPort: 123,
    payload,
  });
}

const BY_DEVICE: FlowQuestion = { by: ['device', 'country'], filter: { service: 'ntp' } };

test('three devices ask one server for the time: 900, 180 and 720 bytes, and not 600 each', async (t) => {
  const folder = DataFolder.make(t);
  const counts = new Map([
    [1, 10],
    [2, 2],
    [3, 8],
  ]);
  const groups = [];
  for (const [last, count] of counts) {
    const block = await blockOf(
      folder,
      last,
      Array.from({ length: count }, () => ntp(last)),
    );
    groups.push(groupFlows(device(last), [{ ...HOUR, block }], BY_DEVICE, describe));
  }
  const { groups: found, totals } = groups.reduce(addGroups);
  assert.deepEqual(
    found.map(({ words, bytes_up }) => [...words, bytes_up]),
    [
      ['b827eb000001', 'US', 900],
      ['b827eb000003', 'US', 720],
      ['b827eb000002', 'US', 180],
    ],
  );
  assert.equal(totals.bytes_up, 1800);
});

test('a scan is one row of each peer', async (t) => {
  const folder = DataFolder.make(t);
  const peers = Array.from({ length: 20 }, (_, i) => `10.0.0.${i + 100}`);
  const frames = peers.flatMap((peer) =>
    Array.from({ length: 60 }, (_, i) => {
      const from = { mac: device(1), ip: '10.0.0.11', port: 50_000 };
      return tcp(from, { mac: device(2), ip: peer, port: 20 + i }, 1000, 0, 2, new Uint8Array(0));
    }),
  );
  const { rows } = await blockOf(folder, 1, frames);
  assert.equal(rows.length, peers.length);
  assert.ok(rows.every(({ service, scope }) => service === UNANSWERED && scope === 'home'));
  assert.equal(
    rows.reduce((sum, row) => sum + row.packets_up, 0),
    frames.length,
  );
});

const word = (...words: string[]) => fc.constantFrom(...words);
const arbitraryRow: fc.Arbitrary<FlowRow> = fc.record(
  {
    address: word('192.0.2.1', '192.0.2.2', '192.0.2.3', '198.51.100.7', SERVER),
    name: word('', 'example.com', 'example.org'),
    protocol: word('tcp', 'udp'),
    service: word('', 'https', 'ntp'),
    protection: word('encrypted', 'cleartext', 'opaque'),
    content: word('', 'pictures', 'video sound'),
    scope: word('internet', 'home') as fc.Arbitrary<FlowRow['scope']>,
    country: fc.constant(''),
    joined: fc.constant(0),
    packets_up: fc.nat(1e6),
    bytes_up: fc.nat(1e9),
    packets_down: fc.nat(1e6),
    bytes_down: fc.nat(1e9),
  },
  { noNullPrototype: true },
);
const arbitraryBlock = fc
  .array(arbitraryRow, { maxLength: 30 })
  .map((rows) => addBlocks([NO_BLOCK, ...rows.map((row) => ({ ...NO_BLOCK, rows: [row] }))]));
const sumOf = (rows: readonly FlowSums[]) => rows.reduce<FlowSums>(addSums, ZERO);
const part = (block: FlowBlock) => ({ ...HOUR, block });
const BY_PLACE: FlowQuestion = { by: ['scope', 'country', 'protection'], filter: {} };
const sorted = (groups: readonly object[]) => groups.map((group) => JSON.stringify(group)).sort();

test('blocks add up in any order and survive being packed', () => {
  fc.assert(
    fc.property(arbitraryBlock, arbitraryBlock, (x, y) => {
      assert.deepEqual(addBlocks([x, y]), addBlocks([y, x]));
      assert.deepEqual(unpackBlock(packBlock(addBlocks([x, y]))), addBlocks([x, y]));
      assert.deepEqual(sumOf(addBlocks([x, y]).rows), addSums(sumOf(x.rows), sumOf(y.rows)));
    }),
  );
});

test('rows that have no room lose their peer and nothing else: sums by country, scope and protection stay', () => {
  fc.assert(
    fc.property(arbitraryBlock, fc.nat(10), (block, most) => {
      const { block: bounded, fresh } = boundBlock(block, most, (address) => describe(address).country);
      const before = groupFlows(device(1), [part(block)], BY_PLACE, describe);
      const after = groupFlows(device(1), [part(bounded)], BY_PLACE, describe);
      assert.deepEqual(sorted(after.groups), sorted(before.groups));
      assert.deepEqual(after.totals, before.totals);
      assert.equal(fresh, Math.max(0, block.rows.length - most));
      assert.equal(after.joined.rows, fresh);
      assert.ok(bounded.rows.filter(({ joined }) => joined === 0).length <= most);
    }),
  );
});

test('groups that are not shown are reported as sums: shown and left out are all', () => {
  fc.assert(
    fc.property(arbitraryBlock, fc.nat(5), (block, most) => {
      const question: FlowQuestion = { by: ['address', 'service'], filter: {} };
      const all = groupFlows(device(1), [part(block)], question, describe);
      const few = firstGroups(all, most);
      assert.deepEqual(addSums(sumOf(few.groups), few.left_out), few.totals);
      assert.equal(few.groups.length + few.left_out.groups, all.groups.length);
    }),
  );
});

test('a filter takes whole words, a search parts of them', async (t) => {
  const folder = DataFolder.make(t);
  const block = await blockOf(folder, 1, [ntp(1)]);
  const ask = (filter: FlowQuestion['filter']) =>
    groupFlows(device(1), [part(block)], { by: ['address'], filter }, describe).groups.length;
  assert.deepEqual(
    [{ country: 'us' }, { country: 'u' }, { search: '93.184' }, { search: 'OWNER OF' }, { scope: 'home' }].map(ask),
    [1, 0, 1, 1, 0],
  );
});
