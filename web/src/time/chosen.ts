// The one range of time that all views show: it is in the address, stays there from view to view, and is chosen here.

import { route, setQueries } from '../navigation.ts';
import { minute } from './clock.ts';
import { type Range, type RangeWord, rangeOf, spanText } from './span.ts';
import { dayStart } from './zone.ts';

/** Of the view that is looked at: the first screen reports today, the others everything there is. */
export function chosenRange(): Range {
  const { view, id, query } = route.value;
  const usual: RangeWord = view === 'devices' && id === undefined ? 'today' : 'all';
  const now = minute.value + 60;
  return rangeOf(query, usual, { now, today: dayStart(minute.value * 1000) / 1000 });
}

export function chooseWord(word: RangeWord): void {
  setQueries({ span: word, from: '', to: '' });
}

/** Seconds since 1970, cut to whole ones outwards. */
export function chooseSpan(from: number | null, to: number | null): void {
  const [begin, end] = [from === null ? null : Math.floor(from), to === null ? null : Math.ceil(to)];
  setQueries({ span: '', from: spanText(begin), to: spanText(end) });
}
