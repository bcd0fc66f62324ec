// What first boot makes in folders of other users, in a process with their rights: a link planted there by a program that was
// broken into leads root nowhere, and the files belong to the one who needs them. A process of its own, because Debian's Node
// refuses to change its user whatever the settings: its libuv is not the one whose io_uring Node knows to be off (CVE-2024-22017).

import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadIdentity } from '../capture/ledger/identity.ts';
import { nodeDisk } from '../capture/storage/disk.ts';
import { toError } from '../model/errors.ts';
import { expectOnly } from '../model/expected-error.ts';
import { ACCESS_FILE, CLAIM_FILE, SESSIONS_FILE } from '../model/files/access-files.ts';
import { systemClock } from '../model/time/clock.ts';
import type { BackupFile } from './backup/backup-format.ts';
import { tellMoved } from './backup/last-line.ts';
import { type BooksInput, writeAccess, writeBooks } from './backup/restored-books.ts';
import { openClaim } from './claim.ts';
import { openPageKey } from './page-key.ts';

export interface OwnedInput {
  readonly dataDir: string;
  /**
   * `identity`: the id that is wished for. `claim`: the token that was announced at an earlier start. `books`, `access`: JSON of what a
   * backup holds. `leave`: who orders it.
   */
  readonly wanted: string | null;
}

/** Each answers with the id and the fingerprint of the evidence key, the fingerprint of the page, or the token where one is open. */
const WORK = {
  identity: async ({ dataDir, wanted }: OwnedInput) => {
    const { file, fingerprint } = await loadIdentity(nodeDisk, dataDir, wanted, systemClock);
    return `${file.id} ${fingerprint}`;
  },
  'page-key': async ({ dataDir }: OwnedInput) => (await openPageKey(dataDir)).fingerprint,
  claim: ({ dataDir, wanted }: OwnedInput) => openClaim(dataDir, wanted),
  forget: async ({ dataDir }: OwnedInput) => {
    for (const file of [SESSIONS_FILE, ACCESS_FILE, CLAIM_FILE]) rmSync(join(dataDir, file), { force: true });
    return null;
  },
  books: async ({ dataDir, wanted }: OwnedInput) => {
    await writeBooks(dataDir, JSON.parse(wanted ?? '') as BooksInput);
    return null;
  },
  access: async ({ dataDir, wanted }: OwnedInput) => {
    await writeAccess(dataDir, JSON.parse(wanted ?? '') as BackupFile[]);
    return null;
  },
  leave: async ({ dataDir, wanted }: OwnedInput) => {
    await tellMoved(dataDir, wanted ?? '');
    return null;
  },
} as const;

type OwnedWork = keyof typeof WORK;

interface OwnedAnswer {
  readonly made?: string | null;
  readonly problem?: string;
}

const PROGRAM = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const LIMIT_MS = 120_000;

/** `weir provision --owned`: input on standard input, answer on standard output. */
export async function answerOwned(work: string, input: string): Promise<string> {
  // As in the units of those who own the folders: their group may read.
  process.umask(0o027);
  try {
    const made = await WORK[work as OwnedWork](JSON.parse(input) as OwnedInput);
    return JSON.stringify({ made } satisfies OwnedAnswer);
  } catch (thrown) {
    return JSON.stringify({ problem: toError(thrown).message } satisfies OwnedAnswer);
  }
}

/** @throws Error with what the other process could not do. */
export async function makeOwned(work: OwnedWork, input: OwnedInput): Promise<string | null> {
  const { uid, gid } = ownerOf(folderOf(work, input.dataDir), input.dataDir);
  if (process.geteuid?.() !== 0 || uid === 0) return await WORK[work](input);
  const words = [...process.execArgv, PROGRAM, 'provision', '--owned', work];
  const child = spawnSync(process.execPath, words, {
    uid,
    gid,
    input: JSON.stringify(input),
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  // Not started, or not in time: then there may be no output at all, not even an empty one.
  const { made, problem } =
    child.error === undefined ? answerIn(child.stdout, child.stderr.trim()) : unanswered(child.error.message);
  if (problem !== undefined) throw new Error(problem);
  return made ?? null;
}

/** Over no link: root would else do the work where a link of the owner of the data folder leads to. */
function ownerOf(folder: string, dataDir: string): { uid: number; gid: number } {
  const stat = lstatSync(folder);
  if (!stat.isDirectory()) throw new Error(`${folder} is no folder`);
  if (stat.uid === 0 && lstatSync(dataDir).uid !== 0)
    throw new Error(`${folder} belongs to root, the data folder does not`);
  return stat;
}

function answerIn(text: string, complaint: string): OwnedAnswer {
  try {
    return JSON.parse(text) as OwnedAnswer;
  } catch (thrown) {
    expectOnly(thrown, 'reading an answer', SyntaxError);
    return unanswered(complaint);
  }
}

function unanswered(complaint: string): OwnedAnswer {
  return { problem: `the process with the owner's rights did not answer: ${complaint}` };
}

/** Whose folder decides whose rights. */
function folderOf(work: OwnedWork, dataDir: string): string {
  if (work === 'identity' || work === 'books' || work === 'leave') return dataDir;
  const folder = dirname(join(dataDir, ACCESS_FILE));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
