// What an index that begins takes from the one before it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMac } from '../../appliance/model/mac.ts';
import { hourRow } from '../../appliance/store/index/hour-row.ts';
import type { IndexDatabase, IndexWrite } from '../../appliance/store/index/index-database.ts';
import { takeRevisions } from '../../appliance/store/index/taken-revisions.ts';
import { documentOf } from '../web/mock-document.ts';
import { HOME } from '../web/mock-home.ts';

const DEVICE = parseMac('b8:27:eb:00:00:01')!;
const FORGOTTEN = parseMac('b8:27:eb:00:00:02')!;
const ROW = { ...hourRow(documentOf(HOME, 1_795_176_000_000), '20261120T12', 'idle', true), revision: 60 };
const FLOORS = new Map([
  ['2026-11-20T12:00:00Z idle', 40],
  ['2026-11-20T10:00:00Z intensive', 7],
]);
const source = {
  devices: () => Promise.resolve([DEVICE, FORGOTTEN]),
  hours: () => Promise.resolve({ place: undefined, rows: [ROW], open: [], floors: FLOORS }),
};
const tools = {} as Parameters<typeof takeRevisions>[2];

async function taken(forgotten: Parameters<typeof takeRevisions>[3]): Promise<[string, unknown][]> {
  const written: IndexWrite[] = [];
  const database = {
    write: (writes: readonly IndexWrite[]) => {
      written.push(...writes);
      return Promise.resolve();
    },
  } as unknown as IndexDatabase;
  await takeRevisions(database, source, tools, forgotten);
  assert.ok(written.every(({ sublevel }) => sublevel === 'revision'));
  return written.map(({ key, value }) => [key, value]);
}

test('each hour comes with the highest revision it ever had, also one without a row', async () => {
  const written = await taken(new Set([FORGOTTEN]));
  assert.deepEqual(
    written.sort(([a], [b]) => a.localeCompare(b)),
    [
      ['b827eb000001!20261120T10!intensive', 7],
      ['b827eb000001!20261120T12!idle', 60],
    ],
  );
});

test('of a device that is to be forgotten nothing is taken', async () => {
  assert.deepEqual(await taken(new Set([DEVICE, FORGOTTEN])), []);
});
