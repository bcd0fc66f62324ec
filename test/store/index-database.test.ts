import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Level } from 'level';
import { IndexDatabase } from '../../appliance/store/index/index-database.ts';

/** Of write, get and list, in each of the two databases that a new folder opens, and the head's. */
const MAX_MADE = 10;

test('a database that is read and written for ever makes each sublevel once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-index-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const makes = t.mock.method(Level.prototype, 'sublevel');
  const database = await IndexDatabase.open(folder);
  for (let i = 0; i < 100; i++) {
    await database.write([{ sublevel: 'setting', key: `k${i}`, value: i }]);
    await database.get('setting', `k${i}`);
    for await (const [key] of database.list('setting', { limit: 1 })) assert.equal(key, 'k0');
  }
  await database.close();
  assert.ok(makes.mock.callCount() <= MAX_MADE, `${makes.mock.callCount()} sublevels`);
});
