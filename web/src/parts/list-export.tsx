// The rows of a list, of the time and filters that are shown, as a file. Made in the browser: it is what the page shows.

import { useSignal } from '@preact/signals';
import { explain } from '../resource.ts';
import { csvOf, ndjsonOf } from '../rows-text.ts';
import { chosenRange } from '../time/chosen.ts';
import { spanText } from '../time/span.ts';
import { DownloadIcon } from './icons.tsx';

interface Props {
  /** What the rows are, for the file's name and for screen readers: `destinations`. */
  readonly name: string;
  /** All of them, also those that are listed only on demand. */
  readonly rows: () => readonly object[] | Promise<readonly object[]>;
}

const FORMS = [
  { word: 'csv', type: 'text/csv', write: csvOf },
  { word: 'ndjson', type: 'application/x-ndjson', write: ndjsonOf },
] as const;

export function ListExport({ name, rows }: Props) {
  const problem = useSignal('');
  const isBusy = useSignal(false);
  const take = async ({ word, type, write }: (typeof FORMS)[number]) => {
    problem.value = '';
    isBusy.value = true;
    try {
      save(new Blob([write(await rows())], { type: `${type};charset=utf-8` }), `weir-${name}${spanWords()}.${word}`);
    } catch (thrown) {
      problem.value = explain(thrown);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <span class="list-export small">
      {FORMS.map((form) => (
        <button
          key={form.word}
          type="button"
          class="button quiet"
          disabled={isBusy.value}
          aria-label={`Download these ${name} as ${form.word.toUpperCase()}`}
          onClick={() => void take(form)}
        >
          <DownloadIcon /> {form.word.toUpperCase()}
        </button>
      ))}
      {problem.value !== '' && (
        <span class="bad-text" role="alert">
          {problem.value}
        </span>
      )}
    </span>
  );
}

/** Of the file's name: `-20261117T100000-20261117T110000`; an open end is left out, and so is a span without ends. */
function spanWords(): string {
  const { from, to } = chosenRange();
  const ends = [from, to].filter((end) => end !== null).map((end) => `-${spanText(end).replaceAll(/[-:]/g, '')}`);
  return ends.join('');
}

function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
