// The programs and files of the machine, behind one small interface so that what decides needs neither.

import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';
import { printable } from '../../model/text.ts';

export interface Outcome {
  /** 0 is good; 127 where the program does not exist, -1 where it was ended. */
  readonly code: number;
  readonly out: string;
  /** The first line that it said on standard error. */
  readonly complaint: string;
}

/** The first rule set makes the kernel load a dozen modules: 15 s were too few on an emulated, busy machine. */
const TIMEOUT_MS = 60_000;
/** Debian keeps what we call in sbin, which is not in everybody's PATH. */
export const PROGRAM_PATH = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;

/** Runs to its end; never rejects. No shell: arguments stay arguments. */
export function run(program: string, args: readonly string[], input?: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = {
      timeout: TIMEOUT_MS,
      maxBuffer: 4 * 1024 * 1024,
      env: { ...process.env, PATH: PROGRAM_PATH, LC_ALL: 'C' },
    };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const code =
        error === null ? 0 : typeof error.code === 'number' ? error.code : error.code === 'ENOENT' ? 127 : -1;
      const said = stderr.trim().split('\n')[0] ?? '';
      resolve({ code, out: stdout, complaint: printable(complaintOf(program, code, said), 300) });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** What was ended from outside said nothing about it. */
function complaintOf(program: string, code: number, said: string): string {
  if (code === 127) return `${program} is not installed`;
  return said === '' && code === -1
    ? `it was ended before it said anything; its limit is ${TIMEOUT_MS / 1000} s`
    : said;
}

/** Undefined where it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (thrown) {
    expectOnly(thrown, 'reading a setting', ...UNREADABLE, 'EIO', 'EAGAIN', 'EOPNOTSUPP');
    return undefined;
  }
}

/** False where it cannot be written: a setting that this kernel does not have. */
export function writeSetting(path: string, value: string): boolean {
  try {
    writeFileSync(path, value);
    return true;
  } catch (thrown) {
    expectOnly(thrown, 'writing a setting', ...UNREADABLE, 'EIO', 'EROFS', 'EBUSY', 'EOPNOTSUPP', 'EEXIST');
    return false;
  }
}

/** A reader sees the old file or the new one. */
export function replaceFile(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.tmp`, text, { mode });
  // Whatever the unit's umask is: others read the status, nobody else the key.
  chmodSync(`${path}.tmp`, mode);
  renameSync(`${path}.tmp`, path);
}

export function removeFile(path: string): void {
  rmSync(path, { force: true });
}
