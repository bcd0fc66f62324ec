// Exact figures of a window of time: the analysis document of exactly its packets, and what of the window is not in it and why.

import type { AnalysisDocument } from '../analysis-document.ts';

export interface WindowFigures {
  readonly schema: 'weir.figures/1';
  readonly window: {
    /** Null for a span that was only asked for. */
    readonly id: string | null;
    readonly name: string | null;
    /** ISO 8601 UTC to the nanosecond, the end outside; null while it lasts. */
    readonly from: string;
    readonly to: string | null;
    /** MAC; null for all devices. */
    readonly device: string | null;
    /** That passed, steps of the clock taken out; null while it lasts, and where nobody measured a step. */
    readonly seconds: number | null;
  };
  readonly totals: WindowTotals;
  readonly coverage: WindowCoverage;
  readonly document: AnalysisDocument;
}

/** Packets between two captured devices count once, where all devices are asked for. */
export interface WindowTotals {
  readonly packets: number;
  /** Of frames as they were on the wire. */
  readonly bytes: number;
  /** Of TCP and UDP, as captured; null where there were more conversations than are kept apart. */
  readonly payload_bytes: number | null;
  readonly conversations: number;
  readonly destinations: number;
}

export interface WindowCoverage {
  /** Files with packets of the window, and of them those that are still written: what capture has in memory is not in them yet. */
  readonly segments: number;
  readonly open_segments: number;
  /** Capture did not record: seconds of gaps and pauses inside, and the frames known to be lost in them, null where nobody can know. */
  readonly not_recorded: { readonly seconds: number; readonly lost: number | null };
  /**
   * What retention took: files, seconds from the first to the last packet of each as far as that is inside, packets of files that lay
   * inside wholly, and of all that reached into it; null where the ledger does not say.
   */
  readonly deleted: {
    readonly segments: number;
    readonly seconds: number;
    readonly packets_at_least: number;
    readonly packets_at_most: number | null;
  };
  /** Files that could not be read to their end. */
  readonly unread: readonly { readonly path: string; readonly reason: string }[];
  /** Spans of times that came twice because the clock was set back, inside a window that was not made live: packets of both are counted. */
  readonly twice: readonly { readonly from: string; readonly to: string }[];
}
