// All windows of a ledger, from what store/tail/recorded-time.ts folds: phases, tags, notes, gaps, pauses, steps of the
// clock, campaigns, scans. Pure. Who wants figures of one goes on to window-pieces.ts.

import type { Window, WindowKind } from '../../model/experiment/window.ts';
import type { OpenGap, RecordedGap, RecordedStep, RecordedTime } from '../../store/tail/recorded-time.ts';
import { nanoText } from './window-time.ts';

/** A window, and between which lines of the ledger it lay where it was made live; only by these a step of the clock is inside or not. */
export interface TracedWindow {
  readonly window: Window;
  /** Null for what was marked afterwards: that is a span of the captures' time, whatever the clock did. */
  readonly lines: { readonly first: number; readonly last: number | null } | null;
}

type Recorded = Pick<RecordedTime, 'gaps' | 'open' | 'phases' | 'tags' | 'notes' | 'steps'>;

/** By their begin, then by id. What was cancelled or taken back is no window any more. */
export function windowsOf(recorded: Recorded): TracedWindow[] {
  const all = [...phases(recorded), ...marks(recorded), ...notes(recorded), ...gaps(recorded), ...steps(recorded)];
  return all.sort((x, y) => compareTimes(x.window.from, y.window.from) || (x.window.id < y.window.id ? -1 : 1));
}

function phases({ phases: declared, steps: set }: Recorded): TracedWindow[] {
  return declared.map(({ n, since, phase, interaction, by, note }, i) => {
    const next = declared[i + 1];
    const lines = { first: n, last: next?.n ?? null };
    const window: Window = {
      ...base('phase', n, phase),
      from: nanoText(since),
      to: next === undefined ? null : nanoText(next.since),
      device: null,
      by,
      ...(interaction === 'none' ? {} : { interaction: interaction as NonNullable<Window['interaction']> }),
      ...(note === '' ? {} : { note }),
      ...stepsWithin(set, lines),
    };
    return { window, lines };
  });
}

function marks({ tags, steps: set }: Recorded): TracedWindow[] {
  return tags
    .filter(({ cancelled }) => !cancelled)
    .map(({ n, ended, kind, made, tag, device, owner, from, to, about }) => {
      const lines = made === 'live' ? { first: n, last: ended } : null;
      const span = { from: nanoText(from), to: to === null ? null : nanoText(to) };
      const said = { ...base(kind, n, tag), made, ...span, device, by: owner, ...about };
      return { window: { ...said, ...(lines === null ? {} : stepsWithin(set, lines)) }, lines };
    });
}

/** They have no length: begin and end are the same moment. */
function notes({ notes: said }: Recorded): TracedWindow[] {
  return said.map(({ n, at, by, text }) => ({
    window: { ...base('note', n, 'note'), from: nanoText(at), to: nanoText(at), device: null, by, note: text },
    lines: null,
  }));
}

function gaps({ gaps: ended, open }: Recorded): TracedWindow[] {
  const all: (RecordedGap | (OpenGap & { readonly to: null; readonly lost: null }))[] = [...ended];
  if (open !== null) all.push({ ...open, to: null, lost: null });
  return all.map(({ n, from, to, reason, lost }) => {
    const kind = reason.startsWith('paused by ') ? 'pause' : 'gap';
    const span = { from: nanoText(from), to: to === null ? null : nanoText(to) };
    return { window: { ...base(kind, n, kind), ...span, device: null, note: reason, lost }, lines: null };
  });
}

/** From the earlier to the later reading: times that never were, or that were twice. */
function steps({ steps: set }: Recorded): TracedWindow[] {
  return set.map(({ n, before, after, seconds }) => {
    const isBack = compareTimes(nanoText(after), nanoText(before)) < 0;
    const [from, to] = isBack ? [after, before] : [before, after];
    const note = isBack
      ? 'the clock was set back: times of this span were captured twice'
      : 'the clock was set forward: no packet has a time of this span';
    const window = { ...base('clock', n, isBack ? 'clock_back' : 'clock_forward'), device: null, note };
    return { window: { ...window, from: nanoText(from), to: nanoText(to), clock_steps: [seconds] }, lines: null };
  });
}

function base(kind: WindowKind, n: number, name: string) {
  return { id: `${kind}-${n}`, kind, name, made: 'live' as const };
}

function stepsWithin(
  set: readonly RecordedStep[],
  { first, last }: { readonly first: number; readonly last: number | null },
): Pick<Window, 'clock_steps'> {
  const inside = set.filter(({ n }) => n > first && n < (last ?? Number.POSITIVE_INFINITY));
  return inside.length === 0 ? {} : { clock_steps: inside.map(({ seconds }) => seconds) };
}

/** Of two times as windows carry them. */
function compareTimes(x: string, y: string): number {
  return x < y ? -1 : x > y ? 1 : 0;
}

/** What somebody asks for; times in nanoseconds since 1970. */
export interface WindowQuestion {
  readonly kind?: WindowKind | undefined;
  /** Windows of this device and those of all devices; gaps and phases are everybody's. */
  readonly device?: string | undefined;
  readonly from?: bigint | undefined;
  readonly to?: bigint | undefined;
}

/** Those that overlap [from, to), of the kind, for the device. */
export function chosenWindows(all: readonly TracedWindow[], question: WindowQuestion): Window[] {
  const { kind, device } = question;
  const from = question.from === undefined ? '' : nanoText(question.from);
  const to = question.to === undefined ? '~' : nanoText(question.to);
  return all
    .map(({ window }) => window)
    .filter((window) => kind === undefined || window.kind === kind)
    .filter((window) => device === undefined || window.device === null || window.device === device)
    .filter(
      (window) =>
        window.from < to &&
        (window.to === null || window.to > from || (window.to === window.from && window.from >= from)),
    );
}
