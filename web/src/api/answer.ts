// What the first screen asks for: the sentences of the time that is shown. Asked for while that screen is still being drawn.

import { route } from '../navigation.ts';
import { chosenRange } from '../time/chosen.ts';
import { spanQuery } from '../time/span.ts';
import { askAhead, get } from './request.ts';
import type { SentencesResponse } from './types.ts';

const PATH = 'api/v1/sentences';

function query() {
  const range = chosenRange();
  return range.problem === '' ? spanQuery(range) : {};
}

export function askAnswer(): Promise<SentencesResponse> {
  return get<SentencesResponse>(PATH, query());
}

/** Where the first screen is the one that comes. */
export function askAnswerAhead(): void {
  if (route.value.view === 'devices' && route.value.id === undefined) askAhead(PATH, query());
}
