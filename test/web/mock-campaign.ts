// A campaign of the invented home, as the API reports it: the first step asks a person, what follows is recorded.

import type { CampaignResponse, CampaignsResponse } from '../../appliance/publish/schemas/campaign.ts';

/** `none`: nothing was started yet. */
export type CampaignStage = 'none' | 'asks' | 'records';

export const campaignsOf = (): CampaignsResponse => ({
  campaigns: [
    {
      name: 'paper',
      ready_made: true,
      about: 'Seven days of one device.',
      recordings: 6,
      seconds: 605_100,
      mistakes: [],
    },
    {
      name: 'kitchen',
      ready_made: false,
      about: '',
      recordings: null,
      seconds: null,
      mistakes: [{ line: 7, message: 'steps[0].phase is one of idle, intensive, not <b>lazy</b>' }],
    },
  ],
});

export function campaignOf(stage: CampaignStage): CampaignResponse {
  if (stage === 'none') return { campaign: null };
  const step = {
    number: 1,
    name: 'power_cycle',
    phase: 'intensive',
    interaction: 'physical',
    tag: 'power_cycle',
    device: null,
    seconds: 600,
    attempt: 1,
    attempts: 3,
    stage: stage === 'asks' ? 'before' : 'recording',
  };
  const { attempt, attempts, stage: word, ...next } = step;
  return {
    campaign: {
      run: '20261201T120000Z_paper',
      name: 'paper',
      about: 'Seven days of one device.',
      state: 'running',
      by: 'page',
      started: '2026-12-01T12:00:00.000Z',
      sha256: '0'.repeat(64),
      seed: null,
      steps: 6,
      step: { ...next, attempt, attempts, stage: word },
      next: { ...next, number: 2, name: 'app_near' },
      say: stage === 'asks' ? 'Pull the plug of the device.' : 'power_cycle is being recorded.',
      asks: stage === 'asks',
      seconds_left: stage === 'asks' ? null : 590,
      reason: '',
      results: [],
    },
  };
}
