// When a device speaks: its mean hour by weekday and time of day as a table whose shade is the figure, and the stretches of hours in
// which it was heard.

import type { AnalysisDocument } from '../../api/types.ts';
import { bytes, plural } from '../../format/quantity.ts';
import { duration, stamp } from '../../format/time.ts';
import { localZoneName, zone } from '../../time/zone.ts';
import { hoursOfWeek, stretchesOf, WEEKDAYS } from '../../week.ts';
import { Bytes } from '../values.tsx';

type Hours = NonNullable<NonNullable<AnalysisDocument['behaviour']>['hours']>;

const DAY_HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const LISTED = 8;

export function WeekGrid({ hours }: { hours: Hours }) {
  if (hours.length === 0) return <p class="muted">No whole hour with packets so far.</p>;
  const week = hoursOfWeek(hours);
  const most = week.reduce<number>((highest, mean) => Math.max(highest, mean ?? 0), 1);
  return (
    <>
      <div class="scroll-frame" tabIndex={0} role="region" aria-label="Table of weekdays and hours">
        <table class="week-grid">
          <caption class="muted small">
            Mean bytes an hour, {zone.value === 'utc' ? 'UTC' : localZoneName()}; darkest {bytes(most)}, empty: not
            heard
          </caption>
          <thead>
            <tr>
              <td />
              {DAY_HOURS.map((hour) => (
                <th key={hour} scope="col">
                  {hour % 6 === 0 ? hour : <span class="visually-hidden">{hour}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {WEEKDAYS.map((day, row) => (
              <tr key={day}>
                <th scope="row">{day}</th>
                {DAY_HOURS.map((hour) => (
                  <HourCell key={hour} words={`${day} ${hour}:00`} mean={week[row * 24 + hour] ?? null} most={most} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Presence hours={hours} />
    </>
  );
}

/** Shades go by decades, as devices do; the figure itself is read and shown on demand. */
function HourCell({ words, mean, most }: { words: string; mean: number | null; most: number }) {
  if (mean === null) return <td />;
  const shade = Math.round(15 + (85 * Math.log1p(mean)) / Math.log1p(most));
  return (
    <td
      style={{ background: `color-mix(in srgb, var(--accent) ${shade}%, transparent)` }}
      title={`${words}: ${bytes(mean)}`}
    >
      <span class="visually-hidden">{bytes(mean)}</span>
    </td>
  );
}

function Presence({ hours }: { hours: Hours }) {
  const stretches = stretchesOf(hours);
  return (
    <>
      <h3>Heard in {plural(stretches.length, 'stretch', 'stretches')} of hours</h3>
      <ul class="count-list">
        {stretches.slice(0, LISTED).map(({ from, to, bytes: heard }) => (
          <li key={from}>
            <span>
              {stamp(from / 1000)} <span class="muted">for {duration((to - from) / 1000)}</span>
            </span>
            <Bytes value={heard} />
          </li>
        ))}
        {stretches.length > LISTED && <li class="muted small">and {stretches.length - LISTED} earlier</li>}
      </ul>
    </>
  );
}
