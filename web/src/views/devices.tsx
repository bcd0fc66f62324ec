// The first screen, the answer: which device says what, readable or not, to whom and in which country. Then the traffic that
// passes now, and every device's figures.

import { useEffect, useState } from 'preact/hooks';
import { get } from '../api/request.ts';
import type { DeviceRow, SentencesResponse } from '../api/types.ts';
import { AnswerList } from '../parts/answer/answer-list.tsx';
import { ApplianceLine, SinceLastLook } from '../parts/answer/appliance-line.tsx';
import { DeviceTable } from '../parts/device-table.tsx';
import { Loading, Problem, ViewHeading } from '../parts/panel.tsx';
import { WholeHours } from '../parts/span/whole-hours.tsx';
import { TrafficPanel } from '../parts/traffic/traffic-panel.tsx';
import { useEvery, useResource } from '../resource.ts';
import { connections, devices, findDevice } from '../state.ts';
import { chosenRange } from '../time/chosen.ts';
import { spanKey, spanQuery } from '../time/span.ts';

const REFRESH_SECONDS = 15;
const EMPTY = 'No device has sent anything yet. Connect one to the access point; it appears with its first frame.';
export function Devices() {
  const range = chosenRange();
  const beat = useEvery(REFRESH_SECONDS);
  const load = () => get<SentencesResponse>('api/v1/sentences', range.problem === '' ? spanQuery(range) : {});
  const { value, problem, reload } = useResource(load, spanKey(range), beat + connections.value);
  const all = devices.value;
  // Rows that change come before the list does: news are derived from the whole list only.
  const isWhole = value?.devices.every(({ id }) => findDevice(id) !== undefined) ?? false;
  return (
    <>
      <ViewHeading title="Devices">
        <WholeHours range={range} shown={value} />
      </ViewHeading>
      <ApplianceLine />
      {isWhole && <SinceLastLook />}
      {problem !== undefined && <Problem message={problem} onRetry={reload} />}
      {all?.length === 0 ? (
        <p class="panel empty">{EMPTY}</p>
      ) : value === undefined || all === undefined ? (
        problem === undefined && <Loading what="what the devices say" />
      ) : (
        <section class="panel flush" aria-label="What the devices say, gravest first">
          <AnswerList devices={value.devices} />
        </section>
      )}
      {(value !== undefined || problem !== undefined) && <Below all={all ?? []} />}
    </>
  );
}

/** Drawn when the answer is on the screen: chart and table of a large home take a slow computer a second. */
function Below({ all }: { all: readonly DeviceRow[] }) {
  const [isDue, setDue] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setDue(true));
    return () => clearTimeout(timer);
  }, []);
  if (!isDue) return null;
  return (
    <>
      <TrafficPanel height={220} />
      {all.length > 0 && <DeviceTable all={all} />}
    </>
  );
}
