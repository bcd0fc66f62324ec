// Streams of the real xz encoder: Node has none, and what its range coder writes is what no statistic distinguishes from ciphertext.

import { execFileSync, spawnSync } from 'node:child_process';

export const withoutXz =
  spawnSync('xz', ['--version']).status === 0
    ? false
    : 'xz is not installed (Debian: xz-utils): no xz in the labelled set';

/** One block, LZMA2, CRC64, as `xz` writes by default; `-1` since the level changes the time, not the look of the bytes. */
export function xz(plain: Uint8Array): Buffer {
  return execFileSync('xz', ['-1', '--stdout', '--threads=1'], { input: plain, maxBuffer: 1 << 26 });
}
