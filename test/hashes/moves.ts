// Two documents of one capture compared: which verdicts, services, names, destinations, devices and findings differ.

/** Kind of statement to what is gone ("- …") and what is new ("+ …"), with how often. */
export type Moves = Map<string, Map<string, number>>;

type Row = Readonly<Record<string, unknown>>;

interface Kind {
  readonly name: string;
  readonly list: string;
  /** What says that two rows are about the same thing. */
  readonly key: readonly string[];
  readonly fields: readonly string[];
}

const CONVERSATION = ['proto', 'a_ip', 'a_port', 'b_ip', 'b_port'];
const KINDS: readonly Kind[] = [
  ...[
    'pkts_ab',
    'pkts_ba',
    'bytes_ab',
    'bytes_ba',
    'payload_ab',
    'payload_ba',
    'H',
    'verdict',
    'readable',
    'payload_says',
    'port_check',
  ].map((field) => ({ name: `conversation ${field}`, list: 'conversations', key: CONVERSATION, fields: [field] })),
  ...['service', 'country', 'provider', 'a_mac', 'b_mac', 'sessions'].map((field) => ({
    name: `conversation ${field}`,
    list: 'conversations',
    key: CONVERSATION,
    fields: [field],
  })),
  ...['names', 'country', 'provider', 'bytes_up', 'bytes_down'].map((field) => ({
    name: `destination ${field}`,
    list: 'destinations',
    key: ['ip'],
    fields: [field],
  })),
  ...['names', 'category', 'maker', 'model', 'platforms', 'packets_sent', 'bytes_sent'].map((field) => ({
    name: `device ${field}`,
    list: 'devices',
    key: ['mac'],
    fields: [field],
  })),
  { name: 'finding', list: 'findings', key: ['id'], fields: ['rule', 'severity'] },
];
const SHOWN = 6;

export function countMoves(moves: Moves, before: unknown, after: unknown): void {
  for (const kind of KINDS) {
    const [old, present] = [rowsOf(before, kind), rowsOf(after, kind)];
    for (const key of new Set([...old.keys(), ...present.keys()])) {
      const [was, is] = [old.get(key), present.get(key)];
      if (was !== is) count(moves, kind.name, `${was ?? '(no row)'} -> ${is ?? '(no row)'}`);
    }
  }
}

function rowsOf(document: unknown, kind: Kind): Map<string, string> {
  const rows: readonly Row[] = (document as Record<string, readonly Row[]>)[kind.list] ?? [];
  return new Map(rows.map((row) => [kind.key.map((name) => String(row[name])).join(' '), textOf(row, kind.fields)]));
}

function textOf(row: Row, fields: readonly string[]): string {
  return fields.map((name) => JSON.stringify(row[name]) ?? 'absent').join(' ');
}

function count(moves: Moves, kind: string, change: string): void {
  const changes = moves.get(kind) ?? new Map<string, number>();
  changes.set(change, (changes.get(change) ?? 0) + 1);
  moves.set(kind, changes);
}

export function printMoves(moves: Moves): string {
  if (moves.size === 0) return 'nothing differs\n';
  return [...moves].map(([kind, changes]) => printKind(kind, changes)).join('');
}

function printKind(kind: string, changes: ReadonlyMap<string, number>): string {
  const total = [...changes.values()].reduce((sum, times) => sum + times, 0);
  const sorted = [...changes].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const lines = sorted
    .slice(0, SHOWN)
    .map(([change, times]) => `  ${String(times).padStart(6)}  ${change.slice(0, 200)}\n`);
  const more = sorted.length > SHOWN ? `          and ${sorted.length - SHOWN} other kinds of change\n` : '';
  return `${kind}: ${total}\n${lines.join('')}${more}`;
}
