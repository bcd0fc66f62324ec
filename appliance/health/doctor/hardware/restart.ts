// After a restart or a power cut: whether the machine records again by itself, held against the report of before.

import type { Facts } from '../facts.ts';
import type { HardwareReport, StepResult } from './report.ts';

const ID = 'restart';
const TITLE = 'After a restart or a power cut it records again by itself';

/** Compares with the report of before. `now` was collected after the restart. */
export function afterRestart(before: HardwareReport, bootId: string, now: Facts, uptimeSeconds: number): StepResult {
  const { capture, ap } = now.services;
  const figures = {
    boot_before: before.boot_id,
    boot_now: bootId,
    seconds_since_start: Math.round(uptimeSeconds),
    capture: capture.status?.state ?? 'no answer',
    packets: capture.status?.counters.captured ?? null,
    access_point: now.settings.config.ap.enabled ? (ap.status?.state ?? 'no answer') : 'switched off',
    clock: now.clock.sync.synced,
  };
  const result = { id: ID, title: TITLE, figures };
  if (before.boot_id === bootId)
    return { ...result, state: 'skipped', text: 'the machine was not restarted since the report of before' };
  const isUp = capture.status?.state === 'capturing' && (!now.settings.config.ap.enabled || ap.status?.state === 'up');
  const text = isUp
    ? `${figures.seconds_since_start} s after the start it captures; the gap is in the ledger`
    : `capture: ${figures.capture}, access point: ${figures.access_point}`;
  return { ...result, state: isUp ? 'passed' : 'failed', text };
}

/** The report of before with this step; one from an earlier try is replaced. */
export function withStep(report: HardwareReport, step: StepResult, ended: string): HardwareReport {
  return { ...report, ended, steps: [...report.steps.filter(({ id }) => id !== step.id), step] };
}
