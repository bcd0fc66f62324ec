// What a check-up says, for people and programs: `weir.doctor/1`. Pure.

import type { Area, Verdict } from '../../model/check-up.ts';
import { printable } from '../../model/text.ts';
import { CHECKS } from './checks.ts';
import type { Facts } from './facts.ts';
import type { Check } from './outcome.ts';

export interface CheckResult {
  readonly id: string;
  readonly area: Area;
  readonly title: string;
  readonly verdict: Verdict;
  readonly seen: string;
  /** What follows from it and what mends it; empty where nothing has to be done. */
  readonly means: string;
  readonly fix: string;
}

export interface DoctorReport {
  readonly schema: 'weir.doctor/1';
  readonly ts: string;
  readonly version: string;
  /** The worst of all: `fail`, `warn`, else `ok`. */
  readonly verdict: 'ok' | 'warn' | 'fail';
  readonly counts: Readonly<Record<'ok' | 'warn' | 'fail' | 'unknown' | 'not_applicable', number>>;
  /** Whether it could look at everything. */
  readonly as_root: boolean;
  /** The configuration file that was read; null for the defaults. */
  readonly config: string | null;
  /** In the order of the table. */
  readonly checks: readonly CheckResult[];
}

/** Characters of what a check saw, and of its remedy; the rest is cut and marked with an ellipsis. */
const MAX_SEEN = 400;

export function makeReport(facts: Facts, version: string, checks: readonly Check[] = CHECKS): DoctorReport {
  const results = checks.map((check) => examine(check, facts));
  const count = (verdict: Verdict) => results.filter((result) => result.verdict === verdict).length;
  const counts = {
    ok: count('ok'),
    warn: count('warn'),
    fail: count('fail'),
    unknown: count('unknown'),
    not_applicable: count('not applicable'),
  };
  return {
    schema: 'weir.doctor/1',
    ts: facts.taken,
    version,
    verdict: counts.fail > 0 ? 'fail' : counts.warn > 0 ? 'warn' : 'ok',
    counts,
    as_root: facts.isRoot,
    config: facts.settings.path,
    checks: results,
  };
}

/** What was seen may hold names from devices (a process, a host): it is made printable here, once. */
function examine({ id, area, title, means, fix, look }: Check, facts: Facts): CheckResult {
  const outcome = look(facts);
  const { verdict } = outcome;
  const isWrong = verdict === 'warn' || verdict === 'fail';
  return {
    id,
    area,
    title,
    verdict,
    seen: printable(outcome.seen, MAX_SEEN),
    means: isWrong ? (outcome.means ?? means) : '',
    fix: isWrong ? printable(outcome.fix ?? fix, MAX_SEEN) : '',
  };
}
