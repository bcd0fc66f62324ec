// Requests from the broker, where the operator allowed them: `<base>/request/<verb>` → `<base>/response/<verb>`. Clients that may
// publish there can label the evidence, pause capture (which the ledger records) and have bundles made in the data folder, at a pace:
// no verb deletes, and none sends captured bytes anywhere.

import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { ExportMade } from '../../experiment/make-export.ts';
import { toError } from '../../model/errors.ts';
import { expectOnly } from '../../model/expected-error.ts';
import { INSTANT_HELP, parseInstant } from '../../model/time/clock.ts';
import type { ApplianceApi } from '../appliance-api.ts';
import { meantDevice } from '../device-word.ts';
import { Pace, type PaceLimits } from '../pace.ts';
import { registryRequestSchema } from '../schemas/devices.ts';
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
const registry = Type.Object({ ...registryRequestSchema.properties, transaction }, { additionalProperties: false });
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

/** A request: what it may hold, what it does, for people and in code. */
export interface Request {
  readonly payload: Type.TObject;
  readonly does: string;
  readonly run: (api: ApplianceApi, payload: unknown) => unknown;
}

function request<T extends Type.TObject>(
  payload: T,
  does: string,
  run: (api: ApplianceApi, payload: Static<T>) => unknown,
): Request {
  return { payload, does, run: (api, given) => run(api, checked(payload, given)) };
}

/** By the words that follow `request/` in the topic. */
export const REQUESTS: Readonly<Record<string, Request>> = {
  'phase/set': request(
    phaseSet,
    'sets the phase, and the interaction of an intensive one',
    async (api, { phase, interaction = 'none', note = '' }) => {
      await api.setPhase(phase, interaction, note, BY);
      return { phase, interaction };
    },
  ),
  'tag/start': request(
    tagStart,
    'begins a tag, of one device or of all',
    async (api, { tag, device, transaction: _transaction, ...said }) => {
      const meant = device == null ? null : meantDevice(device, () => api.devices());
      await api.startTag(tag, meant, BY, api.windows.about(said));
      return { tag };
    },
  ),
  'tag/add': request(tagAdd, 'tags a span that has passed', async (api, { transaction: _transaction, ...wish }) => {
    const { id } = await api.windows.mark(wish, BY);
    return { tag: wish.tag, id };
  }),
  'tag/stop': request(tagEnd, 'ends a tag', (api, { tag }) => endTag(api, tag, 'stop')),
  'tag/cancel': request(tagEnd, 'ends a tag and drops its label; the capture stays', (api, { tag }) =>
    endTag(api, tag, 'cancel'),
  ),
  'tag/list': request(nothing, 'names the open tags', (api) => ({ tags: api.tags() })),
  'registry/set': request(
    registry,
    'says what devices are: name, maker, role, …; what a row does not say stays as it was',
    (api, { devices }) => api.registry.set({ devices }, BY),
  ),
  'capture/pause': request(pause, 'pauses capture; the ledger records it', async (api, { note = '' }) => {
    await api.pauseCapture(note, BY);
    return { state: api.status().capture?.state ?? null };
  }),
  'capture/resume': request(nothing, 'resumes capture', async (api) => {
    await api.resumeCapture(BY);
    return { state: api.status().capture?.state ?? null };
  }),
  annotate: request(annotation, 'writes a note into the ledger', async (api, { text }) => {
    await api.annotate(text, BY);
    return { text };
  }),
  scan: request(scan, 'scans ports, where `scan.mqtt` allows it', (api, { transaction: _transaction, ...wish }) =>
    api.scanPorts(wish, BY),
  ),
  export: request(bundle, 'makes a bundle in the data folder and names it; its bytes are not sent', makeBundle),
  health_check: request(nothing, 'says whether the appliance has warnings, and which', (api) => {
    const { warnings } = api.status();
    return { healthy: warnings.length === 0, warnings };
  }),
};

/** Undefined for a verb that does not exist: nobody is answered under a topic somebody else chose. */
export async function answerCommand(
  api: ApplianceApi,
  verb: string,
  text: string,
  pace: CommandPace,
): Promise<CommandAnswer | undefined> {
  const request = Object.hasOwn(REQUESTS, verb) ? REQUESTS[verb] : undefined;
  if (request === undefined) return undefined;
  const payload = parse(text);
  const reference = transactionOf(payload);
  if (!pace.take(verb, performance.now())) return { status: 'error', data: null, error: TOO_OFTEN, ...reference };
  try {
    return { status: 'ok', data: await request.run(api, payload), ...reference };
  } catch (thrown) {
    return { status: 'error', data: null, error: toError(thrown).message, ...reference };
  }
}

async function endTag(api: ApplianceApi, tag: string, how: 'stop' | 'cancel'): Promise<unknown> {
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
