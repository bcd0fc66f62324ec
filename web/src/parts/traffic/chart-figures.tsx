// The figures of a chart as a table, drawn when somebody asks, and as CSV for a paper or a program.

import { useSignal } from '@preact/signals';
import { stamp } from '../../format/time.ts';
import type { Second } from '../../traffic.ts';
import { DownloadIcon } from '../icons.tsx';
import { Bytes } from '../values.tsx';

const LISTED = 200;

/** `step`: seconds that each row lasts. Steps without a measurement have no figure; newest first. */
export function ChartFigures({ steps, step }: { steps: readonly Second[]; step: number }) {
  const isOpen = useSignal(false);
  const newest = isOpen.value ? steps.toReversed() : [];
  return (
    <details class="chart-figures" onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary class="small">Figures of this chart</summary>
      {isOpen.value && (
        <>
          <a class="button quiet" href={csvAddress(steps, step)} download="weir-activity.csv">
            <DownloadIcon /> CSV
          </a>
          <table class="plain-table">
            <caption class="visually-hidden">Bytes of each step, newest first</caption>
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col">In</th>
                <th scope="col">Out</th>
              </tr>
            </thead>
            <tbody>
              {newest.slice(0, LISTED).map(({ second, in: into, out }) => (
                <tr key={second}>
                  <th scope="row">{stamp(second)}</th>
                  <td>{into === null ? 'not known' : <Bytes value={Math.round(into.total * step)} />}</td>
                  <td>{out === null ? 'not known' : <Bytes value={Math.round(out.total * step)} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {newest.length > LISTED && <p class="muted small">{newest.length - LISTED} earlier rows are in the CSV.</p>}
        </>
      )}
    </details>
  );
}

/** Exact bytes; empty where nothing is known. Times in UTC. */
function csvAddress(steps: readonly Second[], step: number): string {
  const cell = (parts: Second['in']) => (parts === null ? '' : String(Math.round(parts.total * step)));
  const lines = steps.map(
    ({ second, in: into, out }) => `${new Date(second * 1000).toISOString()},${step},${cell(into)},${cell(out)}`,
  );
  return `data:text/csv;charset=utf-8,${encodeURIComponent(['from,seconds,bytes_in,bytes_out', ...lines, ''].join('\r\n'))}`;
}
