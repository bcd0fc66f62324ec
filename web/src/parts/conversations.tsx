// The conversations of one device, with the entropy measured, the entropy expected, the verdict and why, and the paper's
// threshold next to it. Many short ones with the same peer and service are one row until asked for one by one.

import { type Signal, useSignal } from '@preact/signals';
import type { DocumentConversation } from '../api/types.ts';
import {
  groupByPeer,
  matchesText,
  oneByOne,
  type PeerConversation,
  type PeerGroup,
  seenFrom,
} from '../conversation.ts';
import { deviceText } from '../format/device-text.ts';
import { entropy, plural } from '../format/quantity.ts';
import { meanText, threshold7Words, VERDICT_ORDER, verdictWords } from '../format/words.ts';
import { LocalPeer } from './device-name.tsx';
import { ListExport } from './list-export.tsx';
import { Segmented } from './segmented.tsx';
import { type Column, Table } from './table.tsx';
import { Bytes, Count, Country, DeviceText, Source, Verdict } from './values.tsx';

interface Props {
  readonly conversations: readonly DocumentConversation[];
  readonly mac: string | null;
}

const VIEWS = [
  { value: 'grouped', name: 'By peer' },
  { value: 'single', name: 'One by one' },
] as const;

export function Conversations({ conversations, mac }: Props) {
  const typed = useSignal('');
  const verdict = useSignal('');
  const service = useSignal('');
  const peer = useSignal('');
  const view = useSignal<'grouped' | 'single'>('grouped');
  const all = conversations.map((conversation) => seenFrom(mac, conversation));
  const shown = all.filter(
    (one) =>
      matchesText(one, typed.value) &&
      (verdict.value === '' || one.source.verdict === verdict.value) &&
      (service.value === '' || serviceWord(one) === service.value) &&
      (peer.value === '' || peerWord(one) === peer.value),
  );
  return (
    <>
      <div class="filters">
        <TextFilter text={typed.value} onText={(text) => (typed.value = text)} />
        <WordFilter label="Only with peer" all="All peers" chosen={peer} words={wordsOf(all, peerWord)} />
        <WordFilter label="Only of service" all="All services" chosen={service} words={wordsOf(all, serviceWord)} />
        <WordFilter
          label="Only with verdict"
          all="All verdicts"
          chosen={verdict}
          words={VERDICT_ORDER.filter((word) => conversations.some((one) => one.verdict === word))}
          name={(word) => verdictWords(word).name}
        />
        <Segmented label="Rows" options={VIEWS} chosen={view.value} onChoose={(next) => (view.value = next)} />
        <span class="muted small" role="status">
          {shown.length === all.length ? plural(all.length, 'conversation') : `${shown.length} of ${all.length}`}
        </span>
        <ListExport name="conversations" rows={() => shown.map(({ source }) => source)} />
      </div>
      <Table
        caption="Conversations"
        columns={COLUMNS}
        rows={view.value === 'grouped' ? groupByPeer(shown) : oneByOne(shown)}
        rowKey={(group) => group.key}
        order="-bytes"
        limit={40}
        empty={all.length === 0 ? 'No TCP or UDP conversation yet.' : 'No conversation matches the filter.'}
      />
    </>
  );
}

function TextFilter({ text, onText }: { text: string; onText: (text: string) => void }) {
  return (
    <label>
      <span class="visually-hidden">Filter conversations</span>
      <input
        type="search"
        placeholder="Name, address, port, country …"
        value={text}
        onInput={(event) => onText(event.currentTarget.value)}
      />
    </label>
  );
}

/** Of a choice; what is typed finds the others. */
const MAX_WORDS = 200;

function wordsOf(all: readonly PeerConversation[], of: (one: PeerConversation) => string): readonly string[] {
  return [...new Set(all.map(of))].sort().slice(0, MAX_WORDS);
}

/** The name of the service, else its port. */
function serviceWord({ source, servicePort }: PeerConversation): string {
  return source.service ?? `${source.proto.toUpperCase()} ${servicePort}`;
}

function peerWord({ peerNames, peerIp }: PeerConversation): string {
  return peerNames[0]?.name ?? peerIp;
}

interface WordFilterProps {
  readonly label: string;
  readonly all: string;
  readonly chosen: Signal<string>;
  readonly words: readonly string[];
  readonly name?: (word: string) => string;
}

function WordFilter({ label, all, chosen, words, name = (word) => deviceText(word, 48).shown }: WordFilterProps) {
  return (
    <label>
      <span class="visually-hidden">{label}</span>
      <select value={chosen.value} onChange={(event) => (chosen.value = event.currentTarget.value)}>
        <option value="">{all}</option>
        {words.map((word) => (
          <option key={word} value={word}>
            {name(word)}
          </option>
        ))}
      </select>
    </label>
  );
}

const COLUMNS: readonly Column<PeerGroup>[] = [
  {
    key: 'peer',
    label: 'Peer',
    heading: true,
    render: peerCell,
    sort: ({ main }) => main.peerNames[0]?.name ?? main.peerIp,
  },
  { key: 'place', label: 'Country and owner', render: placeCell, sort: ({ main }) => main.source.country },
  { key: 'service', label: 'Service', render: serviceCell, sort: ({ main }) => main.servicePort },
  { key: 'bytes', label: 'Bytes', numeric: true, render: bytesCell, sort: (group) => group.up + group.down },
  {
    key: 'packets',
    label: 'Packets',
    numeric: true,
    render: (group) => <Count value={group.packets} />,
    sort: (group) => group.packets,
  },
  {
    key: 'entropy',
    label: 'Entropy',
    numeric: true,
    render: entropyCell,
    sort: (group) => group.entropy?.[1] ?? null,
  },
  {
    key: 'verdict',
    label: 'Verdict',
    wide: true,
    render: verdictCell,
    sort: ({ main }) => VERDICT_ORDER.indexOf(main.source.verdict),
  },
];

function peerCell({ main: { peerNames, peerIp } }: PeerGroup) {
  const [best] = peerNames;
  const all = peerNames.map(({ name, source: from }) => `${name} (${from})`).join(', ');
  return (
    <div class="peer">
      {best !== undefined && (
        <span>
          <DeviceText text={best.name} limit={56} /> <Source from={best.source} />
        </span>
      )}
      {best === undefined && <LocalPeer ip={peerIp} />}
      <code class={best === undefined ? undefined : 'muted small'}>{peerIp}</code>
      {peerNames.length > 1 && (
        <details class="small">
          <summary>{plural(peerNames.length, 'name')}</summary>
          <DeviceText text={all} limit={400} />
        </details>
      )}
    </div>
  );
}

function placeCell({ main: { source } }: PeerGroup) {
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

function serviceCell({ main, members }: PeerGroup) {
  const { source } = main;
  return (
    <div class="stacked">
      <span>
        {source.service !== null && <DeviceText text={source.service} limit={24} />}{' '}
        <span class="nowrap">
          {source.proto.toUpperCase()} {main.servicePort}
        </span>
      </span>
      <span class="muted small">
        <span class="nowrap">{source.secure_port ? 'secure port' : 'port not secure'}</span>
        {main.offered && ', offered by the device'}
      </span>
      {members.length > 1 && <span class="muted small nowrap">{plural(members.length, 'conversation')}</span>}
    </div>
  );
}

function bytesCell({ up, down }: PeerGroup) {
  return (
    <span class="up-down">
      <span>
        <span aria-hidden="true">↑</span>
        <span class="visually-hidden">sent</span> <Bytes value={up} />
      </span>
      <span>
        <span aria-hidden="true">↓</span>
        <span class="visually-hidden">received</span> <Bytes value={down} />
      </span>
    </span>
  );
}

/**
 * The threshold's word with the mean that it judges, and below it the pooled entropy, which it does not. Of a group the ranges; what
 * was expected is that of the largest, because it depends on the number of bytes.
 */
function entropyCell(group: PeerGroup) {
  const { main, entropy: range, means } = group;
  if (range === null) return <span class="muted">no payload</span>;
  return (
    <div class="stacked">
      <span title="The paper's rule: the mean entropy of the packets, suspicious at 7 bits per byte or below.">
        <span class="nowrap">mean {means === null ? 'no payload' : rangeText(means, meanText)}</span>:{' '}
        {threshold7Summary(group)}
      </span>
      <span class="muted small" title="Bits per byte over all payload, and what that many random bytes would have.">
        <span class="nowrap">pooled {rangeText(range, entropy)}</span>,{' '}
        <span class="nowrap">expected {entropy(main.source.H_expected)}</span>
      </span>
    </div>
  );
}

function rangeText([low, high]: readonly [number, number], text: (value: number) => string): string {
  return low === high ? text(low) : `${text(low)} – ${text(high)}`;
}

function verdictCell({ main: { source } }: PeerGroup) {
  return (
    <div class="verdict-cell">
      <span>
        <Verdict word={source.verdict} />
      </span>
      <span class="small reason-text">
        <DeviceText text={source.verdict_reason} limit={160} />
      </span>
    </div>
  );
}

/** Of one conversation which side of the threshold it is on; of a group how many are on which. */
function threshold7Summary({ members }: PeerGroup): string {
  const answers = (['above', 'at_or_below', 'no_payload'] as const)
    .map((answer) => ({ answer, number: members.filter((one) => one.source.threshold7 === answer).length }))
    .filter(({ number }) => number > 0);
  if (answers.length === 1) return answers.map(({ answer }) => threshold7Words(answer)).join('');
  return answers.map(({ answer, number }) => `${number} × ${threshold7Words(answer)}`).join(', ');
}
