// Hours as they are shown: closed rows, open slices, and what an earlier index counted beyond them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMac } from '../../appliance/model/mac.ts';
import { countGone, joinHours, listHours, type OpenHour } from '../../appliance/store/index/hour-list.ts';
import { hourRow } from '../../appliance/store/index/hour-row.ts';
import type { PackedText } from '../../appliance/store/index/packed-text.ts';
import { documentOf } from '../web/mock-document.ts';
import { HOME } from '../web/mock-home.ts';

const DEVICE = parseMac('b8:27:eb:00:00:01')!;
const DOCUMENT = documentOf(HOME, 1_795_176_000_000);
const CLOSED = hourRow(DOCUMENT, '20261120T11', 'idle', true);
const NAME = '2026-11-20T12:00:00Z idle';
const slice = (bytes: number) => new Uint8Array(bytes) as PackedText;
const open = (...parts: PackedText[]): OpenHour => ({ hour: '20261120T12', phase: 'idle', parts });

/** Judges by the number of slices, so that it is seen how many came together. */
const tools = {
  hour: (parts: readonly PackedText[], { hour, phase }: Pick<OpenHour, 'hour' | 'phase'>) => {
    const row = hourRow(DOCUMENT, hour, phase, false);
    return Promise.resolve({ row: { ...row, packets: parts.length, revision: parts.length } });
  },
} as unknown as Parameters<typeof listHours>[2];

test('slices of one hour and phase are judged together; empty ones are none', () => {
  const joined = joinHours([
    open(slice(1)),
    open(slice(0), slice(2)),
    { ...open(slice(3)), phase: 'intensive' },
    open(slice(0)),
  ]);
  assert.deepEqual(
    joined.map(({ phase, parts }) => [phase, parts.map(({ length }) => length)]),
    [
      ['idle', [1, 2]],
      ['intensive', [3]],
    ],
  );
});

test('an hour with slices is not complete, and hours are in order', async () => {
  const rows = await listHours(
    DEVICE,
    { rows: [CLOSED], open: [open(slice(1)), open(slice(1))], floors: new Map() },
    tools,
  );
  assert.deepEqual(
    rows.map(({ hour, complete }) => [hour, complete]),
    [
      ['2026-11-20T11:00:00Z', true],
      ['2026-11-20T12:00:00Z', false],
    ],
  );
  assert.equal(rows[1]?.packets, 2);
});

test('a row is shown with the revision that an earlier index gave it', async () => {
  const floors = new Map([[NAME, 60]]);
  const [row] = await listHours(DEVICE, { rows: [], open: [open(slice(1))], floors }, tools);
  assert.deepEqual([row?.packets, row?.revision], [1, 60]);
});

test('packets that no file has any more are counted, by phase', () => {
  const floors = new Map([
    [NAME, 60],
    ['2026-11-20T10:00:00Z intensive', 5],
    [`${CLOSED.hour} ${CLOSED.phase}`, CLOSED.revision],
  ]);
  assert.equal(countGone([CLOSED], floors, 'all'), 65);
  assert.equal(countGone([CLOSED], floors, 'idle'), 60);
  assert.equal(countGone([CLOSED], floors, 'setup'), 0);
});
