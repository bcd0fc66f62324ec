// When the invented appliance recorded: an outage of hours, a pause, the gap of an engine, a tag that ended.

import type { RecordingResponse } from '../../appliance/publish/schemas/recording.ts';
import type { State } from './mock-status.ts';

/** `started`: when the mock server began, in milliseconds since 1970. */
export function recordingOf(state: State, captureAnswers: boolean, started: number): RecordingResponse {
  const at = (secondsAgo: number) => new Date(started - secondsAgo * 1000).toISOString();
  const [first] = state.switches;
  const open = captureAnswers ? [] : [{ from: at(0), to: null, reason: 'no answer', lost: null }];
  return {
    ts: new Date().toISOString(),
    begun: first?.ts ?? null,
    recording: captureAnswers,
    gaps: [
      { from: at(52_000), to: at(41_000), reason: 'capture ended without a stop', lost: null },
      { from: at(13_000), to: at(12_700), reason: 'paused by page', lost: null },
      { from: at(150), to: at(128), reason: 'tcpdump exited with code 1', lost: 112 },
      ...open,
    ],
    phases: state.switches.map(({ ts, ...declared }, n) => ({ n, since: ts, by: 'page', ...declared })),
    tags: [
      { n: 90, tag: 'lamp_on', device: null, owner: 'page', from: at(12_000), to: at(11_700), cancelled: false },
      ...state.endedTags,
      ...state.tags.map(({ since, ...tag }, n) => ({ n: 200 + n, ...tag, from: since, to: null, cancelled: false })),
    ],
    left_out: 0,
  };
}
