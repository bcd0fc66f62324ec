import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { holdLock } from '../../appliance/ap/lock.ts';

const NAME = `\0weir-ap-test-${process.pid}`;

/** Holds the lock until it is ended, and says so when it does. */
const HOLDER = `
const { holdLock } = await import(${JSON.stringify(new URL('../../appliance/ap/lock.js', import.meta.url).href)});
await holdLock(${JSON.stringify(NAME)});
console.log('held');
setInterval(() => {}, 1000);`;

test('a second access point is refused in one line that says what to do', async () => {
  const lock = await holdLock(NAME);
  await assert.rejects(holdLock(NAME), { code: 'ALREADY_RUNNING', message: /runs already.*`weir ap stop` ends it/ });
  lock.close();
  await once(lock, 'close');
  (await holdLock(NAME)).close();
});

test('one that was killed leaves nothing that would be in the way of the next', async () => {
  const holder = spawn(process.execPath, ['--input-type=module', '-e', HOLDER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  await assert.rejects(holdLock(NAME), { code: 'ALREADY_RUNNING' });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  (await holdLock(NAME)).close();
});
