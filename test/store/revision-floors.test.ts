// No revision falls below what an earlier index counted.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseMac } from '../../appliance/model/mac.ts';
import { hourRow } from '../../appliance/store/index/hour-row.ts';
import { IndexDatabase } from '../../appliance/store/index/index-database.ts';
import {
  flooredDevices,
  hourName,
  raised,
  reachedFloor,
  revisionFloors,
} from '../../appliance/store/index/revision-floors.ts';
import { documentOf } from '../web/mock-document.ts';
import { HOME } from '../web/mock-home.ts';

const ROW = hourRow(documentOf(HOME, 1_795_176_000_000), '20261120T12', 'idle', true);
const DEVICE = parseMac('b8:27:eb:00:00:01')!;
const KEY = 'b827eb000001!20261120T12!idle';

async function databaseWith(t: TestContext, floor: number): Promise<IndexDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-floors-'));
  const database = await IndexDatabase.open(folder);
  t.after(async () => {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await database.write([{ sublevel: 'revision', key: KEY, value: floor }]);
  return database;
}

test('a row is shown with its floor, and with its own revision once that is higher', () => {
  const floors = (revision: number) => new Map([[hourName(ROW), revision]]);
  assert.equal(raised(ROW, floors(ROW.revision + 20)).revision, ROW.revision + 20);
  assert.equal(raised(ROW, floors(ROW.revision - 1)).revision, ROW.revision);
  assert.equal(raised(ROW, new Map()).revision, ROW.revision);
});

test('floors are found by device, under the names that rows have', async (t) => {
  const database = await databaseWith(t, 60);
  assert.deepEqual([...(await revisionFloors(database, DEVICE))], [['2026-11-20T12:00:00Z idle', 60]]);
  assert.deepEqual(await flooredDevices(database), [DEVICE]);
  assert.equal((await revisionFloors(database, parseMac('b8:27:eb:00:00:02')!)).size, 0);
});

test('a floor goes with the row that has counted as many, and not before', async (t) => {
  const database = await databaseWith(t, 60);
  assert.deepEqual(await reachedFloor(database, KEY, { ...ROW, revision: 59 }), []);
  assert.deepEqual(await reachedFloor(database, KEY, { ...ROW, revision: 60 }), [
    { sublevel: 'revision', key: KEY, value: undefined },
  ]);
});
