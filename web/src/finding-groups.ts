// Findings as they are read: one group for a message, in it one row for each victim with the other side it is about. Pure.

import { compareSeverities } from '../../appliance/model/severity.ts';
import type { FindingRow } from './api/types.ts';

/** The API's finding, or the document's, which knows no other side. */
export type AnyFinding = Omit<FindingRow, 'evidence'> & {
  readonly evidence: readonly { readonly packet: number; readonly ts: string; readonly segment?: number | null }[];
};

export interface FindingGroup {
  readonly key: string;
  /** Its message is that of all. */
  readonly first: AnyFinding;
  readonly findings: readonly AnyFinding[];
  /** Findings of this message, also where fewer are drawn. */
  readonly total: number;
}

/** An order that stays while counts rise: severity, rule, then device and other side. */
export function groupFindings(findings: readonly AnyFinding[]): readonly FindingGroup[] {
  const groups = new Map<string, AnyFinding[]>();
  for (const finding of findings.toSorted(byRank)) {
    const key = `${finding.severity} ${finding.rule} ${finding.explanation}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [finding]);
    else known.push(finding);
  }
  return [...groups].flatMap(([key, all]) => {
    const [first] = all;
    return first === undefined ? [] : [{ key, first, findings: all, total: all.length }];
  });
}

/** The first `messages`, and of them together the first `findings`. */
export function firstGroups(groups: readonly FindingGroup[], messages: number, findings: number): FindingGroup[] {
  let room = findings;
  const first: FindingGroup[] = [];
  for (const group of groups.slice(0, messages)) {
    if (room <= 0) break;
    first.push({ ...group, findings: group.findings.slice(0, room) });
    room -= group.findings.length;
  }
  return first;
}

function byRank(a: AnyFinding, b: AnyFinding): number {
  return (
    compareSeverities(a, b) ||
    compare(a.rule, b.rule) ||
    compare(a.device ?? '', b.device ?? '') ||
    compare(a.peer?.name ?? '', b.peer?.name ?? '') ||
    compare(a.id, b.id)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

export interface FindingFilter {
  /** Empty for all; a device by its MAC, with colons or, as links of notifications write it, without. */
  readonly severity: string;
  readonly device: string;
  readonly rule: string;
}

export function filterFindings(
  findings: readonly AnyFinding[],
  { severity, device, rule }: FindingFilter,
): readonly AnyFinding[] {
  const digits = (mac: string | null): string => (mac ?? '').replaceAll(':', '');
  return findings.filter(
    (finding) =>
      (severity === '' || finding.severity === severity) &&
      (device === '' || digits(finding.device) === digits(device)) &&
      (rule === '' || finding.rule === rule),
  );
}
