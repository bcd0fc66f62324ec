import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceKey } from '../../appliance/model/mac.ts';
import { Figures } from '../../appliance/store/figures.ts';
import { Identities } from '../../appliance/store/identities.ts';
import { openSummaryTools } from '../../appliance/store/join-analysis.ts';
import type { PackedText } from '../../appliance/store/packed-text.ts';
import { SegmentCatalog } from '../../appliance/store/segment-catalog.ts';
import { device } from './data-folder.ts';

test('of the sums of all devices one is in memory at a time', async () => {
  const tools = openSummaryTools('curated', () => undefined);
  const devices = [device(1), device(2), device(3)];
  const steps: string[] = [];
  const source = {
    sum: async (of: DeviceKey) => {
      steps.push(`read ${of}`);
      return undefined;
    },
    scopes: async () => devices.map((each) => ({ device: each, scope: 'all' as const })),
    hours: async () => [],
  };
  const combine = () => {
    const sum = tools.combine();
    const add = async (parts: readonly PackedText[]) => {
      await new Promise(setImmediate);
      await sum.add(parts);
      steps.push('added');
    };
    return { add, document: sum.document.bind(sum), abandon: sum.abandon.bind(sum) };
  };
  const figures = new Figures(source, { ...tools, combine }, new SegmentCatalog(), () => [], new Identities());
  await figures.load();
  await figures.everything('all');
  assert.deepEqual(
    steps,
    devices.flatMap((each) => [`read ${each}`, 'added']),
  );
});
