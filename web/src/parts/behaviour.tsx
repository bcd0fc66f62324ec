// What a device does again and again, what it asks for without ever getting there, whom it met when, and what is unlike it.

import type { AnalysisDocument } from '../api/types.ts';
import { percent, plural } from '../format/quantity.ts';
import { At, DeviceText } from './values.tsx';

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

/** Tenths where they are significant: 0.5 s and 52 s, not 52.0 s. */
function period(seconds: number): string {
  return seconds < 10 ? `${Number(seconds.toFixed(1))} s` : `${Math.round(seconds)} s`;
}

/** Newest first, those that came after enough history marked. */
export function FirstSeen({ rows }: { rows: NonNullable<Behaviour['first_seen']> }) {
  if (rows.length === 0) return <p class="muted">No destination on the Internet so far.</p>;
  return (
    <ul class="count-list">
      {rows.slice(0, LISTED).map(({ destination, ip, proto, port, first_ts, is_new }) => (
        <li key={destination}>
          <span>
            <DeviceText text={destination} limit={56} /> {is_new && <span class="pill warn">new</span>}{' '}
            <span class="muted small nowrap" title={ip}>
              {proto.toUpperCase()} {port}
            </span>
          </span>
          <span class="nowrap">
            <At moment={first_ts} />
          </span>
        </li>
      ))}
      {rows.length > LISTED && <li class="muted small">and {plural(rows.length - LISTED, 'earlier one')}</li>}
    </ul>
  );
}

/** Each with the figures it rests on; where the history is too short to judge, that is said instead of nothing. */
export function Anomalies({ behaviour, mac }: { behaviour: Behaviour | undefined; mac: string | null }) {
  const history = behaviour?.history?.find(({ device }) => device === mac);
  const rows = behaviour?.anomalies ?? [];
  return (
    <>
      {rows.length > 0 && (
        <ul class="plain-list">
          {rows.slice(0, LISTED).map(({ rule, subject, ts, explanation }) => (
            <li key={`${rule} ${subject} ${ts}`}>
              <At moment={ts} /> <DeviceText text={explanation} limit={240} />{' '}
              <span class="muted small nowrap">{rule}</span>
            </li>
          ))}
          {rows.length > LISTED && <li class="muted small">and {plural(rows.length - LISTED, 'earlier one')}</li>}
        </ul>
      )}
      {rows.length === 0 && history?.enough === true && <p class="muted">Nothing unlike what it did before.</p>}
      <p class="muted small">
        {history === undefined ? 'No history of this device yet.' : `History: ${history.explanation}.`}
      </p>
    </>
  );
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
