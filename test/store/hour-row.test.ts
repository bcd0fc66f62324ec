// The line of an hour: a correction of it is no duplicate.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addHourRows, hourRow } from '../../appliance/store/index/hour-row.ts';
import { documentOf } from '../web/mock-document.ts';
import { HOME } from '../web/mock-home.ts';

const DOCUMENT = documentOf(HOME, 1_795_176_000_000);
const row = (tool: Partial<typeof DOCUMENT.tool> = {}) =>
  hourRow({ ...DOCUMENT, tool: { ...DOCUMENT.tool, ...tool } }, '20261120T12', 'idle', true);

test('an hour that gained packets has a higher revision', () => {
  const first = row();
  assert.ok(addHourRows(first, row()).revision > first.revision);
});

test('the same packets with other rules, tables or another version are a row of the same revision and another hash', () => {
  const before = row();
  const changes = [
    { version: '99.0.0' },
    { ports_sha256: '1'.repeat(64) },
    { geo: { date: '2027-01-01', sha256: 'cd'.repeat(32) } },
    { rules_sha256: 'ef'.repeat(32) },
  ];
  for (const change of changes) {
    const after = row(change);
    assert.equal(after.revision, before.revision);
    assert.notDeepEqual(after.made_with, before.made_with);
  }
  assert.deepEqual(row().made_with, before.made_with);
});
