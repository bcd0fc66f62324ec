// Which spans of time a selection of a folder with a ledger means, and in which of them capture was running. Pure but for the reading.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CoveredTime, type Span, without } from '../../experiment/compare/covered-time.ts';
import { span } from '../../experiment/compare/judge-row.ts';
import type { Selection } from '../../experiment/compare/selection.ts';
import { readLedgerStory } from '../../experiment/windows/read-ledger.ts';
import { beginOf } from '../../experiment/windows/window-segments.ts';
import { windowsOf } from '../../experiment/windows/windows.ts';
import { WeirError } from '../../model/errors.ts';
import type { Window } from '../../model/experiment/window.ts';
import { LEDGER_FILE } from '../../model/files/ledger-files.ts';
import { parseMac } from '../../model/mac.ts';
import { printable } from '../../model/text.ts';
import type { CatalogSegment } from '../../store/tail/segment-catalog.ts';

export interface WatchedTime {
  /** Frames of these spans belong to the selection. */
  readonly spans: readonly Span[];
  /** Of that, when capture was running. */
  readonly covered: CoveredTime;
  /** What is not looked at, one line each. */
  readonly notes: readonly string[];
}

/**
 * Undefined where the folder has no ledger. A phase that was never declared was watched for no time.
 * @param device MAC or address; null for all
 * @throws WeirError USAGE where no window or tag of that name is in it, FILE_UNREADABLE
 */
export function watchedTime(folder: string, selection: Selection, device: string | null): WatchedTime | undefined {
  if (!existsSync(join(folder, LEDGER_FILE))) return undefined;
  const { recorded, catalog } = readLedgerStory(folder);
  const { begun, covered } = recorded;
  if (begun === null || covered === null)
    throw new WeirError('USAGE', `The ledger of ${printable(folder, 200)} has no capture; nothing was compared.`);
  const whole: Span = [Number(begun), Number(covered)];
  const windows = windowsOf(recorded).map(({ window }) => window);
  const chosen = chosenSpans(selection, ofDevice(windows, device), whole);
  if (chosen.length === 0 && selection.phase === null) throw new WeirError('USAGE', unknown(selection, windows));
  const asked = new CoveredTime(chosen).spans.flatMap((span) => clip(span, selection));
  const { deleted, open } = unread(catalog.all(), device, whole);
  // Nobody knows what was in a file that is gone: its time was not watched, whatever the ledger says of capture.
  const spans = without(without(asked, deleted), open);
  const gaps = windows.filter(({ kind }) => kind === 'gap' || kind === 'pause').map((gap) => spanOf(gap, whole));
  const result = new CoveredTime(without(spans, gaps));
  const lost = (holes: readonly Span[]) => secondsOfAll(asked) - secondsOfAll(without(asked, holes));
  return { spans, covered: result, notes: notesOf(selection, windows, result, lost(deleted), lost(open)) };
}

/** A tag of another device is not about this one. */
function ofDevice(windows: readonly Window[], device: string | null): readonly Window[] {
  const own = device === null ? undefined : parseMac(device);
  return own === undefined ? windows : windows.filter((window) => window.device === null || window.device === own);
}

/** When files lasted of which nothing, or not everything, can be read. With an address for a device: those of all. */
function unread(
  segments: Iterable<CatalogSegment>,
  device: string | null,
  [, end]: Span,
): { readonly deleted: Span[]; readonly open: Span[] } {
  const own = device === null ? undefined : parseMac(device);
  const deleted: Span[] = [];
  const open: Span[] = [];
  for (const segment of segments) {
    if (own !== undefined && segment.device !== own) continue;
    const begin = Number(beginOf(segment)) / 1e9;
    if (segment.state === 'open') open.push([begin, Math.max(begin, end)]);
    if (segment.state !== 'deleted') continue;
    const last = Number(segment.lastTs ?? segment.closed ?? begin);
    deleted.push([begin, Math.max(begin, last)]);
  }
  return { deleted: [...new CoveredTime(deleted).spans], open: [...new CoveredTime(open).spans] };
}

function secondsOfAll(spans: readonly Span[]): number {
  return spans.reduce((sum, [from, to]) => sum + to - from, 0);
}

function notesOf(
  { label, phase }: Selection,
  windows: readonly Window[],
  { seconds }: CoveredTime,
  deleted: number,
  open: number,
): string[] {
  const name = printable(label, 200);
  const phases = [...new Set(windows.filter(({ kind }) => kind === 'phase').map((window) => window.name))];
  const declared = phases.length === 0 ? 'no phase was declared' : `declared were ${phases.join(', ')}`;
  return [
    ...(deleted > 0
      ? [`${name}: files that were deleted covered ${span(deleted)} of it; that time counts as not watched.`]
      : []),
    ...(open > 0
      ? [`${name}: files that are still written cover ${span(open)} of it; that time takes no part yet.`]
      : []),
    ...(seconds > 0 || deleted > 0 || open > 0
      ? []
      : [`${name} was not captured${phase === null ? '' : ` (${declared})`}: nothing can be said of what it lacks.`]),
  ];
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

/** Names that are shown of those that there are. */
const MAX_NAMES = 12;

function unknown({ label, phase, tag, window: id }: Selection, windows: readonly Window[]): string {
  const kind = id !== null ? 'window' : tag !== null ? 'tag' : 'phase';
  const same = windows.filter((window) => kind === 'window' || window.kind === kind);
  const names = [...new Set(same.map((window) => (kind === 'window' ? window.id : window.name)))];
  const known = names.length === 0 ? 'There is none' : `There are ${names.slice(0, MAX_NAMES).join(', ')}`;
  return `${printable(label, 200)}: the ledger knows no ${kind} ${printable(id ?? tag ?? phase ?? '', 64)}; nothing was compared. ${known}.`;
}
