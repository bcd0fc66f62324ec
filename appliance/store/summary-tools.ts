// What the store and the page need of summaries: adding some, and rendering them. join-analysis.ts does it on the spot,
// render-thread.ts in a thread of its own; summaries stay packed texts on this side, empty for "nothing".

import type { AnalysisDocument } from '../model/analysis-document.ts';
import type { DeviceKey } from '../model/mac.ts';
import type { Phase } from '../model/phase.ts';
import type { ConfirmedIdentities } from '../model/user-identity.ts';
import type { DeviceHead } from './figures/device-head.ts';
import type { FlowGroups, FlowQuestion } from './figures/flow-groups.ts';
import type { StoredHourRow } from './index/hour-row.ts';
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

/** An hour of a device in one phase, `20261120T12`. */
export interface HourOrigin {
  readonly device: DeviceKey;
  readonly hour: string;
  readonly phase: Phase;
}

/** Of that hour: its line, its rows of the flow matrix, and how many of those lost their peer because there were too many. */
export interface HourFigures {
  readonly row: StoredHourRow;
  readonly flows: PackedText;
  readonly joined: number;
}

/** Flows of one device: blocks of the index, and slices that are in none yet. */
export interface DeviceFlows {
  readonly device: DeviceKey;
  readonly blocks: readonly { readonly phase: Phase; readonly label: string; readonly flows: PackedText }[];
  readonly open: readonly { readonly phase: Phase; readonly hour: string; readonly parts: readonly PackedText[] }[];
}

/** Parts are of one device and in the order of capture. */
export interface SummaryTools {
  merge(parts: readonly PackedText[]): Promise<PackedText>;
  document(parts: readonly PackedText[], origin: SummaryOrigin): Promise<AnalysisDocument>;
  /** What the list of devices shows of these parts. @throws where `origin` names no device. */
  head(parts: readonly PackedText[], origin: SummaryOrigin): Promise<DeviceHead>;
  hour(parts: readonly PackedText[], origin: HourOrigin): Promise<HourFigures>;
  /** Sums of blocks of flows; of what has no room among `most` rows `joined` rows lose their peer. */
  addFlows(
    parts: readonly PackedText[],
    most: number,
  ): Promise<{ readonly flows: PackedText; readonly joined: number }>;
  groupFlows(flows: DeviceFlows, question: FlowQuestion): Promise<FlowGroups>;
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
