// One device's traffic over hours, from the minutes of its document: the same chart as the live one, coarser and longer.

import { useSignal } from '@preact/signals';
import type { AnalysisDocument } from '../api/types.ts';
import { minute } from '../clock.ts';
import { duration } from '../format/time.ts';
import { gapsOf, phasesOf } from '../recording.ts';
import { isReplayed, recording, status } from '../state.ts';
import {
  DIRECTIONS,
  fillGaps,
  type Gap,
  hatches,
  mergeGaps,
  PROTOCOLS,
  type Second,
  SILENCE,
  toChart,
  toMinuteRates,
} from '../traffic.ts';
import { ChartKey } from './chart-key.tsx';
import { Segmented } from './segmented.tsx';
import { TrafficChart } from './traffic/traffic-chart.tsx';

const MINUTE = 60;
const WINDOWS = [3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600] as const;
const EVERYTHING = { directions: DIRECTIONS, protocols: PROTOCOLS };

interface Props {
  readonly document: AnalysisDocument;
  /** Empty for all. With one chosen, nothing is claimed of minutes outside it. */
  readonly phase: string;
}

export function Activity({ document, phase }: Props) {
  const windowSeconds = useSignal<number>(3600);
  const gaps = recordedGaps();
  const minutes = minutesOf(document, windowSeconds.value, phase, gaps);
  const traffic = toChart(minutes, EVERYTHING);
  return (
    <>
      <Segmented
        label="Time shown"
        options={WINDOWS.map((seconds) => ({ value: seconds, name: duration(seconds) }))}
        chosen={windowSeconds.value}
        onChoose={(next) => (windowSeconds.value = next)}
      />
      <TrafficChart
        traffic={traffic}
        gaps={hatches(minutes, gaps, MINUTE)}
        description={`Bytes per second, minute by minute, of the last ${duration(windowSeconds.value)}.`}
        height={220}
      />
      <ChartKey unit="mean of each minute" />
    </>
  );
}

/** Minutes without traffic are silence where something was recorded, in the phase that was chosen, and analysis has read it. */
function minutesOf(document: AnalysisDocument, windowSeconds: number, phase: string, gaps: readonly Gap[]): Second[] {
  const known = toMinuteRates(document.traffic);
  const end = lastMinute(known.at(-1)?.second ?? 0);
  const from = end - windowSeconds + MINUTE;
  const seconds = fillGaps(known, from, end, gaps, MINUTE);
  const reported = recording.value;
  if (reported === undefined || isReplayed.value) return seconds;
  const stretches =
    phase === '' ? [] : phasesOf(reported, end + MINUTE).filter((one) => one.phase === phase && one.to > from);
  const inside = mergeGaps(gaps, from, end + MINUTE);
  const read = end + MINUTE - (status.peek()?.analysis.lag_seconds ?? 0);
  const isSilence = ({ second }: Second) =>
    second < read &&
    !inside.some((gap) => gap.from <= second && gap.to >= second + MINUTE) &&
    (phase === '' || stretches.some((one) => one.from < second + MINUTE && one.to > second));
  return seconds.map((one) =>
    one.in === null && isSilence(one) ? { second: one.second, in: SILENCE, out: SILENCE } : one,
  );
}

/** Of a replay the ledger's times are not the packets'. */
function recordedGaps(): Gap[] {
  return isReplayed.value ? [] : gapsOf(recording.value, minute.value + MINUTE);
}

/** The present minute, also of a device that has been silent for days; of a replay the last one with traffic. */
function lastMinute(last: number): number {
  return isReplayed.value ? last : minute.value;
}
