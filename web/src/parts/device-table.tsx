// Every device that has sent a frame, as a table of figures: who it is, how much it says, to how many, and whether anything was readable.

import { useSignal } from '@preact/signals';
import { clearBytes, type ProtectionWord, protectionWord } from '../../../appliance/model/protection.ts';
import type { DeviceRow } from '../api/types.ts';
import { bytes as formatBytes, percent, plural } from '../format/quantity.ts';
import { toMillis } from '../format/time.ts';
import { countryName, verdictWords } from '../format/words.ts';
import { href } from '../route.ts';
import { verdictParts } from '../verdicts.ts';
import { DeviceAddress, DeviceName, plainDeviceName } from './device-name.tsx';
import { CategoryIcon } from './icons.tsx';
import { ListExport } from './list-export.tsx';
import { Panel } from './panel.tsx';
import { type Column, Table } from './table.tsx';
import { Sparkline } from './traffic/sparkline.tsx';
import { Ago, Bytes, Count } from './values.tsx';
import { ShareBar } from './verdict-bar.tsx';

export function DeviceTable({ all }: { all: readonly DeviceRow[] }) {
  const filter = useSignal('');
  const shown = all.filter((device) => matches(device, filter.value));
  return (
    <Panel
      title="Figures"
      class="flush device-figures"
      aside={
        <div class="filters">
          <ListExport name="devices" rows={() => shown} />
          <label class="filter">
            <span class="visually-hidden">Filter devices</span>
            <input
              type="search"
              placeholder="Name, vendor, address …"
              value={filter.value}
              onInput={(event) => (filter.value = event.currentTarget.value)}
            />
          </label>
        </div>
      }
    >
      <Table
        caption="Devices, all that was recorded of them"
        columns={COLUMNS}
        rows={shown}
        rowKey={(device) => device.id}
        order="name"
        empty="No device matches the filter."
        rowClass={(device) => (device.present ? '' : 'absent')}
      />
    </Panel>
  );
}

function matches(device: DeviceRow, filter: string): boolean {
  const wanted = filter.trim().toLowerCase();
  if (wanted === '') return true;
  const said = [
    plainDeviceName(device),
    device.vendor ?? '',
    device.maker ?? '',
    device.model ?? '',
    device.mac ?? '',
    device.category ?? '',
    ...device.ips,
  ];
  return said.some((text) => text.toLowerCase().includes(wanted));
}

const COLUMNS: readonly Column<DeviceRow>[] = [
  { key: 'name', label: 'Device', heading: true, render: nameCell, sort: (device) => plainDeviceName(device) },
  {
    key: 'seen',
    label: 'Last seen',
    numeric: true,
    render: (device) => <Ago moment={device.last_seen} />,
    sort: (device) => toMillis(device.last_seen) ?? null,
  },
  {
    key: 'up',
    label: 'Sent',
    numeric: true,
    render: (device) => <Bytes value={device.bytes_up} />,
    sort: (d) => d.bytes_up,
  },
  {
    key: 'bytes',
    label: 'Received',
    numeric: true,
    render: (device) => <Bytes value={device.bytes_down} />,
    sort: (device) => device.bytes_down,
  },
  {
    key: 'destinations',
    label: 'Destinations',
    numeric: true,
    render: (device) => <Count value={device.destinations} />,
    sort: (device) => device.destinations,
  },
  { key: 'countries', label: 'Countries', render: countriesCell, sort: (device) => device.countries.length },
  { key: 'verdict', label: 'Protection', render: protectionCell, sort: (device) => clearShare(device) },
  { key: 'findings', label: 'Findings', render: findingsCell, sort: (device) => findingWeight(device) },
  {
    key: 'activity',
    label: 'Last hour',
    render: (device) => <Sparkline device={device} />,
  },
];

function nameCell(device: DeviceRow) {
  return (
    <div class="device-cell">
      <CategoryIcon category={device.category} />
      <div>
        <a href={href('devices', device.id)} class="strong-link">
          <DeviceName device={device} />
        </a>
        <DeviceAddress device={device} />
      </div>
    </div>
  );
}

/** Share of bytes that anyone on the path can read; most first. */
function clearShare({ verdicts }: DeviceRow): number | null {
  const all = Object.values(verdicts).reduce((sum, bytes) => sum + bytes, 0);
  return all === 0 ? null : clearBytes(verdicts) / all;
}

function countriesCell(device: DeviceRow) {
  const abroad = device.countries.filter((code) => code !== 'local');
  if (abroad.length === 0) return <span class="muted">none seen</span>;
  return (
    <span title={abroad.map(countryName).join(', ')}>
      {abroad.slice(0, 5).map((code) => (
        <span key={code} class="country-code">
          {code}
        </span>
      ))}
      {abroad.length > 5 && <span class="muted small"> +{abroad.length - 5}</span>}
    </span>
  );
}

/** What the Internet sees, and what stays at home. */
function protectionCell({ protection, readable }: DeviceRow) {
  const shown = (
    [
      ['To the Internet', protection.internet],
      ['At home', protection.home],
    ] as const
  ).filter(([, bytes]) => verdictParts(bytes).length > 0);
  if (shown.length === 0) return <span class="muted">no conversation</span>;
  return (
    <div class="protection">
      {shown.map(([where, bytes]) => (
        <Protection key={where} where={where} bytes={bytes} readable={readable} />
      ))}
    </div>
  );
}

interface ProtectionProps {
  readonly where: string;
  readonly bytes: DeviceRow['verdicts'];
  readonly readable: boolean;
}

/** How much is in the clear, else what most of it is; all words as a bar of shares by bytes. */
function Protection({ where, bytes, readable }: ProtectionProps) {
  const parts = verdictParts(bytes);
  const word = protectionWord(bytes, readable);
  const words = parts.map((part) => `${verdictWords(part.verdict).name}: ${formatBytes(part.bytes)}`);
  const isBad = word.says === 'clear' || word.says === 'readable';
  return (
    <div title={words.join('\n')}>
      <ShareBar parts={parts} />
      <span class="small">
        <span class="muted">{where}:</span> <span class={isBad ? 'bad-text' : ''}>{protectionText(word)}</span>
      </span>
    </div>
  );
}

function protectionText(word: ProtectionWord): string {
  switch (word.says) {
    case 'nothing':
      return 'no conversation';
    case 'clear':
      return `${percent(word.share)} in the clear`;
    case 'readable':
      return `${verdictWords(word.verdict).name.toLowerCase()}, but see findings`;
    case 'most':
      return `${word.only ? '' : 'mostly '}${verdictWords(word.verdict).name.toLowerCase()}`;
  }
}

function findingsCell({ findings }: DeviceRow) {
  const all = findings.high + findings.medium + findings.low;
  if (all === 0) return <span class="muted">none</span>;
  const tone = findings.high > 0 ? 'bad' : findings.medium > 0 ? 'warn' : 'none';
  const title = `${findings.high} high, ${findings.medium} medium, ${findings.low} low`;
  return (
    <span class={`pill ${tone}`} title={title}>
      {findings.high > 0 ? `${findings.high} high` : plural(all, 'finding')}
    </span>
  );
}

function findingWeight({ findings }: DeviceRow): number {
  return -(findings.high * 1e6 + findings.medium * 1e3 + findings.low);
}
