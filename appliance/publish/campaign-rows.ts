// A campaign in the words of the API: times as ISO 8601, names in snake_case.

import type { CampaignView } from '../experiment/campaign/campaign-view.ts';
import type { CampaignRow } from '../experiment/campaign/campaigns.ts';
import { isoText } from '../model/time/iso-time.ts';
import type { CampaignResponse, CampaignsResponse } from './schemas/campaign.ts';

export function campaignRows(rows: readonly CampaignRow[]): CampaignsResponse {
  return {
    campaigns: rows.map(({ isReadyMade, mistakes, ...row }) => ({
      ...row,
      ready_made: isReadyMade,
      mistakes: [...mistakes],
    })),
  };
}

export function campaignAnswer(view: CampaignView | null): CampaignResponse {
  if (view === null) return { campaign: null };
  const { secondsLeft, results, started, ...rest } = view;
  const reported = results.map(({ step, from, to, ...result }) => ({
    ...result,
    number: step + 1,
    from: from === null ? null : isoText(from),
    to: to === null ? null : isoText(to),
  }));
  return { campaign: { ...rest, started: isoText(started), seconds_left: secondsLeft, results: reported } };
}
