// What a soak must show (issue of record: the cost of living), held against its table. A verdict that cannot be given says why.

import { cpuShareOf, type DayRow, dailyWrites } from './day-table.ts';

export interface Verdict {
  readonly target: string;
  readonly result: 'holds' | 'FAILS' | 'not shown';
  readonly figure: string;
}

const MB = 1_000_000;
const MAX_WRITES = 250 * MB;
const MAX_SHARE_ALONE = 0.1;
const MAX_SHARE_PAGE = 0.25;
const MAX_RESIDENT = 200 * MB;
/** Days of the first week are compared with the last ones; noise of a machine stays below this. */
const MAX_GROWTH = 1.15;
const WEEK_DAYS = 7;
const LAST_ROWS = 3;

const most = (values: readonly number[]): number => Math.max(...values, 0);

/** Whether a figure keeps its limit, both reported in the figure's own words. */
export function below(target: string, value: number, limit: number, text: (value: number) => string): Verdict {
  return { target: `${target} ≤ ${text(limit)}`, result: value <= limit ? 'holds' : 'FAILS', figure: text(value) };
}

const inMegabytes = (bytes: number): string => `${(bytes / MB).toFixed(0)} MB`;
const inPercent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const plain = (value: number): string => String(value);

export function verdictsOf(rows: readonly DayRow[]): Verdict[] {
  const seen = rows.filter((row) => row.windows !== undefined);
  const alone = seen.map((row) => Math.max(row.windows?.nobody ?? 0, cpuShareOf(row)));
  return [
    below('written a day by the appliance', most(rows.map(dailyWrites)), MAX_WRITES, inMegabytes),
    needsWindows(seen, below('CPU, nobody looking', most(alone), MAX_SHARE_ALONE, inPercent)),
    needsWindows(
      seen,
      below('CPU, one page open', most(seen.map(({ windows }) => windows?.onePage ?? 0)), MAX_SHARE_PAGE, inPercent),
    ),
    below('appliance resident', most(rows.map((row) => row.applianceResidentBytes)), MAX_RESIDENT, inMegabytes),
    below('frames lost', most(rows.map(({ lost }) => lost)), 0, plain),
    below('deaths of the appliance', most(rows.map(({ deaths }) => deaths)), 0, plain),
    flat(rows, 'written a day', dailyWrites),
    flat(rows, 'CPU per hour', (row) => row.applianceCpu),
    flat(rows, 'resident', (row) => row.applianceResidentBytes),
    flat(rows, 'index', (row) => row.indexBytes),
  ];
}

function needsWindows(seen: readonly DayRow[], verdict: Verdict): Verdict {
  return seen.length > 0 ? verdict : { ...verdict, result: 'not shown', figure: 'no window at real speed' };
}

/** The last rows next to the last ones of the first week. */
function flat(rows: readonly DayRow[], what: string, value: (row: DayRow) => number): Verdict {
  const target = `${what} flat after the first week (≤ × ${MAX_GROWTH})`;
  const week = rows.filter(({ day }) => day <= WEEK_DAYS).slice(-LAST_ROWS);
  const last = rows.filter(({ day }) => day > WEEK_DAYS + LAST_ROWS).slice(-LAST_ROWS);
  if (week.length === 0 || last.length < LAST_ROWS) {
    return { target, result: 'not shown', figure: `needs ${WEEK_DAYS + 2 * LAST_ROWS} days` };
  }
  const mean = (list: readonly DayRow[]): number => list.reduce((sum, row) => sum + value(row), 0) / list.length;
  const growth = mean(last) / mean(week);
  return { target, result: growth <= MAX_GROWTH ? 'holds' : 'FAILS', figure: `× ${growth.toFixed(2)}` };
}

export function verdictLine({ target, result, figure }: Verdict): string {
  return `${result.padEnd(9)} ${target}: ${figure}`;
}
