// The first screen, the answer: which device says what, readable or not, to whom and in which country. Then the traffic that
// passes now, and every device's figures.

import { get } from '../api/request.ts';
import type { SentencesResponse } from '../api/types.ts';
import { minute } from '../clock.ts';
import { route, setQuery } from '../navigation.ts';
import { AnswerList } from '../parts/answer/answer-list.tsx';
import { ApplianceLine, SinceLastLook } from '../parts/answer/appliance-line.tsx';
import { DeviceTable } from '../parts/device-table.tsx';
import { Loading, Trouble, ViewHeading } from '../parts/panel.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { TrafficPanel } from '../parts/traffic/traffic-panel.tsx';
import { useEvery, useResource } from '../resource.ts';
import { connections, devices, findDevice } from '../state.ts';

const REFRESH_SECONDS = 15;
const EMPTY = 'No device has sent anything yet. Connect one to the access point; it appears with its first frame.';
const SPANS = [
  { value: '', name: 'Today' },
  { value: 'all', name: 'All time' },
] as const;

export function Devices() {
  const span = route.value.query.get('span') === 'all' ? 'all' : '';
  const today = new Date(minute.value * 1000).toISOString().slice(0, 10);
  const from = span === 'all' ? '' : `${today}T00:00:00Z`;
  const beat = useEvery(REFRESH_SECONDS);
  const load = () => get<SentencesResponse>('api/v1/sentences', from === '' ? {} : { from });
  const { value, trouble, reload } = useResource(load, from, beat + connections.value);
  const all = devices.value;
  // Rows that change come before the list does: news are derived from the whole list only.
  const isWhole = value?.devices.every(({ id }) => findDevice(id) !== undefined) ?? false;
  return (
    <>
      <ViewHeading title="Devices">
        <Segmented
          label="Time of the sentences; days are days of UTC"
          options={SPANS}
          chosen={span}
          onChoose={(next) => setQuery('span', next)}
        />
      </ViewHeading>
      <ApplianceLine />
      {isWhole && <SinceLastLook />}
      {trouble !== undefined && <Trouble message={trouble} onRetry={reload} />}
      {all?.length === 0 ? (
        <p class="panel empty">{EMPTY}</p>
      ) : value === undefined || all === undefined ? (
        trouble === undefined && <Loading what="what the devices say" />
      ) : (
        <section class="panel flush" aria-label="What the devices say, gravest first">
          <AnswerList devices={value.devices} />
        </section>
      )}
      <TrafficPanel height={220} />
      {all !== undefined && all.length > 0 && <DeviceTable all={all} />}
    </>
  );
}
