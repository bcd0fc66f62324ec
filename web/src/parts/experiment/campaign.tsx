// The campaign that runs: the next action in large type, for a person at the device with a phone. Without one: which could
// be started.

import { type Signal, useSignal } from '@preact/signals';
import { get, post } from '../../api/request.ts';
import type { CampaignResponse, CampaignsResponse } from '../../api/types.ts';
import { duration } from '../../format/time.ts';
import { interactionName, phaseName } from '../../format/words.ts';
import { explain, useEvery, useResource } from '../../resource.ts';
import { announcement, devices } from '../../state.ts';
import { deviceOption } from '../device-name.tsx';
import { Dialog } from '../dialog.tsx';
import { DeviceText } from '../values.tsx';

type Run = NonNullable<CampaignResponse['campaign']>;

const LOOK_SECONDS = 2;

export function Campaign() {
  const beat = useEvery(LOOK_SECONDS);
  const { value, reload } = useResource(() => get<CampaignResponse>('api/v1/campaign'), 'campaign', beat);
  const problem = useSignal('');
  if (value === undefined) return null;
  const run = value.campaign;
  return (
    <section class="campaign" aria-label="Campaign">
      {run !== null && <Now run={run} problem={problem} reload={reload} />}
      {run?.state !== 'running' && <Start problem={problem} reload={reload} />}
      <p class="bad-text" role="alert">
        {problem}
      </p>
    </section>
  );
}

interface NowProps {
  readonly run: Run;
  readonly problem: Signal<string>;
  readonly reload: () => void;
}

function Now({ run, problem, reload }: NowProps) {
  const { step, say, asks } = run;
  const isEnding = useSignal(false);
  const send = async (what: 'done' | 'skip' | 'abort') => {
    problem.value = await ask(`api/v1/campaign/${what}`, {});
    if (problem.value === '') announcement.value = what === 'done' ? 'Confirmed.' : `Campaign: ${what}.`;
    isEnding.value = false;
    reload();
  };
  return (
    <>
      <p class={run.state === 'running' ? 'campaign-say' : 'muted small'} aria-live="polite">
        <DeviceText text={say} limit={500} />
      </p>
      {asks && (
        <button type="button" class="button campaign-done" onClick={() => void send('done')}>
          Done
        </button>
      )}
      {run.state === 'running' && (
        <progress class="campaign-progress" aria-label="Steps done" max={run.steps} value={run.results.length} />
      )}
      {step !== null && <Where run={run} step={step} />}
      <Results run={run} />
      {run.state === 'running' && (
        <span class="tag-buttons">
          <button type="button" class="button quiet" onClick={() => void send('skip')}>
            Skip this step
          </button>
          <button type="button" class="button quiet" onClick={() => (isEnding.value = true)}>
            Abort the campaign …
          </button>
        </span>
      )}
      {isEnding.value && (
        <Abort run={run} onClose={() => (isEnding.value = false)} onAbort={() => void send('abort')} />
      )}
    </>
  );
}

/** Days of work end with it, and nothing resumes it. */
function Abort({ run, onClose, onAbort }: { run: Run; onClose: () => void; onAbort: () => void }) {
  const left = run.steps - run.results.length;
  return (
    <Dialog title={`Abort ${run.name}?`} onClose={onClose}>
      <p>
        {left} of {run.steps} steps are not done, and it cannot be resumed. What was recorded stays.
      </p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          Go on with it
        </button>
        <button type="button" class="button strong" onClick={onAbort}>
          Abort it
        </button>
      </div>
    </Dialog>
  );
}

function Where({ run, step }: { run: Run; step: NonNullable<Run['step']> }) {
  const { next, seconds_left: left, reason } = run;
  return (
    <p class="small">
      <strong>{run.name}</strong>, step {step.number} of {run.steps}: {step.name} ({phaseName(step.phase)}
      {step.interaction !== 'none' && `, ${interactionName(step.interaction)}`}), attempt {step.attempt}
      {left !== null && <span class="campaign-left">, {duration(left)} left</span>}.
      {reason !== '' && (
        <span>
          {' '}
          Again, because: <DeviceText text={reason} limit={300} />.
        </span>
      )}
      {next !== null && <span class="muted"> Then: {next.name}.</span>}
    </p>
  );
}

function Results({ run: { results, steps } }: { run: Run }) {
  if (results.length === 0) return null;
  return (
    <details>
      <summary class="small">
        {results.filter(({ outcome }) => outcome === 'accepted').length} accepted, {results.length} of {steps} done
      </summary>
      <ol class="plain-list small">
        {results.map(({ number, name, outcome, attempts, reason }) => (
          <li key={number}>
            {number}. {name}: <strong>{outcome}</strong>
            {attempts > 1 && `, attempt ${attempts}`}
            {reason !== '' && (
              <span class="muted">
                {' '}
                <DeviceText text={reason} limit={300} />
              </span>
            )}
          </li>
        ))}
      </ol>
    </details>
  );
}

function Start({ problem, reload }: Omit<NowProps, 'run'>) {
  const { value } = useResource(() => get<CampaignsResponse>('api/v1/campaigns'), 'campaigns');
  const chosen = useSignal('');
  const device = useSignal('');
  const all = value?.campaigns ?? [];
  const rows = all.filter(({ mistakes }) => mistakes.length === 0);
  const about = rows.find(({ name }) => name === chosen.value);
  const start = async (event: Event) => {
    event.preventDefault();
    const request = { name: chosen.value, device: device.value || null };
    problem.value = await ask('api/v1/campaign/start', request);
    if (problem.value === '') announcement.value = `Campaign ${chosen.value} started.`;
    reload();
  };
  if (all.length === 0) return null;
  return (
    <details>
      <summary class="small">Start a campaign</summary>
      <form class="start-campaign" onSubmit={(event) => void start(event)}>
        <select
          aria-label="Campaign"
          required
          value={chosen.value}
          onChange={(event) => {
            chosen.value = event.currentTarget.value;
          }}
        >
          <option value="">Choose one</option>
          {rows.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <select
          aria-label="Device of the campaign"
          value={device.value}
          onChange={(event) => {
            device.value = event.currentTarget.value;
          }}
        >
          <option value="">As the file says</option>
          {(devices.value ?? [])
            .filter((row) => row.mac !== null)
            .map((row) => (
              <option key={row.id} value={row.id}>
                {deviceOption(row)}
              </option>
            ))}
        </select>
        <button type="submit" class="button">
          Start
        </button>
      </form>
      {about !== undefined && (
        <p class="muted small">
          {about.about} At least {duration(about.seconds ?? 0)}, {about.recordings} recordings.
        </p>
      )}
      <Mistaken rows={all.filter(({ mistakes }) => mistakes.length > 0)} />
    </details>
  );
}

/** Files of the owner's that cannot be started, and why. */
function Mistaken({ rows }: { rows: CampaignsResponse['campaigns'] }) {
  if (rows.length === 0) return null;
  return (
    <ul class="plain-list small">
      {rows.map(({ name, mistakes }) => (
        <li key={name}>
          <strong>
            <DeviceText text={name} limit={64} />
          </strong>{' '}
          cannot be started:{' '}
          {mistakes.map(({ line, message }) => (
            <span key={`${line} ${message}`}>
              line {line}: <DeviceText text={message} limit={300} />{' '}
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}

/** What went wrong as a sentence, or nothing. */
async function ask(path: string, body: object): Promise<string> {
  try {
    await post(path, body);
    return '';
  } catch (thrown) {
    return explain(thrown);
  }
}
