// The state of an archive: which appliance is silent, behind, losing frames, or was refused. From what came home; contacts nobody.

import { join } from 'node:path';
import { readRegularJson } from '../capture/storage/regular-file.ts';
import type { StatusResponse } from '../publish/schemas/status.ts';
import type { Archive } from './archive.ts';
import { tokenLines } from './time-tokens.ts';
import { firmest, readHeads } from './witness-heads.ts';

/** Of an appliance's last status; a larger file is taken for none, and what it says of trouble is not shown. */
const MAX_STATUS_BYTES = 16 * 1024 * 1024;
/** Ordinary for a pull every hour or day. */
const SILENT_HOURS = 36;
const BEHIND_SECONDS = 3600;

export interface SiteStatus {
  readonly site: string;
  readonly appliance: string;
  readonly host: string;
  readonly last_pull: string | null;
  readonly ledger_lines: number;
  readonly heads: number;
  readonly time_tokens: number;
  /** Words: `silent`, `refused`, `capture down`, `behind`, `losing`; none while all is well. */
  readonly trouble: readonly string[];
}

/** `now`: milliseconds since 1970. */
export function archiveStatus(archive: Archive, now: number): SiteStatus[] {
  return archive.sites().map((site) => {
    const folder = archive.siteFolder(site);
    const record = archive.record(site);
    const heads = readHeads(folder);
    const status = readRegularJson(join(folder, 'figures', 'status.json'), MAX_STATUS_BYTES) as
      | Partial<StatusResponse>
      | undefined;
    return {
      site,
      appliance: record?.appliance ?? '',
      host: record?.host ?? '',
      last_pull: record?.last_pull ?? null,
      ledger_lines: firmest(heads)?.lines ?? 0,
      heads: heads.length,
      time_tokens: tokenLines(folder).length,
      trouble: [...pullProblems(record?.last_pull ?? null, record?.last_refusal?.why, now), ...ownProblems(status)],
    };
  });
}

function pullProblems(last: string | null, refusal: string | undefined, now: number): string[] {
  const hours = last === null ? Number.POSITIVE_INFINITY : (now - Date.parse(last)) / 3_600_000;
  const silent =
    hours <= SILENT_HOURS
      ? []
      : [last === null ? 'silent: nothing came yet' : `silent: nothing came for ${Math.floor(hours)} hours`];
  return refusal === undefined ? silent : [...silent, `refused: ${refusal}`];
}

/** What the appliance said of itself when it was asked last. */
function ownProblems(status: Partial<StatusResponse> | undefined): string[] {
  if (status === undefined) return [];
  const { capture, analysis, capture_reason } = status;
  const trouble: string[] = [];
  if (capture === null) trouble.push(`capture down: ${capture_reason ?? ''}`);
  else if (capture !== undefined && capture.state !== 'capturing')
    trouble.push(`capture ${capture.state}: ${capture.reason}`);
  if (analysis !== undefined && analysis.lag_seconds > BEHIND_SECONDS)
    trouble.push(`behind: analysis lags ${Math.round(analysis.lag_seconds)} s`);
  const lost =
    (capture?.counters.lost_disk ?? 0) + (capture?.counters.lost_queue ?? 0) + (capture?.counters.dropped_kernel ?? 0);
  if (lost > 0) trouble.push(`losing: ${lost} frames in this run`);
  return trouble;
}
