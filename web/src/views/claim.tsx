// The first visit: the reader of the claim token on card or console chooses the password. Nothing else is shown before.

import { useState } from 'preact/hooks';
import { get } from '../api/request.ts';
import type { ClaimResponse } from '../api/types.ts';
import { claim } from '../feed.ts';
import { Logo } from '../parts/icons.tsx';
import { DeviceText } from '../parts/values.tsx';
import { passwordMistake, SHORTEST_PASSWORD } from '../password.ts';
import { useResource } from '../resource.ts';

export function Claim() {
  const { value } = useResource(() => get<ClaimResponse>('api/v1/claim'), 'claim');
  const [token, setToken] = useState('');
  const [password, setPassword] = useState('');
  const [repeated, setRepeated] = useState('');
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);

  const submit = async (event: Event) => {
    event.preventDefault();
    const mistake = passwordMistake(password, repeated);
    setProblem(mistake);
    if (mistake !== '') return;
    setBusy(true);
    try {
      await claim(token, password);
    } catch (thrown) {
      setProblem(thrown instanceof Error ? thrown.message : String(thrown));
    } finally {
      setBusy(false);
    }
  };

  return (
    <main class="login">
      <form class="panel" onSubmit={(event) => void submit(event)}>
        <Logo size={44} />
        <h1>Claim this Weir</h1>
        <p class="muted">
          {value !== undefined && (
            <>
              <DeviceText text={value.appliance} limit={32} /> has no password yet.{' '}
            </>
          )}
          Choose one now; nobody else can afterwards.
        </p>
        {value?.settings === 'refused' && (
          <p class="bad-text" role="status">
            <code>weir.yaml</code> on the boot partition has mistakes and is not used. <code>weir-status.txt</code> next
            to it says which.
          </p>
        )}
        <Field
          id="token"
          label="Claim token"
          value={token}
          onInput={setToken}
          hint="From weir-access.txt on the boot partition of the card, or from the console."
        />
        <Field
          id="password"
          label="New password"
          value={password}
          onInput={setPassword}
          secret
          hint={`${SHORTEST_PASSWORD} characters or more; some unrelated words are good.`}
        />
        <Field id="repeated" label="New password again" value={repeated} onInput={setRepeated} secret />
        <p id="claim-problem" class="bad-text" role="alert">
          {problem}
        </p>
        <button type="submit" class="button strong" disabled={busy || token === '' || password === ''}>
          {busy ? 'Claiming …' : 'Set the password'}
        </button>
      </form>
    </main>
  );
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly secret?: boolean;
  readonly hint?: string;
}

function Field({ id, label, value, onInput, secret = false, hint }: FieldProps) {
  const common = {
    id,
    value,
    required: true,
    'aria-describedby': hint === undefined ? 'claim-problem' : `claim-problem ${id}-hint`,
    onInput: (event: InputEvent) => onInput((event.currentTarget as HTMLInputElement).value),
  } as const;
  return (
    <>
      <label for={id}>{label}</label>
      {secret ? (
        <input type="password" autocomplete="new-password" {...common} />
      ) : (
        <input type="text" autocomplete="off" autocapitalize="off" spellcheck={false} {...common} />
      )}
      {hint !== undefined && (
        <p id={`${id}-hint`} class="muted small">
          {hint}
        </p>
      )}
    </>
  );
}
