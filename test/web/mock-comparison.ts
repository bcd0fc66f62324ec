// Idle against intensive of a device of the invented home: judged as the appliance judges, of ten hours each that never were.

import { judgeAll } from '../../appliance/experiment/compare/compare.ts';
import type { RowQuestion } from '../../appliance/experiment/compare/judge-row.ts';
import type { ComparedSide } from '../../appliance/model/experiment/comparison.ts';
import type { ComparisonAnswer } from '../../appliance/publish/schemas/comparison.ts';
import { heartbeat, makeRun, polls } from '../experiment/compare/idle-run.ts';

const HOURS = 6;
const NEW_DESTINATION = 'voice.example tls';
const HOSTILE = '<img src=x onerror=alert(2)> http';

const made = new Map<string, ComparisonAnswer>();

/** Set-up was never captured. Judged once: the page asks again and again. */
export function comparisonOf(query: URLSearchParams, now: number): ComparisonAnswer {
  const [a, b] = [query.get('a') ?? 'idle', query.get('b') ?? 'intensive'];
  const answer = made.get(`${a} ${b}`) ?? makeComparison(a, b, now);
  made.set(`${a} ${b}`, answer);
  return answer;
}

function makeComparison(a: string, b: string, now: number): ComparisonAnswer {
  const isBlind = b === 'setup';
  const known = { 'mqtt.example tls': heartbeat(60), [HOSTILE]: polls(6) };
  const before = makeRun(HOURS * 3600, 'before', known);
  const after = isBlind
    ? { ...before, seconds: 0, rows: [] }
    : makeRun(HOURS * 3600, 'after', { ...known, [NEW_DESTINATION]: polls(12) });
  const none = { entries: [], first: null };
  const names = new Map([...before.rows, ...after.rows].map((row) => [`${row.list} ${row.name}`, row]));
  const questions = [...names].map(([key, row]): RowQuestion => {
    const find = (rows: readonly RowQuestion[]) => rows.find((one) => `${one.list} ${one.name}` === key)?.a ?? none;
    const first = { file: 'x.pcap', segment: 7, packet: 3, ts: `${Math.floor(now / 1000)}.000000000` };
    const side = (rows: readonly RowQuestion[]) => ({ ...find(rows), first });
    return { ...row, a: side(before.rows), b: side(after.rows) };
  });
  const rows = judgeAll(questions, { a: before.seconds, b: after.seconds, step: 60 }, 'weir');
  const comparison = {
    schema: 'weir.comparison/1' as const,
    tool: { name: 'weir' as const, version: '0.0.0', geo: null },
    device: null,
    a: sideOf(a, HOURS),
    b: sideOf(b, isBlind ? 0 : HOURS),
    level: 0.05,
    seed: 'weir',
    rows,
    left_out: { rows: 0, packets: 0 },
    notes: isBlind ? ['setup was not captured (declared were idle): nothing can be said of what it lacks.'] : [],
  };
  const when = new Date(now).toISOString();
  return { device: null, a, b, state: 'made', made: when, renewing: false, why: null, comparison };
}

function sideOf(label: string, hours: number): ComparedSide {
  return { label, hours, from: null, to: null, packets: hours * 90, devices: [], destinations: 3, files: [] };
}
