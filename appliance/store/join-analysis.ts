// Joins analysis/ and its tables into the SummaryTools that store and page use. Without tables the figures are made all
// the same; only countries and vendors stay unknown, and that is said.

import { renderDocument } from '../analysis/document.ts';
import { combineDevices, mergeSummaries } from '../analysis/merge.ts';
import { openTables } from '../analysis/open-tables.ts';
import { emptySummary, type Summary } from '../analysis/summary.ts';
import { version } from '../config/version.ts';
import type { SummaryOrigin, SummaryTools } from './summary-tools.ts';

/** Times in captures have nanoseconds. */
const DIGITS = 9;

/**
 * `trouble` hears of tables that are missing; in `dataFolder` an operator's newer geo table is looked for first.
 * @throws WeirError USAGE for a port profile that does not exist
 */
export function openSummaryTools(
  profileName: string,
  trouble: (text: string) => void,
  dataFolder?: string,
): SummaryTools {
  const { tables, warnings } = openTables(version, profileName, dataFolder);
  for (const warning of warnings) trouble(warning);
  return {
    merge: mergeTexts,
    combine: (summaries) => JSON.stringify(combineDevices(summaries.map(read))),
    document: (summary, origin) => renderDocument(read(summary), tables, source(origin)),
  };
}

function mergeTexts(earlier: string, later: string): string {
  if (earlier === '' || later === '') return earlier === '' ? later : earlier;
  return JSON.stringify(mergeSummaries(read(earlier), read(later)));
}

function read(text: string): Summary {
  return text === '' ? emptySummary() : (JSON.parse(text) as Summary);
}

function source({ path, bytes }: SummaryOrigin) {
  return { path, bytes, sha256: null, format: 'pcap', damage: null, digits: DIGITS } as const;
}
