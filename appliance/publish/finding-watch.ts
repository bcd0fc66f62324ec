// Which findings are new, changed or gone since the last look. Gone happens only when the index is rebuilt from fewer
// captures: a finding is a fact about evidence. Pure.
// A device can make thousands of findings change between two looks: so many at once would be more than a page that reads
// normally may have waiting for it, and it would be cut off. What is not reported now is reported in the next round.

import type { DocumentFinding } from '../model/analysis-document.ts';
import type { ServerEvents } from './schemas/events.ts';
import type { FindingRow } from './schemas/findings.ts';

export type FindingChange = ServerEvents['finding'];

/** Reported in one look; later looks report the others. */
const MAX_CHANGES = 100;

export class FindingWatch {
  readonly #known = new Map<string, FindingRow>();
  #first = true;

  /** At the first look everything is known already: a restart announces nothing. */
  compare(findings: readonly DocumentFinding[]): FindingChange[] {
    const rows = findings.map((finding) => findingRow(finding));
    if (this.#first) {
      this.#first = false;
      for (const row of rows) this.#known.set(row.id, row);
      return [];
    }
    const reported = [...this.#news(rows), ...this.#changes(rows)].slice(0, MAX_CHANGES);
    for (const change of reported) this.#take(change);
    return reported;
  }

  #news(rows: readonly FindingRow[]): FindingChange[] {
    return rows.filter(({ id }) => !this.#known.has(id)).map((finding) => ({ type: 'new', finding }));
  }

  /** Least recently reported first: what changes all the time does not displace the rest. */
  #changes(rows: readonly FindingRow[]): FindingChange[] {
    const now = new Map(rows.map((row) => [row.id, row]));
    return [...this.#known.values()].flatMap((known): FindingChange[] => {
      const finding = now.get(known.id);
      if (finding === undefined) return [{ type: 'end', finding: known }];
      return known.count === finding.count ? [] : [{ type: 'update', finding }];
    });
  }

  #take({ type, finding }: FindingChange): void {
    this.#known.delete(finding.id);
    if (type !== 'end') this.#known.set(finding.id, finding);
  }
}

export function findingRow(
  finding: DocumentFinding,
  setAside?: FindingRow['set_aside'],
  peer?: FindingRow['peer'],
): FindingRow {
  return {
    ...finding,
    evidence: finding.evidence.map((evidence) => ({ ...evidence })),
    ...(setAside === undefined ? {} : { set_aside: setAside }),
    ...(peer === undefined ? {} : { peer }),
  };
}
