// A window: a span of time that has a name, because somebody marked it or because something of the recording happened then. Read from the
// ledger (experiment/windows/), so that it is signed and dated like everything else; its figures come from the packets in [from, to).

import type { Interaction } from '../phase.ts';

export const WINDOW_KINDS = ['phase', 'tag', 'note', 'gap', 'pause', 'clock', 'campaign', 'scan'] as const;
export type WindowKind = (typeof WINDOW_KINDS)[number];

/** What can be marked over a span that has passed: by a person, or by a part of Weir that reports what it did when it is done. */
export const MARKED_KINDS = ['tag', 'campaign', 'scan'] as const;
export type MarkedKind = (typeof MARKED_KINDS)[number];

/** Mon(IoT)r's alphabet, so that a name can be a file name. */
export const WINDOW_NAME = '^[A-Za-z0-9_]{1,64}$';
/** Devices named as having taken part in one window; an order with more is refused. */
export const MAX_COMPANIONS = 16;
/** Letters of a note at most. */
export const NOTE_TEXT = 256;

/** What was said of a window next to its name. */
export interface WindowAbout {
  readonly interaction?: Interaction;
  /** Devices that took part, as the phone with the app: MACs. */
  readonly companions?: readonly string[];
  readonly note?: string;
}

export interface Window extends WindowAbout {
  /** Kind and the number of the ledger's line that began it: `tag-217`. */
  readonly id: string;
  readonly kind: WindowKind;
  /** ISO 8601 UTC to the nanosecond where the ledger has it. The window is half open: a packet at `to` is outside. */
  readonly from: string;
  /** Null while it lasts. */
  readonly to: string | null;
  /** MAC; null for all devices. */
  readonly device: string | null;
  readonly name: string;
  readonly made: 'live' | 'afterwards';
  readonly by?: string;
  /** Of a gap: frames known to be lost; null where nobody can know. */
  readonly lost?: number | null;
  /** Steps of the clock inside it, in seconds; null where the clock came back earlier after a start and nobody measured it. */
  readonly clock_steps?: readonly (number | null)[];
}
