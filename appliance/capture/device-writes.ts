// Bytes that reached the storage device: what the sync policy costs a card. Amplification is not guessed but read.

import fs from 'node:fs';

const SECTOR_BYTES = 512;

/** Since boot for the block device that holds the folder; else this process's own since its start; 0 where nothing is known. */
export function writtenBytes(folder: string): number {
  return deviceBytes(folder) ?? processBytes() ?? 0;
}

/** Field 7 of /sys/dev/block/MAJOR:MINOR/stat (Documentation/block/stat.rst): sectors written, of 512 bytes each. */
function deviceBytes(folder: string): number | undefined {
  try {
    const { dev } = fs.statSync(folder);
    // The encoding of makedev(3) in glibc for numbers below 2^20.
    const major = (dev >> 8) & 0xfff;
    const minor = (dev & 0xff) | ((dev >> 12) & 0xfff00);
    const fields = fs.readFileSync(`/sys/dev/block/${major}:${minor}/stat`, 'utf8').trim().split(/ +/);
    const sectors = Number(fields[6]);
    return Number.isSafeInteger(sectors) ? sectors * SECTOR_BYTES : undefined;
  } catch {
    return undefined;
  }
}

/** proc(5), `write_bytes`. */
function processBytes(): number | undefined {
  try {
    const match = /^write_bytes: (\d+)$/m.exec(fs.readFileSync('/proc/self/io', 'utf8'));
    return match === null ? undefined : Number(match[1]);
  } catch {
    return undefined;
  }
}
