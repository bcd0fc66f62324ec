// Campaigns: which there are, the state of the newest, start, and what a person says to it. The course itself is the appliance's
// (experiment/campaign) and is in the ledger.

import { campaignAnswer, campaignRows } from '../../campaign-rows.ts';
import {
  campaignResponseSchema,
  campaignStartedSchema,
  campaignStartSchema,
  campaignsSchema,
} from '../../schemas/campaign.ts';
import { errorSchema, okSchema } from '../../schemas/words.ts';
import { CONTROL, SUMMARIES } from '../access/scopes.ts';
import { refuse } from '../guard.ts';
import { type App, by, type RouteRoom } from '../routing.ts';

const refused = { 400: errorSchema, 503: errorSchema };
const notOne = { 404: errorSchema, 409: errorSchema };

const ONE_OF_BOTH = 'Give the name of a campaign or its text, one of the two; nothing was started.';
/** What a campaign has done reaches beyond the appliance: only users who may write files here decide. */
const TEXT_IS_LOCAL =
  'The text of a campaign is taken on the machine itself only: weir campaign start FILE. Nothing was started. Or put it into /etc/weir/campaigns and give its name.';

export function campaignRoutes(app: App, { api, local }: RouteRoom): void {
  app.get(
    '/api/v1/campaigns',
    { config: SUMMARIES, schema: { summary: 'Campaigns that could be started', response: { 200: campaignsSchema } } },
    async () => campaignRows(api.campaigns()),
  );

  app.get(
    '/api/v1/campaign',
    {
      config: SUMMARIES,
      schema: { summary: 'State of the newest campaign', response: { 200: campaignResponseSchema } },
    },
    async () => campaignAnswer(api.campaign()),
  );

  app.post(
    '/api/v1/campaign/start',
    {
      config: CONTROL,
      schema: {
        summary: 'Start a campaign; a mistake in it refuses it before anything starts',
        body: campaignStartSchema,
        response: { 200: campaignStartedSchema, ...refused, ...notOne, 403: errorSchema },
      },
    },
    async (request, reply) => {
      const { name, text, device } = request.body;
      if ((name === undefined) === (text === undefined)) return refuse(reply, 400, 'REQUEST_INVALID', ONE_OF_BOTH);
      if (text !== undefined && !local) return refuse(reply, 403, 'LOCAL_ONLY', TEXT_IS_LOCAL);
      const source = name === undefined ? { text: text ?? '' } : { name };
      return { run: await api.startCampaign(source, device ?? null, by(request)) };
    },
  );

  for (const [what, summary] of [
    ['done', 'A person did what the campaign asked for'],
    ['skip', 'Leave the current step; what was recorded of it does not count'],
    ['abort', 'End the campaign; what was accepted stays'],
  ] as const) {
    app.post(
      `/api/v1/campaign/${what}`,
      { config: CONTROL, schema: { summary, response: { 200: okSchema, ...refused } } },
      async (request) => {
        await api.orderCampaign(what, by(request));
        return { ok: true as const };
      },
    );
  }
}
