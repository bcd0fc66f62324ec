// What a campaign's file may say, declared once: types, checks, defaults, and the words of the errors (read.ts).

import { type Static, type TProperties, Type } from 'typebox';
import { INTERACTIONS, PHASES } from '../../model/phase.ts';

const closed = <T extends TProperties>(properties: T, description: string) =>
  Type.Object(properties, { additionalProperties: false, description });
/** `Unsafe` because the type of a union made from a list is `never`, to which everything fits. */
const oneOf = <T extends string>(words: readonly T[], description: string) =>
  Type.Unsafe<T>(
    Type.Union(
      words.map((word) => Type.Literal(word)),
      { description },
    ),
  );
const whole = (minimum: number, maximum: number, description: string) =>
  Type.Integer({ minimum, maximum, description });

const NAME = '^[A-Za-z0-9_]{1,64}$';
const name = (what: string) => Type.String({ pattern: NAME, description: `${what}: 1 to 64 letters, digits and _` });
const duration = (what: string) =>
  Type.String({ pattern: '^[1-9][0-9]{0,6}[smhd]$', description: `${what}, as 30s, 5m, 2h or 7d` });
const pause = Type.String({
  pattern: '^(0s|[1-9][0-9]{0,6}[smhd])$',
  description: 'quiet time before a step, as 0s, 30s or 5m',
});
const device = Type.String({ minLength: 1, maxLength: 64, description: 'a device by MAC, IP address or name' });

const webhook = closed(
  {
    url: Type.String({
      pattern: '^https?://[^\\s@]{1,1000}$',
      description: 'an address with http:// or https://, without a password in it',
    }),
    method: Type.Optional(oneOf(['GET', 'POST', 'PUT'], 'how it is asked')),
    body: Type.Optional(Type.Unknown({ description: 'sent as JSON' })),
  },
  'asks an address; done when it answers with 2xx',
);

const ENTITY = '^[a-z0-9_]{1,64}\\.[a-z0-9_]{1,128}$';
const homeAssistant = closed(
  {
    entity: Type.String({ pattern: ENTITY, description: 'an entity as light.desk' }),
    service: Type.Optional(Type.String({ pattern: ENTITY, description: 'a service as light.turn_on' })),
    data: Type.Optional(
      Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { description: 'for the service' }),
    ),
    state: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'the state that is waited for' })),
  },
  'calls a service, waits for a state, or both',
);

const actionSchema = closed(
  {
    prompt: Type.Optional(Type.String({ minLength: 1, maxLength: 500, description: 'what a person is asked to do' })),
    webhook: Type.Optional(webhook),
    home_assistant: Type.Optional(homeAssistant),
    program: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-]{1,64}$',
        description: 'the name of a program in /etc/weir/actions: letters, digits, _ and -, no path and no arguments',
      }),
    ),
    within: Type.Optional(duration('how long it may take')),
  },
  'one of prompt, webhook, home_assistant, program',
);
export type Action = Static<typeof actionSchema>;
export const ACTION_KINDS = ['prompt', 'webhook', 'home_assistant', 'program'] as const;

const acceptSchema = closed(
  {
    data: Type.Optional(Type.Boolean({ description: 'true where application data must be there' })),
    packets: Type.Optional(whole(0, 1_000_000_000, 'the least number of packets')),
    seconds: Type.Optional(whole(1, 31_536_000, 'the least recorded time in seconds')),
    gap: Type.Optional(oneOf(['refused', 'allowed'], 'whether time may be missing; allowed: it is added behind')),
    loss: Type.Optional(oneOf(['refused', 'allowed'], 'whether packets may be lost')),
    attempts: Type.Optional(whole(1, 20, 'how often the step is tried')),
  },
  'when a step counts',
);

/** Repeats and rounds make more of them. */
export const MAX_STEPS = 200;

const stepSchema = closed(
  {
    name: name('the name of the step'),
    phase: oneOf(PHASES, 'the phase while it is recorded'),
    interaction: Type.Optional(oneOf(INTERACTIONS, 'how the device is used')),
    tag: Type.Optional(name('the tag')),
    device: Type.Optional(device),
    duration: duration('how long it is recorded'),
    repeats: Type.Optional(whole(1, 1000, 'how often the step is done')),
    guard: Type.Optional(pause),
    at: Type.Optional(
      Type.String({ maxLength: 100, description: 'when it begins, as cron says it: 30 20 * * * is 20:30 each day' }),
    ),
    before: Type.Optional(actionSchema),
    action: Type.Optional(actionSchema),
    accept: Type.Optional(acceptSchema),
  },
  'a step',
);

export const campaignSchema = closed(
  {
    campaign: name('the name of the campaign'),
    about: Type.Optional(Type.String({ maxLength: 1000, description: 'what it is for' })),
    device: Type.Optional(device),
    order: Type.Optional(oneOf(['fixed', 'shuffled'], 'the order of the steps')),
    seed: Type.Optional(whole(0, 4_294_967_295, 'what the shuffling begins with')),
    rounds: Type.Optional(whole(1, 1000, 'how often all steps are done')),
    guard: Type.Optional(pause),
    between: Type.Optional(oneOf(PHASES, 'the phase between the steps')),
    statestream: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,3}$',
        description:
          'the base topic of Home Assistant’s mqtt_statestream: words of letters, digits, _ and -, with / between',
      }),
    ),
    accept: Type.Optional(acceptSchema),
    steps: Type.Array(stepSchema, {
      minItems: 1,
      maxItems: MAX_STEPS,
      description: `a list of 1 to ${MAX_STEPS} steps`,
    }),
  },
  'a campaign',
);
export type CampaignFile = Static<typeof campaignSchema>;
export type CampaignStep = CampaignFile['steps'][number];

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of `30s`, `5m`, `2h`, `7d`. */
export function durationSeconds(text: string): number {
  return Number(text.slice(0, -1)) * (UNIT_SECONDS[text.slice(-1)] ?? 0);
}
