// The whole appliance's document shows the largest conversations only, and nothing else that it says changes by it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument, renderLargest } from '../../appliance/analysis/render-document.ts';
import { CaptureReader } from '../../appliance/decode/files/capture-reader.ts';
import type { DocumentConversation } from '../../appliance/model/analysis-document.ts';
import { household } from './household.ts';

const { tables } = openTables('test');
const SOURCE = { path: 'captures', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;

function summaryOf(seed: number) {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  new CaptureReader(analyzer).push(household(seed));
  return analyzer.summary();
}

const bytesOf = ({ bytes_ab, bytes_ba }: DocumentConversation): number => bytes_ab + bytes_ba;

test('the largest conversations are as they would be among all, in the same order, and the rest is counted', () => {
  const whole = renderDocument(summaryOf(3), tables, SOURCE);
  const largest = renderLargest(summaryOf(3), tables, SOURCE, 10);
  assert.equal(largest.conversations.length, 10);
  assert.equal(largest.limits.conversations_left_out, whole.conversations.length - 10);
  const least = Math.min(...largest.conversations.map(bytesOf));
  assert.ok(whole.conversations.filter((one) => bytesOf(one) > least).length < 10);
  const text = (one: DocumentConversation) => JSON.stringify(one);
  const shown = new Set(largest.conversations.map(text));
  assert.deepEqual(
    largest.conversations.map(text),
    whole.conversations.map(text).filter((one) => shown.has(one)),
  );
});

test('all that is summed over conversations is the same with few of them shown', () => {
  const { conversations: _all, limits, ...whole } = renderDocument(summaryOf(4), tables, SOURCE);
  const { conversations: _few, limits: few, ...largest } = renderLargest(summaryOf(4), tables, SOURCE, 3);
  assert.equal(JSON.stringify(largest), JSON.stringify(whole));
  assert.deepEqual({ ...few, conversations_left_out: undefined }, { ...limits, conversations_left_out: undefined });
});

test('a document with room for all leaves nothing out', () => {
  const whole = renderDocument(summaryOf(5), tables, SOURCE);
  assert.equal(JSON.stringify(renderLargest(summaryOf(5), tables, SOURCE, 100_000)), JSON.stringify(whole));
});
