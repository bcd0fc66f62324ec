// The phases as one band and as a list with their notes.

import { duration, utc } from '../format/time.ts';
import { interactionName, phaseName } from '../format/words.ts';
import type { PhaseStretch } from '../phases.ts';
import { DeviceText } from './values.tsx';

const LISTED = 8;

export function PhaseTimeline({ phases }: { phases: readonly PhaseStretch[] }) {
  if (phases.length === 0) return <p class="muted">No phase was declared. The switch is on the Live page.</p>;
  return (
    <>
      <div class="phase-band" aria-hidden="true">
        {phases.map((stretch) => (
          <span
            key={stretch.n}
            class={`phase-${stretch.phase}`}
            style={{ flexGrow: Math.max(1, stretch.to - stretch.from) }}
            title={`${phaseName(stretch.phase)}: ${utc(stretch.from)}`}
          />
        ))}
      </div>
      <ol class="phase-list">
        {[...phases]
          .reverse()
          .slice(0, LISTED)
          .map((stretch) => (
            <li key={stretch.n}>
              <span class={`phase-dot phase-${stretch.phase}`} aria-hidden="true" />
              <span>
                <strong>{phaseName(stretch.phase)}</strong>
                {stretch.interaction !== 'none' && `, ${interactionName(stretch.interaction)}`}
                <span class="muted small">
                  {' '}
                  {utc(stretch.from)}, {stretch.open ? 'so far ' : ''}
                  {duration(stretch.to - stretch.from)}
                </span>
                {stretch.note !== '' && (
                  <span class="note small">
                    <DeviceText text={stretch.note} limit={200} />
                  </span>
                )}
              </span>
            </li>
          ))}
      </ol>
      {phases.length > LISTED && <p class="muted small">{phases.length - LISTED} earlier ones are in the ledger.</p>}
    </>
  );
}
