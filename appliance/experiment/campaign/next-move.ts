// What a campaign does next: one decision from its state (run-state.ts), what the plan says, and what time it is. The only place
// that knows the order of things; runner.ts carries it out and writes it down, and asks again. Pure.

import type { CampaignPlan, PlannedStep } from './plan.ts';
import type { Moment, RunState } from './run-state.ts';

export interface Now {
  readonly moment: Moment;
  /** Recorded since the newest line of the ledger. */
  readonly recordedSinceNs: bigint;
  /** This process wrote the `recording` line of this attempt, so it knows whether the action was done. */
  readonly ownsAttempt: boolean;
  /** The moment that the calendar names has come, and this process waited for it. */
  readonly isDue: boolean;
  /** So far back the gap of a crash may reach: a recording that is older than that is safe. */
  readonly settleSeconds: number;
}

export type Move =
  | { readonly do: 'rest' }
  | { readonly do: 'note'; readonly event: 'guard' | 'calendar' | 'before' | 'finished' }
  | { readonly do: 'fail'; readonly reason: string }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'await-calendar'; readonly cron: string }
  /** Done, it is written down as `ready`. */
  | { readonly do: 'prepare' }
  | { readonly do: 'begin' }
  /** The action of the recording; the wait goes on meanwhile. */
  | { readonly do: 'act'; readonly seconds: number }
  | { readonly do: 'end' }
  | { readonly do: 'interrupt'; readonly reason: string }
  | { readonly do: 'judge' };

/** Beyond so many interruptions of one step somebody has to look. */
export const MAX_INTERRUPTIONS = 20;

export function nextMove(plan: CampaignPlan, state: RunState, now: Now): Move {
  if (state.state !== 'running') return { do: 'rest' };
  const step = plan.steps[state.at];
  if (step === undefined) return { do: 'note', event: 'finished' };
  switch (state.stage) {
    case 'step':
      return firstMove(step, state);
    case 'guard':
      return afterGuard(step, state, now);
    case 'calendar':
      return now.isDue ? afterCalendar(step) : { do: 'await-calendar', cron: step.at ?? '' };
    case 'before':
      return { do: 'prepare' };
    case 'ready':
      return { do: 'begin' };
    case 'recording':
      return whileRecording(step, state, now);
    case 'recorded':
      return afterRecording(step, state, now);
  }
}

function firstMove(step: PlannedStep, state: RunState): Move {
  if (state.refusals >= step.accept.attempts)
    return { do: 'fail', reason: `not accepted in ${state.refusals} attempts; the last: ${state.reason}` };
  if (state.interruptions >= MAX_INTERRUPTIONS)
    return { do: 'fail', reason: `interrupted ${state.interruptions} times; the last: ${state.reason}` };
  return step.guardSeconds > 0 ? { do: 'note', event: 'guard' } : afterQuiet(step);
}

function afterGuard(step: PlannedStep, { since }: RunState, { moment }: Now): Move {
  const passed = since.boot === moment.boot ? seconds(moment.monotonicNs - since.monotonicNs) : 0;
  const left = step.guardSeconds - passed;
  return left > 0 ? { do: 'wait', seconds: left } : afterQuiet(step);
}

function afterQuiet(step: PlannedStep): Move {
  return step.at === null ? afterCalendar(step) : { do: 'note', event: 'calendar' };
}

function afterCalendar(step: PlannedStep): Move {
  return step.before === null ? { do: 'begin' } : { do: 'note', event: 'before' };
}

function whileRecording(step: PlannedStep, { recording }: RunState, now: Now): Move {
  if (recording === null) return { do: 'interrupt', reason: 'the ledger does not say when it began' };
  const gap = gapThatCounts(step, recording);
  if (gap !== undefined) return { do: 'interrupt', reason: `a gap: ${gap}` };
  const left = step.seconds - seconds(recording.recordedNs + now.recordedSinceNs);
  if (step.action !== null && !recording.acted) {
    if (!now.ownsAttempt && step.action.prompt === undefined)
      return {
        do: 'interrupt',
        reason: 'the appliance restarted, and it is unknown whether the action was done',
      };
    // A person who did not confirm in time did not do it in time; anything else is done, late as it is.
    return left > 0 || step.action.prompt === undefined ? { do: 'act', seconds: left } : { do: 'end' };
  }
  return left > 0 ? { do: 'wait', seconds: left } : { do: 'end' };
}

/** A crash now may still cost frames of the recording; only when it cannot any more is the verdict given. */
function afterRecording(step: PlannedStep, { recording, since }: RunState, { moment, settleSeconds }: Now): Move {
  const gap = gapThatCounts(step, recording);
  if (gap !== undefined) return { do: 'interrupt', reason: `a gap: ${gap}` };
  const passed = since.boot === moment.boot ? seconds(moment.monotonicNs - since.monotonicNs) : 0;
  const left = settleSeconds - passed;
  return left > 0 ? { do: 'wait', seconds: left } : { do: 'judge' };
}

/** The first reason; undefined without one, and where the step takes gaps. */
export function gapThatCounts({ accept }: PlannedStep, recording: RunState['recording']): string | undefined {
  return accept.gap === 'refused' ? recording?.gaps[0] : undefined;
}

/** What a person is asked to do now; null where nobody is. */
export function promptNow({ state, stage, recording }: RunState, { before, action }: PlannedStep): string | null {
  if (state !== 'running') return null;
  if (stage === 'before') return before?.prompt ?? null;
  return stage === 'recording' && recording?.acted === false ? (action?.prompt ?? null) : null;
}

function seconds(ns: bigint): number {
  return Number(ns) / 1e9;
}
