// A bundle of evidence of the device, phase and time that are shown: made on the appliance and signed there, watched while it is made,
// then downloaded as one file, and removed. What lies on the appliance stays listed after a restart.

import { useSignal } from '@preact/signals';
import type { ExportsResponse } from '../../api/types.ts';
import { bytes, plural } from '../../format/quantity.ts';
import { stamp } from '../../format/time.ts';
import { phaseName } from '../../format/words.ts';
import { route } from '../../navigation.ts';
import { devices } from '../../state.ts';
import { chosenRange } from '../../time/chosen.ts';
import { spanQuery } from '../../time/span.ts';
import { deviceOption } from '../device-name.tsx';
import { DownloadIcon } from '../icons.tsx';
import { Loading, Problem } from '../panel.tsx';
import { DeviceText } from '../values.tsx';
import { useJob } from './job.ts';
import { RemoveExport } from './remove-export.tsx';

type Kept = ExportsResponse['exports'][number];

export function EvidenceExport() {
  const { view, problem, isRunning, begin, reload } = useJob<ExportsResponse>('api/v1/exports');
  const reason = useSignal('');
  const device = route.value.query.get('device') ?? '';
  const phase = route.value.query.get('phase') ?? '';
  const range = chosenRange();
  const wanted = {
    ...(device === '' ? {} : { devices: [device] }),
    ...(phase === '' ? {} : { phases: [phase] }),
    ...(reason.value.trim() === '' ? {} : { reason: reason.value.trim() }),
    ...spanQuery(range),
  };
  const isFull = view !== undefined && view.exports.length >= view.most;
  return (
    <div class="job">
      <p class="small">
        Capture files of {whose(device)}
        {phase === '' ? '' : `, phase ${phaseName(phase)}`}, {range.word === 'all' ? 'all times' : 'of the time shown'},
        with ledger, custody record and signature. <code>weir verify</code> checks them on any computer. Files that are
        still written are not in it: cut them first.
      </p>
      {problem !== undefined && <Problem message={problem} onRetry={reload} />}
      <form
        class="inline-form"
        onSubmit={(event) => {
          event.preventDefault();
          begin(wanted);
        }}
      >
        <label class="inline-field">
          Reason, for the custody record
          <input maxLength={200} value={reason} onInput={(event) => (reason.value = event.currentTarget.value)} />
        </label>
        <button type="submit" class="button quiet" disabled={isRunning || isFull || range.problem !== ''}>
          {isRunning ? 'Exporting …' : 'Export'}
        </button>
      </form>
      {isFull && (
        <p class="small" role="status">
          {plural(view.most, 'export')} are on the appliance, and no more are kept. Remove one first.
        </p>
      )}
      {view === undefined ? (
        problem === undefined && <Loading what="the exports" />
      ) : (
        <>
          <Outcome view={view} />
          <KeptExports kept={view.exports} isRunning={isRunning} onChange={reload} />
        </>
      )}
    </div>
  );
}

function whose(device: string): string {
  const row = devices.value?.find(({ id }) => id === device);
  return row === undefined ? 'all devices' : deviceOption(row);
}

function Outcome({ view: { state, done, result, why, exports } }: { view: ExportsResponse }) {
  if (state === 'running') {
    return (
      <p role="status">
        {done === null ? 'Reading the ledger …' : `${bytes(done.bytes)} of ${bytes(done.of)} are copied.`}{' '}
        {done !== null && <progress value={done.bytes} max={Math.max(1, done.of)} aria-label="Bytes copied" />}
      </p>
    );
  }
  if (why !== null) return <p class="bad-text" role="alert">{`Not exported: ${why}`}</p>;
  if (result !== null) {
    return (
      <p role="status">
        <span class="pill good">exported</span> {plural(result.segments, 'capture file')}, {bytes(result.bytes)}, in{' '}
        <code class="path">{result.folder}</code>
        {result.noted ? '' : ' The ledger has no line of it: capture did not answer.'}
      </p>
    );
  }
  return exports.length > 0 ? null : <p class="muted small">No export lies on the appliance.</p>;
}

interface KeptProps {
  readonly kept: readonly Kept[];
  readonly isRunning: boolean;
  readonly onChange: () => void;
}

function KeptExports({ kept, isRunning, onChange }: KeptProps) {
  // The one that is being made is above.
  const shown = kept.filter(({ whole }) => whole !== null || !isRunning);
  if (shown.length === 0) return null;
  return (
    <>
      <ul class="plain-list kept-exports" aria-label="Exports on the appliance">
        {shown.map(({ name, whole }) => (
          <li key={name}>
            <span class="nowrap">{momentOf(name)}</span>
            {whole === null ? (
              <span class="muted">was not finished</span>
            ) : (
              <>
                <span>
                  {plural(whole.segments, 'capture file')}, {bytes(whole.bytes)},{' '}
                  <DeviceText text={whole.reason} limit={80} />
                </span>
                <a class="button quiet" href={`api/v1/exports/${name}/tar`} download={`weir-export-${name}.tar`}>
                  <DownloadIcon /> tar
                </a>
              </>
            )}
            <RemoveExport name={name} moment={momentOf(name)} onChange={onChange} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** `20261203T064512Z`, as every other moment is written. */
function momentOf(name: string): string {
  return stamp(Date.parse(name.replace(/^(....)(..)(..)T(..)(..)(..)Z.*$/, '$1-$2-$3T$4:$5:$6Z')) / 1000);
}
