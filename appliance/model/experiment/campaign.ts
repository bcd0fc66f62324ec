// The words by which a campaign's course is in the ledger: what capture takes (capture/control/request.ts) and what the appliance
// folds again after a power cut (experiment/campaign/run-state.ts).

import type { DeviceKey } from '../mac.ts';

/**
 * `text`: a piece of the campaign's file. `started`: all pieces are there. Of a step: `guard`, `calendar`, `before` (an action is about
 * to be done), `ready` (it was), `recording`, `acted`, `recorded`; then the verdict: `accepted`; `refused` and `interrupted`, which are
 * tried again; `failed` and `skipped`, which are not. Of the whole: `finished`, `aborted`.
 */
export const CAMPAIGN_EVENTS = [
  'text',
  'started',
  'guard',
  'calendar',
  'before',
  'ready',
  'recording',
  'acted',
  'recorded',
  'accepted',
  'refused',
  'interrupted',
  'failed',
  'skipped',
  'finished',
  'aborted',
] as const;
export type CampaignEventWord = (typeof CAMPAIGN_EVENTS)[number];

export interface CampaignEvent {
  /** Of this run of the campaign: `20261201T120000Z_name`. */
  readonly run: string;
  readonly event: CampaignEventWord;
  /** Place in the order, from 0; of a `text` its number. */
  readonly step: number;
  /** From 1; 0 where there is none. */
  readonly attempt: number;
  /** Whom the step is about; null for all, and for lines of no step. */
  readonly device: DeviceKey | null;
  readonly by: string;
  /** The piece of the file, the reason of a verdict, or JSON of what was found. */
  readonly text: string;
  /** The tag whose newest window this verdict takes back; the capture stays. */
  readonly withdrawn: string | null;
}

/** Of `text` in one line; the control socket takes 8192 characters, of which JSON may spend two for one. */
export const CAMPAIGN_TEXT = 3000;

export function isCampaignEvent(word: unknown): word is CampaignEventWord {
  return CAMPAIGN_EVENTS.includes(word as CampaignEventWord);
}
