import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run, scenarios, table } from './scenarios.ts';

/** A tenth of a month, and of a year. */
const DAYS = 3;

for (const scenario of scenarios(DAYS)) {
  test(`every honest device keeps at least its share: ${scenario.name}`, (t) => {
    const rows = run(scenario);
    t.diagnostic(table(rows));
    assert.deepEqual(
      rows.filter((row) => !row.isFair).map((row) => row.device),
      [],
    );
  });
}
