import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./full-card.js', import.meta.url));
const UNSHARE = ['unshare', '--mount', '--propagation', 'private'] as const;

/** Why there can be no small file system here; false where there can. */
function reason(): string | false {
  const tried = spawnSync(UNSHARE[0], [...UNSHARE.slice(1), 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]);
  return tried.status === 0 ? false : 'needs root to mount a small file system';
}

test('a full card makes the index wait, and with room again nothing is missing', { skip: reason() }, (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-full-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(join(dir, 'index'));
  const script = 'mount -t tmpfs -o size=5m tmpfs "$1/index" && exec "$2" "$3" "$1"';
  const child = spawnSync(UNSHARE[0], [...UNSHARE.slice(1), 'sh', '-c', script, 'sh', dir, process.execPath, CHILD], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  // The last page of the index's log may still take some of the three hours.
  assert.match(child.stdout, /^while full: waiting, true, figures ([1-4]0|not to be had)$/m, child.stderr);
  assert.match(child.stdout, /^with room again: open, 4 segments, 40 packets$/m, child.stderr);
});
