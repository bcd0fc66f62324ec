// `weir analyze` as a process, for tests of what it prints.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export const MAIN = join(import.meta.dirname, '..', '..', 'appliance', 'cli', 'main.js');

export function analyze(
  t: TestContext,
  bytes: Uint8Array,
  ...options: string[]
): { status: number | null; out: string; err: string } {
  const folder = mkdtempSync(join(tmpdir(), 'weir-analyze-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'capture.pcap');
  writeFileSync(file, bytes);
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'analyze', file, ...options], {
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  return { status, out: stdout, err: stderr };
}
