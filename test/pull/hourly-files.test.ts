// An hour that is in the archive changes when the appliance knows more of it, never because it deleted captures and forgot.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeHours } from '../../appliance/pull/tables/hourly-files.ts';
import { hourRows } from '../../appliance/pull/tables/rows.ts';
import { temporaryFolder } from '../capture/fixture.ts';
import { ask, newest } from './duckdb.ts';
import { HOUR } from './recorded.ts';

const ORIGIN = { site: 'a'.repeat(64), tool: null, ledger: { lines: 1, head: '0'.repeat(64) }, written: '' };
const LATER = HOUR + 40 * 86_400;
const DAY = new Date(HOUR * 1000).toISOString().slice(0, 10);

/** One device of which the appliance counts so many packets in one hour. */
function rows(packets: number) {
  const counts = { bytes_up: packets * 60, bytes_down: 0, payload_bytes: 0, conversations: 1, destinations: 1 };
  const rest = { countries: [], dns_queries: 0, findings: 0, revision: packets, made_with: MADE_WITH };
  const hour = {
    hour: new Date(HOUR * 1000).toISOString(),
    phase: PHASE,
    complete: true,
    packets,
    ...counts,
    ...rest,
  };
  return hourRows([{ id: 'b827eb000001', hours: [hour] }]);
}
const PHASE = 'idle' as const;
const MADE_WITH = { analysis: '', geo: '', rules: '' };

test('an hour whose captures are deleted keeps its fuller rows; one that grew, or lost none, is written again', async (t) => {
  const archive = temporaryFolder(t);
  const pull = async (packets: number, deleted: readonly string[]) => {
    await writeHours(archive, { hour: rows(packets) }, ORIGIN, LATER, new Set(deleted));
    const [row] = await ask(`select packets, revision from ${newest(archive, 'hour')}`);
    return [Number(row?.['packets']), Number(row?.['revision'])];
  };
  assert.deepEqual(await pull(10, []), [10, 1]);
  assert.deepEqual(await pull(4, [DAY]), [10, 1], 'the appliance forgot');
  assert.deepEqual(await pull(12, [DAY]), [12, 2], 'it knows more');
  assert.deepEqual(await pull(4, ['2001-01-01']), [4, 3], 'nothing of that day is deleted: a correction');
});
