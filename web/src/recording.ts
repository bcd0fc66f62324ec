// When was recorded and when not, from the ledger: every time axis and every statement about gaps is made of this. Pure.

import type { CaptureView, RecordingResponse } from './api/types.ts';
import { plural } from './format/quantity.ts';
import { duration, toMillis } from './format/time.ts';
import { type Gap, lengthOf, mergeGaps } from './traffic.ts';

/** Gaps up to `now` (seconds since 1970), and the time before the first run, of which nothing is known. */
export function gapsOf(recording: RecordingResponse | undefined, now: number): Gap[] {
  if (recording === undefined) return [];
  const reported = recording.gaps.map((gap) => ({ from: seconds(gap.from) ?? now, to: seconds(gap.to) ?? now }));
  const begun = seconds(recording.begun) ?? now;
  return [{ from: Number.NEGATIVE_INFINITY, to: begun }, ...reported];
}

/** Capture's own stretches without recording since it started, and the one that it ended: what `lost` must be read with. */
export function gapsSince(recording: RecordingResponse | undefined, started: string, now: number): Gap[] {
  const from = seconds(started) ?? Number.NEGATIVE_INFINITY;
  const reported = (recording?.gaps ?? []).map((gap) => ({
    from: seconds(gap.from) ?? now,
    to: seconds(gap.to) ?? now,
  }));
  return reported.filter((gap) => gap.to >= from && gap.to > gap.from);
}

/** `2 gaps, 3 min in all`; empty without any. */
export function gapWords(gaps: readonly Gap[]): string {
  if (gaps.length === 0) return '';
  const length = lengthOf(mergeGaps(gaps, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY));
  return `${plural(gaps.length, 'gap')}, ${duration(length)}${gaps.length > 1 ? ' in all' : ''}`;
}

/** Capture said so not longer ago than this (seconds): later nobody knows whether it still does. */
const FRESH_SECONDS = 15;

/**
 * What can be said of capture by a page that does not reach the appliance; `saidAt`, when its last
 * status came, and `now` in milliseconds since 1970. */
export function lostWords(state: CaptureView['state'] | undefined, saidAt: number, now: number): string {
  const ago = (now - saidAt) / 1000;
  const ran = state === 'capturing' || state === 'degraded';
  if (saidAt > 0 && ran && ago <= FRESH_SECONDS)
    return `Capture said ${duration(Math.max(0, ago))} ago that it records; it does not depend on this page.`;
  if (saidAt > 0 && state !== undefined && !ran) return 'Capture did not record when the appliance was last heard.';
  return 'Whether capture goes on is not known here; it does not depend on this page.';
}

export interface PhaseStretch {
  readonly n: number;
  readonly phase: string;
  readonly interaction: string;
  readonly note: string;
  readonly by: string;
  /** Seconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Still declared. */
  readonly open: boolean;
  /** In it nothing was recorded. */
  readonly gaps: readonly Gap[];
}

/** Each phase lasts until the next, the last one until `now` (seconds since 1970). */
export function phasesOf(recording: RecordingResponse, now: number): PhaseStretch[] {
  const gaps = gapsOf(recording, now);
  return recording.phases.map((declared, index) => {
    const next = recording.phases[index + 1];
    const from = seconds(declared.since) ?? now;
    const to = Math.max(from, next === undefined ? now : (seconds(next.since) ?? now));
    const { n, phase, interaction, note, by } = declared;
    return { n, phase, interaction, note, by, from, to, open: next === undefined, gaps: mergeGaps(gaps, from, to) };
  });
}

/** How long something was recorded in a phase; null while the ledger was not read. */
export function recordedSeconds(recording: RecordingResponse | undefined, phase: string, now: number): number | null {
  if (recording === undefined) return null;
  const stretches = phasesOf(recording, now).filter((stretch) => stretch.phase === phase);
  return stretches.reduce((sum, { from, to, gaps }) => sum + to - from - lengthOf(gaps), 0);
}

function seconds(moment: string | null): number | undefined {
  const millis = toMillis(moment);
  return millis === undefined ? undefined : millis / 1000;
}
