// The password that was chosen at the claim or printed at the first start. Nothing else is shown without it.

import { useState } from 'preact/hooks';
import { ApiError } from '../api/request.ts';
import { login } from '../feed.ts';
import { Logo } from '../parts/icons.tsx';
import { link } from '../state.ts';

export function Login() {
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);

  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem('');
    try {
      await login(password);
    } catch (thrown) {
      setProblem(explainLogin(thrown));
    } finally {
      setBusy(false);
    }
  };

  return (
    <main class="login">
      <form class="panel" onSubmit={(event) => void submit(event)}>
        <Logo size={44} />
        <h1>Weir</h1>
        <p class="muted">Records what the devices on its network say, and shows it.</p>
        <label for="password">Password</label>
        <input
          id="password"
          type="password"
          autocomplete="current-password"
          required
          autofocus
          value={password}
          aria-invalid={problem !== ''}
          aria-describedby="login-problem login-hint"
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
        <p id="login-problem" class="bad-text" role="alert">
          {problem}
        </p>
        {link.value.state === 'lost' && (
          <p class="small" role="status">
            The appliance does not answer in time. It is asked again by itself; nothing needs to be entered twice.
          </p>
        )}
        <button type="submit" class="button strong" disabled={busy || password === ''}>
          {busy ? 'Checking …' : 'Log in'}
        </button>
        <p id="login-hint" class="muted small">
          You chose it when you claimed this appliance; without a claim it was printed once, at the first start. Lost
          it? Put an empty file <code>reset-password</code> on the boot partition and start again, or delete{' '}
          <code>access/access.json</code> in the data folder.
        </p>
      </form>
    </main>
  );
}

function explainLogin(thrown: unknown): string {
  if (thrown instanceof ApiError && thrown.kind === 'login') return 'That is not the password. Check it and try again.';
  return thrown instanceof Error ? thrown.message : String(thrown);
}
