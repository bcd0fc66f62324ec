// What listeners count is in the document: no table is filled for nobody.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import { emptySummary } from '../../appliance/analysis/summary/merge.ts';
import { table } from '../../appliance/analysis/summary/summary.ts';

const LISTENERS = join(import.meta.dirname, '..', '..', '..', 'appliance', 'analysis', 'inspect', 'protocols');
const SOURCE = { path: '', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 6 } as const;
/** Answered names are reported with the names that nobody contacted (behaviour.unreached). */
const TOLD_ELSEWHERE = ['dns.resolved', 'dns.aliases', 'dns.ech'];

function countedTables(): string[] {
  const files = readdirSync(LISTENERS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const sources = files.map((name) => readFileSync(join(LISTENERS, name), 'utf8'));
  const names = sources.flatMap((text) =>
    [...text.matchAll(/facts\.count\('([a-z0-9_.]+)'/g)].map(([, name]) => name!),
  );
  return [...new Set(names)].filter((name) => !TOLD_ELSEWHERE.includes(name));
}

test('every table that a listener fills is in the document', () => {
  const { tables } = openTables('test');
  const names = countedTables();
  assert.ok(names.length > 20, names.join());
  for (const name of names) {
    const summary = emptySummary();
    const byText = Object.assign(table<number>(), { 'a-word-of-the-wire': 3 });
    summary.own.counts[name] = Object.assign(table<typeof byText>(), { '02:00:00:00:00:01': byText });
    const text = JSON.stringify(renderDocument(summary, tables, SOURCE));
    assert.ok(text.includes('"a-word-of-the-wire":3'), `${name} is counted for nobody`);
  }
});
