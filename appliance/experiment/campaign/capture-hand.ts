// What a campaign has capture do: the labels of a recording, and the lines that report its course. Used by runner.ts.

import type { CaptureRequest, CaptureStatus } from '../../model/capture-status.ts';
import { WeirError } from '../../model/errors.ts';
import { CAMPAIGN_TEXT, type CampaignEventWord } from '../../model/experiment/campaign.ts';
import type { DeviceKey } from '../../model/mac.ts';
import { printable } from '../../model/text.ts';
import type { CampaignPlan, PlannedStep } from './plan.ts';
import type { RunState } from './run-state.ts';

/** Capture's socket (experiment/capture-client.ts). */
export interface CaptureOrders {
  status(): Promise<CaptureStatus>;
  ask(request: CaptureRequest): Promise<unknown>;
}

/** The content of a campaign's line besides its position. */
export interface Note {
  readonly event: CampaignEventWord;
  readonly text: string;
  /** The tag whose newest window is taken back. */
  readonly withdrawn?: string | null;
  /** By default the user who started the campaign. */
  readonly by?: string | undefined;
}

/** Capture refuses longer names (control/request.ts). */
const MAX_BY = 256;

export class CaptureHand {
  readonly #capture: CaptureOrders;

  constructor(capture: CaptureOrders) {
    this.#capture = capture;
  }

  /** Declares phase and tag. Empty where it was done; else why it may not be. */
  async openLabels(plan: CampaignPlan, step: PlannedStep, note: string, device: DeviceKey | null): Promise<string> {
    const { phase, interaction, tag } = step;
    const by = owner(plan);
    const open = (await this.#capture.status()).tags.find((one) => one.tag === tag);
    if (open !== undefined && open.owner !== by) return `tag ${tag} is open by ${open.owner}; close it`;
    // Of a process that died before it could say that it records.
    if (open !== undefined) await this.#ask({ verb: 'tag-cancel', tag: open.tag, by });
    await this.#ask({ verb: 'phase', phase, interaction, by, note });
    if (tag !== null) await this.#ask({ verb: 'tag-start', tag, device, by });
    return '';
  }

  /** Ends tag and phase; what has ended already is left. */
  async closeLabels(plan: CampaignPlan, { tag }: PlannedStep, how: 'tag-stop' | 'tag-cancel'): Promise<void> {
    const by = owner(plan);
    const { tags } = await this.#capture.status();
    const isOpen = tags.some((one) => one.tag === tag && one.owner === by);
    if (tag !== null && isOpen) await this.#ask({ verb: how, tag, by });
    await this.#ask({ verb: 'phase', phase: plan.between, interaction: 'none', by, note: 'between the steps' });
  }

  /** `lost N`: frames so far, of this run of capture; empty where nobody can know. */
  async lost(): Promise<string> {
    const { dropped_kernel, lost_pipe, lost_queue, lost_disk } = (await this.#capture.status()).counters;
    return dropped_kernel === null ? '' : `lost ${dropped_kernel + (lost_pipe ?? 0) + lost_queue + lost_disk}`;
  }

  /** `device`: whom the step is about; null for all. */
  note({ run, at, attempt, by: starter }: RunState, said: Note, device: DeviceKey | null): Promise<void> {
    const { event, text, withdrawn = null, by = starter } = said;
    return this.#write({ run, event, step: at, attempt, device, by, text: printable(text, 1000), withdrawn });
  }

  /** The file in pieces, then that it is started: `facts` as JSON (start-facts.ts). */
  async begin(run: string, text: string, facts: string, device: DeviceKey | null, by: string): Promise<void> {
    const head = { run, attempt: 0, by, withdrawn: null };
    for (let at = 0; at * CAMPAIGN_TEXT < text.length; at++) {
      const piece = text.slice(at * CAMPAIGN_TEXT, (at + 1) * CAMPAIGN_TEXT);
      await this.#write({ ...head, event: 'text', step: at, device: null, text: piece });
    }
    await this.#write({ ...head, event: 'started', step: 0, device, text: facts });
  }

  #write(event: Omit<CaptureRequest & { verb: 'campaign' }, 'verb'>): Promise<void> {
    return this.#ask({ verb: 'campaign', ...event, by: event.by.slice(0, MAX_BY) });
  }

  /** Taken, though not on the card yet, is taken: a repetition would be there twice. */
  async #ask(request: CaptureRequest): Promise<void> {
    try {
      await this.#capture.ask(request);
    } catch (thrown) {
      if (!(thrown instanceof WeirError) || thrown.code !== 'LEDGER_WAITS') throw thrown;
    }
  }
}

/** Of the tags that a campaign opens. */
function owner({ name }: CampaignPlan): string {
  return `campaign ${name}`;
}
