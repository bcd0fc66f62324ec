// Hostile bytes do not stop the analysis: broken frames, broken files, all malformed captures there are.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import { CaptureReader } from '../../appliance/decode/files/capture-reader.ts';
import { household } from '../analysis/household.ts';
import { ethernet, generator } from '../analysis/packets.ts';
import { withoutCorpus } from '../truth/corpus.ts';
import { captureFiles, seedFrames } from './corpus-frames.ts';
import { mutate } from './mutate.ts';
import { ALL_FOLDERS, fuzz } from './run.ts';

/** Of any single frame, the best of five where the first look was slow. */
const LIMIT_MILLISECONDS = 5;

test('60,000 broken frames raise nothing and none takes long', (t) => {
  const result = fuzz(seedFrames(ALL_FOLDERS, 100), 20261120, 60_000, 60_000);
  t.diagnostic(
    `${result.frames} frames, slowest ${result.slowest.toFixed(2)} ms, ${result.slowestAtFirst.toFixed(2)} ms at first sight`,
  );
  assert.deepEqual(result.failures, []);
  assert.ok(result.slowest < LIMIT_MILLISECONDS, `${result.slowest} ms for ${result.slowestFrame}`);
});

const { tables } = openTables('test');

function analyzeBytes(file: Uint8Array): void {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  const reader = new CaptureReader(analyzer);
  reader.push(file);
  const source = {
    path: 'x',
    bytes: file.length,
    sha256: null,
    format: 'pcap',
    damage: reader.finish(),
    digits: 9,
  } as const;
  renderDocument(analyzer.summary(), tables, source);
}

test('broken capture files end in a document, whatever breaks', () => {
  const random = generator(4);
  for (let i = 0; i < 60; i++)
    assert.doesNotThrow(() => analyzeBytes(mutate(household(i + 1).subarray(0, 60_000), random)));
});

test('every malformed capture ends in a document', { skip: withoutCorpus }, (t) => {
  const files = captureFiles(['malformed', 'format', 'derived']);
  for (const file of files) assert.doesNotThrow(() => analyzeBytes(readFileSync(file)), file);
  t.diagnostic(`${files.length} files`);
});

test('an IPv6 packet with an ESP header is counted as such', () => {
  // 40 bytes of IPv6 header (RFC 8200 §3): payload length 24, next header 50 (ESP, RFC 4303), hop limit 64.
  const packet = new Uint8Array(64);
  packet.set([0x60, 0, 0, 0, 0, 24, 50, 64, 0xfe, 0x80]);
  packet[24] = 0xfe;
  packet[25] = 0x80;
  packet[39] = 1;
  const frame = ethernet('02:00:00:00:00:11', '02:00:00:00:00:12', 0x86dd, packet);
  const analyzer = new Analyzer({ owner: null, infra: [] });
  analyzer.frame(frame, 0, frame.length, 1, 0, frame.length, 1);
  assert.deepEqual(analyzer.summary().own.networks['esp'], { packets: 1, bytes: frame.length });
});
