// Reads a campaign's file: everything that is wrong with it at once, each with its line and what to do, before anything starts. Pure.

import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { type Document, isNode, LineCounter, parseDocument, visit } from 'yaml';
import { printable } from '../../model/text.ts';
import { cronProblem } from '../cron.ts';
import { acceptanceOf, type CampaignPlan, MAX_RECORDINGS, planCampaign } from './plan.ts';
import {
  ACTION_KINDS,
  type Action,
  type CampaignFile,
  type CampaignStep,
  campaignSchema,
  durationSeconds,
  MAX_STEPS,
} from './schema.ts';

/** Longer files are none; they are in the ledger whole. */
export const MAX_CAMPAIGN_LETTERS = 32_768;

export interface CampaignMistake {
  readonly line: number;
  /** One printable line: where, what, what to do. */
  readonly message: string;
}

export type CampaignReading =
  | { readonly plan: CampaignPlan; readonly mistakes: readonly [] }
  | { readonly plan: null; readonly mistakes: readonly CampaignMistake[] };

/** Their words and addresses are in one line of the ledger. */
const MAX_DEVICES = 20;

interface PathMistake {
  readonly path: readonly string[];
  readonly message: string;
}

export function readCampaign(text: string): CampaignReading {
  if (text.length > MAX_CAMPAIGN_LETTERS)
    return refused([
      { line: 1, message: `longer than ${MAX_CAMPAIGN_LETTERS} letters; shorten it: repeats and rounds save steps` },
    ]);
  const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.exec(text);
  if (control !== null)
    return refused([
      { line: text.slice(0, control.index).split('\n').length, message: 'a control character; remove it' },
    ]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true });
  const at = (offset: number, message: string) => ({
    line: lines.linePos(offset).line,
    message: printable(message, 400),
  });
  const [broken] = document.errors;
  if (broken !== undefined)
    return refused([at(broken.pos[0], `no YAML: ${broken.message.split('\n', 1)[0]}; correct the line`)]);
  const alias = firstAlias(document);
  if (alias !== undefined) return refused([at(alias, 'aliases (*name) are not taken; write it out')]);
  const value: unknown = document.toJS();
  const found = mistakesOf(value).map(({ path, message }) =>
    at(offsetOf(document, path), `${pathText(path)}: ${message}`),
  );
  if (found.length > 0) return refused(found.sort((a, b) => a.line - b.line));
  return { plan: planCampaign(value as CampaignFile), mistakes: [] };
}

function refused(mistakes: readonly CampaignMistake[]): CampaignReading {
  return { plan: null, mistakes };
}

/** People count from one. */
function pathText(path: readonly string[]): string {
  const words = path.map((word) => (/^\d+$/.test(word) ? String(Number(word) + 1) : word));
  return words.join('.').replace(/^steps\.(\d+)/, 'step $1') || 'the file';
}

function offsetOf(document: Document.Parsed, path: readonly string[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node.range?.[0] ?? 0;
  }
  return 0;
}

/** Offset of the first alias: one of them can unfold to gigabytes. */
function firstAlias(document: Document.Parsed): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias(_key, node) {
      offset = node.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

function mistakesOf(value: unknown): PathMistake[] {
  if (!isRecord(value))
    return [{ path: [], message: 'no campaign; begin with `campaign: NAME` and a list of `steps:`' }];
  const wrong = schemaMistakes(campaignSchema as TSchema as SchemaNode, value, []);
  return wrong.length > 0 ? wrong : meaningMistakes(value as CampaignFile);
}

interface SchemaNode extends TSchema {
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly { readonly const?: unknown }[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** One mistake a place, in the words of the schema; all of them, where a library's list of errors ends early. */
function schemaMistakes(schema: SchemaNode, value: unknown, path: readonly string[]): PathMistake[] {
  const { properties, items } = schema;
  if (properties !== undefined && isRecord(value)) return fieldMistakes(schema, properties, value, path);
  if (items !== undefined && Array.isArray(value) && value.length > 0 && value.length <= MAX_STEPS)
    return value.flatMap((one, at) => schemaMistakes(items, one, [...path, String(at)]));
  return Value.Check(schema, value) ? [] : [{ path, message: `not taken; write ${inWords(schema)}` }];
}

function fieldMistakes(
  { required = [] }: SchemaNode,
  properties: Readonly<Record<string, SchemaNode>>,
  value: Readonly<Record<string, unknown>>,
  path: readonly string[],
): PathMistake[] {
  const known = Object.keys(properties);
  const unknown = Object.keys(value).filter((name) => !known.includes(name));
  const missing = required.filter((name) => !Object.hasOwn(value, name));
  return [
    ...unknown.map((name) => ({ path: [...path, name], message: `unknown; there are: ${known.join(', ')}` })),
    ...missing.map((name) => ({
      path: [...path, name],
      message: `missing; add ${name}: ${inWords(properties[name])}`,
    })),
    ...Object.entries(properties).flatMap(([name, of]) =>
      Object.hasOwn(value, name) ? schemaMistakes(of, value[name], [...path, name]) : [],
    ),
  ];
}

function inWords({ description = 'something else', anyOf, minimum, maximum }: SchemaNode = {}): string {
  if (anyOf !== undefined) return `${description} (one of ${anyOf.map((one) => String(one.const)).join(', ')})`;
  return minimum === undefined || maximum === undefined
    ? description
    : `${description} (a whole number from ${minimum} to ${maximum})`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What no schema can say. */
function meaningMistakes(file: CampaignFile): PathMistake[] {
  const recordings = (file.rounds ?? 1) * file.steps.reduce((sum, { repeats }) => sum + (repeats ?? 1), 0);
  const many = `${recordings} recordings; lower rounds or repeats until it is at most ${MAX_RECORDINGS}`;
  const tooMany = recordings > MAX_RECORDINGS ? [{ path: ['steps'], message: many }] : [];
  const unused =
    file.seed !== undefined && file.order !== 'shuffled'
      ? [{ path: ['seed'], message: 'does nothing in a fixed order; add `order: shuffled`, or remove it' }]
      : [];
  const words = new Set(file.steps.flatMap(({ device }) => device ?? []));
  const crowd =
    words.size > MAX_DEVICES
      ? [{ path: ['steps'], message: `${words.size} devices; make a campaign for each ${MAX_DEVICES} of them` }]
      : [];
  return [
    ...tooMany,
    ...crowd,
    ...unused,
    ...file.steps.flatMap((step, at) => stepMistakes(file, step, ['steps', String(at)])),
  ];
}

function stepMistakes(file: CampaignFile, step: CampaignStep, path: readonly string[]): PathMistake[] {
  const { seconds } = acceptanceOf(file, step);
  const short = durationSeconds(step.duration) < seconds;
  const cron = step.at === undefined ? '' : cronProblem(step.at);
  return [
    ...(short
      ? [
          {
            path: [...path, 'duration'],
            message: `shorter than the ${seconds} s that must be recorded; lengthen it, or lower accept.seconds`,
          },
        ]
      : []),
    ...(cron === '' ? [] : [{ path: [...path, 'at'], message: `${cron}; write five fields, as 30 20 * * *` }]),
    ...actionMistakes(step.before, [...path, 'before']),
    ...actionMistakes(step.action, [...path, 'action']),
    ...lateAction(step, path),
  ];
}

function actionMistakes(action: Action | undefined, path: readonly string[]): PathMistake[] {
  if (action === undefined) return [];
  const kinds = ACTION_KINDS.filter((kind) => action[kind] !== undefined);
  if (kinds.length !== 1)
    return [{ path, message: `${kinds.length} kinds of action; name exactly one of ${ACTION_KINDS.join(', ')}` }];
  const { home_assistant: asked } = action;
  if (asked !== undefined && asked.service === undefined && asked.state === undefined)
    return [{ path: [...path, 'home_assistant'], message: 'nothing to do; name a service, a state, or both' }];
  return [];
}

/** An action belongs into the window that it makes traffic in. */
function lateAction({ action, duration }: CampaignStep, path: readonly string[]): PathMistake[] {
  if (action?.within === undefined || durationSeconds(action.within) <= durationSeconds(duration)) return [];
  return [{ path: [...path, 'action', 'within'], message: 'longer than the step; shorten it, or lengthen duration' }];
}
