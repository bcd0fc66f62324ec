// A check-up for a terminal: what is wrong first, then what could not be looked at, then the rest in a line each.

import type { Verdict } from '../../model/check-up.ts';
import type { CheckResult, DoctorReport } from './report.ts';

/** Nagios' order, which monitoring understands: 0 all well, 1 warnings, 2 failures. What is unknown does not count. */
export const EXIT_CODES = { ok: 0, warn: 1, fail: 2 } as const;

const MARKS: Readonly<Record<Verdict, string>> = {
  fail: 'FAIL',
  warn: 'WARN',
  unknown: '  ? ',
  ok: ' ok ',
  'not applicable': '  - ',
};

export function reportText(report: DoctorReport): string {
  const of = (verdict: Verdict) => report.checks.filter((check) => check.verdict === verdict);
  const parts = [
    [...of('fail'), ...of('warn')].map(problemText),
    of('unknown').map(({ id, seen }) => `${MARKS.unknown}  ${id}: not known: ${seen}`),
    of('ok').map(({ title, seen }) => `${MARKS.ok}  ${title}: ${seen}`),
    [...byReason(of('not applicable'))].map(
      ([reason, ids]) => `${MARKS['not applicable']}  ${reason}: ${ids.join(', ')}`,
    ),
    [summaryText(report)],
  ];
  return `${parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n')}\n`;
}

function problemText({ verdict, id, seen, means, fix }: CheckResult): string {
  return `${MARKS[verdict]}  ${id}: ${seen}\n      means: ${means}\n      fix:   ${fix}`;
}

/** Half of the checks may be set aside for one reason. */
function byReason(checks: readonly CheckResult[]): Map<string, string[]> {
  const reasons = new Map<string, string[]>();
  for (const { id, seen } of checks) reasons.set(seen, [...(reasons.get(seen) ?? []), id]);
  return reasons;
}

function summaryText({ counts, as_root, config }: DoctorReport): string {
  const { fail, warn, unknown, ok, not_applicable } = counts;
  const head = fail + warn === 0 ? 'Healthy' : fail === 0 ? 'Works, with warnings' : 'Not healthy';
  const root = unknown > 0 && !as_root ? ' Run it as root to look at more.' : '';
  const numbers = `${fail} failed, ${warn} warnings, ${unknown} not known, ${ok} well, ${not_applicable} not applicable`;
  return `${head}: ${numbers}. Settings: ${config ?? 'defaults'}.${root}`;
}
