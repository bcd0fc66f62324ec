// What page and terminal show of a campaign: its state, in words, and what a person has to do now. Pure.

import { promptNow } from './next-move.ts';
import type { CampaignPlan, PlannedStep } from './plan.ts';
import type { RunState, StepResult } from './run-state.ts';
import type { StartFacts } from './start-facts.ts';

export interface StepView {
  readonly number: number;
  readonly name: string;
  readonly phase: string;
  readonly interaction: string;
  readonly tag: string | null;
  readonly device: string | null;
  readonly seconds: number;
}

export interface CampaignView {
  readonly run: string;
  readonly name: string;
  readonly about: string;
  readonly state: RunState['state'];
  readonly by: string;
  /** Decimal seconds since 1970. */
  readonly started: string;
  readonly sha256: string;
  readonly seed: number | null;
  readonly steps: number;
  /** Null when none is left. */
  readonly step:
    | (StepView & { readonly attempt: number; readonly attempts: number; readonly stage: RunState['stage'] })
    | null;
  readonly next: StepView | null;
  /** The next action, one sentence for a person. */
  readonly say: string;
  /** Somebody has to do something and confirm it. */
  readonly asks: boolean;
  /** Of the current recording or quiet time; null where nobody can know. */
  readonly secondsLeft: number | null;
  /** Why the newest attempt of this step did not count; empty while there was none. */
  readonly reason: string;
  readonly results: readonly (StepResult & { readonly name: string })[];
}

export interface ViewNow {
  readonly recordedSinceNs: bigint;
  readonly monotonicNs: bigint;
  readonly boot: number | null;
  readonly calendar: string | null;
}

export function campaignView(
  state: RunState,
  plan: CampaignPlan,
  facts: StartFacts | null,
  now: ViewNow,
): CampaignView {
  const step = plan.steps[state.at];
  const running = state.state === 'running' && step !== undefined;
  const secondsLeft = running ? leftOf(step, state, now) : null;
  return {
    run: state.run,
    name: plan.name,
    about: plan.about,
    state: state.state,
    by: state.by,
    started: state.started,
    sha256: facts?.sha256 ?? '',
    seed: plan.seed,
    steps: plan.steps.length,
    step: running
      ? { ...stepView(step, state.at), attempt: state.attempt, attempts: step.accept.attempts, stage: state.stage }
      : null,
    next: state.state === 'running' ? nextView(plan, state.at + 1) : null,
    say: running ? sayNow(state, step, now.calendar) : sayEnd(state, plan),
    asks: running && promptNow(state, step) !== null,
    secondsLeft,
    reason: state.reason,
    results: state.results.map((result) => ({ ...result, name: plan.steps[result.step]?.name ?? '' })),
  };
}

function stepView({ name, phase, interaction, tag, device, seconds }: PlannedStep, at: number): StepView {
  return { number: at + 1, name, phase, interaction, tag, device, seconds };
}

function nextView({ steps }: CampaignPlan, at: number): StepView | null {
  const step = steps[at];
  return step === undefined ? null : stepView(step, at);
}

function leftOf(step: PlannedStep, { stage, since, recording }: RunState, now: ViewNow): number | null {
  if (stage === 'recording' && recording !== null)
    return Math.max(0, step.seconds - Number(recording.recordedNs + now.recordedSinceNs) / 1e9);
  if (stage === 'guard' && since.boot === now.boot)
    return Math.max(0, step.guardSeconds - Number(now.monotonicNs - since.monotonicNs) / 1e9);
  return null;
}

function sayNow(state: RunState, step: PlannedStep, calendar: string | null): string {
  const prompt = promptNow(state, step);
  if (prompt !== null) return prompt;
  switch (state.stage) {
    case 'step':
    case 'guard':
      return 'Leave the devices alone: quiet time before the next step.';
    case 'calendar':
      return `Wait: the step begins ${calendar === null ? 'when the clock can be believed' : `at ${calendar}`}.`;
    case 'before':
    case 'ready':
      return 'Wait: the step is being prepared.';
    case 'recording':
      return step.interaction === 'none'
        ? `Leave the devices alone: ${step.name} is being recorded.`
        : `${step.name} is being recorded.`;
    case 'recorded':
      return 'Wait: what was recorded is looked at.';
  }
}

function sayEnd({ state, results, reason }: RunState, { steps }: CampaignPlan): string {
  const accepted = results.filter(({ outcome }) => outcome === 'accepted').length;
  const sum = `${accepted} of ${steps.length} steps accepted`;
  return state === 'finished' ? `Finished: ${sum}.` : `Aborted ${reason}: ${sum}.`;
}
