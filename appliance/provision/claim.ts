// The claim token: whoever can read the card or the console may set the password of the page, once. The plain token stands
// in the hand-over file only; the page gets its hash. With a password set, the token is gone from everywhere.

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ACCESS_FILE, CLAIM_FILE, claimText, isClaimOf } from '../model/access-files.ts';
import { makeSecret } from '../model/secret.ts';
import { asOwnerOf, readOptional, writeIfChanged } from './small-files.ts';

/** 125 bits. */
const TOKEN_GROUPS = 5;
const TOKEN_LINE = /^ *Claim token: +([2-9a-z-]{10,64})\r?$/m;
/** A file of that name on the boot partition means: the password is lost, begin with a new claim. */
const RESET_FILES = ['reset-password', 'reset-password.txt'];

export function tokenLine(token: string): string {
  return `  Claim token:  ${token}`;
}

/** Forgets the password where somebody who holds the card asks for it. The reset file goes last: a cut repeats it. */
export async function resetWhereAsked(boot: string | null, dataDir: string): Promise<boolean> {
  const asked = boot === null ? [] : RESET_FILES.map((name) => join(boot, name)).filter((path) => existsSync(path));
  if (asked.length === 0) return false;
  await inAccessFolder(dataDir, async () => {
    rmSync(join(dataDir, ACCESS_FILE), { force: true });
    rmSync(join(dataDir, CLAIM_FILE), { force: true });
  });
  for (const path of asked) rmSync(path);
  return true;
}

/** The token that is open, or null once a password is set. `handover` is the text that told it at an earlier start. */
export async function settleClaim(dataDir: string, handover: string | undefined): Promise<string | null> {
  return await inAccessFolder(dataDir, async () => {
    const claimFile = join(dataDir, CLAIM_FILE);
    if (existsSync(join(dataDir, ACCESS_FILE))) {
      rmSync(claimFile, { force: true });
      return null;
    }
    const told = TOKEN_LINE.exec(handover ?? '')?.[1];
    if (told !== undefined && isClaimOf(readOptional(claimFile), told)) return told;
    const token = makeSecret(TOKEN_GROUPS);
    await writeIfChanged(claimFile, claimText(token), { mode: 0o600 });
    return token;
  });
}

async function inAccessFolder<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const folder = dirname(join(dataDir, ACCESS_FILE));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return await asOwnerOf(folder, work);
}
