// What lines of a ledger may not say of one segment: a file is opened once and closed once. Used by verify, next to the fold.

import type { LedgerLine } from '../../model/ledger.ts';
import { isSegmentPath, parseSegmentFile } from '../../model/segment.ts';
import type { LedgerState } from './ledger-state.ts';

/** What a line contradicts in what the lines before it add up to; null where nothing. */
export function contradictionOf(line: LedgerLine, before: LedgerState): string | null {
  if (line.type !== 'segment-opened' && line.type !== 'segment-closed') return null;
  const path: string = line.path;
  if (!isSegmentPath(path)) return `${String(line.path)} is no path of a segment`;
  const name = parseSegmentFile(path.slice(path.lastIndexOf('/') + 1));
  if (name?.seq !== line.seq || name.device !== line.device) return `${path} belongs to another device or number`;
  const known = before.segments.get(path)?.state;
  if (line.type === 'segment-opened' && known !== undefined) return `${path} is opened a second time`;
  if (known === 'closed' || known === 'deleting') return `${path} is closed a second time`;
  if (before.deleted.has(line.seq)) return `${path} has the number of a segment that was deleted before`;
  return null;
}
