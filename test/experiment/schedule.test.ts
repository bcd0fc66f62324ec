import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Schedule } from '../../appliance/experiment/schedule.ts';
import { WeirError } from '../../appliance/model/errors.ts';

const job = (cron: string, timezone = 'Etc/UTC') => ({
  name: 'daily summary',
  cron,
  timezone,
  run: async () => undefined,
});
const silent = () => undefined;

for (const cron of ['* * * * * *', '*/2 * * * * *', '61 0 * * *', 'daily', '', '5 0 * *', '@daily']) {
  test(`"${cron}" is refused as a schedule, in one line with an example`, () => {
    assert.throws(
      () => new Schedule([job(cron)], silent),
      (error) => error instanceof WeirError && error.code === 'CONFIG_INVALID' && !error.message.includes('\n'),
    );
  });
}

test('a time zone that does not exist is refused', () => {
  assert.throws(() => new Schedule([job('5 0 * * *', 'Europe/Atlantis')], silent), WeirError);
});

test('nothing is planned before the clock can be believed', async (t) => {
  const schedule = new Schedule([job('5 0 * * *')], silent);
  t.after(() => schedule.stop());
  assert.deepEqual(
    schedule.rows().map((row) => [row.state, row.next]),
    [['waiting', null]],
  );
  schedule.begin();
  const [row] = schedule.rows();
  assert.equal(row?.state, 'running');
  assert.match(row?.next ?? '', /T00:05:00/);
});

test('a clock that was set plans again and leaves the job running', async (t) => {
  const schedule = new Schedule([job('5 0 * * *')], silent);
  t.after(() => schedule.stop());
  schedule.begin();
  schedule.restart();
  assert.match(schedule.rows()[0]?.next ?? '', /T00:05:00/);
});

test('a job that fails is said and does not end anything', async () => {
  const problems: string[] = [];
  const failing = { ...job('* * * * *'), run: async () => Promise.reject(new Error('no broker')) };
  const schedule = new Schedule([failing], (text) => problems.push(text));
  await schedule.runNow('daily summary');
  await schedule.stop();
  assert.deepEqual(problems, ['daily summary failed: no broker']);
});
