// Sentences about the invented home, made as the appliance makes them.

import { parseDevice } from '../../appliance/model/mac.ts';
import { readFlowsQuery } from '../../appliance/publish/flow-view.ts';
import type { SentencesQuery, SentencesResponse } from '../../appliance/publish/schemas/sentences.ts';
import { periodOf, SENTENCES_BY, sentencesResponse } from '../../appliance/publish/sentence-view.ts';
import { deviceRows } from './mock-answers.ts';
import { flowGroupsOf } from './mock-flows.ts';

export function sentencesOf(query: URLSearchParams, now: number): SentencesResponse {
  const { device, ...words } = Object.fromEntries(query) as SentencesQuery;
  const { question } = readFlowsQuery({ ...words, by: SENTENCES_BY.join(',') }, now / 1000);
  const id = parseDevice(device ?? '');
  const rows = deviceRows(now).filter((row) => id === undefined || row.mac === id);
  const period = periodOf(words, now);
  return sentencesResponse(rows, flowGroupsOf(question), {
    from: words.from ?? null,
    to: words.to ?? null,
    period,
    ts: new Date(now).toISOString(),
  });
}
