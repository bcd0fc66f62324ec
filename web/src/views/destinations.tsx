// Where the data goes: device to country as bands, every destination as a row, and devices by countries as a matrix.

import { useSignal } from '@preact/signals';
import { get } from '../api/request.ts';
import type { AnalysisDocument, DocumentDestination } from '../api/types.ts';
import { plural } from '../format/quantity.ts';
import { phaseName } from '../format/words.ts';
import { bandsOf, matrixOf, SEVERAL } from '../geography.ts';
import { route, setQuery } from '../navigation.ts';
import { CountryMatrix } from '../parts/country-matrix.tsx';
import { DeviceLink, LocalPeer } from '../parts/device-name.tsx';
import { Loading, Panel, Trouble, ViewHeading } from '../parts/panel.tsx';
import { Sankey } from '../parts/sankey.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Bytes, Country, DeviceText, Source } from '../parts/values.tsx';
import { useEvery, useResource } from '../resource.ts';

const PHASES: readonly string[] = ['', 'idle', 'intensive'];
/** The whole appliance's document is large: made seldom, and only while somebody looks. */
const REFRESH_SECONDS = 30;

export function Destinations() {
  const phase = route.value.query.get('phase') ?? '';
  const beat = useEvery(REFRESH_SECONDS);
  const load = () => get<AnalysisDocument>('api/v1/summary', { phase });
  const { value, trouble, reload } = useResource(load, phase, beat);
  return (
    <>
      <ViewHeading title="Destinations">
        <Segmented
          label="Phase"
          options={PHASES.map((word) => ({ value: word, name: word === '' ? 'All phases' : phaseName(word) }))}
          chosen={phase}
          onChoose={(word) => setQuery('phase', word)}
        />
      </ViewHeading>
      {trouble !== undefined && <Trouble message={trouble} onRetry={reload} />}
      {value === undefined ? trouble === undefined && <Loading what="destinations" /> : <Loaded document={value} />}
    </>
  );
}

function Loaded({ document }: { document: AnalysisDocument }) {
  const abroad = document.destinations.filter((destination) => destination.country !== 'local');
  const bands = bandsOf(abroad);
  return (
    <>
      <Panel title="From device to country" aside={<span class="muted small">band height: bytes sent</span>}>
        <Sankey bands={bands} />
        {bands.some(({ device }) => device === SEVERAL) && (
          <p class="muted small">
            "Several devices" are addresses that more than one device sent to; how much each of them sent is not known
            here.
          </p>
        )}
      </Panel>
      <DestinationTable destinations={document.destinations} />
      <Panel title="Devices and countries">
        <CountryMatrix matrix={matrixOf(abroad)} />
      </Panel>
      <p class="muted small">
        {document.tool.geo === null
          ? 'No country table is installed, so countries are unknown.'
          : `Countries and owners from offline tables of ${document.tool.geo.date}. No table is always right; an address may be used in several countries.`}
      </p>
    </>
  );
}

function DestinationTable({ destinations }: { destinations: readonly DocumentDestination[] }) {
  const typed = useSignal('');
  const shown = destinations.filter((destination) => matches(destination, typed.value));
  return (
    <Panel
      title="Destinations"
      class="flush"
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
        </div>
      }
    >
      <Table
        caption="Destinations"
        columns={COLUMNS}
        rows={shown}
        rowKey={(destination) => destination.ip}
        order="-up"
        limit={30}
        empty={destinations.length === 0 ? 'No destination yet.' : 'No destination matches the filter.'}
      />
    </Panel>
  );
}

function matches(destination: DocumentDestination, typed: string): boolean {
  const wanted = typed.trim().toLowerCase();
  const said = [destination.ip, destination.org ?? '', destination.provider ?? '', destination.country ?? ''];
  return [...said, ...destination.names.map(({ name }) => name)].some((text) => text.toLowerCase().includes(wanted));
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

const COLUMNS: readonly Column<DocumentDestination>[] = [
  {
    key: 'name',
    label: 'Destination',
    heading: true,
    sort: (destination) => destination.names[0]?.name ?? destination.ip,
    render: ({ names: [best], ip }) => (
      <div class="peer">
        {best !== undefined && (
          <span>
            <DeviceText text={best.name} limit={56} /> <Source from={best.source} />
          </span>
        )}
        {best === undefined && <LocalPeer ip={ip} />}
        <code class={best === undefined ? undefined : 'muted small'}>{ip}</code>
      </div>
    ),
  },
  {
    key: 'country',
    label: 'Country',
    sort: (one) => one.country,
    render: (one) => (
      <div class="peer">
        <Country code={one.country} />
        <RoundTrip trip={one.round_trip ?? null} />
      </div>
    ),
  },
  {
    key: 'org',
    label: 'Owner',
    sort: (one) => one.org,
    render: (one) => (one.org === null ? <span class="muted">unknown</span> : <DeviceText text={one.org} limit={40} />),
  },
  {
    key: 'up',
    label: 'Sent',
    numeric: true,
    sort: (one) => one.bytes_up,
    render: (one) => <Bytes value={one.bytes_up} />,
  },
  {
    key: 'down',
    label: 'Received',
    numeric: true,
    sort: (one) => one.bytes_down,
    render: (one) => <Bytes value={one.bytes_down} />,
  },
  {
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
  },
];
