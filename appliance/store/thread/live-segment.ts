// The slice that is being read, as far as it is read: what figures add to what is stored.

import type { PackedText } from '../index/packed-text.ts';

/** The current slice, so far. */
export interface LiveSegment {
  readonly seq: number;
  readonly slice: number;
  readonly hour: string;
  readonly packets: number;
  readonly last_ts: string | null;
  readonly summary: PackedText;
  /** Of the appliance's own scan of the device, which is of phase `scan`; absent where there was none. */
  readonly scan?: PackedText;
}

/** Equal marks, equal slices. */
export function liveMark(live: Pick<LiveSegment, 'seq' | 'slice' | 'packets'> | undefined): string {
  return live === undefined ? '' : `${live.seq} ${live.slice} ${live.packets}`;
}
