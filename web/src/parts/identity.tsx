// Who a device is, each claim with where it comes from: an address block, a name the device gave, what it was seen to do.

import type { AnalysisDocument, DeviceRow, DocumentDevice } from '../api/types.ts';
import { status } from '../state.ts';
import { DeviceLink } from './device-name.tsx';
import { type Fact, Facts } from './panel.tsx';
import { Ago, At, Bytes, DeviceText, NoData, Source } from './values.tsx';

interface IdentityProps {
  readonly row: DeviceRow | undefined;
  readonly self: DocumentDevice | undefined;
  readonly document: AnalysisDocument;
}

/** Each claim with where it comes from: an address block, a name the device gave, the files. */
export function Identity({ row, self, document }: IdentityProps) {
  const dhcp = row?.mac ? document.dhcp.clients[row.mac] : undefined;
  const facts: Fact[] = [
    { name: 'Address', value: row?.mac ? <code>{row.mac}</code> : <NoData /> },
    { name: 'Vendor', value: vendorValue(row) },
    { name: 'Maker', value: <Known text={self?.maker} /> },
    { name: 'Model', value: <Known text={self?.model} /> },
    {
      name: 'Category',
      value: <Known text={self?.category ?? row?.category} />,
    },
    { name: 'Names', value: <NameList names={self?.names ?? []} /> },
    { name: 'IP addresses', value: <TextList texts={row?.ips ?? self?.ips ?? []} /> },
    { name: 'DHCP vendor class', value: <TextList texts={dhcp?.vendor_class ?? []} /> },
    { name: 'DHCP options asked', value: <TextList texts={dhcp?.param_request ?? []} /> },
    { name: 'User agents seen', value: <TextList texts={Object.keys(document.http.user_agents).slice(0, 5)} /> },
    { name: 'Platforms', value: <PlatformList self={self} /> },
    { name: 'First seen', value: row?.first_seen ? <At moment={row.first_seen} /> : <NoData /> },
    { name: 'Last seen', value: row?.last_seen ? <Ago moment={row.last_seen} /> : <NoData /> },
    ...wifiFacts(row),
    { name: 'Sent', value: <Bytes value={self?.bytes_sent ?? row?.bytes_up} /> },
    { name: 'Received', value: <Bytes value={self?.bytes_received ?? row?.bytes_down} /> },
    ...hiddenFacts(self),
    ...evidenceFacts(self),
  ];
  return <Facts facts={facts.filter((fact) => fact.value !== null)} />;
}

/** Whether it is on the access point at this moment: a silent device that is associated is silent, one that is not is away. */
function wifiFacts(row: DeviceRow | undefined): Fact[] {
  const point = status.value?.ap ?? null;
  if (point === null || !row?.mac) return [];
  const station = point.stations.find(({ mac }) => mac === row.mac);
  if (station === undefined) return [{ name: 'Wi-Fi', value: 'not associated' }];
  const heard = station.present
    ? 'associated'
    : `associated, unheard for ${Math.round(station.inactive_seconds ?? 0)} s`;
  const signal = station.signal_dbm === null ? '' : `, ${station.signal_dbm} dBm`;
  return [{ name: 'Wi-Fi', value: `${heard}${signal}` }];
}

/** How it keeps names from being read on the way; nothing is said of a device that does not. */
function hiddenFacts(self: DocumentDevice | undefined): Fact[] {
  const dns = self?.encrypted_dns ?? [];
  const hellos = (self?.encrypted_hellos ?? []).map(
    ({ outer_name, announced }) =>
      `outside ${outer_name === '' ? 'without a name' : `named ${outer_name}`}${announced ? '' : ' (perhaps an imitation)'}`,
  );
  return [
    ...(dns.length === 0 ? [] : [{ name: 'Encrypted DNS', value: <TextList texts={dns} /> }]),
    ...(hellos.length === 0 ? [] : [{ name: 'Encrypted TLS hellos', value: <TextList texts={hellos} /> }]),
  ];
}

/** Why category, maker and model are believed, and which other addresses speak for the same device. */
function evidenceFacts(self: DocumentDevice | undefined): Fact[] {
  const evidence = self?.identity_evidence ?? [];
  const linked = self?.linked ?? [];
  const facts: Fact[] = [];
  if (evidence.length > 0) facts.push({ name: 'Known by', wide: true, value: <TextList texts={evidence} /> });
  if (linked.length > 0) facts.push({ name: 'Same device as', wide: true, value: <LinkedAddresses linked={linked} /> });
  return facts;
}

function LinkedAddresses({ linked }: { linked: NonNullable<DocumentDevice['linked']> }) {
  return (
    <ul class="plain-list">
      {linked.slice(0, 12).map(({ mac, evidence }) => (
        <li key={mac}>
          <DeviceLink mac={mac} /> <code>{mac}</code>{' '}
          <span class="muted small">
            <DeviceText text={evidence.join(', ')} limit={160} />
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Each with the condition that decided; candidates where nothing does, and the clouds of a phone's apps apart. */
function PlatformList({ self }: { self: DocumentDevice | undefined }) {
  const answers = self?.platform_answers ?? [];
  if (answers.length === 0) return <TextList texts={self?.platforms ?? []} />;
  return (
    <ul class="plain-list">
      {answers.slice(0, 8).map(({ answer, platforms, by, peer, rule, decided }) => (
        <li key={`${rule} ${peer}`}>
          {answer === 'ambiguous' ? 'ambiguous: ' : ''}
          {platforms.join(' or ')}
          {by === 'app' ? ' (an app)' : ''}{' '}
          <span class="muted small">
            <DeviceText text={`${peer === null ? '' : `${peer}, `}${decided}`} limit={160} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Known({ text }: { text: string | null | undefined }) {
  if (!text) return <span class="muted">not known</span>;
  return <DeviceText text={text} />;
}

function vendorValue(row: DeviceRow | undefined) {
  if (row?.randomised) return <span class="muted">not known: the address was chosen by software</span>;
  if (!row?.vendor) return <span class="muted">not in the address register</span>;
  return (
    <>
      <DeviceText text={row.vendor} /> <Source from="address block" />
    </>
  );
}

function NameList({ names }: { names: DocumentDevice['names'] }) {
  if (names.length === 0) return <span class="muted">none given</span>;
  return (
    <ul class="plain-list">
      {names.slice(0, 8).map(({ name, source }) => (
        <li key={`${source} ${name}`}>
          <DeviceText text={name} limit={80} /> <Source from={source} />
        </li>
      ))}
    </ul>
  );
}

function TextList({ texts }: { texts: readonly string[] }) {
  if (texts.length === 0) return <span class="muted">none seen</span>;
  return (
    <ul class="plain-list">
      {texts.slice(0, 8).map((text) => (
        <li key={text}>
          <DeviceText text={text} limit={120} />
        </li>
      ))}
    </ul>
  );
}
