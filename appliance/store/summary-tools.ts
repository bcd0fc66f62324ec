// What the store and the page need of summaries: adding two, and rendering one. join-analysis.ts connects it to analysis/;
// summaries stay canonical JSON texts on this side, empty for "nothing".

import type { AnalysisDocument } from '../model/analysis-document.ts';
import type { DeviceKey } from '../model/mac.ts';

/** Where a rendered summary comes from: goes into the document's `input`. */
export interface SummaryOrigin {
  /** null for the whole appliance. */
  readonly device: DeviceKey | null;
  readonly path: string;
  /** Of the closed files that the summary was made from. */
  readonly bytes: number;
}

export interface SummaryTools {
  /** `earlier` before `later` in time, of the same device. Either may be empty. */
  merge(earlier: string, later: string): string;
  /** Of different devices: frames between two of them count once. */
  combine(summaries: readonly string[]): string;
  document(summary: string, origin: SummaryOrigin): AnalysisDocument;
}
