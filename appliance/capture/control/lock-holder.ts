// Whether a capture holds a data folder at this moment, determined without touching the lock: verify must not interfere.

import fs from 'node:fs';
import path from 'node:path';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';
import { statBelow } from '../storage/regular-file.ts';

/** /proc/locks (proc(5)): `1: FLOCK  ADVISORY  WRITE 4242 08:02:1234 0 EOF`. False if the system does not provide it. */
export function isHeld(dataDir: string): boolean {
  const stat = statBelow(dataDir, path.join('run', 'capture.lock'));
  if (stat === undefined || !stat.isFile()) return false;
  try {
    const locks = fs.readFileSync('/proc/locks', 'utf8').split('\n');
    return locks.some((line) => line.includes('FLOCK') && line.includes(`:${stat.ino} `));
  } catch (thrown) {
    expectOnly(thrown, 'reading /proc/locks', ...UNREADABLE);
    return false;
  }
}
