// When was recorded and when not, put together from the ledger and from what capture says now. Reads what they last knew.

import { parseSeconds } from '../model/time/clock.ts';
import { isoText } from '../model/time/iso-time.ts';
import type { OpenGap, RecordedTime } from '../store/tail/recorded-time.ts';
import type { CaptureWatch } from './capture-watch.ts';
import type { RecordingResponse } from './schemas/recording.ts';

/** What ended before `since` (seconds since 1970) is left out, but for the phase that was declared last before it. */
export function recordingView(recorded: RecordedTime, watch: CaptureWatch, since: number): RecordingResponse {
  const open = openGap(recorded, watch);
  const closed = recorded.gaps
    .filter((gap) => Number(gap.to) >= since)
    .map(({ from, to, reason, lost }) => ({ from: isoText(from), to: isoText(to), reason, lost }));
  const last = recorded.phases.findLastIndex((phase) => Number(phase.since) <= since);
  return {
    ts: new Date().toISOString(),
    begun: recorded.begun === null ? null : isoText(recorded.begun),
    recording: watch.isRecording,
    gaps: open === null ? closed : [...closed, { from: isoText(open.from), to: null, reason: open.reason, lost: null }],
    phases: recorded.phases.slice(Math.max(0, last)).map((phase) => ({ ...phase, since: isoText(phase.since) })),
    tags: recorded.tags
      // A recording of a campaign has a tag of its own where it is to be seen as one; scans are no tags.
      .filter(({ kind, to }) => kind === 'tag' && (to === null || Number(to) >= since))
      .map(({ n, tag, device, owner, from, to, cancelled }) => ({
        n,
        tag,
        device,
        owner,
        cancelled,
        from: isoText(from),
        to: to === null ? null : isoText(to),
      })),
    left_out: recorded.leftOut,
  };
}

/** While capture says that it records there is none; else the ledger's word, and without one the last moment that is attested. */
function openGap(recorded: RecordedTime, watch: CaptureWatch): OpenGap | null {
  if (watch.isRecording) return null;
  if (recorded.open !== null) return recorded.open;
  const reason = watch.status?.reason || watch.reason || `capture is ${watch.status?.state ?? 'not heard'}`;
  const heard = watch.recordingAt === null ? null : (watch.recordingAt / 1000).toFixed(3);
  const from = later(heard, recorded.covered);
  return from === null ? null : { n: 0, from, reason };
}

function later(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return (parseSeconds(one) ?? 0n) > (parseSeconds(other) ?? 0n) ? one : other;
}
