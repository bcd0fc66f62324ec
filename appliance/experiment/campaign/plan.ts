// From a campaign's file to the list of what is done, one entry a recording: rounds and repeats unfolded, shuffled by the seed, defaults
// filled in. The same file always makes the same list, so that a run can be continued from the ledger alone. Pure.

import type { Interaction, Phase } from '../../model/phase.ts';
import { type Action, type CampaignFile, type CampaignStep, durationSeconds } from './schema.ts';

export interface Acceptance {
  readonly data: boolean;
  readonly packets: number;
  readonly seconds: number;
  readonly gap: 'refused' | 'allowed';
  readonly loss: 'refused' | 'allowed';
  readonly attempts: number;
}

export interface PlannedStep {
  readonly name: string;
  readonly round: number;
  readonly repeat: number;
  readonly phase: Phase;
  readonly interaction: Interaction;
  readonly tag: string | null;
  /** As the file names it; null for all. */
  readonly device: string | null;
  readonly seconds: number;
  readonly guardSeconds: number;
  readonly at: string | null;
  readonly before: Action | null;
  readonly action: Action | null;
  readonly accept: Acceptance;
}

export interface CampaignPlan {
  readonly name: string;
  readonly about: string;
  readonly between: Phase;
  readonly statestream: string;
  /** Null where the order is fixed. */
  readonly seed: number | null;
  readonly steps: readonly PlannedStep[];
}

/** More recordings than that are a mistake. */
export const MAX_RECORDINGS = 5000;

const ACCEPT: Acceptance = { data: true, packets: 1, seconds: 25, gap: 'refused', loss: 'refused', attempts: 3 };
const GUARD = '30s';
const STATESTREAM = 'homeassistant';

export function planCampaign(file: CampaignFile): CampaignPlan {
  const seed = file.order === 'shuffled' ? (file.seed ?? 0) : null;
  const rounds = Array.from({ length: file.rounds ?? 1 }, (_, at) =>
    file.steps.flatMap((step) => unfold(file, step, at + 1)),
  );
  const random = seed === null ? null : mulberry32(seed);
  return {
    name: file.campaign,
    about: file.about ?? '',
    between: file.between ?? 'unlabelled',
    statestream: file.statestream ?? STATESTREAM,
    seed,
    // Within a round: each round has every step, whatever the order.
    steps: rounds.flatMap((steps) => (random === null ? steps : shuffled(steps, random))),
  };
}

/** Recorded and guard time together, in seconds: the least that the campaign lasts. */
export function planSeconds({ steps }: CampaignPlan): number {
  return steps.reduce((sum, { seconds, guardSeconds }) => sum + seconds + guardSeconds, 0);
}

function unfold(file: CampaignFile, step: CampaignStep, round: number): PlannedStep[] {
  return Array.from({ length: step.repeats ?? 1 }, (_, at) => ({
    name: step.name,
    round,
    repeat: at + 1,
    phase: step.phase,
    interaction: step.interaction ?? 'none',
    tag: step.tag ?? null,
    device: step.device ?? file.device ?? null,
    seconds: durationSeconds(step.duration),
    guardSeconds: durationSeconds(step.guard ?? file.guard ?? GUARD),
    at: step.at ?? null,
    before: step.before ?? null,
    action: step.action ?? null,
    accept: acceptanceOf(file, step),
  }));
}

export function acceptanceOf(file: Pick<CampaignFile, 'accept'>, step: Pick<CampaignStep, 'accept'>): Acceptance {
  return { ...ACCEPT, ...file.accept, ...step.accept };
}

/** Fisher and Yates, from the end. */
function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const order = [...list];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const kept = order[last] as T;
    order[last] = order[other] as T;
    order[other] = kept;
  }
  return order;
}

/** Mulberry32 (T. Ettinger, public domain): 32 bits of state, the same numbers everywhere. At least 0, less than 1. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
