// The one range of time that all views show: it is in the address, stays there from view to view, and is chosen here.

import { route, setQueries } from '../navigation.ts';
import { minute } from './clock.ts';
import { type Range, type RangeWord, rangeOf, spanText } from './span.ts';
import { dayStart } from './zone.ts';

/** The same in all views; where nobody chose one, everything that was recorded. */
export function chosenRange(): Range {
  return rangeOf(route.value.query, { now: minute.value + 60, today: dayStart(minute.value * 1000) / 1000 });
}

/** Back to what is shown where nobody chose. */
export function chooseNothing(): void {
  setQueries({ span: '', from: '', to: '' });
}

export function chooseWord(word: RangeWord): void {
  setQueries({ span: word, from: '', to: '' });
}

/** Seconds since 1970, cut to whole ones outwards. */
export function chooseSpan(from: number | null, to: number | null): void {
  const [begin, end] = [from === null ? null : Math.floor(from), to === null ? null : Math.ceil(to)];
  setQueries({ span: '', from: spanText(begin), to: spanText(end) });
}
