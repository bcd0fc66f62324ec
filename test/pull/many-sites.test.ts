import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../capture/fixture.ts';
import { measureSites } from './many-sites.ts';

test('corrected, delivered twice, and joined half-way: each hour of each site counts once', async (t) => {
  const measured = await measureSites(temporaryFolder(t), { sites: 2, days: 6, rows: 6 });
  assert.equal(measured.length, 8);
});
