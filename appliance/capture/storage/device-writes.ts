// Bytes written: what capture itself gave to the disk, and what the whole device has taken (journal, index and all others too).
// The second grows faster than the first: that is what the sync policy costs a card. Not guessed but read.

import fs from 'node:fs';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';

const SECTOR_BYTES = 512;

/** Since boot, by everybody, for the block device that holds the folder; null where it has none of its own. Field 7 of /sys/dev/block/MAJOR:MINOR/stat (Documentation/block/stat.rst): sectors written, of 512 bytes each. */
export function deviceBytes(folder: string): number | null {
  try {
    const { dev } = fs.statSync(folder);
    // The encoding of makedev(3) in glibc for numbers below 2^20.
    const major = (dev >> 8) & 0xfff;
    const minor = (dev & 0xff) | ((dev >> 12) & 0xfff00);
    const fields = fs.readFileSync(`/sys/dev/block/${major}:${minor}/stat`, 'utf8').trim().split(/ +/);
    const sectors = Number(fields[6]);
    return Number.isSafeInteger(sectors) ? sectors * SECTOR_BYTES : null;
  } catch (thrown) {
    expectOnly(thrown, "reading the device's writes", ...UNREADABLE);
    return null;
  }
}

/** By this process since its start: proc(5), `write_bytes`, whole pages without the file system's journal. Null if unknown. */
export function ownBytes(): number | null {
  try {
    const match = /^write_bytes: (\d+)$/m.exec(fs.readFileSync('/proc/self/io', 'utf8'));
    return match === null ? null : Number(match[1]);
  } catch (thrown) {
    expectOnly(thrown, 'reading /proc/self/io', ...UNREADABLE);
    return null;
  }
}
