// Joins analysis/ and its tables into the SummaryTools that store and page use. Without tables the figures are made all
// the same; only countries and vendors stay unknown, and that is said.

import { renderDocument, renderLargest } from '../analysis/document.ts';
import { combineDevices, mergeSummaries } from '../analysis/merge.ts';
import { openTables } from '../analysis/open-tables.ts';
import { emptySummary, type Summary } from '../analysis/summary.ts';
import { version } from '../config/version.ts';
import type { SummaryOrigin, SummaryTools } from './summary-tools.ts';

/** Rows of the whole appliance's document: with all of them a page would wait seconds. Each device's own has all of its. */
const MOST_CONVERSATIONS = 1000;
/** Times in captures have nanoseconds. */
const DIGITS = 9;

/**
 * Works in the calling thread. `trouble` hears of tables that are missing; in `dataFolder` an operator's newer geo table is looked for first.
 * @throws WeirError USAGE for a port profile that does not exist
 */
export function openSummaryTools(
  profileName: string,
  trouble: (text: string) => void,
  dataFolder?: string,
  home = '',
): SummaryTools {
  const { tables, warnings } = openTables(version, profileName, dataFolder, home);
  for (const warning of warnings) trouble(warning);
  return {
    merge: async (parts) => mergeTexts(parts),
    document: async (parts, origin) => renderDocument(mergeParts(parts), tables, source(origin)),
    combined: async (devices, origin) =>
      renderLargest(combineDevices(devices.map(mergeParts)), tables, source(origin), MOST_CONVERSATIONS),
  };
}

/** One part alone stays the text it is. */
function mergeTexts(parts: readonly string[]): string {
  const some = parts.filter((part) => part !== '');
  return some.length > 1 ? JSON.stringify(mergeParts(some)) : (some[0] ?? '');
}

function mergeParts(parts: readonly string[]): Summary {
  const summaries = parts.filter((part) => part !== '').map((part) => JSON.parse(part) as Summary);
  const [first, ...others] = summaries;
  return first === undefined ? emptySummary() : others.reduce(mergeSummaries, first);
}

function source({ path, bytes, identities = {} }: SummaryOrigin) {
  return { path, bytes, sha256: null, format: 'pcap', damage: null, digits: DIGITS, identities } as const;
}
