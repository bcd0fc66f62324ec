// HTTP API: campaigns that could be started, the state of the newest, and what a person says to it.

import { type Static, Type } from 'typebox';
import { deviceWordSchema } from './devices.ts';
import { closed, count, nullable } from './words.ts';

const mistakeSchema = closed({ line: count(), message: Type.String() });

const campaignRowSchema = closed({
  name: Type.String(),
  ready_made: Type.Boolean({ description: 'Comes with Weir; the others are the owner’s, in /etc/weir/campaigns.' }),
  about: Type.String(),
  recordings: nullable(count()),
  seconds: nullable(Type.Number({ description: 'Recorded and quiet time, the least that it lasts.' })),
  mistakes: Type.Array(mistakeSchema),
});
export const campaignsSchema = closed({ campaigns: Type.Array(campaignRowSchema) });
export type CampaignsResponse = Static<typeof campaignsSchema>;

const stepFields = {
  number: count(),
  name: Type.String(),
  phase: Type.String(),
  interaction: Type.String(),
  tag: nullable(Type.String()),
  device: nullable(Type.String()),
  seconds: Type.Number(),
};

const resultSchema = closed({
  number: count(),
  name: Type.String(),
  outcome: Type.Union([Type.Literal('accepted'), Type.Literal('failed'), Type.Literal('skipped')]),
  attempts: count(),
  reason: Type.String(),
  from: nullable(Type.String()),
  to: nullable(Type.String()),
});

const campaignSchema = closed({
  run: Type.String(),
  name: Type.String(),
  about: Type.String(),
  state: Type.Union([Type.Literal('running'), Type.Literal('finished'), Type.Literal('aborted')]),
  by: Type.String(),
  started: Type.String(),
  sha256: Type.String({ description: 'Of the campaign’s file, which the ledger contains in full.' }),
  seed: nullable(count()),
  steps: count(),
  step: nullable(closed({ ...stepFields, attempt: count(), attempts: count(), stage: Type.String() })),
  next: nullable(closed(stepFields)),
  say: Type.String({ description: 'The next action, one sentence for a person.' }),
  asks: Type.Boolean({ description: 'Somebody has to do it and to say so: POST /api/v1/campaign/done.' }),
  seconds_left: nullable(Type.Number()),
  reason: Type.String({
    description: 'Why the newest attempt of this step did not count; empty while there was none.',
  }),
  results: Type.Array(resultSchema),
});
/** The newest run; null before the first. */
export const campaignResponseSchema = closed({ campaign: nullable(campaignSchema) });
export type CampaignResponse = Static<typeof campaignResponseSchema>;

export const campaignStartSchema = closed({
  name: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_]{1,64}$' })),
  text: Type.Optional(
    Type.String({ maxLength: 32_768, description: 'A campaign itself; taken on the Unix socket only.' }),
  ),
  device: Type.Optional(nullable(deviceWordSchema)),
});

export const campaignStartedSchema = closed({ run: Type.String() });
export type CampaignStarted = Static<typeof campaignStartedSchema>;
