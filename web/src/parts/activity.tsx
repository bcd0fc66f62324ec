// One device's traffic over hours, from the minutes of its document: the same chart as the live one, coarser and longer.

import { useSignal } from '@preact/signals';
import { captureGaps } from '../accounting.ts';
import type { AnalysisDocument } from '../api/types.ts';
import { duration, toMillis } from '../format/time.ts';
import { status } from '../state.ts';
import { DIRECTIONS, fillGaps, findGaps, PROTOCOLS, type Second, SILENCE, toChart, toMinuteRates } from '../traffic.ts';
import { ChartKey } from './chart-key.tsx';
import { Segmented } from './segmented.tsx';
import { TrafficChart } from './traffic-chart.tsx';

const MINUTE = 60;
const WINDOWS = [3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600] as const;
const EVERYTHING = { directions: DIRECTIONS, protocols: PROTOCOLS };

interface Props {
  readonly document: AnalysisDocument;
  /** With a phase chosen, a minute without traffic may belong to another phase, so nothing is claimed of it. */
  readonly onePhase: boolean;
}

export function Activity({ document, onePhase }: Props) {
  const windowSeconds = useSignal<number>(3600);
  const minutes = minutesOf(document, windowSeconds.value, onePhase);
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
        gaps={findGaps(minutes, MINUTE)}
        description={`Bytes per second, minute by minute, of the last ${duration(windowSeconds.value)}.`}
        height={220}
      />
      <ChartKey unit="mean of each minute" />
    </>
  );
}

/** A minute in which capture ran and the document has nothing is silence; before the first packet nothing is known. */
function minutesOf(document: AnalysisDocument, windowSeconds: number, onePhase: boolean): Second[] {
  const known = toMinuteRates(document.traffic);
  const end = lastMinute(document, known.at(-1)?.second ?? 0);
  const from = end - windowSeconds + MINUTE;
  const gaps = captureGaps(status.value, known);
  const seconds = fillGaps(known, from, end, gaps, MINUTE);
  if (onePhase) return seconds;
  const first = known[0]?.second ?? Number.POSITIVE_INFINITY;
  return seconds.map((one) => {
    const unknown = one.second < first || gaps.some((gap) => one.second >= gap.from && one.second < gap.to);
    return one.in === null && !unknown ? { second: one.second, in: SILENCE, out: SILENCE } : one;
  });
}

/** The appliance's present minute while it is live, else the last one with traffic. */
function lastMinute(document: AnalysisDocument, last: number): number {
  const now = toMillis(status.value?.ts);
  const present = now === undefined ? 0 : Math.floor(now / 60_000) * MINUTE;
  const heard = (toMillis(document.input.last_ts) ?? 0) / 1000;
  return present - heard < 86_400 ? present : last;
}
