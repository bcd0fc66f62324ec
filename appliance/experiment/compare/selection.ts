// What somebody means by `captures/@idle` or `run.pcap@from=…,to=…`: words to a selection. Reading it is read-sample.ts. Pure.

import { WeirError } from '../../model/errors.ts';
import { isPhase, PHASES, type Phase } from '../../model/phase.ts';
import { printable } from '../../model/text.ts';
import { parseInstant } from '../../model/time/clock.ts';

export interface Selection {
  readonly path: string;
  /** As somebody wrote it. */
  readonly label: string;
  readonly phase: Phase | null;
  /** All windows with this tag; one window by its id. Only of folders with a ledger. */
  readonly tag: string | null;
  readonly window: string | null;
  /** Seconds since 1970, half open; null where it is open. */
  readonly from: number | null;
  readonly to: number | null;
}

const DAY_SECONDS = 86_400;

/** @param exists whether a file or folder of that name is there: a path may hold an `@` itself. @throws WeirError USAGE */
export function parseSelection(text: string, exists: (path: string) => boolean): Selection {
  const at = text.lastIndexOf('@');
  if (at <= 0 || exists(text)) return parseWords(text, '', text);
  return parseWords(text.slice(0, at), text.slice(at + 1), text);
}

/** @throws WeirError USAGE */
export function parseWords(path: string, words: string, label: string): Selection {
  let selection: Selection = { path, label, phase: null, tag: null, window: null, from: null, to: null };
  for (const word of words.split(',').filter((one) => one !== ''))
    selection = { ...selection, ...parseWord(word, label) };
  const { from, to } = selection;
  if (from !== null && to !== null && to <= from)
    throw new WeirError('USAGE', `${printable(label, 200)} ends before it begins; nothing was compared.`);
  return selection;
}

function parseWord(word: string, label: string): Partial<Selection> {
  const [name, value] = word.includes('=') ? split(word, '=') : ['phase', word];
  if (name === 'phase' && isPhase(value)) return { phase: value };
  if (name === 'tag' && value !== '') return { tag: value };
  if (name === 'window' && value !== '') return { window: value };
  if (name === 'day' && /^\d{4}-\d{2}-\d{2}$/.test(value)) {
    const from = secondsOf(value, label);
    return { from, to: from + DAY_SECONDS };
  }
  if (name === 'from') return { from: secondsOf(value, label) };
  if (name === 'to') return { to: secondsOf(value, label) };
  const known = `a phase (${PHASES.join(', ')}), tag=NAME, window=ID, day=2026-11-20, from=2026-11-20T12:00Z or to=…`;
  throw new WeirError('USAGE', `${printable(word, 60)} in ${printable(label, 200)} selects nothing; say ${known}.`);
}

function split(word: string, mark: string): [string, string] {
  const at = word.indexOf(mark);
  return [word.slice(0, at), word.slice(at + 1)];
}

/** Without a zone it is UTC, as everything that Weir writes. */
function secondsOf(text: string, label: string): number {
  const isBare = /^\d{4}-\d{2}-\d{2}T[\d:.]+$/.test(text);
  const instant = parseInstant(isBare ? `${text}Z` : text);
  if (instant !== undefined) return Number(instant) / 1e9;
  throw new WeirError(
    'USAGE',
    `${printable(text, 60)} in ${printable(label, 200)} is no time; write 2026-11-20T12:00Z.`,
  );
}
