// Traffic over the time that was chosen, from the minutes of a document: the same chart as the live one, coarser and longer.

import type { AnalysisDocument } from '../../api/types.ts';
import { duration } from '../../format/time.ts';
import { gapsOf, phasesOf } from '../../recording.ts';
import { isReplayed, recording, status, windows } from '../../state.ts';
import { chooseSpan, chosenRange } from '../../time/chosen.ts';
import { minute } from '../../time/clock.ts';
import { marksIn } from '../../time/windows.ts';
import {
  DIRECTIONS,
  fillGaps,
  type Gap,
  hatches,
  mergeGaps,
  PROTOCOLS,
  type Second,
  SILENCE,
  stepOf,
  toChart,
  toRates,
} from '../../traffic.ts';
import { WindowList } from '../span/window-list.tsx';
import { ChartFigures } from './chart-figures.tsx';
import { ChartKey } from './chart-key.tsx';
import { TrafficChart } from './traffic-chart.tsx';

const MINUTE = 60;
const HOUR = 3600;
const EVERYTHING = { directions: DIRECTIONS, protocols: PROTOCOLS };

interface Props {
  readonly traffic: AnalysisDocument['traffic'];
  /** Empty for all. With one chosen, nothing is claimed of time outside it. */
  readonly phase: string;
  /** Of the device that it is about; null for all devices. */
  readonly mac: string | null;
}

export function Activity({ traffic, phase, mac }: Props) {
  const span = shownSpan(traffic);
  const step = stepOf(traffic, span.from, span.to - span.from);
  const gaps = recordedGaps();
  const steps = stepsOf(traffic, span, step, phase, gaps);
  const marks = isReplayed.value ? [] : marksIn(windows.value, span, minute.value + MINUTE, mac);
  const unit = step === MINUTE ? 'minute' : step === HOUR ? 'hour' : 'day';
  return (
    <>
      <TrafficChart
        traffic={toChart(steps, EVERYTHING)}
        gaps={hatches(steps, gaps, step)}
        windows={marks}
        onBrush={chooseSpan}
        description={`Bytes per second, ${unit} by ${unit}, of ${duration(span.to - span.from)}. The table below has the figures.`}
        height={220}
      />
      <ChartKey unit={`mean of each ${unit}`} />
      <ChartFigures steps={steps} step={step} />
      <WindowList marks={marks} />
    </>
  );
}

interface Ends {
  readonly from: number;
  readonly to: number;
}

/** An open end is where the figures begin, or the present minute, also of a device that has been silent for days. */
function shownSpan(traffic: AnalysisDocument['traffic']): Ends {
  const starts = traffic.map((row) => Date.parse(row.minute) / 1000);
  const first = starts.length === 0 ? undefined : starts.reduce((least, one) => Math.min(least, one));
  const last = starts.reduce((most, one) => Math.max(most, one), 0);
  const range = chosenRange();
  const to = range.to ?? (isReplayed.value ? last : minute.value) + MINUTE;
  const from = range.from ?? first ?? to - HOUR;
  return { from: Math.min(from, to - MINUTE), to };
}

/** Steps without traffic are silence where something was recorded, in the phase that was chosen, and analysis has read it. */
function stepsOf(
  traffic: AnalysisDocument['traffic'],
  span: Ends,
  step: number,
  phase: string,
  gaps: readonly Gap[],
): Second[] {
  const from = Math.floor(span.from / step) * step;
  const end = Math.ceil(span.to / step) * step;
  const seconds = fillGaps(toRates(traffic, step), from, end - step, gaps, step);
  const reported = recording.value;
  if (reported === undefined || isReplayed.value) return seconds;
  const stretches = phase === '' ? [] : phasesOf(reported, end).filter((one) => one.phase === phase && one.to > from);
  const inside = mergeGaps(gaps, from, end);
  const read = minute.value + MINUTE - (status.peek()?.analysis.lag_seconds ?? 0);
  const isSilence = ({ second }: Second) =>
    second < read &&
    !inside.some((gap) => gap.from <= second && gap.to >= second + step) &&
    (phase === '' || stretches.some((one) => one.from < second + step && one.to > second));
  return seconds.map((one) =>
    one.in === null && isSilence(one) ? { second: one.second, in: SILENCE, out: SILENCE } : one,
  );
}

/** Of a replay the ledger's times are not the packets'. */
function recordedGaps(): Gap[] {
  return isReplayed.value ? [] : gapsOf(recording.value, minute.value + MINUTE);
}
