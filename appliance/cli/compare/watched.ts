// Which spans of time a selection of a folder with a ledger means, and in which of them capture was running. Pure but for the reading.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CoveredTime, type Span } from '../../experiment/compare/covered-time.ts';
import { readLedgerStory } from '../../experiment/windows/read-ledger.ts';
import { windowsOf } from '../../experiment/windows/windows.ts';
import { WeirError } from '../../model/errors.ts';
import type { Window } from '../../model/experiment/window.ts';
import { LEDGER_FILE } from '../../model/files/ledger-files.ts';
import { printable } from '../../model/text.ts';
import type { Selection } from './selection.ts';

export interface WatchedTime {
  /** Frames of these spans belong to the selection. */
  readonly spans: readonly Span[];
  /** Of that, when capture was running. */
  readonly covered: CoveredTime;
}

/** Undefined where the folder has no ledger. @throws WeirError USAGE where no window of that name is in it, FILE_UNREADABLE */
export function watchedTime(folder: string, selection: Selection): WatchedTime | undefined {
  if (!existsSync(join(folder, LEDGER_FILE))) return undefined;
  const { recorded } = readLedgerStory(folder);
  const { begun, covered } = recorded;
  if (begun === null || covered === null)
    throw new WeirError('USAGE', `The ledger of ${printable(folder, 200)} tells of no capture; nothing was compared.`);
  const whole: Span = [Number(begun), Number(covered)];
  const windows = windowsOf(recorded).map(({ window }) => window);
  const chosen = chosenSpans(selection, windows, whole);
  if (chosen.length === 0) throw new WeirError('USAGE', unknown(selection, windows));
  const spans = new CoveredTime(chosen).spans.flatMap((span) => clip(span, selection));
  const gaps = windows.filter(({ kind }) => kind === 'gap' || kind === 'pause').map((gap) => spanOf(gap, whole));
  return { spans, covered: new CoveredTime(without(spans, gaps)) };
}

function chosenSpans({ phase, tag, window: id }: Selection, windows: readonly Window[], whole: Span): Span[] {
  if (id !== null) return windows.filter((window) => window.id === id).map((window) => spanOf(window, whole));
  if (tag !== null)
    return windows.filter(({ kind, name }) => kind === 'tag' && name === tag).map((window) => spanOf(window, whole));
  if (phase === null) return [whole];
  const phases = windows.filter(({ kind }) => kind === 'phase');
  const first = phases[0];
  const declared = phases.filter(({ name }) => name === phase).map((window) => spanOf(window, whole));
  // Before anybody declared one.
  if (phase !== 'unlabelled') return declared;
  return [[whole[0], first === undefined ? whole[1] : spanOf(first, whole)[0]], ...declared];
}

function spanOf({ from, to }: Window, [, end]: Span): Span {
  return [secondsOf(from), to === null ? end : secondsOf(to)];
}

/** Of ISO 8601 with any number of digits behind the second. */
function secondsOf(text: string): number {
  return Date.parse(`${text.slice(0, 19)}Z`) / 1000 + Number(`0${text.slice(19, -1)}`);
}

function clip([from, to]: Span, selection: Selection): Span[] {
  const clipped: Span = [Math.max(from, selection.from ?? from), Math.min(to, selection.to ?? to)];
  return clipped[0] < clipped[1] ? [clipped] : [];
}

function without(spans: readonly Span[], gaps: readonly Span[]): Span[] {
  return gaps.reduce<Span[]>(
    (left, [from, to]) =>
      left.flatMap((span): Span[] => {
        if (to <= span[0] || from >= span[1]) return [span];
        return [[span[0], from] as const, [to, span[1]] as const].filter(([x, y]) => x < y);
      }),
    [...spans],
  );
}

/** Names that are shown of those that there are. */
const MOST_NAMES = 12;

function unknown({ label, phase, tag, window: id }: Selection, windows: readonly Window[]): string {
  const kind = id !== null ? 'window' : tag !== null ? 'tag' : 'phase';
  const same = windows.filter((window) => kind === 'window' || window.kind === kind);
  const names = [...new Set(same.map((window) => (kind === 'window' ? window.id : window.name)))];
  const known = names.length === 0 ? 'There is none' : `There are ${names.slice(0, MOST_NAMES).join(', ')}`;
  return `${printable(label, 200)}: the ledger knows no ${kind} ${printable(id ?? tag ?? phase ?? '', 64)}; nothing was compared. ${known}.`;
}
