// Reads what the supervisor of the access point last said. A file that is missing, torn or of another version is null and a
// reason: readers continue without it.

import { readFileSync, statSync } from 'node:fs';
import { systemCode } from '../../model/errors.ts';
import { AP_STATUS_FILE, type ApStatus } from './status.ts';

/** 64 stations take some 20 KiB. */
const MAX_BYTES = 256 * 1024;
/** The supervisor writes every few seconds; a file older than this was left behind by one that died. */
const STALE_MS = 30_000;

export interface ReadApStatus {
  readonly status: ApStatus | null;
  /** Why there is none, or why it cannot be relied on; empty where all is well. */
  readonly reason: string;
}

export function readApStatus(file: string = AP_STATUS_FILE, now: number = Date.now()): ReadApStatus {
  try {
    if (statSync(file).size > MAX_BYTES) return { status: null, reason: `${file} is too large to be a status` };
    const status = JSON.parse(readFileSync(file, 'utf8')) as ApStatus | null;
    if (status?.schema !== 'weir.ap/1') return { status: null, reason: `${file} is of another version` };
    return { status, reason: staleness(status, now) };
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return { status: null, reason: 'the access point is not run by Weir' };
    return { status: null, reason: `${file} cannot be read` };
  }
}

function staleness({ state, ts }: ApStatus, now: number): string {
  if (state === 'stopped' || state === 'off' || now - Date.parse(ts) < STALE_MS) return '';
  return 'the supervisor of the access point says nothing any more; `systemctl restart weir-ap` starts it again';
}
