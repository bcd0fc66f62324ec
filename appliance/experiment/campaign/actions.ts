// Does what a step asks for: an address, a service of Home Assistant, a program of the owner's folder. What can go wrong comes back as
// words; nothing here throws for it. A person's action is a prompt, which nobody does but the person (runner.ts).

import { setTimeout as pause } from 'node:timers/promises';
import { toError } from '../../model/errors.ts';
import { expectOnly, STOPPED } from '../../model/expected-error.ts';
import { printable } from '../../model/text.ts';
import { type ActionResult, askProgram } from './program.ts';
import { type Action, durationSeconds } from './schema.ts';

/** What an action learns about its recording. */
export interface ActionContext {
  readonly campaign: string;
  readonly run: string;
  readonly step: string;
  readonly round: number;
  readonly repeat: number;
  readonly attempt: number;
  readonly phase: string;
  readonly interaction: string;
  readonly tag: string | null;
  readonly device: string | null;
}

/** The broker as far as an action needs it (publish/mqtt/publisher.ts). */
export interface ActionBroker {
  /** On the topic of calls; false while no broker is connected. */
  call(payload: Readonly<Record<string, unknown>>): boolean;
  /** Hears each message of one topic, the kept one too, until the returned function is called; null while none is connected. */
  listen(topic: string, hear: (payload: string) => void): (() => void) | null;
}

export interface ActionTools {
  readonly broker: ActionBroker;
  /** Socket of the unit that runs programs under a user of their own. */
  readonly programSocket: string;
}

const WEBHOOK_SECONDS = 10;
const OTHER_SECONDS = 30;

/** `signal` ends it early; then the result is of no interest. */
export async function doAction(
  action: Action,
  context: ActionContext,
  statestream: string,
  tools: ActionTools,
  signal: AbortSignal,
): Promise<ActionResult> {
  const seconds = action.within === undefined ? null : durationSeconds(action.within);
  if (action.webhook !== undefined) return askWebhook(action.webhook, context, seconds ?? WEBHOOK_SECONDS, signal);
  if (action.home_assistant !== undefined)
    return askHome(action.home_assistant, context, statestream, tools.broker, seconds ?? OTHER_SECONDS, signal);
  if (action.program !== undefined)
    return askProgram(tools.programSocket, action.program, seconds ?? OTHER_SECONDS, signal);
  return { ok: false, text: 'there is nothing to do' };
}

/** Redirections are not followed: the address that was checked is the one that is asked. */
async function askWebhook(
  { url, method = 'POST', body }: NonNullable<Action['webhook']>,
  context: ActionContext,
  seconds: number,
  signal: AbortSignal,
): Promise<ActionResult> {
  const late = AbortSignal.timeout(seconds * 1000);
  const { host } = new URL(url);
  const content =
    method === 'GET' ? {} : { body: JSON.stringify(body ?? context), headers: { 'content-type': 'application/json' } };
  try {
    const answer = await fetch(url, { method, redirect: 'error', signal: AbortSignal.any([signal, late]), ...content });
    await answer.body?.cancel();
    return { ok: answer.ok, text: `${host} answered ${answer.status}` };
  } catch (thrown) {
    if (late.aborted) return { ok: false, text: `${host} did not answer within ${seconds} s` };
    const error = toError(thrown);
    const cause = error.cause === undefined ? error : toError(error.cause);
    return { ok: false, text: printable(`${host} cannot be asked: ${cause.message}`, 200) };
  }
}

async function askHome(
  { entity, service, data, state }: NonNullable<Action['home_assistant']>,
  context: ActionContext,
  statestream: string,
  broker: ActionBroker,
  seconds: number,
  signal: AbortSignal,
): Promise<ActionResult> {
  const off = { ok: false, text: 'no broker is connected (mqtt.url), so Home Assistant hears nothing' };
  // Listening begins before the call, so that no answer is missed.
  const reached =
    state === undefined
      ? null
      : waitForState(broker, `${statestream}/${entity.replace('.', '/')}/state`, state, seconds, signal);
  if (service !== undefined) {
    const payload = { service, entity_id: entity, data: data ?? {}, ...context };
    if (!broker.call(payload)) return off;
    if (reached === null) return { ok: true, text: `${service} was called for ${entity}` };
  }
  const seen = await reached;
  if (seen === null) return off;
  if (seen === true) return { ok: true, text: `${entity} is ${printable(state ?? '', 64)}` };
  return {
    ok: false,
    text: printable(`${entity} is ${seen === '' ? 'not heard of' : seen} after ${seconds} s, not ${state ?? ''}`, 200),
  };
}

/** True when it came; else what was heard last; null without a broker. */
async function waitForState(
  broker: ActionBroker,
  topic: string,
  wanted: string,
  seconds: number,
  signal: AbortSignal,
): Promise<true | string | null> {
  const found = new AbortController();
  let last = '';
  const unlisten = broker.listen(topic, (payload) => {
    last = payload.slice(0, 64);
    if (payload === wanted) found.abort();
  });
  if (unlisten === null) return null;
  try {
    await pause(seconds * 1000, undefined, { signal: AbortSignal.any([signal, found.signal]) });
  } catch (thrown) {
    expectOnly(thrown, 'waiting for a state', STOPPED);
  } finally {
    unlisten();
  }
  return found.signal.aborted ? true : last;
}
