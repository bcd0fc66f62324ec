import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type DeviceKey, deviceId } from '../../appliance/model/mac.ts';
import { purgeForgotten } from '../../appliance/store/index/device-purge.ts';
import { IndexDatabase, type IndexWrite } from '../../appliance/store/index/index-database.ts';
import { HEAD_KEY, hourKey, segmentKey } from '../../appliance/store/index/index-keys.ts';
import { EMPTY_HEAD } from '../../appliance/store/index/index-records.ts';
import { device } from './data-folder.ts';

const GONE = device(1);
const STAYS = device(2);
const LINES = [{ device: GONE, n: 7, ts: '1795176000.000000000' }];
/** Of each device; every tenth segment still grows. */
const SEGMENTS = 2500;
const ENDED = SEGMENTS - SEGMENTS / 10;

async function filled(t: TestContext): Promise<IndexDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-purge-'));
  const database = await IndexDatabase.open(join(folder, 'level'));
  t.after(async () => {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const owners: readonly DeviceKey[] = [GONE, STAYS];
  const writes = owners.flatMap((owner, at): IndexWrite[] => [
    ...Array.from({ length: SEGMENTS }, (_, i) => ({
      sublevel: 'segment' as const,
      key: segmentKey(2 * i + at + 1),
      value: { device: owner, ends: i % 10 !== 0 },
    })),
    { sublevel: 'device', key: deviceId(owner), value: {} },
    { sublevel: 'hour', key: hourKey(owner, '20261120T12', 'idle'), value: {} },
    { sublevel: 'revision', key: hourKey(owner, '20261120T12', 'idle'), value: 9 },
  ]);
  const head = { ...EMPTY_HEAD, segments: 2 * ENDED };
  await database.write([...writes, { sublevel: 'meta', key: HEAD_KEY, value: head }]);
  return database;
}

async function countIn(database: IndexDatabase): Promise<{ said: number | undefined; ended: number; gone: number }> {
  let ended = 0;
  let gone = 0;
  for await (const [, value] of database.list('segment')) {
    const { device: owner, ends } = value as { device: DeviceKey; ends: boolean };
    if (ends) ended++;
    if (owner === GONE) gone++;
  }
  return { said: (await database.head())?.segments, ended, gone };
}

test('a forgotten device leaves the index in batches, and the others stay', async (t) => {
  const database = await filled(t);
  const write = t.mock.method(database, 'write');
  assert.equal(await purgeForgotten(database, LINES), true);
  assert.deepEqual(await countIn(database), { said: ENDED, ended: ENDED, gone: 0 });
  assert.equal((await database.head())?.forgotten, 7);
  for (const sublevel of ['device', 'hour', 'revision'] as const) {
    const keys = [];
    for await (const [key] of database.list(sublevel)) keys.push(key.split('!')[0]);
    assert.deepEqual(keys, [deviceId(STAYS)], sublevel);
  }
  const sizes = write.mock.calls.map(({ arguments: [writes] }) => writes.length);
  assert.ok(sizes.length >= 3 && Math.max(...sizes) <= 1001, `batches of ${sizes.join(', ')}`);
  assert.equal(await purgeForgotten(database, LINES), false);
});

for (const batches of [1, 2]) {
  test(`cut after ${batches} of the batches, the head counts what is left, and the next start ends it`, async (t) => {
    const database = await filled(t);
    const write = database.write.bind(database);
    let left = batches;
    const cut = t.mock.method(database, 'write', async (writes: readonly IndexWrite[]) => {
      if (left-- === 0) throw new Error('the power was cut');
      await write(writes);
    });
    await assert.rejects(purgeForgotten(database, LINES), /power was cut/);
    cut.mock.restore();
    const { said, ended, gone } = await countIn(database);
    assert.equal(said, ended);
    assert.equal(gone, SEGMENTS - 1000 * batches);
    assert.equal(await purgeForgotten(database, LINES), true);
    assert.deepEqual(await countIn(database), { said: ENDED, ended: ENDED, gone: 0 });
  });
}
