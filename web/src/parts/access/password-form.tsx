// Another password. It logs out everyone who knew the old one, and no token is valid any more.

import { useState } from 'preact/hooks';
import { post } from '../../api/request.ts';
import { passwordMistake, SHORTEST_PASSWORD } from '../../password.ts';
import { explain } from '../../resource.ts';

export function PasswordForm({ onChanged }: { onChanged: () => void }) {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [repeated, setRepeated] = useState('');
  const [problem, setProblem] = useState('');
  const [done, setDone] = useState('');
  const [busy, setBusy] = useState(false);

  const submit = async (event: Event) => {
    event.preventDefault();
    setDone('');
    const mistake = passwordMistake(password, repeated);
    setProblem(mistake);
    if (mistake !== '') return;
    setBusy(true);
    try {
      await post('api/v1/password', { current, password });
      for (const clear of [setCurrent, setPassword, setRepeated]) clear('');
      setDone('The password was changed. All other sessions and all tokens have ended.');
      onChanged();
    } catch (thrown) {
      setProblem(explain(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="access-form" onSubmit={(event) => void submit(event)}>
      <Secret label="Current password" autocomplete="current-password" value={current} onInput={setCurrent} />
      <Secret label="New password" autocomplete="new-password" value={password} onInput={setPassword} />
      <Secret label="New password again" autocomplete="new-password" value={repeated} onInput={setRepeated} />
      <button type="submit" class="button" disabled={busy || current === '' || password === ''}>
        {busy ? 'Changing …' : 'Change the password'}
      </button>
      <p class="muted small">
        {SHORTEST_PASSWORD} characters or more. All other browsers are logged out, and all tokens are taken back.
      </p>
      <p class="bad-text" role="alert">
        {problem}
      </p>
      <p role="status">{done}</p>
    </form>
  );
}

interface SecretProps {
  readonly label: string;
  readonly autocomplete: 'current-password' | 'new-password';
  readonly value: string;
  readonly onInput: (value: string) => void;
}

function Secret({ label, autocomplete, value, onInput }: SecretProps) {
  return (
    <label>
      {label}
      <input
        type="password"
        autocomplete={autocomplete}
        required
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}
