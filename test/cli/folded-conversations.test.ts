import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalysisDocument, DocumentConversation } from '../../appliance/model/analysis-document.ts';
import { household } from '../analysis/household.ts';
import { analyze } from './analyzed.ts';

test('the word of the threshold follows the mean that it judges, with the pooled entropy alongside, for people and in CSV', (t) => {
  const document = JSON.parse(analyze(t, household(1), '--format', 'json').out) as AnalysisDocument;
  const both = document.conversations.filter(
    ({ H, H_packets_mean: mean }) => H !== null && mean !== null && H > 7 !== mean > 7,
  );
  assert.ok(both.length > 0, 'a conversation on which the two figures disagree');
  const people = analyze(t, household(1), '--format', 'table').out;
  // One line for those of a service, place, verdict and side: from the least to the greatest.
  const kindOf = (c: DocumentConversation): string =>
    [c.service ?? `${c.proto} ${c.b_port}`, c.country, c.threshold7, c.verdict].join();
  for (const one of both) {
    const kind = document.conversations.filter((c) => kindOf(c) === kindOf(one));
    const [mean, pooled] = [kind.map((c) => c.H_packets_mean), kind.map((c) => c.H)].map(rangeText);
    assert.match(people, new RegExp(`mean ${mean} ${one.threshold7} +pooled ${pooled}`));
  }
  const [head = ''] = analyze(t, household(1), '--format', 'csv').out.split('\r\n');
  assert.match(head, /,H,H_expected,H_packets_mean,threshold7,verdict,/);
  assert.match(people, /, 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z to 20/);
});

function rangeText(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  const [least, most] = [Math.min(...known).toFixed(3), Math.max(...known).toFixed(3)];
  return least === most ? least : `${least}-${most}`;
}
