// What the store and the page need of summaries: adding some, and rendering them. join-analysis.ts does it on the spot,
// render-thread.ts in a thread of its own; summaries stay packed texts on this side, empty for "nothing".

import type { AnalysisDocument } from '../model/analysis-document.ts';
import type { DeviceKey } from '../model/mac.ts';
import type { ConfirmedIdentities } from '../model/user-identity.ts';
import type { DeviceHead } from './figures/device-head.ts';
import type { PackedText } from './index/packed-text.ts';

/** Where a rendered summary comes from: goes into the document's `input`. */
export interface SummaryOrigin {
  /** null for the whole appliance. */
  readonly device: DeviceKey | null;
  readonly path: string;
  /** Of the closed files that the summary was made from. */
  readonly bytes: number;
  /** What people said of the devices in it. */
  readonly identities?: ConfirmedIdentities;
}

/** Parts are of one device and in the order of capture. */
export interface SummaryTools {
  merge(parts: readonly PackedText[]): Promise<PackedText>;
  document(parts: readonly PackedText[], origin: SummaryOrigin): Promise<AnalysisDocument>;
  /** What the list of devices shows of these parts. @throws where `origin` names no device. */
  head(parts: readonly PackedText[], origin: SummaryOrigin): Promise<DeviceHead>;
  /** Begins the sum of several devices. */
  combine(): DeviceSum;
}

/** Of several devices, one after the other, so that they need not be in memory together: frames between two of them count once. */
export interface DeviceSum {
  /** The parts of one device more. */
  add(parts: readonly PackedText[]): Promise<void>;
  /** Shows the largest conversations only. The sum ends here. */
  document(origin: SummaryOrigin): Promise<AnalysisDocument>;
  /** The sum ends without a document. */
  abandon(): void;
}
