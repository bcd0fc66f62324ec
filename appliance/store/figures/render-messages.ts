// Questions and answers between render-thread.ts and render-worker.ts.

import type { PackedText } from '../index/packed-text.ts';
import type { DeviceFlows, HourOrigin, SummaryOrigin } from '../summary-tools.ts';
import type { FlowQuestion } from './flow-groups.ts';

export interface RenderStart {
  /** Name of a port profile, or a list of ports. */
  readonly profile: string;
  /** May hold a newer geo table. */
  readonly dataDir: string;
  /** Country of the access point; empty where nobody said. */
  readonly home: string;
  /** Of the operator's platform rules; empty for none. */
  readonly rulesFolder: string;
}

export type RenderQuestion = { readonly id: number } & (
  | { readonly verb: 'merge'; readonly parts: readonly PackedText[] }
  | { readonly verb: 'document'; readonly parts: readonly PackedText[]; readonly origin: SummaryOrigin }
  | { readonly verb: 'head'; readonly parts: readonly PackedText[]; readonly origin: SummaryOrigin }
  | { readonly verb: 'hour'; readonly parts: readonly PackedText[]; readonly origin: HourOrigin }
  | { readonly verb: 'add-flows'; readonly parts: readonly PackedText[]; readonly most: number }
  | { readonly verb: 'group-flows'; readonly flows: DeviceFlows; readonly question: FlowQuestion }
  /** Sums of devices have numbers; the first `add` begins one. */
  | { readonly verb: 'add'; readonly sum: number; readonly begins: boolean; readonly parts: readonly PackedText[] }
  | { readonly verb: 'finish'; readonly sum: number; readonly origin: SummaryOrigin }
  | { readonly verb: 'abandon'; readonly sum: number }
);

export type RenderAnswer =
  | { readonly type: 'value'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: string }
  | { readonly type: 'problem'; readonly problem: string };
