import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Doctor } from '../../appliance/health/doctor/doctor.ts';
import { type DoctorReport, makeReport } from '../../appliance/health/doctor/report.ts';
import type { DoctorResponse } from '../../appliance/publish/schemas/doctor.ts';
import { healthyFacts } from '../health/doctor/facts.ts';
import { startTestAppliance } from './running.ts';

const REPORT: DoctorReport = makeReport(healthyFacts(), '0.1.0');

test('a check-up is begun by a person only, answered at once, and read when it is over', async (t) => {
  const { ask, logIn } = await startTestAppliance(t);
  assert.equal((await ask('/api/v1/doctor')).status, 401);
  assert.equal((await ask('/api/v1/doctor', { method: 'POST', body: {} })).status, 401);
  const cookie = await logIn();
  const { json: made } = await ask('/api/v1/tokens', {
    method: 'POST',
    headers: { cookie },
    body: { name: 'reader', scopes: ['summaries'], days: 1 },
  });
  const authorization = `Bearer ${(made as { token: string }).token}`;
  assert.equal((await ask('/api/v1/doctor', { method: 'POST', headers: { authorization }, body: {} })).status, 403);
  assert.deepEqual((await ask('/api/v1/doctor', { headers: { authorization } })).json, { state: 'idle', report: null });

  const begun = (await ask('/api/v1/doctor', { method: 'POST', headers: { cookie }, body: {} })).json as DoctorResponse;
  assert.equal(begun.state, 'running');
  let seen = begun;
  while (seen.state === 'running') {
    await pause(100);
    seen = (await ask('/api/v1/doctor', { headers: { cookie } })).json as DoctorResponse;
  }
  assert.equal(seen.report?.schema, 'weir.doctor/1');
  assert.equal(seen.report?.checks.find(({ id }) => id === 'capture')?.verdict, 'ok');
  assert.equal(seen.report?.checks.find(({ id }) => id === 'appliance')?.verdict, 'ok');
  assert.equal(seen.report?.checks.find(({ id }) => id === 'card-speed')?.verdict === 'unknown', false);

  const { failed } = ((await ask('/api/v1/status', { headers: { cookie } })).json as { check_up: { failed: number } })
    .check_up;
  assert.equal(failed, seen.report?.counts.fail);
  const metrics = (await ask('/metrics', { headers: { cookie } })).text;
  assert.match(metrics, new RegExp(`weir_doctor_checks\\{verdict="fail"\\} ${failed}\n`));
});

test('however often somebody asks, one look runs at a time, and the next one waits', async () => {
  let looks = 0;
  let now = 0;
  let finish: (report: DoctorReport) => void = () => undefined;
  const examine = () => {
    looks++;
    return new Promise<DoctorReport>((done) => {
      finish = done;
    });
  };
  const doctor = new Doctor(examine, () => now);
  assert.deepEqual([doctor.ask(), doctor.ask(), doctor.isRunning], [true, false, true]);
  finish(REPORT);
  await pause(0);
  assert.deepEqual([doctor.report, doctor.isRunning], [REPORT, false]);
  now = 14_000;
  assert.equal(doctor.ask(), false);
  now = 15_000;
  assert.equal(doctor.ask(), true);
  assert.equal(looks, 2);
});

test('a failed check keeps the last report, and the next one may come', async () => {
  let looks = 0;
  let now = 0;
  const examine = async () => {
    if (++looks > 1) throw new Error('no /proc');
    return REPORT;
  };
  const doctor = new Doctor(examine, () => now);
  for (const at of [0, 20_000]) {
    now = at;
    doctor.ask();
    await pause(0);
  }
  assert.equal(doctor.report, REPORT);
  assert.deepEqual([looks, doctor.isRunning], [2, false]);
});
