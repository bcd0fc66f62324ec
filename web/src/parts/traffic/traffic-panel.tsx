// The chart of what passes right now, with its switches: of all devices, or of one.

import { useComputed, useSignal } from '@preact/signals';
import { get } from '../../api/request.ts';
import type { AnalysisDocument } from '../../api/types.ts';
import { bytes } from '../../format/quantity.ts';
import { duration } from '../../format/time.ts';
import { gapsOf } from '../../recording.ts';
import { useEvery, useResource } from '../../resource.ts';
import { isReplayed, recording, traffic, windows } from '../../state.ts';
import { chooseSpan, chosenRange } from '../../time/chosen.ts';
import { now } from '../../time/clock.ts';
import { marksIn, type WindowMark } from '../../time/windows.ts';
import {
  DIRECTIONS,
  fillGaps,
  type Gap,
  hatches,
  lengthOf,
  PROTOCOLS,
  type Second,
  type Selection,
  toChart,
  total,
} from '../../traffic.ts';
import { Loading, Panel, Problem } from '../panel.tsx';
import { Segmented } from '../segmented.tsx';
import { WindowList } from '../span/window-list.tsx';
import { Activity } from './activity.tsx';
import { ChartKey } from './chart-key.tsx';
import { TrafficChart } from './traffic-chart.tsx';
import { TrafficTable } from './traffic-table.tsx';

const WINDOWS = [60, 300, 900] as const;

/**
 * What passes now, with minutes of its own, or passed in the time that somebody chose: never both, and the title says which. `height`: of
 * the live chart on a desktop, in pixels.
 */
export function TrafficPanel({ height }: { height: number }) {
  return chosenRange().isChosen ? <PastTraffic /> : <LiveTraffic height={height} />;
}

const REFRESH_SECONDS = 300;

/** From the minutes of all devices together: a large answer, asked for seldom. */
function PastTraffic() {
  const beat = useEvery(REFRESH_SECONDS);
  const { value, problem, reload } = useResource(() => get<AnalysisDocument>('api/v1/summary'), 'summary', beat);
  return (
    <Panel title="Traffic in the time above" class="activity-panel">
      {problem !== undefined && <Problem message={problem} onRetry={reload} />}
      {value === undefined ? (
        problem === undefined && <Loading what="the traffic" />
      ) : (
        <Activity traffic={value.traffic} phase="" mac={null} />
      )}
    </Panel>
  );
}

function LiveTraffic({ height }: { height: number }) {
  const windowSeconds = useSignal<number>(300);
  const selection = useSignal<Selection>({ directions: DIRECTIONS, protocols: PROTOCOLS });
  const seconds = useComputed(() => visibleSeconds(windowSeconds.value));
  const chart = useComputed(() => toChart(seconds.value, selection.value));
  const gaps = useComputed(() => hatches(seconds.value, recordedGaps()));
  const marks = useComputed(() => shownMarks(seconds.value));
  return (
    <Panel
      title="Traffic now"
      class="traffic-panel"
      aside={
        <span class="filters">
          <span class="muted small">the last</span>
          <Segmented
            label="Length of the live chart"
            options={WINDOWS.map((seconds) => ({ value: seconds, name: duration(seconds) }))}
            chosen={windowSeconds.value}
            onChoose={(next) => (windowSeconds.value = next)}
          />
        </span>
      }
    >
      <TrafficChart
        traffic={chart.value}
        gaps={gaps.value}
        windows={marks.value}
        onBrush={chooseSpan}
        description={describe(seconds.value, gaps.value)}
        height={innerWidth < 760 ? Math.min(260, height) : height}
      />
      <ChartKey unit="each second" />
      <WindowList marks={marks.value} />
      <TrafficTable seconds={seconds.value} selection={selection.value} onSelect={(next) => (selection.value = next)} />
    </Panel>
  );
}

/** The last second that has ended, by the appliance's clock; a file that is replayed has a clock of its own. */
function lastSecond(): number {
  const replayed = isReplayed.value ? traffic.value.at(-1)?.second : undefined;
  return replayed ?? Math.floor(now.value / 1000) - 1;
}

/** Of a replay the ledger's times are not the packets'. */
function recordedGaps(): Gap[] {
  return isReplayed.value ? [] : gapsOf(recording.value, now.value / 1000);
}

function shownMarks(seconds: readonly Second[]): WindowMark[] {
  const [first] = seconds;
  if (first === undefined || isReplayed.value) return [];
  return marksIn(windows.value, { from: first.second, to: first.second + seconds.length }, now.value / 1000);
}

/** The window ends now, whatever was heard last. */
function visibleSeconds(windowSeconds: number): Second[] {
  const end = lastSecond();
  return fillGaps(traffic.value, end - windowSeconds + 1, end, recordedGaps());
}

function describe(seconds: readonly Second[], gaps: readonly Gap[]): string {
  const span = duration(seconds.length);
  const out = lengthOf(gaps);
  const missing = out > 0 ? ` Nothing was recorded for ${duration(out)} of it.` : '';
  return `Traffic of the last ${span}: ${bytes(total(seconds, 'in', 'total'))} in, ${bytes(total(seconds, 'out', 'total'))} out.${missing} The table below has the figures.`;
}
