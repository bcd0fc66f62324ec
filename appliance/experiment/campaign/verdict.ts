// Whether a recording counts: what its step asks for against what was found. Every reason in one line. Pure.

import type { Acceptance, PlannedStep } from './plan.ts';
import type { Recording } from './run-state.ts';

/** What the capture files hold of a recording. */
export interface FoundPackets {
  /** Counted until what is asked for was there. */
  readonly packets: number;
  /** Of them with application data (window-packets.ts). */
  readonly withData: number;
  /** Counting ended early because there was enough: the figures are lower bounds. */
  readonly isEnough: boolean;
  /** Seconds of files that are gone or cannot be read, as words; empty where all was read. */
  readonly missing: string;
}

export interface Verdict {
  readonly accepted: boolean;
  readonly text: string;
}

export function judge(
  step: Pick<PlannedStep, 'accept' | 'action'>,
  recording: Recording,
  found: FoundPackets,
): Verdict {
  const reasons = [
    ...reasonsOfTime(step.accept, recording),
    ...reasonsOfPackets(step.accept, found),
    ...(step.action !== null && !recording.acted ? ['the action was not confirmed'] : []),
  ];
  if (reasons.length > 0) return { accepted: false, text: reasons.join('; ') };
  const least = found.isEnough ? 'at least ' : '';
  const seconds = (Number(recording.recordedNs) / 1e9).toFixed(1);
  return {
    accepted: true,
    text: `${seconds} s, ${least}${found.packets} packets, ${least}${found.withData} with data`,
  };
}

function reasonsOfTime(accept: Acceptance, { recordedNs, gaps, lostBefore, lostAfter }: Recording): string[] {
  const seconds = Number(recordedNs) / 1e9;
  const lost = lostBetween(lostBefore, lostAfter);
  return [
    ...(seconds < accept.seconds ? [`${seconds.toFixed(1)} s recorded, ${accept.seconds} s are needed`] : []),
    ...(accept.gap === 'refused' && gaps.length > 0 ? [`a gap: ${gaps[0]}`] : []),
    ...(accept.loss === 'refused' && lost === null
      ? ['whether packets were lost is not known here: capture with tcpdump, or set accept.loss: allowed']
      : []),
    ...(accept.loss === 'refused' && lost !== null && lost > 0 ? [`${lost} packets were lost`] : []),
  ];
}

/** Counters begin again with each start of capture. */
function lostBetween(before: number | null, after: number | null): number | null {
  if (before === null || after === null) return null;
  return after < before ? after : after - before;
}

function reasonsOfPackets(accept: Acceptance, { packets, withData, missing }: FoundPackets): string[] {
  const few = packets < accept.packets;
  const none = accept.data && withData === 0;
  return [
    ...(few ? [`${packets} packets, ${accept.packets} are needed`] : []),
    ...(none ? ['no application data'] : []),
    ...((few || none) && missing !== '' ? [missing] : []),
  ];
}
