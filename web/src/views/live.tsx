// What passes right now: the traffic chart with its switches, the phase switch, the busiest devices.

import { useComputed, useSignal } from '@preact/signals';
import { captureGaps } from '../accounting.ts';
import { now } from '../clock.ts';
import { bytes } from '../format/quantity.ts';
import { duration } from '../format/time.ts';
import { ChartKey } from '../parts/chart-key.tsx';
import { Panel, ViewHeading } from '../parts/panel.tsx';
import { PhaseSwitch } from '../parts/phase-switch.tsx';
import { RecentDevices } from '../parts/recent-devices.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { Tags } from '../parts/tags.tsx';
import { TrafficChart } from '../parts/traffic-chart.tsx';
import { TrafficTable } from '../parts/traffic-table.tsx';
import { status, traffic } from '../state.ts';
import { DIRECTIONS, fillGaps, findGaps, PROTOCOLS, type Second, type Selection, toChart, total } from '../traffic.ts';

const WINDOWS = [60, 300, 900] as const;

export function Live() {
  return (
    <>
      <ViewHeading title="Live" />
      <div class="live-grid">
        <TrafficPanel />
        <Panel title="Experiment" class="phase-panel">
          <PhaseSwitch />
          <h3>Tags</h3>
          <Tags />
        </Panel>
        <RecentDevices />
      </div>
    </>
  );
}

function TrafficPanel() {
  const windowSeconds = useSignal<number>(300);
  const selection = useSignal<Selection>({ directions: DIRECTIONS, protocols: PROTOCOLS });
  const seconds = useComputed(() => visibleSeconds(windowSeconds.value));
  const chart = useComputed(() => toChart(seconds.value, selection.value));
  const gaps = useComputed(() => findGaps(seconds.value));
  return (
    <Panel
      title="Traffic"
      class="traffic-panel"
      aside={
        <Segmented
          label="Time shown"
          options={WINDOWS.map((seconds) => ({ value: seconds, name: duration(seconds) }))}
          chosen={windowSeconds.value}
          onChoose={(next) => (windowSeconds.value = next)}
        />
      }
    >
      <TrafficChart
        traffic={chart.value}
        gaps={gaps.value}
        description={describe(seconds.value)}
        height={innerWidth < 760 ? 260 : 440}
      />
      <ChartKey unit="each second" />
      <TrafficTable seconds={seconds.value} selection={selection.value} onSelect={(next) => (selection.value = next)} />
    </Panel>
  );
}

/** The window ends with the newest second heard; before that nothing is known of "now". */
function visibleSeconds(windowSeconds: number): Second[] {
  const known = traffic.value;
  const end = known.at(-1)?.second ?? Math.floor(now.peek() / 1000);
  return fillGaps(known, end - windowSeconds + 1, end, captureGaps(status.value, known));
}

function describe(seconds: readonly Second[]): string {
  const span = duration(seconds.length);
  const unknown = seconds.filter((second) => second.in === null).length;
  const missing = unknown > 0 ? ` No data for ${duration(unknown)} of it.` : '';
  return `Traffic of the last ${span}: ${bytes(total(seconds, 'in', 'total'))} in, ${bytes(total(seconds, 'out', 'total'))} out.${missing} The table below has the figures.`;
}
