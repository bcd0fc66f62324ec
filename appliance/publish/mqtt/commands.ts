// Requests from the broker, where the operator allowed them: `<base>/request/<verb>` → `<base>/response/<verb>`. Clients that may
// publish there can label the evidence, pause capture (which the ledger records) and have bundles made in the data folder, at a pace:
// no verb deletes, and none sends captured bytes anywhere.

import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { ExportMade } from '../../experiment/make-export.ts';
import { INSTANT_HELP, parseInstant } from '../../model/clock.ts';
import { toError } from '../../model/errors.ts';
import { expectOnly } from '../../model/expected-error.ts';
import type { ApplianceApi } from '../appliance-api.ts';
import { meantDevice } from '../device-word.ts';
import { Pace, type PaceLimits } from '../pace.ts';
import {
  annotateRequestSchema,
  exportRequestSchema,
  pauseRequestSchema,
  phaseRequestSchema,
  tagEndRequestSchema,
  tagRequestSchema,
} from '../schemas/experiment.ts';
import type { CommandAnswer } from '../schemas/mqtt.ts';
import { scanRequestSchema } from '../schemas/scan.ts';
import { markRequestSchema } from '../schemas/windows.ts';

const BY = 'mqtt';
const transaction = Type.Optional(Type.String({ maxLength: 64 }));

const phaseSet = Type.Object({ ...phaseRequestSchema.properties, transaction }, { additionalProperties: false });
const tagStart = Type.Object({ ...tagRequestSchema.properties, transaction }, { additionalProperties: false });
const tagAdd = Type.Object({ ...markRequestSchema.properties, transaction }, { additionalProperties: false });
const tagEnd = Type.Object({ ...tagEndRequestSchema.properties, transaction }, { additionalProperties: false });
const pause = Type.Object({ ...pauseRequestSchema.properties, transaction }, { additionalProperties: false });
const annotation = Type.Object({ ...annotateRequestSchema.properties, transaction }, { additionalProperties: false });
const bundle = Type.Object({ ...exportRequestSchema.properties, transaction }, { additionalProperties: false });
const scan = Type.Object({ ...scanRequestSchema.properties, transaction }, { additionalProperties: false });
const nothing = Type.Object({ transaction }, { additionalProperties: false });

/** An experiment's script that tags each interaction stays below; a flood of notes would fill a ledger that is never cut. */
const COMMANDS: PaceLimits = { atOnce: 30, perMinute: 10 };
/** Bundles are copies of captures. */
const EXPORTS: PaceLimits = { atOnce: 3, perMinute: 0.1 };
/** They neither write nor reveal much. */
const READS: ReadonlySet<string> = new Set(['tag/list', 'health_check']);

/** What the broker may ask for how often; one for all who publish there, because nobody is named. */
export class CommandPace {
  readonly #commands = new Pace(COMMANDS);
  readonly #exports = new Pace(EXPORTS);
  readonly #refused: () => void;

  /** `refused` hears of each that may not. */
  constructor(refused: () => void = () => undefined) {
    this.#refused = refused;
  }

  /** Whether this one may go now. `now`: monotonic milliseconds. */
  take(verb: string, now: number): boolean {
    if (READS.has(verb)) return true;
    const may = this.#commands.take(now) && (verb !== 'export' || this.#exports.take(now));
    if (!may) this.#refused();
    return may;
  }
}

const TOO_OFTEN =
  'too many requests: thirty at once and ten a minute are taken, of exports three and one in ten minutes';

type Verb = (api: ApplianceApi, payload: unknown) => Promise<unknown>;

const VERBS: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  [
    'phase/set',
    async (api, payload) => {
      const { phase, interaction = 'none', note = '' } = checked(phaseSet, payload);
      await api.setPhase(phase, interaction, note, BY);
      return { phase, interaction };
    },
  ],
  [
    'tag/start',
    async (api, payload) => {
      const { tag, device, transaction: _transaction, ...said } = checked(tagStart, payload);
      const meant = device == null ? null : meantDevice(device, () => api.devices());
      await api.startTag(tag, meant, BY, api.windows.about(said));
      return { tag };
    },
  ],
  [
    'tag/add',
    async (api, payload) => {
      const { transaction: _transaction, ...wish } = checked(tagAdd, payload);
      const { id } = await api.windows.mark(wish, BY);
      return { tag: wish.tag, id };
    },
  ],
  ['tag/stop', (api, payload) => endTag(api, payload, 'stop')],
  ['tag/cancel', (api, payload) => endTag(api, payload, 'cancel')],
  [
    'tag/list',
    async (api, payload) => {
      checked(nothing, payload);
      return { tags: api.tags() };
    },
  ],
  [
    'capture/pause',
    async (api, payload) => {
      await api.pauseCapture(checked(pause, payload).note ?? '', BY);
      return { state: api.status().capture?.state ?? null };
    },
  ],
  [
    'capture/resume',
    async (api, payload) => {
      checked(nothing, payload);
      await api.resumeCapture(BY);
      return { state: api.status().capture?.state ?? null };
    },
  ],
  [
    'annotate',
    async (api, payload) => {
      const { text } = checked(annotation, payload);
      await api.annotate(text, BY);
      return { text };
    },
  ],
  [
    'scan',
    (api, payload) => {
      const { transaction: _, ...request } = checked(scan, payload);
      return api.scanPorts(request, BY);
    },
  ],
  ['export', (api, payload) => makeBundle(api, checked(bundle, payload))],
  [
    'health_check',
    async (api, payload) => {
      checked(nothing, payload);
      const { warnings } = api.status();
      return { healthy: warnings.length === 0, warnings };
    },
  ],
]);

/** Undefined for a verb that does not exist: nobody is answered under a topic somebody else chose. */
export async function answerCommand(
  api: ApplianceApi,
  verb: string,
  text: string,
  pace: CommandPace,
): Promise<CommandAnswer | undefined> {
  const run = VERBS.get(verb);
  if (run === undefined) return undefined;
  const payload = parse(text);
  const reference = transactionOf(payload);
  if (!pace.take(verb, performance.now())) return { status: 'error', data: null, error: TOO_OFTEN, ...reference };
  try {
    return { status: 'ok', data: await run(api, payload), ...reference };
  } catch (thrown) {
    return { status: 'error', data: null, error: toError(thrown).message, ...reference };
  }
}

async function endTag(api: ApplianceApi, payload: unknown, how: 'stop' | 'cancel'): Promise<unknown> {
  const { tag } = checked(tagEnd, payload);
  await api.endTag(tag, how, BY);
  return { tag };
}

/** What was made and where: the bundle itself stays on the appliance. */
function makeBundle(api: ApplianceApi, wanted: Static<typeof bundle>): Promise<ExportMade> {
  const { devices, phases, from, to, reason = '' } = wanted;
  const selection = {
    ...(devices === undefined ? {} : { devices: devices.map((word) => meantDevice(word, () => api.devices())) }),
    ...(phases === undefined ? {} : { phases }),
    ...(from === undefined ? {} : { from: instantOf(from) }),
    ...(to === undefined ? {} : { to: instantOf(to) }),
  };
  return api.exportSegments(selection, reason, BY);
}

function instantOf(text: string): bigint {
  const instant = parseInstant(text);
  if (instant === undefined) throw new TypeError(INSTANT_HELP);
  return instant;
}

/** An empty message is an empty object. */
function parse(text: string): unknown {
  try {
    return text.trim() === '' ? {} : JSON.parse(text);
  } catch (thrown) {
    expectOnly(thrown, 'reading a command', SyntaxError);
    return undefined;
  }
}

function transactionOf(payload: unknown): { transaction?: string } {
  const value = (payload as { transaction?: unknown } | null | undefined)?.transaction;
  return typeof value === 'string' ? { transaction: value.slice(0, 64) } : {};
}

function checked<T extends Type.TSchema>(schema: T, payload: unknown): Static<T> {
  if (Value.Check(schema, payload)) return payload as Static<T>;
  const [first] = Value.Errors(schema, payload);
  throw new TypeError(
    `the request is not understood: ${first?.instancePath ?? ''} ${first?.message ?? 'no JSON object'}`.trim(),
  );
}
