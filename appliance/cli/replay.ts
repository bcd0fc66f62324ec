// weir replay DIR: stored segments through the analysis again, one line of JSON a device with the document that the page shows.
// The bytes equal those of what the live run kept (--index), or something is wrong with one of the two.

import { join } from 'node:path';
import type { Command } from 'commander';
import { printable } from '../model/text.ts';
import { configOption } from './config-option.ts';

export function declareReplay(weir: Command): void {
  weir
    .command('replay')
    .description(
      'Analyse the stored segments of a data folder again and print the document of each device, as the page shows it.',
    )
    .argument('<dir>', 'data folder with ledger and captures')
    .addOption(configOption('configuration of the appliance: its port profile and its country'))
    .option('--index', 'print what the index holds instead; the appliance must not be running')
    .action(replay);
}

async function replay(dir: string, options: { index?: boolean; config?: string }): Promise<void> {
  if (options.index === true && (await import('./as-owner.ts')).ranAsOwnerOf(join(dir, 'index'))) return;
  const [
    { deviceReplayLine, readIndexDocuments, replayFolder },
    { openSummaryTools },
    { loadConfig },
    { homeCountry },
    { chosenProfile },
    { rulesOrBuiltIn },
  ] = await Promise.all([
    import('../store/replay.ts'),
    import('../store/figures/join-analysis.ts'),
    import('../config/load.ts'),
    import('../config/schema.ts'),
    import('../analysis/ports/ports.ts'),
    import('../analysis/platforms/rule-folder.ts'),
  ]);
  const problem = (text: string) => process.stderr.write(`weir: ${printable(text, 1000)}\n`);
  const settings = loadConfig(options.config).config;
  const platforms = await rulesOrBuiltIn(settings.analysis.rules_dir, problem);
  const tools = openSummaryTools(chosenProfile(settings.analysis), problem, dir, homeCountry(settings), platforms);
  const devices = options.index === true ? readIndexDocuments(dir, tools) : replayFolder(dir, tools, problem);
  for await (const device of devices) process.stdout.write(`${deviceReplayLine(device)}\n`);
}
