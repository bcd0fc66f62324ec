// Whether the wall clock follows a time service: asked of chronyc, then timedatectl. Where neither is there, it is not
// known, and that is said.

import { execFile } from 'node:child_process';

export interface ClockSync {
  readonly synced: 'yes' | 'no' | 'unknown';
  readonly source: string;
  readonly max_error_seconds: number | null;
}

export const UNKNOWN_SYNC: ClockSync = { synced: 'unknown', source: '', max_error_seconds: null };

const TIMEOUT_MS = 2000;

/** Runs a program and gives its standard output; undefined when it is missing or fails. */
export type Ask = (program: string, args: readonly string[]) => Promise<string | undefined>;

export const askProgram: Ask = (program, args) =>
  new Promise((resolve) => {
    // timedatectl would report its own failure to systemd, as if it were the service's.
    const env = { ...process.env, LC_ALL: 'C', NOTIFY_SOCKET: undefined };
    execFile(program, [...args], { timeout: TIMEOUT_MS, env }, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    );
  });

export async function clockSync(ask: Ask = askProgram): Promise<ClockSync> {
  const chrony = await ask('chronyc', ['-c', '-n', 'tracking']);
  const fromChrony = chrony === undefined ? undefined : parseChrony(chrony);
  if (fromChrony !== undefined) return fromChrony;
  const systemd = await ask('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
  if (systemd?.trim() === 'yes') return { synced: 'yes', source: 'systemd', max_error_seconds: null };
  if (systemd?.trim() === 'no') return { synced: 'no', source: 'systemd', max_error_seconds: null };
  return UNKNOWN_SYNC;
}

/** chronyc(1), `-c tracking`: reference id, address, stratum, time, offset, …, root delay, root dispersion, …, leap status. */
export function parseChrony(line: string): ClockSync | undefined {
  const fields = line.trim().split(',');
  if (fields.length < 14) return undefined;
  const synced = fields[13] !== 'Not synchronised' && Number(fields[2]) > 0;
  const error = Math.abs(Number(fields[4])) + Number(fields[10]) / 2 + Number(fields[11]);
  return {
    synced: synced ? 'yes' : 'no',
    source: synced ? `chrony ${fields[1] ?? ''}`.trim() : 'chrony',
    max_error_seconds: synced && Number.isFinite(error) ? error : null,
  };
}
