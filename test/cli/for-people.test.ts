import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamedDocument } from '../../appliance/analysis/render-document.ts';
import { printForPeople } from '../../appliance/cli/print/for-people.ts';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { household } from '../analysis/household.ts';
import { analyze } from './analyzed.ts';

test('people read devices, findings in words, destinations by name, then services; all within the terminal', (t) => {
  const { out } = analyze(t, household(1), '--format', 'table');
  const document = JSON.parse(analyze(t, household(1), '--format', 'json').out) as AnalysisDocument;
  const places = ['Devices', 'Findings (', 'Conversations ('].map((title) => out.indexOf(`\n${title}`));
  assert.ok(0 < places[0]! && places[0]! < places[1]! && places[1]! < places[2]!, places.join());
  const found = out.slice(places[1], places[2]).replaceAll(/\s+/g, ' ');
  for (const { explanation, rule } of document.findings.filter(({ severity }) => severity === 'high'))
    assert.ok(found.includes(explanation) && found.includes(rule), rule);
  const lines: string[] = [];
  printForPeople(streamed(document), (text) => lines.push(text), 80);
  const rows = lines.join('').split('\n');
  const from = rows.findIndex((row) => row.startsWith('Findings ('));
  assert.deepEqual(
    rows.slice(from).filter((row) => row.length > 80),
    [],
  );
});

function streamed({ conversations, ...head }: AnalysisDocument): StreamedDocument {
  return { head, conversations, rest: () => ({}) } as unknown as StreamedDocument;
}
