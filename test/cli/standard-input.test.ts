// Several files, and a capture that comes by a pipe.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { household } from '../analysis/household.ts';
import { MAIN } from './analyzed.ts';

test('several files are one document, each read once; standard input is one, plain or packed', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-several-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [one, two] = [join(folder, 'one.pcap'), join(folder, 'two.pcap')];
  writeFileSync(one, household(1));
  writeFileSync(two, household(2));
  const run = (words: readonly string[], input?: Uint8Array) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'analyze', ...words, '--format', 'json'], {
      maxBuffer: 1e8,
      ...(input === undefined ? {} : { input }),
    });
    return { status, out: String(stdout), err: String(stderr) };
  };
  const packets = (text: string): number => (JSON.parse(text) as AnalysisDocument).input.packets;
  const both = run([one, two]);
  assert.equal(packets(both.out), packets(run([one]).out) + packets(run([two]).out));
  assert.equal(packets(run([folder, one, two, one]).out), packets(both.out));
  const plain = JSON.parse(run(['-'], household(1)).out) as AnalysisDocument;
  const named = JSON.parse(run([one]).out) as AnalysisDocument;
  assert.deepEqual({ ...plain.input, path: '' }, { ...named.input, path: '' });
  assert.deepEqual(plain.conversations, named.conversations);
  const packed = JSON.parse(run(['-'], gzipSync(household(1))).out) as AnalysisDocument;
  assert.deepEqual(packed.conversations, named.conversations);
  assert.match(run(['-'], new Uint8Array(0)).err, /^weir: standard input is empty.*\[NOT_A_CAPTURE\]\n$/);
  assert.match(run(['-', one], household(1)).err, /^weir: Standard input \(-\) is read alone.*\[USAGE\]\n$/);
  assert.match(run([one, join(folder, 'none.pcap')]).err, /none\.pcap cannot be read: there is no such file/);
  assert.match(run([one, two, '--po']).err, /one file at a time.*\[USAGE\]/);
});
