// An hour of an archive says what its place says, or it is not taken.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HourSidecar } from '../../appliance/pull/tables/day-folder.ts';
import type { KeyedRow } from '../../appliance/pull/tables/parquet.ts';
import { areRowsOf, isSidecarOf } from '../../appliance/pull/tables/row-check.ts';
import { type ColumnType, TABLES } from '../../appliance/pull/tables/table.ts';

const TABLE = 'hour';
const STAMP = '2026-01-31T07';
const SIDECAR = {
  schema: 'weir.rows/1',
  table: TABLE,
  site: 'flat-1',
  hour: `${STAMP}:00:00.000Z`,
  revision: 3,
  rows: 1,
  columns: {},
  content_sha256: 'ab'.repeat(32),
  sha256: 'cd'.repeat(32),
} as unknown as HourSidecar;
const CELL: Readonly<Record<ColumnType, unknown>> = { text: 'x', whole: 1, number: 1.5, yes_no: true };
const COLUMNS = Object.entries<ColumnType>(TABLES[TABLE]);
const ROW = {
  ...Object.fromEntries(COLUMNS.map(([name, type]) => [name, CELL[type]])),
  site: 'flat-1',
  hour: Date.parse(SIDECAR.hour) / 1000,
  revision: 3,
} as KeyedRow;

test('a sidecar of its table, site and hour is taken', () => {
  assert.ok(isSidecarOf(SIDECAR, TABLE, 'flat-1', STAMP));
});

test('one of another place, or with impossible figures, is not', () => {
  const wrong: readonly Partial<Record<keyof HourSidecar, unknown>>[] = [
    { site: 'flat-2' },
    { table: 'device' },
    { hour: '2026-01-31T08:00:00.000Z' },
    { revision: -1 },
    { revision: 2 ** 31 },
    { revision: '3' },
    { rows: 1.5 },
    { content_sha256: 'AB' },
  ];
  for (const change of wrong)
    assert.ok(!isSidecarOf({ ...SIDECAR, ...change } as HourSidecar, TABLE, 'flat-1', STAMP), JSON.stringify(change));
  assert.ok(!isSidecarOf({ ...SIDECAR, hour: '2026-13-31T07:00:00.000Z' }, TABLE, 'flat-1', '2026-13-31T07'));
});

test('rows are of that hour, and their cells of the types of the table; an empty cell is of any', () => {
  assert.ok(areRowsOf([ROW], SIDECAR));
  for (const [name] of COLUMNS) assert.ok(areRowsOf([{ ...ROW, [name]: null }], SIDECAR), name);
});

test('rows of another site, hour or revision, and cells of another type, are refused', () => {
  for (const change of [{ site: 'flat-2' }, { hour: ROW.hour + 3600 }, { revision: 4 }])
    assert.ok(!areRowsOf([ROW, { ...ROW, ...change }], SIDECAR), JSON.stringify(change));
  for (const [name, type] of COLUMNS)
    assert.ok(!areRowsOf([{ ...ROW, [name]: type === 'text' ? 1 : 'x' } as KeyedRow], SIDECAR), name);
  const [text] = COLUMNS.find(([, type]) => type === 'text') ?? [''];
  assert.ok(!areRowsOf([{ ...ROW, [text]: 'x'.repeat(256 * 1024 + 1) }], SIDECAR));
});
