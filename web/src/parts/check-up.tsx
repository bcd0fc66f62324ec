// The check-up: known causes of problems that were found, each with the line that mends it, worst first; then what could not be
// looked at, and what is well.

import { useState } from 'preact/hooks';
import { get, post } from '../api/request.ts';
import type { DoctorCheck, DoctorResponse } from '../api/types.ts';
import { ago } from '../format/time.ts';
import { explain, useEvery, useResource } from '../resource.ts';
import { now } from '../time/clock.ts';
import { Loading, Panel, Problem } from './panel.tsx';
import { DeviceText } from './values.tsx';

const REFRESH_SECONDS = 5;

export function CheckUp() {
  const { value, problem, reload } = useResource(
    () => get<DoctorResponse>('api/v1/doctor'),
    'doctor',
    useEvery(REFRESH_SECONDS),
  );
  const [refusal, setRefusal] = useState<string>();
  const ask = () =>
    void post<DoctorResponse>('api/v1/doctor', {}).then(
      () => {
        setRefusal(undefined);
        reload();
      },
      (thrown: unknown) => setRefusal(explain(thrown)),
    );
  const isRunning = value?.state === 'running';
  return (
    <Panel
      title="Check-up"
      class="check-up"
      aside={
        <div class="filters">
          {value?.report && <span class="muted small">looked {ago(value.report.ts, now.value)}</span>}
          <button type="button" class="button quiet" disabled={isRunning} onClick={ask}>
            {isRunning ? 'Looking …' : 'Check now'}
          </button>
        </div>
      }
    >
      {(refusal ?? problem) !== undefined && <Problem message={refusal ?? problem ?? ''} onRetry={reload} />}
      {value === undefined ? problem === undefined && <Loading what="the check-up" /> : <Report view={value} />}
    </Panel>
  );
}

function Report({ view: { report, state } }: { view: DoctorResponse }) {
  if (report === null) {
    return (
      <p class="empty">
        {state === 'running'
          ? 'The first look is under way.'
          : 'No check has been run yet; the first one runs half a minute after the start.'}
      </p>
    );
  }
  const of = (verdict: DoctorCheck['verdict']) => report.checks.filter((check) => check.verdict === verdict);
  const wrong = [...of('fail'), ...of('warn')];
  return (
    <>
      {wrong.length === 0 ? (
        <p>
          <span class="pill good">healthy</span> Nothing known to cause problem was found in {report.counts.ok} checks.
        </p>
      ) : (
        <ul class="checks">
          {wrong.map((check) => (
            <WrongCheck key={check.id} check={check} />
          ))}
        </ul>
      )}
      <Others title={`Not known: ${report.counts.unknown}`} checks={of('unknown')} />
      <Others title={`Well: ${report.counts.ok}`} checks={of('ok')} />
      <Others title={`Not applicable: ${report.counts.not_applicable}`} checks={of('not applicable')} />
      {report.counts.unknown > 0 && !report.as_root && (
        <p class="small muted">
          The page may not look everywhere; <code>sudo weir doctor</code> on the appliance may.
        </p>
      )}
    </>
  );
}

function WrongCheck({ check }: { check: DoctorCheck }) {
  const isBroken = check.verdict === 'fail';
  return (
    <li class="check">
      <p class="check-seen">
        <span class={`pill ${isBroken ? 'bad' : 'warn'}`}>{isBroken ? 'fails' : 'warning'}</span>{' '}
        <strong>
          <DeviceText text={check.seen} limit={400} />
        </strong>{' '}
        <span class="muted small">{check.id}</span>
      </p>
      <p>{check.means}</p>
      <p>
        <span class="muted">Fix:</span> <code class="check-fix">{check.fix}</code>
      </p>
    </li>
  );
}

function Others({ title, checks }: { title: string; checks: readonly DoctorCheck[] }) {
  if (checks.length === 0) return null;
  return (
    <details class="checks-more">
      <summary>{title}</summary>
      <ul>
        {checks.map((check) => (
          <li key={check.id}>
            {check.title}: <DeviceText text={check.seen} limit={400} />
          </li>
        ))}
      </ul>
    </details>
  );
}
