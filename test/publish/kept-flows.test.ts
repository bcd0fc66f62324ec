import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptFlows } from '../../appliance/publish/answers/kept-flows.ts';
import { type FlowGroups, NO_GROUPS } from '../../appliance/store/figures/flow-groups.ts';

/** Sums in the order in which they were made; `state.version` is that of the figures. */
function kept(groups = 1) {
  const state = { version: 1, made: 0 };
  const flows = new KeptFlows(() => state.version);
  const sum = async (): Promise<FlowGroups> => ({
    ...NO_GROUPS,
    groups: Array.from({ length: groups }, () => ({
      words: [String(++state.made)],
      devices: 1,
      packets_up: 0,
      bytes_up: 0,
      packets_down: 0,
      bytes_down: 0,
    })),
  });
  return { state, ask: async (question: string) => (await flows.get(question, sum)).groups[0]?.words[0], flows };
}

test('the same question is summed once while nothing changes, also by two who ask at the same time', async () => {
  const { state, ask } = kept();
  assert.deepEqual(await Promise.all([ask('a'), ask('a')]), ['1', '1']);
  assert.equal(await ask('b'), '2');
  assert.equal(await ask('a'), '1');
  state.version++;
  assert.equal(await ask('a'), '3', 'a packet came');
});

test('what changes while it is summed is summed again', async () => {
  const { state, ask } = kept();
  const first = ask('a');
  state.version++;
  assert.deepEqual([await first, await ask('a')], ['1', '2']);
});

test('eight answers are kept, none that is large, and none that failed', async () => {
  const { state, ask, flows } = kept();
  for (const question of 'abcdefghi') await ask(question);
  await ask('a');
  assert.equal(state.made, 10, 'the oldest one went');
  const large = kept(5001);
  await large.ask('a');
  await large.ask('a');
  assert.equal(large.state.made, 2 * 5001);
  await assert.rejects(
    flows.get('x', () => Promise.reject(new Error('gone'))),
    /gone/,
  );
  assert.equal(await ask('x'), '11');
});
