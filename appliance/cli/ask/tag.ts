// weir tag start|stop|cancel|list: marks what happens while it happens; the ledger keeps it.

import type { Command } from 'commander';
import type { TagsResponse } from '../../publish/schemas/experiment.ts';
import type { LocalOptions } from '../local-api.ts';
import { localOptions, printRows } from './print-rows.ts';

export function declareTag(weir: Command): void {
  const tag = weir
    .command('tag')
    .description('Mark what happens while it happens; captures and ledger carry the mark.');
  tag
    .command('start')
    .argument('<tag>', 'letters, digits and _, at most 64')
    .option('-d, --device <device>', 'only for this device')
    .option('-c, --config <file>', 'configuration file')
    .description('Open a tag.')
    .action((name: string, options: LocalOptions & { device?: string }) =>
      order(options, 'start', { tag: name, device: options.device ?? null }, `${name}: open`),
    );
  for (const [verb, description, words] of [
    ['stop', 'Close a tag.', 'closed'],
    ['cancel', 'Take a tag back; the capture stays.', 'taken back; the capture stays'],
  ] as const) {
    tag
      .command(verb)
      .argument('<tag>', 'an open one')
      .option('-c, --config <file>', 'configuration file')
      .description(description)
      .action((name: string, options: LocalOptions) => order(options, verb, { tag: name }, `${name}: ${words}`));
  }
  localOptions(tag.command('list')).description('List the open tags.').action(list);
}

async function order(options: LocalOptions, verb: string, body: object, done: string): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  await askAppliance(options, 'POST', `/api/v1/tags/${verb}`, body);
  process.stdout.write(`${done}\n`);
}

async function list(options: LocalOptions): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  const answer = await askAppliance<TagsResponse>(options, 'GET', '/api/v1/tags');
  const rows = answer.tags.map(({ tag, device, owner, since }) => [tag, device ?? 'all', owner, since]);
  await printRows(options, answer, ['tag', 'device', 'by', 'since'], rows, 'no tag is open');
}
