// The phases as one band and as a list with their notes.

import { duration, stamp } from '../../format/time.ts';
import { interactionName, phaseName } from '../../format/words.ts';
import { gapWords, type PhaseStretch } from '../../recording.ts';
import { DeviceText } from '../values.tsx';

const LISTED = 8;

/** An outage is hatched where it was, and never so narrow that it is not seen. */
function Unrecorded({ stretch: { from, to, gaps } }: { stretch: PhaseStretch }) {
  const share = (seconds: number) => `${((seconds / Math.max(1, to - from)) * 100).toFixed(3)}%`;
  return (
    <>
      {gaps.map((gap) => (
        <i
          key={gap.from}
          class="unrecorded"
          style={{ left: share(gap.from - from), width: share(gap.to - gap.from) }}
        />
      ))}
    </>
  );
}

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
            title={`${phaseName(stretch.phase)}: ${stamp(stretch.from)}`}
          >
            <Unrecorded stretch={stretch} />
          </span>
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
                  {stamp(stretch.from)}, {stretch.open ? 'so far ' : ''}
                  {duration(stretch.to - stretch.from)}
                  {stretch.gaps.length > 0 && `; not recorded: ${gapWords(stretch.gaps)}`}
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
