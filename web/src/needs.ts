// What the appliance itself needs of somebody: losses, gaps, disk, clock, analysis. One short statement each, with the view
// that has the evidence. Pure.

import { account, isMeasuring } from './accounting.ts';
import type { RecordingResponse, StatusResponse } from './api/types.ts';
import { bytes, count } from './format/quantity.ts';
import { duration } from './format/time.ts';
import { gapsSince, gapWords } from './recording.ts';
import type { View } from './route.ts';

export interface Need {
  readonly text: string;
  readonly view: View;
  readonly tone: 'bad' | 'warn';
}

/** Sooner full than this, somebody should make room or fetch the captures. */
const SOON_SECONDS = 3 * 86_400;
const LAG_SECONDS = 60;

/** `nowSecond`: since 1970, by the appliance's clock. */
export function needsOf(status: StatusResponse, recording: RecordingResponse | undefined, nowSecond: number): Need[] {
  return [
    ...captureNeeds(status),
    ...lossNeeds(status, recording, nowSecond),
    ...diskNeeds(status),
    ...clockNeeds(status),
    ...analysisNeeds(status),
  ];
}

/** What is well, in one line, where nothing is needed. */
export function wellWords({ storage, clock }: StatusResponse): string {
  const room = storage.forecast_seconds;
  const disk = room === null ? '' : ` · room for ${duration(room)}`;
  return `Nothing lost, no gap${disk} · clock ${clock.synced === 'yes' ? 'set' : 'not known to be set'}.`;
}

function captureNeeds(status: StatusResponse): Need[] {
  if (status.capture === null) return [{ text: 'capture does not answer', view: 'health', tone: 'bad' }];
  if (isMeasuring(status)) return [];
  return [{ text: `capture is ${status.capture.state}: nothing is recorded`, view: 'captures', tone: 'bad' }];
}

function lossNeeds({ capture }: StatusResponse, recording: RecordingResponse | undefined, nowSecond: number): Need[] {
  if (capture === null) return [];
  const { lost, unknown } = account(capture.counters);
  const gaps = gapWords(gapsSince(recording, capture.started, nowSecond));
  return [
    ...(lost > 0
      ? [{ text: `${count(lost)}${unknown ? ' or more' : ''} packets lost`, view: 'captures', tone: 'bad' } as const]
      : []),
    ...(gaps === '' ? [] : [{ text: `${gaps} without recording`, view: 'captures', tone: 'bad' } as const]),
  ];
}

function diskNeeds({ storage }: StatusResponse): Need[] {
  const { forecast_seconds: left, free_bytes: free } = storage;
  if (left === null || left >= SOON_SECONDS) return [];
  const room = free === null ? '' : `, ${bytes(free)} free`;
  return [{ text: `old captures give way in ${duration(left)}${room}`, view: 'health', tone: 'warn' }];
}

function clockNeeds({ clock }: StatusResponse): Need[] {
  if (clock.synced === 'yes') return [];
  const text =
    clock.synced === 'no' ? 'the clock is not set: times are only relative' : 'nobody knows whether the clock is set';
  return [{ text, view: 'health', tone: 'warn' }];
}

function analysisNeeds({ analysis }: StatusResponse): Need[] {
  if (analysis.lag_seconds < LAG_SECONDS) return [];
  return [{ text: `figures are ${duration(analysis.lag_seconds)} behind`, view: 'health', tone: 'warn' }];
}
