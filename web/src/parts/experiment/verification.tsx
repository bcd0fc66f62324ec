// Verifying all captures from the page: begun by a button, watched while it runs, and its result in the words of `weir verify`.

import type { VerificationResponse } from '../../api/types.ts';
import { count } from '../../format/quantity.ts';
import { stamp } from '../../format/time.ts';
import { Loading, Problem } from '../panel.tsx';
import { useJob } from './job.ts';

export function Verification() {
  const { view, problem, isRunning, begin, reload } = useJob<VerificationResponse>('api/v1/verify');
  return (
    <div class="job">
      {problem !== undefined && <Problem message={problem} onRetry={reload} />}
      <button type="button" class="button quiet" disabled={isRunning} onClick={() => begin({})}>
        {isRunning ? 'Verifying …' : 'Verify all captures'}
      </button>
      {view === undefined ? problem === undefined && <Loading what="the verification" /> : <Outcome view={view} />}
    </div>
  );
}

function Outcome({ view: { state, done, result, why, ended } }: { view: VerificationResponse }) {
  if (state === 'running') {
    return (
      <p role="status">
        {done === null ? 'Reading the ledger …' : `${count(done.files)} of ${count(done.of)} files are checked.`}{' '}
        {done !== null && <progress value={done.files} max={Math.max(1, done.of)} aria-label="Files checked" />}
      </p>
    );
  }
  if (result !== null) {
    return (
      <>
        <p role="status">
          <span class={`pill ${result.ok ? 'good' : 'bad'}`}>{result.ok ? 'verified' : 'not verified'}</span>{' '}
          {ended !== null && stamp(String(Date.parse(ended) / 1000))}
        </p>
        <pre class="verify-text small">{result.text}</pre>
      </>
    );
  }
  if (why !== null) return <p class="bad-text" role="alert">{`Not verified: ${why}`}</p>;
  return <p class="muted small">Nothing was verified since the appliance started.</p>;
}
