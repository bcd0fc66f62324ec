// Which findings are new, changed or gone since the last look. Gone happens only when the index is rebuilt from fewer
// captures: a finding is a fact about evidence. Pure.

import type { DocumentFinding } from '../model/analysis-document.ts';
import type { ServerEvents } from './http/schemas/events.ts';
import type { FindingRow } from './http/schemas/findings.ts';

export type FindingChange = ServerEvents['finding'];

export class FindingWatch {
  readonly #known = new Map<string, FindingRow>();
  #first = true;

  /** At the first look everything is known already: a restart announces nothing. */
  compare(findings: readonly DocumentFinding[]): FindingChange[] {
    const rows = findings.map(findingRow);
    const changes = [...this.#fresh(rows), ...this.#gone(new Set(rows.map((row) => row.id)))];
    for (const row of rows) this.#known.set(row.id, row);
    const quiet = this.#first;
    this.#first = false;
    return quiet ? [] : changes;
  }

  #fresh(rows: readonly FindingRow[]): FindingChange[] {
    return rows.flatMap((finding): FindingChange[] => {
      const known = this.#known.get(finding.id);
      if (known === undefined) return [{ type: 'new', finding }];
      return known.count === finding.count ? [] : [{ type: 'update', finding }];
    });
  }

  #gone(ids: ReadonlySet<string>): FindingChange[] {
    const gone = [...this.#known.values()].filter((finding) => !ids.has(finding.id));
    for (const finding of gone) this.#known.delete(finding.id);
    return gone.map((finding): FindingChange => ({ type: 'end', finding }));
  }
}

export function findingRow(finding: DocumentFinding): FindingRow {
  return { ...finding, evidence: finding.evidence.map((evidence) => ({ ...evidence })) };
}
