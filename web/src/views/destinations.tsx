// Where the data goes: device to country as bands, every destination as a row, and devices by countries as a matrix.

import { useSignal } from '@preact/signals';
import { get } from '../api/request.ts';
import type { AnalysisDocument, DocumentDestination, FlowsResponse } from '../api/types.ts';
import { bytes as formatBytes, plural } from '../format/quantity.ts';
import { phaseName } from '../format/words.ts';
import { bandsOf, type FlowPeer, matrixOf, peersOf } from '../geography.ts';
import { isNarrow } from '../narrow.ts';
import { route, setQuery } from '../navigation.ts';
import { CountryMatrix } from '../parts/country-matrix.tsx';
import { DeviceLink, DeviceName } from '../parts/device-name.tsx';
import { ListExport } from '../parts/list-export.tsx';
import { Loading, Panel, Problem, ViewHeading } from '../parts/panel.tsx';
import { Sankey } from '../parts/sankey.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { WholeHours } from '../parts/span/whole-hours.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Bytes, Country, DeviceText, Source } from '../parts/values.tsx';
import { VerdictBars } from '../parts/verdict-bar.tsx';
import { useEvery, useResource } from '../resource.ts';
import { findDevice } from '../state.ts';
import { chosenRange } from '../time/chosen.ts';
import { spanKey, spanQuery } from '../time/span.ts';
import { flowParts } from '../verdicts.ts';

const PHASES: readonly string[] = ['', 'idle', 'intensive'];
/** The whole appliance's document is large: made seldom, and only while somebody looks. */
const REFRESH_SECONDS = 30;

/** Groups that are asked for: the most that the appliance gives. */
const MOST = '20000';

interface Shown {
  /** By device, scope, country and protection: bands, matrix and shares. */
  readonly sums: FlowsResponse;
  /** By device and peer. */
  readonly peers: FlowsResponse;
  /** For what is known of a peer in addition to its bytes. */
  readonly document: AnalysisDocument;
}

export function Destinations() {
  const phase = route.value.query.get('phase') ?? '';
  const narrowed = narrowing(route.value.query);
  const range = chosenRange();
  const key = new URLSearchParams({ phase, ...narrowed, span: spanKey(range) }).toString();
  const beat = useEvery(REFRESH_SECONDS);
  const load = async (): Promise<Shown> => {
    const flows = (query: Record<string, string>) =>
      get<FlowsResponse>('api/v1/flows', {
        ...query,
        ...narrowed,
        ...(range.problem === '' ? spanQuery(range) : {}),
        phase,
        limit: MOST,
      });
    const [sums, peers, document] = await Promise.all([
      flows({ by: 'device,scope,country,protection' }),
      flows({ by: 'device,address,name,organisation,country', scope: 'internet' }),
      get<AnalysisDocument>('api/v1/summary', { phase }),
    ]);
    return { sums, peers, document };
  };
  const { value, problem, reload } = useResource(load, key, beat);
  return (
    <>
      <ViewHeading title="Destinations">
        <WholeHours range={range} shown={value?.sums} />
        <Segmented
          label="Phase"
          options={PHASES.map((word) => ({ value: word, name: word === '' ? 'All phases' : phaseName(word) }))}
          chosen={phase}
          onChoose={(word) => setQuery('phase', word)}
        />
      </ViewHeading>
      <Narrowed by={narrowed} />
      {problem !== undefined && <Problem message={problem} onRetry={reload} />}
      {value === undefined ? problem === undefined && <Loading what="destinations" /> : <Loaded {...value} />}
    </>
  );
}

const NARROWING = ['device', 'country', 'organisation', 'name', 'address'] as const;
type Narrowing = Partial<Record<(typeof NARROWING)[number], string>>;

/** What the address asks for; the flow matrix has a dimension of each name. */
function narrowing(query: URLSearchParams): Narrowing {
  return Object.fromEntries(NARROWING.map((name) => [name, query.get(name) ?? '']).filter(([, word]) => word !== ''));
}

/** Says what is left out of sight, and takes it back. */
function Narrowed({ by }: { by: Narrowing }) {
  const shown = NARROWING.filter((name) => by[name] !== undefined);
  if (shown.length === 0) return null;
  return (
    <p class="narrowed" role="status">
      <span class="muted">Only</span>
      {shown.map((name) => (
        <button key={name} type="button" class="button quiet" onClick={() => setQuery(name, '')} title="Show all again">
          <NarrowedWord name={name} word={by[name] ?? ''} /> <span aria-hidden="true">×</span>
          <span class="visually-hidden"> – show all again</span>
        </button>
      ))}
    </p>
  );
}

function NarrowedWord({ name, word }: { name: keyof Narrowing; word: string }) {
  if (name === 'country') return <Country code={word} />;
  const device = name === 'device' ? findDevice(word) : undefined;
  return device === undefined ? <DeviceText text={word} limit={40} /> : <DeviceName device={device} limit={40} />;
}

function Loaded({ sums, peers, document }: Shown) {
  const abroad = sums.groups.filter(({ scope }) => scope === 'internet');
  const owners = peersOf(peers.groups, ({ organisation }) => organisation);
  return (
    <>
      <Panel title="From device to country" aside={<span class="muted small">band height: bytes sent</span>}>
        <Sankey bands={bandsOf(abroad)} />
      </Panel>
      <DestinationTable peers={peers} document={document} />
      <div class="two-columns">
        <Panel title="Owners" class="flush" folds aside={<span class="muted small">of the addresses</span>}>
          <Table
            caption="Owners of the destinations"
            columns={OWNER_COLUMNS}
            rows={owners}
            rowKey={({ organisation }) => organisation}
            order="-up"
            limit={10}
            empty="No destination yet."
          />
        </Panel>
        <Panel title="Protection" aside={<span class="muted small">by bytes of conversations</span>}>
          <VerdictBars internet={flowParts(sums.groups, 'internet')} home={flowParts(sums.groups, 'home')} />
        </Panel>
      </div>
      <Panel
        title="Devices and countries"
        folds
        aside={<span class="muted small">shade: bytes sent; unknown (XX) counts as one</span>}
      >
        <CountryMatrix matrix={matrixOf(abroad)} />
      </Panel>
      <LeftOut flows={sums} />
      <p class="muted small">
        {document.tool.geo === null
          ? 'No country table is installed, so countries are unknown.'
          : `Countries and owners from offline tables of ${document.tool.geo.date}. No table is always right; an address may be used in several countries.`}
      </p>
    </>
  );
}

/** States what the figures above combine. */
function LeftOut({ flows: { left_out, joined, without_row } }: { flows: FlowsResponse }) {
  const sent = ({ bytes_up, bytes_down }: FlowsResponse['totals']) => formatBytes(bytes_up + bytes_down);
  const lines = [
    left_out.groups > 0 && `${left_out.groups} further sums with ${sent(left_out)} are not shown`,
    joined.rows > 0 &&
      `${joined.rows} rows with ${sent(joined)} are listed without their address: too many in one hour, day or month`,
    without_row.conversations > 0 &&
      `${without_row.conversations} conversations with ${formatBytes(without_row.bytes)} are in no sum here: the hour had too many`,
  ].filter((line) => line !== false);
  if (lines.length === 0) return null;
  return (
    <Panel title="Left out">
      <ul class="plain-list">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </Panel>
  );
}

/** A peer, with what the document knows of its address. */
type Destination = FlowPeer & { readonly known: DocumentDestination | undefined };

function DestinationTable({ peers, document }: Pick<Shown, 'peers' | 'document'>) {
  const typed = useSignal('');
  const known = new Map(document.destinations.map((destination) => [destination.ip, destination]));
  const all = peersOf(peers.groups, ({ address, country }) => address || country);
  const destinations = all.map((peer): Destination => ({ ...peer, known: known.get(peer.address) }));
  const shown = destinations.filter((destination) => matches(destination, typed.value));
  return (
    <Panel
      title="Destinations"
      class="flush destination-list"
      aside={
        <div class="filters">
          <label>
            <span class="visually-hidden">Filter destinations</span>
            <input
              type="search"
              placeholder="Name, address, owner …"
              value={typed.value}
              onInput={(event) => (typed.value = event.currentTarget.value)}
            />
          </label>
          <span class="muted small" role="status">
            {plural(shown.length, 'destination')}
          </span>
          <ListExport name="destinations" rows={() => shown.map(({ known: _known, ...peer }) => peer)} />
        </div>
      }
    >
      <Table
        caption="Destinations"
        columns={COLUMNS}
        rows={shown}
        rowKey={({ address, country }) => address || country}
        order="-up"
        limit={isNarrow.value ? MAX_LISTED.narrow : MAX_LISTED.wide}
        empty={destinations.length === 0 ? 'No destination yet.' : 'No destination matches the filter.'}
      />
    </Panel>
  );
}

function matches({ address, name, country, organisation, known }: Destination, typed: string): boolean {
  const wanted = typed.trim().toLowerCase();
  const said = [address, name, country, organisation, known?.provider ?? ''];
  return [...said, ...(known?.names ?? []).map((each) => each.name)].some((text) =>
    text.toLowerCase().includes(wanted),
  );
}

/** How soon the destination answered, and whether the country above can be true then. */
function RoundTrip({ trip }: { trip: NonNullable<DocumentDestination['round_trip']> | null }) {
  if (trip === null) return null;
  const shown = `${trip.shortest_ms.toFixed(1)} ms`;
  return (
    <span class="muted small" title={trip.explanation}>
      {trip.claim === 'impossible' && <span class="pill warn">impossible</span>} answers in {shown}
    </span>
  );
}

const sent = { key: 'up', label: 'Sent', numeric: true } as const;
const received = { key: 'down', label: 'Received', numeric: true } as const;
const devices: Column<FlowPeer> = {
  key: 'devices',
  label: 'Devices',
  wide: true,
  sort: (one) => -one.devices.length,
  render: (one) => (
    <span class="comma-list">
      {one.devices.slice(0, 4).map((mac) => (
        <DeviceLink key={mac} mac={mac} />
      ))}
      {one.devices.length > 4 && <span class="muted">+{one.devices.length - 4}</span>}
    </span>
  ),
};
const bytes: readonly Column<FlowPeer>[] = [
  { ...sent, sort: (one) => one.bytes_up, render: (one) => <Bytes value={one.bytes_up} /> },
  { ...received, sort: (one) => one.bytes_down, render: (one) => <Bytes value={one.bytes_down} /> },
];

function Owner({ text }: { text: string }) {
  return text === '' ? <span class="muted">unknown</span> : <DeviceText text={text} limit={40} />;
}

const OWNER_COLUMNS: readonly Column<FlowPeer>[] = [
  {
    key: 'organisation',
    label: 'Owner',
    heading: true,
    sort: (one) => one.organisation,
    render: (one) => <Owner text={one.organisation} />,
  },
  ...bytes,
  devices,
];

/** Rows before "Show more". */
const MAX_LISTED = { wide: 20, narrow: 6 } as const;

const COLUMNS: readonly Column<Destination>[] = [
  {
    key: 'name',
    label: 'Destination',
    heading: true,
    sort: ({ known, name, address }) => known?.names[0]?.name ?? (name || address),
    render: ({ known, name, address }) => <PeerName known={known} name={name} address={address} />,
  },
  {
    key: 'country',
    label: 'Country',
    sort: (one) => one.country,
    render: (one) => (
      <div class="peer">
        <Country code={one.country} />
        <RoundTrip trip={one.known?.round_trip ?? null} />
      </div>
    ),
  },
  {
    key: 'org',
    label: 'Owner',
    sort: (one) => one.organisation,
    render: (one) => <Owner text={one.organisation} />,
  },
  ...bytes,
  devices,
];

/** The best name that is known now, else the one that was registered when it was seen. */
function PeerName({ known, name, address }: Pick<Destination, 'known' | 'name' | 'address'>) {
  const [best] = known?.names ?? [];
  if (address === '') return <span class="muted">several addresses, combined</span>;
  const hasName = best !== undefined || name !== '';
  return (
    <div class="peer">
      {hasName && (
        <span>
          <DeviceText text={best?.name ?? name} limit={56} /> {best !== undefined && <Source from={best.source} />}
        </span>
      )}
      <code class={hasName ? 'muted small' : undefined}>{address}</code>
    </div>
  );
}
