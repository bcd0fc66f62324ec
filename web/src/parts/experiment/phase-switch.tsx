// Declares what the experimenter does now. The appliance cuts every open segment at the switch, so phases never share a file.

import { type Signal, useSignal } from '@preact/signals';
import { post } from '../../api/request.ts';
import type { PhaseRequest, PhaseResponse } from '../../api/types.ts';
import { duration, stamp, toMillis } from '../../format/time.ts';
import { interactionName, phaseName } from '../../format/words.ts';
import { explain } from '../../resource.ts';
import { announcement, phaseChanges, recording, status } from '../../state.ts';
import { now } from '../../time/clock.ts';

type PhaseWord = PhaseRequest['phase'];
type Interaction = PhaseResponse['interaction'];

const MAIN_PHASES: readonly PhaseWord[] = ['idle', 'intensive'];
const OTHER_PHASES: readonly PhaseWord[] = ['unlabelled', 'setup', 'scan', 'proxy'];
const INTERACTIONS: readonly Interaction[] = ['none', 'lan_app', 'wan_app', 'voice', 'physical'];
const NOTE_LENGTH = 1000;

export function PhaseSwitch() {
  const current = status.value?.phase;
  const interaction = useSignal<Interaction>('none');
  const note = useSignal('');
  const busy = useSignal(false);
  const problem = useSignal('');
  if (current === undefined) return null;

  const change = async (phase: PhaseWord) => {
    busy.value = true;
    problem.value = await declare(phase, interaction.value, note.value);
    busy.value = false;
    if (problem.value === '') note.value = '';
  };
  const unreachable = status.value?.capture === null;
  const buttons = (words: readonly PhaseWord[]) => (
    <PhaseButtons
      words={words}
      current={current.phase}
      disabled={busy.value || unreachable}
      onChoose={(phase) => void change(phase)}
    />
  );
  return (
    <div class="phase-switch">
      <p class="phase-now">
        <strong>{phaseName(current.phase)}</strong>
        <Since moment={current.since} />
        {current.phase === 'unknown' && <Declared />}
        {current.phase !== 'unknown' && current.interaction !== 'none' && (
          <span class="pill none">{interactionName(current.interaction)}</span>
        )}
      </p>
      <InteractionField interaction={interaction} />
      <NoteField note={note} />
      <div class="segmented large" role="group" aria-label="Switch phase">
        {buttons(MAIN_PHASES)}
      </div>
      <details>
        <summary class="small">Other phases</summary>
        <div class="segmented wrap" role="group" aria-label="Switch to another phase">
          {buttons(OTHER_PHASES)}
        </div>
      </details>
      <p class="bad-text" role="alert">
        {unreachable ? 'Capture does not answer, so the phase cannot be switched.' : problem}
      </p>
      <p class="muted small">Switching closes the open capture files, so that no file holds two phases.</p>
    </div>
  );
}

interface PhaseButtonsProps {
  readonly words: readonly PhaseWord[];
  readonly current: string;
  readonly disabled: boolean;
  readonly onChoose: (phase: PhaseWord) => void;
}

function PhaseButtons({ words, current, disabled, onChoose }: PhaseButtonsProps) {
  return (
    <>
      {words.map((phase) => (
        <button
          type="button"
          key={phase}
          aria-pressed={current === phase}
          disabled={disabled}
          onClick={() => onChoose(phase)}
        >
          {phaseName(phase)}
        </button>
      ))}
    </>
  );
}

function InteractionField({ interaction }: { interaction: Signal<Interaction> }) {
  return (
    <label>
      How the device is used
      <select
        value={interaction.value}
        onChange={(event) => {
          interaction.value = event.currentTarget.value as Interaction;
        }}
      >
        {INTERACTIONS.map((word) => (
          <option key={word} value={word}>
            {interactionName(word)}
          </option>
        ))}
      </select>
    </label>
  );
}

function NoteField({ note }: { note: Signal<string> }) {
  return (
    <label>
      Note for the record
      <input
        type="text"
        maxLength={NOTE_LENGTH}
        value={note.value}
        placeholder="e.g. lamp on with the app, 10 times"
        onInput={(event) => {
          note.value = event.currentTarget.value;
        }}
      />
    </label>
  );
}

/** Asks the appliance; what went wrong as a sentence, or nothing. */
async function declare(phase: PhaseWord, interaction: Interaction, note: string): Promise<string> {
  const request: PhaseRequest = { phase, interaction, ...(note === '' ? {} : { note }) };
  try {
    accept(await post<PhaseResponse>('api/v1/phase', request));
    return '';
  } catch (thrown) {
    return explain(thrown);
  }
}

/** While nobody says which phase it is: the last one that was declared, labelled as such. */
function Declared() {
  const last = recording.value?.phases.at(-1);
  if (last === undefined) return null;
  return (
    <span class="muted small">
      declared last: {phaseName(last.phase)}, {stamp(last.since)}
    </span>
  );
}

function Since({ moment }: { moment: string | null }) {
  const millis = toMillis(moment);
  if (millis === undefined) return null;
  return (
    <span class="muted" title={stamp(moment)}>
      for {duration(Math.max(0, (now.value - millis) / 1000))}
    </span>
  );
}

/** Shown at once; the event stream confirms it with the moment that the ledger holds. */
function accept({ phase, interaction }: PhaseResponse): void {
  const known = status.value;
  if (known !== undefined) {
    status.value = { ...known, phase: { phase, interaction, since: new Date().toISOString() } };
  }
  phaseChanges.raise();
  announcement.value = `Phase is now ${phaseName(phase)}.`;
}
