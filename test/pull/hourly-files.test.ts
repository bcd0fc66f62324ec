// An hour that is in the archive changes when the appliance knows more of it, never because it deleted captures and forgot.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forgetRows } from '../../appliance/pull/tables/forget-rows.ts';
import { writeHours } from '../../appliance/pull/tables/hourly-files.ts';
import { hourRows } from '../../appliance/pull/tables/rows.ts';
import { temporaryFolder } from '../capture/fixture.ts';
import { compactSites } from './compacted.ts';
import { ask, newest } from './duckdb.ts';
import { HOUR } from './recorded.ts';

const ORIGIN = { site: 'a'.repeat(64), tool: null, ledger: { lines: 1, head: '0'.repeat(64) }, written: '' };
const LATER = HOUR + 40 * 86_400;
const DAY = new Date(HOUR * 1000).toISOString().slice(0, 10);

/** One device of which the appliance counts so many packets in one hour. */
function rows(packets: number, ids: readonly string[] = ['b827eb000001']) {
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
  return hourRows(ids.map((id) => ({ id, hours: [hour] })));
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

test('a corrected hour next to the file of its month stays the one that counts when a device of the older rows is forgotten', async (t) => {
  const archive = temporaryFolder(t);
  const write = (hour: ReturnType<typeof rows>) => writeHours(archive, { hour }, ORIGIN, LATER);
  await write(rows(10, ['b827eb000001', 'b827eb000002']));
  assert.equal(await compactSites(archive, '2999-01-01'), 1);
  await write(rows(12));
  assert.equal(await forgetRows(archive, ORIGIN, new Set(['b827eb000002'])), 1, 'the file of the month');
  const counted = `select device, packets::integer as packets from ${newest(archive, 'hour')}`;
  assert.deepEqual(await ask(counted), [{ device: 'b827eb000001', packets: 12 }]);
  assert.equal(await compactSites(archive, '2999-01-01'), 1);
  assert.deepEqual(await ask(counted), [{ device: 'b827eb000001', packets: 12 }]);
});
