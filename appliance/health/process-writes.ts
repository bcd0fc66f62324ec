// What this process has given to the card since it started: `write_bytes` of /proc/self/io (proc(5)), whole pages, the
// database's own tidying included. Where the kernel keeps no such account it is unknown.

import { readFileSync } from 'node:fs';
import { expectOnly, UNREADABLE } from '../model/expected-error.ts';

export function processWrites(path = '/proc/self/io'): number | null {
  try {
    const line = /^write_bytes: (\d+)$/m.exec(readFileSync(path, 'utf8'));
    return line === null ? null : Number(line[1]);
  } catch (thrown) {
    expectOnly(thrown, 'reading /proc/self/io', ...UNREADABLE);
    return null;
  }
}
