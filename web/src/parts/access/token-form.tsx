// Makes a token for some scopes and days.

import { useState } from 'preact/hooks';
import { post } from '../../api/request.ts';
import type { TokenRequest, TokenResponse } from '../../api/types.ts';
import { explain } from '../../resource.ts';

type Scope = TokenRequest['scopes'][number];

const SCOPES: readonly { readonly scope: Scope; readonly may: string }[] = [
  { scope: 'summaries', may: 'read figures and events' },
  { scope: 'captures', may: 'read packets and the ledger' },
  { scope: 'metrics', may: 'read /metrics' },
  { scope: 'control', may: 'change phases, tags and capture' },
];
const ENDS: readonly { readonly days: number | null; readonly text: string }[] = [
  { days: 1, text: 'in a day' },
  { days: 30, text: 'in 30 days' },
  { days: 365, text: 'in a year' },
  { days: null, text: 'never' },
];

interface Props {
  /** Names in use: a token of the same name would be replaced without a word. */
  readonly known: readonly string[];
  readonly onMade: (token: TokenResponse) => void;
}

export function TokenForm({ known, onMade }: Props) {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['summaries']);
  const [days, setDays] = useState<number | null>(30);
  const [problem, setProblem] = useState('');
  const submit = async (event: Event) => {
    event.preventDefault();
    const answer = known.includes(name) ? `There is a token ${name}. Revoke it first.` : await make(name, scopes, days);
    setProblem(typeof answer === 'string' ? answer : '');
    if (typeof answer === 'string') return;
    setName('');
    onMade(answer);
  };
  return (
    <form class="access-form token-form" onSubmit={(event) => void submit(event)}>
      <label>
        Name of a new token
        <input
          type="text"
          required
          pattern="[A-Za-z0-9_.\-]{1,40}"
          title="Letters, digits, _ . and -, at most 40"
          placeholder="home-assistant"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <fieldset>
        <legend>It may</legend>
        {SCOPES.map(({ scope, may }) => (
          <label key={scope} class="token-scope">
            <input
              type="checkbox"
              checked={scopes.includes(scope)}
              onChange={() => setScopes(toggled(scopes, scope))}
            />{' '}
            <span>
              {may} <span class="muted small">({scope})</span>
            </span>
          </label>
        ))}
      </fieldset>
      <label>
        It ends
        <select value={String(days)} onChange={(event) => setDays(daysOf(event.currentTarget.value))}>
          {ENDS.map((end) => (
            <option key={end.text} value={String(end.days)}>
              {end.text}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="button" disabled={name === '' || scopes.length === 0}>
        Make the token
      </button>
      <p class="bad-text" role="alert">
        {problem}
      </p>
    </form>
  );
}

/** The token, or what went wrong as a sentence. */
async function make(name: string, scopes: readonly Scope[], days: number | null): Promise<TokenResponse | string> {
  const request: TokenRequest = { name, scopes: [...scopes], days };
  return await post<TokenResponse>('api/v1/tokens', request).catch((thrown: unknown) => explain(thrown));
}

function daysOf(text: string): number | null {
  return ENDS.find(({ days }) => String(days) === text)?.days ?? null;
}

function toggled(scopes: readonly Scope[], scope: Scope): readonly Scope[] {
  return scopes.includes(scope) ? scopes.filter((other) => other !== scope) : [...scopes, scope];
}
