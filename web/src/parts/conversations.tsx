// The conversations of one device, with the entropy measured, the entropy expected, the verdict and why, and the paper's
// threshold beside it.

import { useSignal } from '@preact/signals';
import type { DocumentConversation } from '../api/types.ts';
import { matchesText, type PeerConversation, seenFrom } from '../conversation.ts';
import { entropy, plural } from '../format/quantity.ts';
import { threshold7Words, VERDICT_ORDER, verdictWords } from '../format/words.ts';
import { LocalPeer } from './device-name.tsx';
import { type Column, Table } from './table.tsx';
import { Bytes, Count, Country, DeviceText, Source, Verdict } from './values.tsx';

interface Props {
  readonly conversations: readonly DocumentConversation[];
  readonly mac: string | null;
}

export function Conversations({ conversations, mac }: Props) {
  const typed = useSignal('');
  const verdict = useSignal('');
  const all = conversations.map((conversation) => seenFrom(mac, conversation));
  const shown = all.filter(
    (one) => matchesText(one, typed.value) && (verdict.value === '' || one.source.verdict === verdict.value),
  );
  const present = VERDICT_ORDER.filter((word) => conversations.some((one) => one.verdict === word));
  return (
    <>
      <div class="filters">
        <label>
          <span class="visually-hidden">Filter conversations</span>
          <input
            type="search"
            placeholder="Name, address, port, country …"
            value={typed.value}
            onInput={(event) => (typed.value = event.currentTarget.value)}
          />
        </label>
        <label>
          <span class="visually-hidden">Only with verdict</span>
          <select value={verdict.value} onChange={(event) => (verdict.value = event.currentTarget.value)}>
            <option value="">All verdicts</option>
            {present.map((word) => (
              <option key={word} value={word}>
                {verdictWords(word).name}
              </option>
            ))}
          </select>
        </label>
        <span class="muted small" role="status">
          {shown.length === all.length ? plural(all.length, 'conversation') : `${shown.length} of ${all.length}`}
        </span>
      </div>
      <Table
        caption="Conversations"
        columns={COLUMNS}
        rows={shown}
        rowKey={(one) => one.key}
        order="-bytes"
        limit={50}
        empty={all.length === 0 ? 'No TCP or UDP conversation yet.' : 'No conversation matches the filter.'}
      />
    </>
  );
}

const COLUMNS: readonly Column<PeerConversation>[] = [
  {
    key: 'peer',
    label: 'Peer',
    heading: true,
    render: peerCell,
    sort: (one) => one.source.names[0]?.name ?? one.peerIp,
  },
  { key: 'place', label: 'Country and owner', render: placeCell, sort: (one) => one.source.country },
  { key: 'service', label: 'Service', render: serviceCell, sort: (one) => one.peerPort },
  {
    key: 'bytes',
    label: 'Bytes',
    numeric: true,
    sort: (one) => one.up + one.down,
    render: (one) => (
      <span class="up-down">
        <span>
          <span aria-hidden="true">↑</span>
          <span class="visually-hidden">sent</span> <Bytes value={one.up} />
        </span>
        <span>
          <span aria-hidden="true">↓</span>
          <span class="visually-hidden">received</span> <Bytes value={one.down} />
        </span>
      </span>
    ),
  },
  {
    key: 'packets',
    label: 'Packets',
    numeric: true,
    render: (one) => <Count value={one.packets} />,
    sort: (one) => one.packets,
  },
  { key: 'entropy', label: 'Entropy', numeric: true, render: entropyCell, sort: (one) => one.source.H },
  {
    key: 'verdict',
    label: 'Verdict',
    wide: true,
    render: verdictCell,
    sort: (one) => VERDICT_ORDER.indexOf(one.source.verdict),
  },
];

function peerCell({ source, peerIp }: PeerConversation) {
  const [best] = source.names;
  return (
    <div class="peer">
      {best !== undefined && (
        <span
          title={source.names
            .map(({ name, source: from }) => `${name} (${from})`)
            .join('\n')
            .slice(0, 1000)}
        >
          <DeviceText text={best.name} limit={56} /> <Source from={best.source} />
        </span>
      )}
      {best === undefined && <LocalPeer ip={peerIp} />}
      <code class={best === undefined ? undefined : 'muted small'}>{peerIp}</code>
    </div>
  );
}

function placeCell({ source }: PeerConversation) {
  return (
    <div class="stacked">
      <Country code={source.country} />
      {source.org !== null && (
        <span class="muted small">
          <DeviceText text={source.org} limit={40} />
        </span>
      )}
    </div>
  );
}

function serviceCell({ source, peerPort }: PeerConversation) {
  return (
    <div class="stacked">
      <span>
        {source.service !== null && <DeviceText text={source.service} limit={24} />}{' '}
        <span class="nowrap">
          {source.proto.toUpperCase()} {peerPort}
        </span>
      </span>
      <span class="muted small">{source.secure_port ? 'secure port' : 'not a secure port'}</span>
    </div>
  );
}

function entropyCell({ source }: PeerConversation) {
  if (source.H === null) return <span class="muted">no payload</span>;
  const views = `Mean of packets: ${entropy(source.H_packets_mean)}`;
  return (
    <div class="stacked" title={`Bits per byte over all payload. ${views}.`}>
      <span>{entropy(source.H)}</span>
      <span class="muted small nowrap">of {entropy(source.H_expected)} expected</span>
    </div>
  );
}

function verdictCell({ source }: PeerConversation) {
  return (
    <div class="verdict-cell">
      <span>
        <Verdict word={source.verdict} />{' '}
        <span class="small muted nowrap" title="The paper calls 7 bits per byte or below suspicious.">
          threshold 7: {threshold7Words(source.threshold7)}
        </span>
      </span>
      <span class="small reason-text">
        <DeviceText text={source.verdict_reason} limit={160} />
      </span>
    </div>
  );
}
