// The claim token: anyone who can read the card or the console may set the password of the page, once. The plain token is
// in the hand-over file only; the page gets its hash. With a password set, the token is gone from everywhere.

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ACCESS_FILE, CLAIM_FILE, claimText, isClaimOf } from '../model/files/access-files.ts';
import { makeSecret } from '../model/secret.ts';
import { readOptional, writeIfChanged } from './small-files.ts';

/** 125 bits. */
const TOKEN_GROUPS = 5;
const TOKEN_LINE = /^ *Claim token: +([2-9a-z-]{10,64})\r?$/m;
/** A file of that name on the boot partition means: the password is lost, begin with a new claim. */
const RESET_FILES = ['reset-password', 'reset-password.txt'];

export function tokenLine(token: string): string {
  return `  Claim token:  ${token}`;
}

/** The content of an earlier start's hand-over. */
export function tokenIn(handover: string | undefined): string | null {
  return TOKEN_LINE.exec(handover ?? '')?.[1] ?? null;
}

/** The files that ask for it, on the boot partition. */
export function resetFiles(boot: string | null): readonly string[] {
  return boot === null ? [] : RESET_FILES.map((name) => join(boot, name)).filter((path) => existsSync(path));
}

/** The token that is open, or null once a password is set. `announced` was handed over at an earlier start. */
export async function openClaim(dataDir: string, announced: string | null): Promise<string | null> {
  const claimFile = join(dataDir, CLAIM_FILE);
  if (existsSync(join(dataDir, ACCESS_FILE))) {
    rmSync(claimFile, { force: true });
    return null;
  }
  if (announced !== null && isClaimOf(readOptional(claimFile), announced)) return announced;
  const token = makeSecret(TOKEN_GROUPS);
  await writeIfChanged(claimFile, claimText(token), { mode: 0o600 });
  return token;
}
