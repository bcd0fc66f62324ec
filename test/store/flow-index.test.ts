// Blocks of flows in the index: whatever the window, each hour in it is read once, and in few reads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Phase } from '../../appliance/model/phase.ts';
import {
  type AddFlows,
  EVER,
  type FlowStore,
  type FlowWindow,
  flowBlocks,
  flowWindow,
  flowWrites,
  inWindow,
} from '../../appliance/store/index/flow-index.ts';
import { packBlock, unpackBlock } from '../../appliance/store/index/flow-pack.ts';
import { addBlocks, type FlowBlock, NO_BLOCK } from '../../appliance/store/index/flow-row.ts';
import { hourOfSecond } from '../../appliance/store/index/hour-row.ts';
import { device } from './data-folder.ts';

const OWNER = device(1);
const START = Date.UTC(2026, 9, 20) / 1000;
const add: AddFlows = async (parts) => ({ flows: packBlock(addBlocks(parts.map(unpackBlock))), joined: 0 });

class MemoryStore implements FlowStore {
  readonly values = new Map<string, unknown>();
  reads = 0;

  async get(_name: 'flow', key: string): Promise<unknown> {
    return this.values.get(key);
  }

  async *list(_name: 'flow', { gte = '', lt = '~' }: { gte?: string; lt?: string }) {
    for (const key of [...this.values.keys()].sort()) {
      if (key < gte || key >= lt) continue;
      this.reads++;
      yield [key, this.values.get(key)] as const;
    }
  }

  async write(hour: string, phase: Phase, bytes: number): Promise<void> {
    const flows = packBlock(blockOf(bytes));
    const { writes } = await flowWrites(this, { device: OWNER, phase, hour, flows }, add);
    for (const { key, value } of writes) this.values.set(key, value);
  }

  async sum(window: FlowWindow): Promise<number> {
    const blocks = await flowBlocks(this, OWNER, window);
    return blocks.reduce((sum, { flows }) => sum + (unpackBlock(flows).rows[0]?.bytes_up ?? 0), 0);
  }
}

function blockOf(bytes_up: number): FlowBlock {
  const words = {
    address: '192.0.2.1',
    name: '',
    protocol: 'udp',
    service: 'ntp',
    protection: 'cleartext',
    content: '',
  };
  const sums = { packets_up: 1, bytes_up, packets_down: 0, bytes_down: 0 };
  return { ...NO_BLOCK, rows: [{ ...words, scope: 'internet', country: '', joined: 0, ...sums }] };
}

/** Hours over a quarter of a year, in the order in which they were over: mostly onwards, sometimes the clock is set back. */
const hours = fc.array(
  fc.record({
    hour: fc.oneof({ weight: 1, arbitrary: fc.nat(24 * 90) }, { weight: 3, arbitrary: fc.constant(-1) }),
    phase: fc.constantFrom<Phase>('idle', 'idle', 'intensive'),
    bytes: fc.integer({ min: 1, max: 1000 }),
  }),
  { maxLength: 60 },
);
const bound = fc.oneof(fc.constant(null), fc.nat(24 * 90));

test('any window is the sum of its hours, whatever order they came in', async () => {
  await fc.assert(
    fc.asyncProperty(hours, bound, bound, fc.boolean(), async (list, from, to, hourly) => {
      const store = new MemoryStore();
      const known: { label: string; phase: Phase; bytes: number }[] = [];
      let now = 0;
      for (const { hour, phase, bytes } of list) {
        now = hour === -1 ? now + (bytes % 40) : hour;
        const label = hourOfSecond(START + now * 3600);
        known.push({ label, phase, bytes });
        await store.write(label, phase, bytes);
      }
      const second = (value: number | null) => (value === null ? null : START + value * 3600);
      const window = { ...EVER, ...flowWindow(second(from), second(to)), hourly };
      for (const phase of [undefined, 'idle', 'intensive'] as const) {
        const asked = { ...window, phase };
        const expected = known.filter((one) => inWindow(one.label, one.phase, asked));
        assert.equal(
          await store.sum(asked),
          expected.reduce((sum, { bytes }) => sum + bytes, 0),
        );
      }
    }),
    { numRuns: 60 },
  );
});

test('a year is read as some tens of blocks', async () => {
  const store = new MemoryStore();
  for (let hour = 0; hour < 24 * 365; hour++) await store.write(hourOfSecond(START + hour * 3600), 'idle', 1);
  store.reads = 0;
  assert.equal(await store.sum(EVER), 24 * 365);
  assert.ok(store.reads < 80, `${store.reads} blocks`);
});

test('an hour of which a part lies in the window is in it', () => {
  const { from, to } = flowWindow(START + 3599, START + 3601);
  assert.deepEqual([from, to], ['20261020T00', '20261020T02']);
});
