// Two spans next to each other: exactly their packets, read from the files by the appliance, and whom only one of them met.

import { useSignal } from '@preact/signals';
import { get } from '../../api/request.ts';
import type { WindowFigures } from '../../api/types.ts';
import { duration, stamp, toMillis } from '../../format/time.ts';
import { useResource } from '../../resource.ts';
import { windows } from '../../state.ts';
import { minute } from '../../time/clock.ts';
import { type Range, spanQuery } from '../../time/span.ts';
import { kindName, markName, marksIn } from '../../time/windows.ts';
import { Dialog } from '../dialog.tsx';
import { Loading, Problem } from '../panel.tsx';
import { Bytes, Count, DeviceText } from '../values.tsx';

interface Props {
  readonly range: Range;
  readonly device: string | undefined;
  readonly onClose: () => void;
}

const BEFORE = 'before';
const LISTED = 12;

/** Compared with the span of the same length before it, or with a window. */
export function CompareSpans({ range, device, onClose }: Props) {
  const from = range.from ?? 0;
  const to = range.to ?? minute.peek();
  const other = useSignal(BEFORE);
  const choices = marksIn(windows.value, { from: null, to: null }, minute.value).filter(
    ({ kind, to: end, from: begin }) => kind !== 'note' && kind !== 'clock' && end > begin,
  );
  const figures = (path: string, query: Record<string, string> = {}) => get<WindowFigures>(path, { ...query, device });
  const load = () =>
    Promise.all([
      figures('api/v1/figures', spanQuery({ from, to })),
      other.value === BEFORE
        ? figures('api/v1/figures', spanQuery({ from: from - (to - from), to: from }))
        : figures(`api/v1/windows/${other.value}/figures`),
    ]);
  const { value, problem, reload } = useResource(load, `${from} ${to} ${device ?? ''} ${other.value}`);
  return (
    <Dialog title="Compare this span" onClose={onClose}>
      <label class="inline-field">
        With
        <select value={other.value} onChange={(event) => (other.value = event.currentTarget.value)}>
          <option value={BEFORE}>the {duration(to - from)} before it</option>
          {choices.map((mark) => (
            <option key={mark.id} value={mark.id}>
              {`${kindName(mark.kind)} ${markName(mark)}, ${stamp(mark.from)}`}
            </option>
          ))}
        </select>
      </label>
      {problem !== undefined && <Problem message={problem} onRetry={reload} />}
      {value === undefined ? (
        problem === undefined && <Loading what="both spans from the files" />
      ) : (
        <Compared one={value[0]} other={value[1]} />
      )}
      <form method="dialog" class="dialog-actions">
        <button type="submit" class="button">
          Close
        </button>
      </form>
    </Dialog>
  );
}

function Compared({ one, other }: { one: WindowFigures; other: WindowFigures }) {
  const rows = [
    ['Packets', ({ totals }: WindowFigures) => <Count value={totals.packets} />],
    ['Bytes', ({ totals }: WindowFigures) => <Bytes value={totals.bytes} />],
    ['Bytes an hour', (figures: WindowFigures) => <Bytes value={hourly(figures)} />],
    ['Conversations', ({ totals }: WindowFigures) => <Count value={totals.conversations} />],
    ['Destinations', ({ totals }: WindowFigures) => <Count value={totals.destinations} />],
    ['Not recorded', ({ coverage }: WindowFigures) => duration(coverage.not_recorded.seconds)],
  ] as const;
  return (
    <>
      <table class="plain-table">
        <thead>
          <tr>
            <th scope="col">
              <span class="visually-hidden">Figure</span>
            </th>
            <th scope="col">This span</th>
            <th scope="col">The other</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Begin</th>
            <td>{stamp(one.window.from)}</td>
            <td>{stamp(other.window.from)}</td>
          </tr>
          {rows.map(([name, show]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{show(one)}</td>
              <td>{show(other)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <OnlyIn title="Destinations only in this span" one={one} other={other} />
      <OnlyIn title="Destinations only in the other" one={other} other={one} />
    </>
  );
}

/** Of the time in which something was recorded; null where that is not known. */
function hourly({ totals, window, coverage }: WindowFigures): number | null {
  const end = toMillis(window.to);
  const length = window.seconds ?? (end === undefined ? null : (end - (toMillis(window.from) ?? end)) / 1000);
  const recorded = length === null ? 0 : length - coverage.not_recorded.seconds;
  return recorded > 0 ? Math.round((totals.bytes / recorded) * 3600) : null;
}

function OnlyIn({ title, one, other }: { title: string; one: WindowFigures; other: WindowFigures }) {
  const known = new Set(other.document.destinations.map(({ ip }) => ip));
  const only = one.document.destinations.filter(({ ip }) => !known.has(ip));
  if (only.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul class="plain-list small">
        {only.slice(0, LISTED).map(({ ip, names, country }) => (
          <li key={ip}>
            <DeviceText text={names[0]?.name ?? ip} limit={56} />{' '}
            <span class="muted">{country === null ? '' : country}</span>
          </li>
        ))}
        {only.length > LISTED && <li class="muted">and {only.length - LISTED} more</li>}
      </ul>
    </>
  );
}
