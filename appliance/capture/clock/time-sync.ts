// Whether anything keeps the wall clock right, and how well. Asked of chrony, of systemd-timesyncd's marker file, and of the kernel
// through timedatectl; where none answers it is `unknown`, never "no problem".

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { promisify } from 'node:util';
import { expectOnly, PROGRAM } from '../../model/expected-error.ts';
import type { ClockState } from '../../model/time/clock.ts';

const run = promisify(execFile);

export type SyncState = Pick<ClockState, 'synced' | 'source' | 'max_error_seconds'>;

export const UNKNOWN_SYNC: SyncState = { synced: 'unknown', source: 'none', max_error_seconds: null };

const TIMESYNCD_FOLDER = '/run/systemd/timesync';

/** Never rejects. */
export async function readTimeSync(): Promise<SyncState> {
  const chrony = await readChrony();
  if (chrony !== null) return chrony;
  if (!fs.existsSync(TIMESYNCD_FOLDER)) return await readKernel();
  const synced = fs.existsSync(`${TIMESYNCD_FOLDER}/synchronized`) ? 'yes' : 'no';
  return { synced, source: 'systemd-timesyncd', max_error_seconds: null };
}

async function readChrony(): Promise<SyncState | null> {
  try {
    const { stdout } = await run('chronyc', ['-n', '-c', 'tracking'], { timeout: 2000 });
    return parseChrony(stdout);
  } catch (thrown) {
    expectOnly(thrown, 'asking chronyc', ...PROGRAM);
    return null;
  }
}

/**
 * chronyd answers on UDP or to its own user, and capture's unit may do neither; the kernel knows too whether somebody disciplines
 * its clock. systemd's programs report their exit to NOTIFY_SOCKET, which is reserved for the service itself.
 */
async function readKernel(): Promise<SyncState> {
  const env = { ...process.env, NOTIFY_SOCKET: undefined };
  try {
    const words = ['show', '--property=NTPSynchronized', '--value'];
    const answer = (await run('timedatectl', words, { timeout: 2000, env })).stdout.trim();
    if (answer !== 'yes' && answer !== 'no') return UNKNOWN_SYNC;
    return { synced: answer, source: 'kernel', max_error_seconds: null };
  } catch (thrown) {
    expectOnly(thrown, 'asking timedatectl', ...PROGRAM);
    return UNKNOWN_SYNC;
  }
}

/** One CSV line of `chronyc -c tracking`; chrony's bound of the error is offset + root dispersion + half the root delay. */
export function parseChrony(text: string): SyncState | null {
  const fields = text.trim().split(',');
  const leap = fields[13];
  if (leap === undefined) return null;
  if (leap === 'Not synchronised') return { synced: 'no', source: 'chrony', max_error_seconds: null };
  const error = Math.abs(Number(fields[4])) + Number(fields[11]) + Number(fields[10]) / 2;
  return { synced: 'yes', source: 'chrony', max_error_seconds: Number.isFinite(error) ? error : null };
}
