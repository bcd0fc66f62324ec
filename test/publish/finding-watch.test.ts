import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DocumentFinding } from '../../appliance/model/analysis-document.ts';
import { FindingWatch } from '../../appliance/publish/finding-watch.ts';

const finding = (id: number, count = 1): DocumentFinding => ({
  id: `CLR-01-${id}`,
  rule: 'CLR-01',
  severity: 'low',
  confidence: 1,
  device: null,
  first_ts: '1',
  last_ts: '1',
  count,
  excerpt_masked: '',
  explanation: '',
  remedy: '',
  evidence: [],
});
const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const reported = (watch: FindingWatch, findings: readonly DocumentFinding[]) =>
  watch.compare(findings).map(({ type, finding: { id } }) => `${type} ${id}`);

test('what changed is reported once: new, more often, gone', () => {
  const watch = new FindingWatch();
  assert.deepEqual(reported(watch, [finding(1), finding(2)]), []);
  assert.deepEqual(reported(watch, [finding(1, 2), finding(2), finding(3)]), ['new CLR-01-3', 'update CLR-01-1']);
  assert.deepEqual(reported(watch, [finding(1, 2), finding(3)]), ['end CLR-01-2']);
  assert.deepEqual(reported(watch, [finding(1, 2), finding(3)]), []);
});

test('of five thousand findings that all change a hundred are reported at each look, each in its turn', () => {
  const watch = new FindingWatch();
  watch.compare([]);
  const seen = new Set<string>();
  for (let look = 1; look <= 50; look++) {
    const news = reported(
      watch,
      range(5000).map((i) => finding(i, look)),
    );
    assert.equal(news.length, 100);
    for (const text of news) seen.add(text);
  }
  assert.equal(seen.size, 5000);
  for (let look = 51; look <= 100; look++) {
    const news = reported(
      watch,
      range(5000).map((i) => finding(i, look)),
    );
    for (const text of news) seen.add(text.replace('update', 'new'));
    assert.equal(news.length, 100);
  }
  assert.equal(seen.size, 5000);
});
