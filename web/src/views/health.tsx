// Whether the appliance itself can be trusted right now: clock, disk, losses, processes, and which tables were used.

import { analysedWords } from '../accounting.ts';
import { get } from '../api/request.ts';
import type { HealthResponse, StatusResponse } from '../api/types.ts';
import { count, percent } from '../format/quantity.ts';
import { ago, duration, stamp } from '../format/time.ts';
import { CheckUp } from '../parts/check-up.tsx';
import { type Fact, Facts, Loading, Panel, Problem, ViewHeading } from '../parts/panel.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Ago, At, Bytes, DeviceText, NoData } from '../parts/values.tsx';
import { useEvery, useResource } from '../resource.ts';
import { status } from '../state.ts';
import { now } from '../time/clock.ts';
import { LossPanel, StoragePanel } from './health-recording.tsx';

const REFRESH_SECONDS = 5;

export function Health() {
  const { value, problem, reload } = useResource(
    () => get<HealthResponse>('api/v1/health'),
    'health',
    useEvery(REFRESH_SECONDS),
  );
  const known = status.value;
  return (
    <>
      <ViewHeading title="Health" />
      {problem !== undefined && <Problem message={problem} onRetry={reload} />}
      <CheckUp />
      <div class="health-grid">
        {value !== undefined && <ClockPanel clock={value.clock} />}
        {known !== undefined && known.ap !== null && <AccessPointPanel point={known.ap} />}
        {known !== undefined && <StoragePanel status={known} />}
        {known !== undefined && <LossPanel status={known} />}
        {known !== undefined && <AnalysisPanel status={known} />}
        {known !== undefined && <MqttPanel status={known} />}
        {value !== undefined && <MachinePanel health={value} />}
      </div>
      {value === undefined ? (
        problem === undefined && <Loading what="health" />
      ) : (
        <>
          <Panel title="Processes" class="flush">
            <Table
              caption="Processes"
              columns={PROCESS_COLUMNS}
              rows={value.processes}
              rowKey={(process) => process.name}
              empty="No process is known. The page itself proves that the appliance runs."
            />
          </Panel>
          <InventoryPanel health={value} />
        </>
      )}
      <About />
    </>
  );
}

function ClockPanel({ clock }: { clock: HealthResponse['clock'] }) {
  const synced = { yes: 'synchronised', no: 'not synchronised', unknown: 'not known' }[clock.synced];
  return (
    <Panel title="Clock" aside={<span class={`pill ${clock.synced === 'yes' ? 'good' : 'warn'}`}>{synced}</span>}>
      <Facts
        facts={[
          { name: 'Appliance says', wide: true, value: <At moment={clock.now} /> },
          { name: 'Source', value: clock.source === '' ? <NoData /> : <DeviceText text={clock.source} /> },
          {
            name: 'Error at most',
            value: clock.max_error_seconds === null ? <NoData /> : `${clock.max_error_seconds} s`,
          },
          {
            name: 'Last step',
            value:
              clock.last_step === null ? 'none' : `${clock.last_step.seconds} s, ${ago(clock.last_step.ts, now.value)}`,
          },
        ]}
      />
    </Panel>
  );
}

const STATE_TONES: Readonly<Record<string, string>> = { up: 'good', failed: 'bad', off: 'none', stopped: 'none' };

function AccessPointPanel({ point }: { point: NonNullable<StatusResponse['ap']> }) {
  const present = point.stations.filter((station) => station.present).length;
  const { left, inactive, ap_restart } = point.disconnects;
  return (
    <Panel title="Access point" aside={<span class={`pill ${STATE_TONES[point.state] ?? 'warn'}`}>{point.state}</span>}>
      {point.reason !== '' && (
        <p class="small">
          <DeviceText text={point.reason} limit={300} />
        </p>
      )}
      <Facts
        facts={[
          { name: 'Network', value: <DeviceText text={point.ssid} /> },
          { name: 'Radio', value: `${point.security}, ${point.band} GHz channel ${point.channel}, ${point.country}` },
          { name: 'Uplink', value: point.uplink === '' ? <NoData /> : <DeviceText text={point.uplink} /> },
          { name: 'Stations', value: `${count(point.stations.length)}, ${count(present)} present` },
          { name: 'Addresses', value: `${count(point.leases.used)} of ${count(point.leases.pool)}` },
          {
            name: 'Left',
            value: `${count(left)} by themselves, ${count(inactive)} unheard, ${count(ap_restart)} at restarts`,
          },
          { name: 'Quick returns', value: `${count(point.churn)} of ${count(point.joins)} joins` },
          { name: 'Wrong passphrases', value: count(point.wrong_passphrase) },
          { name: 'Repairs', value: count(point.repairs) },
          {
            name: 'Local traffic',
            wide: true,
            value: <DeviceText text={`${point.local_traffic}: ${point.local_traffic_reason}`} limit={300} />,
          },
          ...lastProblem(point),
        ]}
      />
    </Panel>
  );
}

function lastProblem({ last_trouble }: NonNullable<StatusResponse['ap']>): Fact[] {
  if (last_trouble === null) return [];
  const text = `${last_trouble.text}, ${ago(last_trouble.at, now.value)}`;
  return [{ name: 'Last problem', wide: true, value: <DeviceText text={text} limit={300} /> }];
}

function AnalysisPanel({ status: { analysis } }: { status: StatusResponse }) {
  return (
    <Panel
      title="Analysis"
      aside={
        <span class={`pill ${analysis.state === 'live' ? 'good' : 'warn'}`}>{analysis.state.replace('_', ' ')}</span>
      }
    >
      <Facts
        facts={[
          { name: 'Analysed', value: analysedWords(analysis) },
          {
            name: 'Records read',
            title:
              'Of all files: a frame between two devices lies in both their files and is read twice, though it counts once in every total',
            value: count(analysis.analysed_records),
          },
          { name: 'Behind by', value: duration(analysis.lag_seconds) },
          { name: 'Waiting', value: <Bytes value={analysis.backlog_bytes} /> },
          {
            name: 'Deleted unread',
            title: 'Stored, and deleted to make room before analysis had read it',
            value: <Bytes value={analysis.unread_bytes} />,
          },
          {
            name: 'Set aside',
            title: 'Packets on which analysis hung or died',
            value: count(analysis.quarantined_packets),
          },
          {
            name: 'Not drawn',
            title: analysis.undrawn_reason || 'Devices whose figures could not be drawn when it was last tried',
            value: count(analysis.undrawn_devices),
          },
          { name: 'Restarts', value: count(analysis.worker_restarts) },
          { name: 'Index', value: analysis.index.reason || analysis.index.state },
        ]}
      />
    </Panel>
  );
}

function MqttPanel({ status: { mqtt } }: { status: StatusResponse }) {
  const tone = mqtt.state === 'connected' ? 'good' : mqtt.state === 'off' ? 'none' : 'warn';
  return (
    <Panel title="MQTT" aside={<span class={`pill ${tone}`}>{mqtt.state}</span>}>
      {mqtt.reason !== '' && <p class="small">{mqtt.reason}</p>}
      <Facts
        facts={[
          {
            name: 'Broker',
            value: mqtt.broker === '' ? <span class="muted">none set</span> : <DeviceText text={mqtt.broker} />,
          },
          { name: 'Base topic', value: <code>{mqtt.base_topic}</code> },
          { name: 'Published', value: count(mqtt.published) },
          { name: 'Waiting', value: count(mqtt.queued) },
          { name: 'Dropped', value: count(mqtt.dropped) },
          { name: 'Errors', value: count(mqtt.errors) },
        ]}
      />
    </Panel>
  );
}

function MachinePanel({ health: { sample } }: { health: HealthResponse }) {
  return (
    <Panel title="Machine" aside={<span class="muted small">measured {ago(sample.ts, now.value)}</span>}>
      <Facts
        facts={[
          { name: 'Processor', value: sample.cpu_busy === null ? <NoData /> : `${percent(sample.cpu_busy)} busy` },
          { name: 'Load', value: sample.load.map((load) => load.toFixed(2)).join(' · ') },
          { name: 'Memory free', value: <Bytes value={sample.memory_available_bytes} /> },
          {
            name: 'Temperature',
            value:
              sample.temperature_celsius === null ? (
                <NoData why="No sensor." />
              ) : (
                `${sample.temperature_celsius.toFixed(1)} °C`
              ),
          },
          { name: 'Power', value: powerWords(sample.throttled) },
          { name: 'Running for', value: duration(sample.uptime_seconds) },
        ]}
      />
    </Panel>
  );
}

function powerWords(throttled: readonly string[] | null) {
  if (throttled === null) return <NoData why="No such sensor on this machine." />;
  return throttled.length === 0 ? 'good' : <span class="bad-text">{throttled.join(', ')}</span>;
}

type ProcessRow = HealthResponse['processes'][number];
const PROCESS_COLUMNS: readonly Column<ProcessRow>[] = [
  { key: 'name', label: 'Process', heading: true, render: (process) => process.name, sort: (process) => process.name },
  { key: 'state', label: 'State', render: (process) => process.state },
  { key: 'pid', label: 'Process id', numeric: true, render: (process) => process.pid ?? <NoData /> },
  { key: 'started', label: 'Started', numeric: true, render: (process) => <Ago moment={process.started} /> },
  { key: 'memory', label: 'Memory', numeric: true, render: (process) => <Bytes value={process.memory_bytes} /> },
  {
    key: 'written',
    label: 'Written to the card',
    numeric: true,
    render: (process) => <Bytes value={process.written_bytes} />,
  },
];

function InventoryPanel({ health: { inventory, schedule } }: { health: HealthResponse }) {
  if (inventory === null) return <Loading what="the inventory" />;
  const facts: Fact[] = [
    {
      name: 'Model',
      value: <DeviceText text={`${inventory.manufacturer} ${inventory.model}`.trim() || 'not known'} />,
    },
    { name: 'Processor', value: `${inventory.cpu}, ${inventory.cores} cores, ${inventory.architecture}` },
    { name: 'Memory', value: <Bytes value={inventory.memory_bytes} /> },
    { name: 'System', value: `${inventory.os}, kernel ${inventory.kernel}` },
    { name: 'Node.js', value: inventory.node },
    { name: 'Host name', value: <DeviceText text={inventory.host_name} /> },
    {
      name: 'Disks',
      value:
        inventory.disks.length === 0 ? (
          <NoData />
        ) : (
          inventory.disks.map((disk) => (
            <div key={disk.name}>
              {disk.name} <Bytes value={disk.bytes} /> {disk.type}
            </div>
          ))
        ),
    },
    {
      name: 'Interfaces',
      value: inventory.interfaces.map((one) => (
        <div key={one.name}>
          {one.name} <code>{one.mac}</code> {one.state}
        </div>
      )),
    },
    {
      name: 'Next jobs',
      value: schedule.map((job) => (
        <div key={job.name}>
          {job.name}: {job.next === null ? job.state : stamp(job.next)}
        </div>
      )),
    },
  ];
  return (
    <Panel title="Inventory">
      <Facts facts={facts} />
    </Panel>
  );
}

/** DB-IP's licence (CC BY 4.0) asks for this link wherever its data is shown. */
function About() {
  const known = status.value;
  return (
    <Panel title="About">
      <p>
        Weir {known?.appliance.version}, appliance <code>{known?.appliance.id}</code>
        {known !== undefined && <>, running for {duration(known.appliance.uptime_seconds)}</>}. MIT licence.{' '}
        <a href="api/v1/openapi.json">API description</a> · <a href="metrics">Metrics</a>
      </p>
      <p class="small muted">
        Country data:{' '}
        <a href="https://db-ip.com" rel="noreferrer noopener">
          IP Geolocation by DB-IP
        </a>{' '}
        (CC BY 4.0). Owners of addresses:{' '}
        <a href="https://github.com/sapics/ip-location-db" rel="noreferrer noopener">
          ip-location-db
        </a>
        . Vendors of device addresses:{' '}
        <a href="https://standards-oui.ieee.org/" rel="noreferrer noopener">
          IEEE registration authority
        </a>
        . All tables are on the appliance; looking something up asks nobody.
      </p>
    </Panel>
  );
}
