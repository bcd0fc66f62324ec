// Parts of a process: started in order, stopped in reverse, and never left half started.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Part, part, startAll } from '../appliance/parts.ts';

function room() {
  const happened: string[] = [];
  const warnings: string[] = [];
  const make = (name: string, fault?: 'start' | 'stop'): Part =>
    part(name, {
      start: () => {
        happened.push(`+${name}`);
        if (fault === 'start') throw new Error(`${name} is broken`);
      },
      stop: async () => {
        happened.push(`-${name}`);
        if (fault === 'stop') throw new Error(`${name} hangs on`);
      },
    });
  return { happened, warnings, make, log: { warn: (text: string) => warnings.push(text) } };
}

test('parts start in order and stop in reverse, once', async () => {
  const { happened, make, log } = room();
  const stop = await startAll([make('a'), make('b')], log);
  await stop();
  await stop();
  assert.deepEqual(happened, ['+a', '+b', '-b', '-a']);
});

test('where one fails, it and those before it are stopped, and its failure goes on', async () => {
  const { happened, make, log } = room();
  await assert.rejects(startAll([make('a'), make('b', 'start'), make('c')], log), /b is broken/);
  assert.deepEqual(happened, ['+a', '+b', '-b', '-a']);
});

test('a part that does not stop cleanly is named and keeps no other from stopping', async () => {
  const { happened, warnings, make, log } = room();
  const stop = await startAll([make('a'), make('b', 'stop')], log);
  await stop();
  assert.deepEqual(happened, ['+a', '+b', '-b', '-a']);
  assert.deepEqual(warnings, ['b did not stop cleanly: b hangs on']);
});
