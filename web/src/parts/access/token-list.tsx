// Tokens: what each may, until when, when it was used last; making one, which is shown once, and taking it back.

import { useState } from 'preact/hooks';
import { get, remove } from '../../api/request.ts';
import type { TokenResponse, TokensResponse } from '../../api/types.ts';
import { explain, useEvery, useResource } from '../../resource.ts';
import { announcement } from '../../state.ts';
import { Loading, Problem } from '../panel.tsx';
import { type Column, Table } from '../table.tsx';
import { Ago, At } from '../values.tsx';
import { TokenForm } from './token-form.tsx';

type TokenRow = TokensResponse['tokens'][number];

const REFRESH_SECONDS = 15;

export function TokenList({ version }: { version: number }) {
  const beat = useEvery(REFRESH_SECONDS);
  const load = () => get<TokensResponse>('api/v1/tokens');
  const { value, problem, reload } = useResource(load, 'tokens', version * 1e6 + beat);
  const [made, setMade] = useState<TokenResponse>();
  const [refusal, setRefusal] = useState('');
  const revoke = async ({ name }: TokenRow) => {
    setRefusal(await takeBack(name));
    if (made?.name === name) setMade(undefined);
    reload();
  };
  return (
    <>
      {(refusal || problem) !== undefined && refusal + (problem ?? '') !== '' && (
        <Problem message={refusal || (problem ?? '')} onRetry={reload} />
      )}
      <TokenForm
        known={value?.tokens.map(({ name }) => name) ?? []}
        onMade={(token) => {
          setMade(token);
          reload();
        }}
      />
      {made !== undefined && <Made token={made} />}
      {value === undefined ? (
        problem === undefined && <Loading what="tokens" />
      ) : (
        <Table
          caption="Tokens"
          columns={columns((token) => void revoke(token))}
          rows={value.tokens}
          rowKey={(token) => token.name}
          order="name"
          empty="No token. Scripts, Prometheus and Home Assistant need one."
        />
      )}
    </>
  );
}

/** The appliance keeps its hash only. */
function Made({ token: { name, token } }: { token: TokenResponse }) {
  return (
    <div class="made-token" role="status">
      <p>
        Token <code>{name}</code>, shown this once: copy it now.
      </p>
      <code class="path">{token}</code>
      <p class="muted small">
        Sent as <code>Authorization: Bearer …</code>
      </p>
    </div>
  );
}

async function takeBack(name: string): Promise<string> {
  try {
    await remove(`api/v1/tokens/${encodeURIComponent(name)}`);
    announcement.value = `Token ${name} was revoked.`;
    return '';
  } catch (thrown) {
    return explain(thrown);
  }
}

function columns(onRevoke: (token: TokenRow) => void): readonly Column<TokenRow>[] {
  return [
    { key: 'name', label: 'Name', heading: true, sort: ({ name }) => name, render: ({ name }) => <code>{name}</code> },
    { key: 'scopes', label: 'May', render: ({ scopes }) => scopes.join(', ') },
    {
      key: 'created',
      label: 'Made',
      sort: ({ created }) => created,
      render: ({ created }) => <At moment={created} />,
    },
    {
      key: 'expires',
      label: 'Ends',
      sort: ({ expires }) => expires,
      render: ({ expires }) => (expires === null ? 'never' : <At moment={expires} />),
    },
    {
      key: 'used',
      label: 'Last use',
      sort: ({ last_use }) => last_use,
      render: ({ last_use }) => (last_use === null ? <span class="muted">never</span> : <Ago moment={last_use} />),
    },
    {
      key: 'revoke',
      label: 'Revoke',
      render: (token) => (
        <button
          type="button"
          class="button quiet"
          aria-label={`Revoke token ${token.name}`}
          onClick={() => onRevoke(token)}
        >
          Revoke
        </button>
      ),
    },
  ];
}
