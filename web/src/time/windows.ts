// Windows of time on an axis: phases, tags, notes, gaps, pauses, steps of the clock, campaigns and scans, as the ledger records them, also
// after they ended. Pure.

import type { WindowsResponse } from '../api/types.ts';
import { toMillis } from '../format/time.ts';
import { phaseName } from '../format/words.ts';
import { type Range, reachesInto } from './span.ts';

type Window = WindowsResponse['windows'][number];

export interface WindowMark {
  readonly id: string;
  readonly kind: Window['kind'];
  readonly name: string;
  readonly note: string;
  /** MAC; null for all devices. */
  readonly device: string | null;
  /** Seconds since 1970; a moment has both alike. */
  readonly from: number;
  readonly to: number;
  /** Still lasts. */
  readonly isOpen: boolean;
  /** Marked after it had passed; such a mark can be taken back. */
  readonly isAfterwards: boolean;
}

/** Those that reach into the range, by their begin; of other devices than `mac` none, where one is given. `now` ends what lasts. */
export function marksIn(
  windows: readonly Window[],
  range: Pick<Range, 'from' | 'to'>,
  now: number,
  mac: string | null = null,
): WindowMark[] {
  return windows
    .filter(({ device }) => mac === null || device === null || device === mac)
    .map((window) => markOf(window, now))
    .filter(({ from, to }) => reachesInto(range, from, to));
}

function markOf({ id, kind, name, note = '', device, from, to, made }: Window, now: number): WindowMark {
  const begin = seconds(from) ?? now;
  const end = to === null ? now : (seconds(to) ?? begin);
  const isAfterwards = made === 'afterwards';
  return { id, kind, name, note, device, from: begin, to: Math.max(begin, end), isOpen: to === null, isAfterwards };
}

function seconds(moment: string): number | undefined {
  const millis = toMillis(moment);
  return millis === undefined ? undefined : millis / 1000;
}

const KIND_NAMES: Readonly<Partial<Record<Window['kind'], string>>> = { clock: 'step of the clock' };

export function kindName(kind: Window['kind']): string {
  return KIND_NAMES[kind] ?? kind;
}

/** Labels of the axis: the phase by its name, a step of the clock as what it was, anything else by its own. */
export function markName({ kind, name }: WindowMark): string {
  if (kind === 'phase') return phaseName(name);
  return kind === 'clock' ? name.replaceAll('_', ' ') : name;
}
