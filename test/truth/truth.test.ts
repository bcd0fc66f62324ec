// Everything that `weir analyze` says about the shared captures equals what tshark and an independent reader said.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import { readCaptureFile } from '../../appliance/cli/files/capture-file.ts';
import { type Comparison, compare, type Difference } from './compare.ts';
import { CORPUS, readTruth, type TruthFile, withoutCorpus } from './corpus.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';

const FOLDERS = ['iot-setup', 'iot-ap', 'iot-lifecycle', 'iot-misc', 'derived', 'proto'];
/** Files in which there is no capture: exit code 2, tested with the command line. */
const NO_CAPTURE = /withings_cut_in_file_header|zero_bytes/;

async function compareFile(file: TruthFile): Promise<Comparison> {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  const read = await readCaptureFile(file.capture, analyzer);
  const summary = analyzer.summary();
  return compare(file, summary, renderDocument(summary, openTables('test').tables, read));
}

function isKnown(difference: Difference, used: Set<number>): boolean {
  const index = KNOWN_DIFFERENCES.findIndex(
    ({ files, fields, keys }) =>
      files.test(difference.file) && fields.test(difference.field) && (keys?.test(difference.key) ?? true),
  );
  if (index >= 0) used.add(index);
  return index >= 0;
}

test('every field of every capture equals the truth or differs for a listed reason', {
  skip: withoutCorpus,
}, async (t) => {
  const used = new Set<number>();
  const compared = new Map<string, number>();
  const differing = new Map<string, number>();
  const unexplained: Difference[] = [];
  const files = readTruth(FOLDERS).filter(({ name }) => !NO_CAPTURE.test(name));
  for (const file of files) {
    const comparison = await compareFile(file);
    for (const [field, n] of comparison.compared) compared.set(field, (compared.get(field) ?? 0) + n);
    for (const difference of comparison.differences) {
      differing.set(difference.field, (differing.get(difference.field) ?? 0) + 1);
      if (!isKnown(difference, used)) unexplained.push(difference);
    }
  }
  const total = [...compared.values()].reduce((sum, n) => sum + n, 0);
  t.diagnostic(`${files.length} files, ${total} values compared`);
  for (const [field, n] of compared)
    t.diagnostic(`${field}: ${n} values, ${differing.get(field) ?? 0} differ for a listed reason`);
  assert.deepEqual(unexplained, []);
  assert.deepEqual(
    KNOWN_DIFFERENCES.filter((_, index) => !used.has(index)).map(({ reason }) => reason),
    [],
  );
});

/** Readers that count otherwise, and why. */
const OTHER_COUNTS: readonly (readonly [RegExp, string])[] = [
  [/withings_zero_tail/, 'records of length zero are damage'],
  [/pcapng_.e_test[12]02/, 'tshark shows custom blocks as packets'],
  [/suricata_bug-6875-01/, 'tshark reads one more record past the damage, tcpdump does not'],
];

test('every capture file has as many packets as tshark reads in it', { skip: withoutCorpus }, async (t) => {
  const [, ...rows] = readFileSync(join(CORPUS, 'truth', 'robustness.tsv'), 'utf8')
    .trimEnd()
    .split('\n');
  const wrong: string[] = [];
  let files = 0;
  for (const row of rows) {
    const [name = '', , , , , , , packets = ''] = row.split('\t');
    const wanted = packets === '' ? undefined : Number(packets);
    if (NO_CAPTURE.test(name) || OTHER_COUNTS.some(([files]) => files.test(name)) || wanted === undefined) continue;
    let count = 0;
    await readCaptureFile(join(CORPUS, name), { frame: () => void count++ }, false);
    files++;
    if (count !== wanted) wrong.push(`${name}: ${count}, tshark ${wanted}`);
  }
  t.diagnostic(`${files} files`);
  assert.deepEqual(wrong, []);
});
