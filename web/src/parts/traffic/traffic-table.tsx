// The figures of the chart, and its legend, and its switches in one table: directions are columns, protocols are rows.

import { type Direction, PROTOCOLS, type Protocol, type Second, type Selection, total } from '../../traffic.ts';
import { Bytes } from '../values.tsx';

interface Props {
  readonly seconds: readonly Second[];
  readonly selection: Selection;
  readonly onSelect: (selection: Selection) => void;
}

const NAMES: Readonly<Record<Protocol, string>> = { https: 'HTTPS', http: 'HTTP', tcp: 'TCP', udp: 'UDP' };
const ROWS: readonly Protocol[] = [...PROTOCOLS].reverse();

export function TrafficTable({ seconds, selection, onSelect }: Props) {
  const toggleProtocol = (name: Protocol) => onSelect({ ...selection, protocols: toggled(selection.protocols, name) });
  const toggleDirection = (name: Direction) =>
    onSelect({ ...selection, directions: toggled(selection.directions, name) });
  const directionHeader = (name: Direction, label: string) => (
    <th scope="col" class="numeric">
      <Toggle on={selection.directions.includes(name)} label={label} onToggle={() => toggleDirection(name)} />
    </th>
  );
  return (
    <table class="traffic-table">
      <caption class="visually-hidden">Bytes in the time shown. The buttons show or hide parts of the chart.</caption>
      <thead>
        <tr>
          <th scope="col">
            <span class="visually-hidden">Protocol</span>
          </th>
          {directionHeader('in', 'In')}
          {directionHeader('out', 'Out')}
        </tr>
      </thead>
      <tbody>
        {ROWS.map((protocol) => (
          <tr key={protocol}>
            <th scope="row">
              <Toggle
                on={selection.protocols.includes(protocol)}
                label={NAMES[protocol]}
                color={protocol}
                onToggle={() => toggleProtocol(protocol)}
              />
            </th>
            <Amounts seconds={seconds} part={protocol} />
          </tr>
        ))}
        <tr class="total">
          <th scope="row">All</th>
          <Amounts seconds={seconds} part="total" />
        </tr>
      </tbody>
    </table>
  );
}

function Amounts({ seconds, part }: { seconds: readonly Second[]; part: Protocol | 'total' }) {
  return (
    <>
      <td class="numeric">
        <Bytes value={total(seconds, 'in', part)} />
      </td>
      <td class="numeric">
        <Bytes value={total(seconds, 'out', part)} />
      </td>
    </>
  );
}

interface ToggleProps {
  readonly on: boolean;
  readonly label: string;
  readonly color?: Protocol;
  readonly onToggle: () => void;
}

function Toggle({ on, label, color, onToggle }: ToggleProps) {
  return (
    <button type="button" class="toggle" aria-pressed={on} onClick={onToggle} title={on ? 'Hide' : 'Show'}>
      {color !== undefined && <span class={`swatch ${color}`} aria-hidden="true" />}
      {label}
    </button>
  );
}

function toggled<T>(list: readonly T[], item: T): readonly T[] {
  return list.includes(item) ? list.filter((other) => other !== item) : [...list, item];
}
