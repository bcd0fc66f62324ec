// The browsers that are logged in, this one first, and the end of any of them.

import { useState } from 'preact/hooks';
import { get, remove } from '../../api/request.ts';
import type { SessionsResponse } from '../../api/types.ts';
import { logout } from '../../feed.ts';
import { explain, useEvery, useResource } from '../../resource.ts';
import { announcement } from '../../state.ts';
import { Loading, Problem } from '../panel.tsx';
import { type Column, Table } from '../table.tsx';
import { Ago, At, DeviceText, NoData } from '../values.tsx';

type Session = SessionsResponse['sessions'][number];

const REFRESH_SECONDS = 15;

export function SessionList({ version }: { version: number }) {
  const beat = useEvery(REFRESH_SECONDS);
  const load = () => get<SessionsResponse>('api/v1/sessions');
  const { value, problem, reload } = useResource(load, 'sessions', version * 1e6 + beat);
  const [refusal, setRefusal] = useState('');
  if (value === undefined) {
    return problem === undefined ? <Loading what="sessions" /> : <Problem message={problem} onRetry={reload} />;
  }
  const { sessions } = value;
  const others = sessions.filter((session) => !session.current);
  const end = async (ended: readonly Session[]) => {
    if (ended.some((session) => session.current)) return await logout();
    setRefusal(await endAll(ended));
    reload();
  };
  return (
    <>
      {refusal !== '' && <Problem message={refusal} />}
      <div class="filters">
        <button type="button" class="button" disabled={others.length === 0} onClick={() => void end(others)}>
          End all others
        </button>
      </div>
      <Table
        caption="Sessions"
        columns={columns((session) => void end([session]))}
        rows={[...sessions].sort((a, b) => Number(b.current) - Number(a.current))}
        rowKey={(session) => session.id}
        empty="Nobody is logged in by a browser."
      />
    </>
  );
}

/** What went wrong as a sentence, or nothing. One that has ended by itself is ended. */
async function endAll(sessions: readonly Session[]): Promise<string> {
  let problem = '';
  for (const { id } of sessions)
    await remove(`api/v1/sessions/${id}`).catch((thrown: unknown) => (problem = explain(thrown)));
  if (problem === '') announcement.value = `${sessions.length} ended.`;
  return problem;
}

function columns(onEnd: (session: Session) => void): readonly Column<Session>[] {
  return [
    {
      key: 'agent',
      label: 'Browser',
      heading: true,
      render: ({ agent, current }) => (
        <>
          {agent === '' ? <span class="muted">unknown</span> : <DeviceText text={agent} limit={100} />}{' '}
          {current && <span class="pill good">this one</span>}
        </>
      ),
    },
    { key: 'address', label: 'From', render: ({ address }) => (address === '' ? <NoData /> : <code>{address}</code>) },
    {
      key: 'opened',
      label: 'Since',
      render: ({ opened }) => (opened === null ? <NoData why="Opened by an older version." /> : <At moment={opened} />),
    },
    { key: 'used', label: 'Last use', numeric: true, render: ({ last_use }) => <Ago moment={last_use} /> },
    {
      key: 'end',
      label: 'End',
      render: (session) => (
        <button
          type="button"
          class="button quiet"
          aria-label={session.current ? 'Log out here' : `End the session from ${session.address}`}
          onClick={() => onEnd(session)}
        >
          {session.current ? 'Log out' : 'End'}
        </button>
      ),
    },
  ];
}
