// The first screen, the answer: which device says what, readable or not, to whom and in which country. Then the traffic that
// passes now, and every device's figures.

import { useEffect, useState } from 'preact/hooks';
import { askAnswer } from '../api/answer.ts';
import type { DeviceRow } from '../api/types.ts';
import { afterPaint } from '../parts/after-paint.ts';
import { AnswerList } from '../parts/answer/answer-list.tsx';
import { ApplianceLine, SinceLastLook } from '../parts/answer/appliance-line.tsx';
import { later } from '../parts/later.tsx';
import { Loading, Problem, ViewHeading } from '../parts/panel.tsx';
import { WholeHours } from '../parts/span/whole-hours.tsx';
import { useEvery, useResource } from '../resource.ts';
import { connections, devices, findDevice } from '../state.ts';
import { chosenRange } from '../time/chosen.ts';
import { spanKey } from '../time/span.ts';

const REFRESH_SECONDS = 15;
const EMPTY = 'No device has sent anything yet. Connect one to the access point; it appears with its first frame.';
const FIGURES = later(async () => (await import('../parts/home-figures.tsx')).HomeFigures, 'the figures');

export function Devices() {
  const range = chosenRange();
  const beat = useEvery(REFRESH_SECONDS);
  const { value, problem, reload } = useResource(askAnswer, spanKey(range), beat + connections.value);
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

/** Loaded and drawn when the answer is on the screen: chart and table of a large home take a slow computer a second. */
function Below({ all }: { all: readonly DeviceRow[] }) {
  const [isDue, setDue] = useState(false);
  useEffect(() => afterPaint(() => setDue(true)), []);
  return isDue ? <FIGURES.View all={all} /> : null;
}
