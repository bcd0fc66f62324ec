// The hardware checklist without a person: what the machine can do alone is done, the rest is skipped with the reason.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runChecklist } from '../../../appliance/health/doctor/hardware/checklist.ts';
import { type HardwareReport, hardwareText } from '../../../appliance/health/doctor/hardware/report.ts';
import { afterRestart, withStep } from '../../../appliance/health/doctor/hardware/restart.ts';
import { apConfig, captureStatus, healthyFacts } from './facts.ts';

const BEFORE: HardwareReport = {
  schema: 'weir.hardware/1',
  started: '2026-11-28T10:00:00.000Z',
  ended: '2026-11-28T10:15:00.000Z',
  version: '0.1.0',
  appliance: 'weir-0a1b2c3d',
  boot_id: 'one',
  steps: [{ id: 'card', title: 'The card', state: 'passed', text: 'a | b', figures: { made: null, name: 'x|y' } }],
};

test('without a person the machine does its own steps, and says why the others were left out', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-hardware-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const config = { ...apConfig({ enabled: false }), data: { dir } };
  const settings = { path: null, problem: '', config };
  const path = await runChecklist(settings, { version: '0.1.0', loadSeconds: 1, isGuided: false });
  assert.equal(readdirSync(join(dir, 'hardware')).length, 2);
  const report = JSON.parse(readFileSync(path.replace(/md$/, 'json'), 'utf8')) as HardwareReport;
  const state = (id: string) => report.steps.find((step) => step.id === id);
  assert.equal(state('stations')?.text, 'needs a person');
  assert.equal(state('card')?.figures['bytes_written_by_test'], 64 * 1024 * 1024 + 64 * 4096);
  assert.equal(state('load')?.figures['seconds'], 1);
  assert.ok(readFileSync(path, 'utf8').startsWith('# Hardware checklist'));
});

test('a link in the place of the folder leads root nowhere', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-hardware-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const [data, elsewhere] = [join(dir, 'data'), join(dir, 'elsewhere')];
  mkdirSync(data);
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, join(data, 'hardware'));
  const settings = { path: null, problem: '', config: { ...apConfig({ enabled: false }), data: { dir: data } } };
  const options = { version: '0.1.0', loadSeconds: 1, isGuided: false };
  await assert.rejects(runChecklist(settings, options), /it is a link/);
  assert.deepEqual(readdirSync(elsewhere), []);
});

test('a folder that takes no report is said, and nothing hangs', async () => {
  const settings = { path: null, problem: '', config: apConfig() };
  const options = { version: '0.1.0', loadSeconds: 1, isGuided: false, folder: '/proc/weir/x' };
  await assert.rejects(runChecklist(settings, options), { code: 'DATA_UNWRITABLE' });
});

test('after a restart it counts whether capture and access point came back', () => {
  assert.equal(afterRestart(BEFORE, 'one', healthyFacts(), 9).state, 'skipped');
  assert.equal(afterRestart(BEFORE, 'two', healthyFacts(), 41).state, 'passed');
  const facts = healthyFacts();
  const capture = { status: captureStatus({ state: 'waiting' }), reason: '' };
  const late = afterRestart(BEFORE, 'two', { ...facts, services: { ...facts.services, capture } }, 41);
  assert.equal(late.state, 'failed');
  const twice = withStep(withStep(BEFORE, late, 'x'), afterRestart(BEFORE, 'two', facts, 50), 'y');
  assert.deepEqual(
    twice.steps.map(({ id, state }) => `${id} ${state}`),
    ['card passed', 'restart passed'],
  );
});

test('the report for people says what is unknown and breaks no table', () => {
  const text = hardwareText(BEFORE);
  assert.match(text, /\| made \| unknown \|/);
  assert.match(text, /\| name \| x\\\|y \|/);
});
