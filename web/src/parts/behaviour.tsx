// What a device does again and again, and what it asks for without ever getting there.

import type { AnalysisDocument } from '../api/types.ts';
import { percent, plural } from '../format/quantity.ts';
import { DeviceText } from './values.tsx';

type Behaviour = NonNullable<AnalysisDocument['behaviour']>;

const LISTED = 12;

export function Periods({ periods }: { periods: Behaviour['periods'] }) {
  if (periods.length === 0) return <p class="muted">Nothing comes at regular intervals so far.</p>;
  return (
    <ul class="count-list">
      {periods.slice(0, LISTED).map(({ proto, peer, port, seconds, share, intervals }) => (
        <li key={`${proto} ${peer} ${port}`}>
          <span>
            <DeviceText text={peer} limit={56} />{' '}
            <span class="muted small nowrap">
              {proto.toUpperCase()} {port}
            </span>
          </span>
          <span class="numeric" title={`${percent(share)} of ${plural(intervals, 'interval')} keep to it`}>
            every {period(seconds)}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Tenths where they tell something: 0.5 s and 52 s, not 52.0 s. */
function period(seconds: number): string {
  return seconds < 10 ? `${Number(seconds.toFixed(1))} s` : `${Math.round(seconds)} s`;
}

export function Unreached({ unreached }: { unreached: Behaviour['unreached'] }) {
  if (unreached.length === 0) return null;
  return (
    <>
      <h3>Asked for, never contacted</h3>
      <ul class="count-list">
        {unreached.slice(0, LISTED).map(({ name, queries, resolved }) => (
          <li key={name}>
            <span>
              <DeviceText text={name} limit={56} /> {!resolved && <span class="pill warn">has no address</span>}
            </span>
            <span class="numeric">{plural(queries, 'query', 'queries')}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
