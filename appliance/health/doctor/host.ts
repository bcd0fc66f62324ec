// The machine as the collectors see it: files of the kernel and programs, each bounded in time and bytes. Tests bring an
// invented one. Programs get words, never a shell's line; none of the words comes from a device.

import { type ExecFileException, execFile } from 'node:child_process';
import { access, constants, lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../model/errors.ts';
import { expectOnly, orElse, UNREADABLE } from '../../model/expected-error.ts';
import { type Look, seen, unseen } from './look.ts';

/** Of one file; the reading stops there, and what was read is used. */
const MAX_FILE_BYTES = 1024 * 1024;
/** Of one program's output; with more the program is ended, and what it said is not used. */
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
/** A Pi starts a program in well under a second; a loaded, emulated machine in several. */
const PROGRAM_MS = 10_000;
/** Where programs of the administrator are: a user's PATH leaves them out. */
export const PROGRAM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export interface Host {
  readonly isRoot: boolean;
  /** Undefined where it is missing or may not be read. */
  read(path: string): Promise<string | undefined>;
  /** Names in a folder; empty where there is none. */
  list(path: string): Promise<readonly string[]>;
  /** Where a link points. */
  link(path: string): Promise<string | undefined>;
  exists(path: string): Promise<boolean>;
  /** Absolute path of a program. */
  find(program: string): Promise<string | undefined>;
  /** What it wrote to standard output, or why there is none. */
  run(program: string, args: readonly string[]): Promise<Look<string>>;
}

export const systemHost: Host = {
  isRoot: process.geteuid?.() === 0,
  read: readBounded,
  list: (path) => readdir(path).catch(orElse([], 'listing a folder', ...UNREADABLE)),
  link: (path) => readlink(path).catch(orElse(undefined, 'reading a link', ...UNREADABLE)),
  exists: (path) =>
    lstat(path).then(
      () => true,
      () => false,
    ),
  find: findProgram,
  run: runProgram,
};

async function readBounded(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    orElse(undefined, 'opening a file', ...UNREADABLE),
  );
  if (file === undefined) return undefined;
  try {
    const buffer = Buffer.alloc(64 * 1024);
    const parts: Buffer[] = [];
    for (let bytes = 0; bytes < MAX_FILE_BYTES; ) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) break;
      parts.push(Buffer.from(buffer.subarray(0, bytesRead)));
      bytes += bytesRead;
    }
    return Buffer.concat(parts).toString('utf8');
  } catch (thrown) {
    expectOnly(thrown, 'reading a file', ...UNREADABLE, 'EIO', 'EAGAIN');
    return undefined;
  } finally {
    await file.close();
  }
}

async function findProgram(program: string): Promise<string | undefined> {
  const folders = [
    ...(process.env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/')),
    ...PROGRAM_FOLDERS,
  ];
  for (const folder of folders) {
    const path = join(folder, program);
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return path;
  }
  return undefined;
}

async function runProgram(program: string, args: readonly string[]): Promise<Look<string>> {
  const path = program.startsWith('/') ? program : await findProgram(program);
  if (path === undefined) return unseen(`${program} is not installed`);
  const options = {
    timeout: PROGRAM_MS,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_OUTPUT_BYTES,
    env: ENVIRONMENT,
  } as const;
  return new Promise((resolve) => {
    execFile(path, [...args], options, (error, stdout, stderr) =>
      resolve(error === null ? seen(stdout) : unseen(`${program}: ${whyItFailed(error, stderr)}`)),
    );
  });
}

/** C locale: the words are parsed. */
const ENVIRONMENT = { PATH: PROGRAM_FOLDERS.join(':'), LC_ALL: 'C' };

function whyItFailed(error: ExecFileException, stderr: string): string {
  if (error.killed === true) return `no answer within ${PROGRAM_MS / 1000} s`;
  const said = stderr.trim().split('\n', 1)[0] ?? '';
  return said === '' ? (systemCode(error) ?? 'it failed') : said;
}
