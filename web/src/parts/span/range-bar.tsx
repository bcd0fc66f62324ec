// The one time axis: which range all views show, in which zone, and what can be done with exactly that span.

import { stamp } from '../../format/time.ts';
import { route } from '../../navigation.ts';
import { chooseNothing, chooseSpan, chooseWord, chosenRange } from '../../time/chosen.ts';
import { chooseZone } from '../../time/kept-zone.ts';
import { RANGES, type Range } from '../../time/span.ts';
import { localZoneName, offsetMinutes, zone } from '../../time/zone.ts';
import { Segmented } from '../segmented.tsx';
import { SpanActions } from './span-actions.tsx';

/** Views of the machine, not of what was recorded. */
const WITHOUT: readonly string[] = ['health', 'access'];
const LIVE = 'live';

export function RangeBar() {
  if (WITHOUT.includes(route.value.view)) return null;
  const range = chosenRange();
  // What passes now has no ends: on that view it is the time that is shown until another is chosen.
  const isLive = route.value.view === 'live' && !range.isChosen;
  const words = RANGES.map(({ word, name }) => ({ value: word as string, name }));
  const options = route.value.view === 'live' ? [{ value: LIVE, name: 'Now' }, ...words] : words;
  const chosen = isLive ? LIVE : (RANGES.find(({ word }) => word === range.word)?.word ?? 'fixed');
  return (
    <section class="range-bar" aria-label="Time that is shown">
      <Segmented
        label="Time that is shown"
        options={options}
        chosen={chosen}
        onChoose={(next) => {
          if (next === LIVE) chooseNothing();
          for (const { word } of RANGES) if (word === next) chooseWord(word);
        }}
      />
      <span class="range-words small nowrap" role="status">
        {isLive ? 'as it passes' : rangeWords(range)}
      </span>
      <details class="range-more">
        <summary class="small">From, to</summary>
        <div class="range-fields">
          <Moment
            label="From"
            seconds={range.from}
            onChoose={(from) => chooseSpan(from, range.word === 'fixed' ? range.to : null)}
          />
          <Moment label="To" seconds={range.to} onChoose={(to) => chooseSpan(range.from, to)} />
          <SpanActions range={range} />
        </div>
      </details>
      {localZoneName() === 'UTC' ? (
        <span class="muted small">Times are in UTC</span>
      ) : (
        <Segmented
          label="Zone of all times"
          options={[
            { value: 'utc', name: 'UTC' },
            { value: 'local', name: localZoneName() },
          ]}
          chosen={zone.value}
          onChoose={(next) => chooseZone(next === 'local' ? 'local' : 'utc')}
        />
      )}
      {range.problem !== '' && (
        <p class="bad-text small" role="alert">
          {range.problem}
        </p>
      )}
    </section>
  );
}

function rangeWords({ word, from, to }: Range): string {
  if (word === 'all') return 'everything recorded';
  return `${from === null ? 'the begin' : minuteText(from)} – ${to === null ? 'now' : minuteText(to)}`;
}

/** Seconds only where there are some. */
function minuteText(seconds: number): string {
  return stamp(seconds).replace(/(T\d{2}:\d{2}):00/, '$1');
}

interface MomentProps {
  readonly label: string;
  readonly seconds: number | null;
  readonly onChoose: (seconds: number | null) => void;
}

/** A field of a form has no zone: what it shows and takes is of the zone that is shown. */
function Moment({ label, seconds, onChoose }: MomentProps) {
  const shown =
    seconds === null ? '' : new Date((seconds + offsetMinutes(seconds * 1000) * 60) * 1000).toISOString().slice(0, 19);
  const take = (text: string) => {
    const millis = zone.value === 'utc' ? Date.parse(`${text}Z`) : Date.parse(text);
    onChoose(Number.isNaN(millis) ? null : millis / 1000);
  };
  return (
    <label class="inline-field">
      {label}, {zone.value === 'utc' ? 'UTC' : localZoneName()}
      <input type="datetime-local" step={1} value={shown} onChange={(event) => take(event.currentTarget.value)} />
    </label>
  );
}
