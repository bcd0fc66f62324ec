// The ports a device used and whether the chosen list calls them secure, and any "name: how often" list.

import type { AnalysisDocument } from '../api/types.ts';
import { seenFrom, topCounts } from '../conversation.ts';
import { count } from '../format/quantity.ts';
import { verdictWords } from '../format/words.ts';
import { type Column, Table } from './table.tsx';
import { Bytes, DeviceText, Verdict } from './values.tsx';

interface PortRow {
  readonly key: string;
  readonly proto: string;
  readonly port: number;
  /** A port of the device itself: others asked it. */
  readonly own: boolean;
  readonly secure: boolean;
  readonly bytes: number;
  readonly verdicts: readonly string[];
}

/** Ports of the asked sides: what the port promises and what the payload shows. */
export function Ports({ document, mac }: { document: AnalysisDocument; mac: string | null }) {
  return (
    <>
      <Table
        caption="Ports"
        columns={COLUMNS}
        rows={portRows(document, mac)}
        rowKey={(row) => row.key}
        order="-bytes"
        limit={12}
        empty="No port used yet."
      />
      <p class="muted small">
        Secure ports after list <code>{document.tool.ports_profile}</code>. A port is a promise; the verdict is what was
        seen.
      </p>
    </>
  );
}

function portRows(document: AnalysisDocument, mac: string | null): PortRow[] {
  const rows = new Map<string, PortRow>();
  for (const conversation of document.conversations) {
    const seen = seenFrom(mac, conversation);
    const port = seen.servicePort;
    const key = `${conversation.proto} ${port} ${seen.offered}`;
    const row = rows.get(key);
    rows.set(key, {
      key,
      proto: conversation.proto,
      port,
      own: seen.offered,
      secure: conversation.secure_port,
      bytes: (row?.bytes ?? 0) + seen.up + seen.down,
      verdicts: [...new Set([...(row?.verdicts ?? []), conversation.verdict])],
    });
  }
  return [...rows.values()];
}

const COLUMNS: readonly Column<PortRow>[] = [
  {
    key: 'port',
    label: 'Port',
    heading: true,
    sort: (row) => row.port,
    render: (row) => (
      <>
        <span class="nowrap">{`${row.proto.toUpperCase()} ${row.port}`}</span>{' '}
        {row.own && <span class="muted small">open on the device</span>}
      </>
    ),
  },
  {
    key: 'secure',
    label: 'Port says',
    sort: (row) => (row.secure ? 1 : 0),
    render: (row) => <span class={`pill ${row.secure ? 'good' : 'none'}`}>{row.secure ? 'secure' : 'not secure'}</span>,
  },
  {
    key: 'verdicts',
    label: 'Payload says',
    wide: true,
    sort: (row) => row.verdicts.map((word) => verdictWords(word).name).join(),
    render: (row) => (
      <span class="pills">
        {row.verdicts.map((word) => (
          <Verdict key={word} word={word} />
        ))}
      </span>
    ),
  },
  {
    key: 'bytes',
    label: 'Bytes',
    numeric: true,
    sort: (row) => row.bytes,
    render: (row) => <Bytes value={row.bytes} />,
  },
];

interface CountListProps {
  readonly counts: Readonly<Record<string, number>>;
  readonly unit: string;
  readonly empty: string;
}

const LISTED = 12;

export function CountList({ counts, unit, empty }: CountListProps) {
  const { top, left } = topCounts(counts, LISTED);
  if (top.length === 0) return <p class="muted">{empty}</p>;
  return (
    <>
      <ul class="count-list">
        {top.map(([name, number]) => (
          <li key={name}>
            <DeviceText text={name} limit={64} />
            <span class="numeric" title={`${count(number)} ${unit}`}>
              {count(number)}
            </span>
          </li>
        ))}
      </ul>
      {left > 0 && <p class="muted small">and {count(left)} more</p>}
    </>
  );
}
