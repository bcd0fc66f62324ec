// weir tag start|stop|cancel|list: marks what happens while it happens. weir tag add|remove: marks a span that has passed. The ledger
// keeps both.

import type { Command } from 'commander';
import { INTERACTIONS } from '../../model/phase.ts';
import { printable } from '../../model/text.ts';
import { INSTANT_HELP } from '../../model/time/clock.ts';
import type { TagsResponse } from '../../publish/schemas/experiment.ts';
import { configOption } from '../config-option.ts';
import type { LocalOptions } from '../local-api.ts';
import { printAnswer } from '../print/answer.ts';
import { localOptions, printRows } from './print-rows.ts';

interface AboutOptions extends LocalOptions {
  readonly device?: string;
  readonly interaction?: string;
  readonly companion?: readonly string[];
  readonly note?: string;
}

export function declareTag(weir: Command): void {
  const tag = weir
    .command('tag')
    .description('Mark what happens while it happens, or afterwards; captures and ledger carry the mark.');
  aboutOptions(tag.command('start'))
    .argument('<tag>', 'letters, digits and _, at most 64')
    .description('Open a tag.')
    .action((name: string, options: AboutOptions) =>
      order(options, 'start', { tag: name, ...said(options) }, `${name}: open`),
    );
  for (const [verb, description, words] of [
    ['stop', 'Close a tag.', 'closed'],
    ['cancel', 'Take a tag back; the capture stays.', 'taken back; the capture stays'],
  ] as const) {
    tag
      .command(verb)
      .argument('<tag>', 'an open one')
      .addOption(configOption())
      .option('--json', 'the answer as JSON')
      .description(description)
      .action((name: string, options: LocalOptions) => order(options, verb, { tag: name }, `${name}: ${words}`));
  }
  aboutOptions(tag.command('add'))
    .argument('<tag>', 'letters, digits and _, at most 64')
    .description('Mark a span that has passed; its figures are those of the packets in [from, to).')
    .requiredOption('--from <time>', INSTANT_HELP)
    .requiredOption('--to <time>', 'the end; a packet at it is outside')
    .action(add);
  tag
    .command('remove')
    .argument('<window>', 'as `weir windows` names one that was marked afterwards: tag-217')
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .description('Take back what was marked afterwards; the capture stays.')
    .action(remove);
  localOptions(tag.command('list')).description('List the open tags.').action(list);
}

function aboutOptions(command: Command): Command {
  return command
    .option('-d, --device <device>', 'only for this device')
    .option('-i, --interaction <interaction>', `what is done: ${INTERACTIONS.join(', ')}`)
    .option('--companion <device>', 'a device that takes part, as the phone (may be repeated)', words)
    .option('-n, --note <text>', 'what else is to be said, at most 256 letters')
    .option('--json', 'the answer as JSON')
    .addOption(configOption());
}

/** What the tag is after the order. */
const STATES: Readonly<Record<string, string>> = { start: 'open', stop: 'closed', cancel: 'cancelled' };

/** The appliance checks the words. */
function said({ device, interaction, companion, note }: AboutOptions): object {
  return {
    device: device ?? null,
    ...(interaction === undefined ? {} : { interaction }),
    ...(companion === undefined ? {} : { companions: companion }),
    ...(note === undefined ? {} : { note }),
  };
}

async function order(options: LocalOptions, verb: string, body: { readonly tag: string }, done: string): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  await askAppliance(options, 'POST', `/api/v1/tags/${verb}`, body);
  printAnswer(options, { ...body, state: STATES[verb] }, done);
}

async function add(name: string, options: AboutOptions & { from: string; to: string }): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  const { from, to } = options;
  const body = { tag: name, from, to, ...said(options) };
  const { id } = await askAppliance<{ id: string | null }>(options, 'POST', '/api/v1/windows', body);
  printAnswer(options, { ...body, window: id }, `${name}: marked${id === null ? '' : ` as ${id}`}; the ledger has it`);
}

async function remove(id: string, options: LocalOptions): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  await askAppliance(options, 'DELETE', `/api/v1/windows/${encodeURIComponent(id)}`);
  printAnswer(options, { window: id, state: 'removed' }, `${printable(id, 40)}: taken back; the capture stays`);
}

async function list(options: LocalOptions): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  const answer = await askAppliance<TagsResponse>(options, 'GET', '/api/v1/tags');
  const rows = answer.tags.map(({ tag, device, owner, since }) => [tag, device ?? 'all', owner, since]);
  await printRows(options, answer, ['tag', 'device', 'by', 'since'], rows, 'no tag is open');
}

function words(text: string, list: readonly string[] = []): readonly string[] {
  return [...list, text];
}
