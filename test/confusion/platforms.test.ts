// The confusion of platforms over captures that others made, in short: the small ones. platforms-main.ts prints that over all.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CORPUS, withoutCorpus } from '../truth/corpus.ts';
import { describeTable, judgePlatforms, tableOf, wilson } from './platforms.ts';

const SMALL_BYTES = 300_000;

test('devices of others’ captures get their platforms, and devices of none get none', {
  skip: withoutCorpus,
}, async (t) => {
  const units = await judgePlatforms(
    (file) => file.startsWith('iot-') && statSync(join(CORPUS, file)).size <= SMALL_BYTES,
  );
  const table = tableOf(units);
  for (const line of describeTable(table, table.proven)) t.diagnostic(line);
  assert.deepEqual(
    table.wrong.map(({ file, mac, found }) => `${file} ${mac} ${found.join()}`),
    [],
  );
  assert.deepEqual(table.unlabelled.found, []);
  const least = ['DuerOS', 'Philips Hue', 'TP-Link Kasa', 'Tuya', 'WeMo', 'Withings', 'mydlink'];
  assert.deepEqual(
    least.filter((platform) => !table.proven.includes(platform)),
    [],
  );
  const negatives = units.filter(({ label }) => label?.length === 0).length;
  assert.ok(negatives >= 8, `${negatives} devices of no platform`);
});

/** Figures of Newcombe 1998 (table I, method 3). */
test("Wilson's interval has the published figures", () => {
  const published: readonly (readonly [number, number, string, string])[] = [
    [81, 263, '0.2553', '0.3662'],
    [15, 148, '0.0624', '0.1605'],
    [0, 20, '0.0000', '0.1611'],
    [1, 29, '0.0061', '0.1718'],
  ];
  for (const [successes, trials, low, high] of published)
    assert.deepEqual(
      wilson([successes, trials]).map((bound) => bound.toFixed(4)),
      [low, high],
    );
});
