// weir replay DIR: stored segments through the analysis again, one line of canonical JSON a device. The bytes equal what the
// live run kept (--index), or something is wrong with one of the two.

import { join } from 'node:path';
import type { Command } from 'commander';
import { printable } from '../model/text.ts';

export function declareReplay(weir: Command): void {
  weir
    .command('replay')
    .description('Analyse the stored segments of a data folder again and print the summary of each device.')
    .argument('<dir>', 'data folder with ledger and captures')
    .option('--index', 'print what the index holds instead; the appliance must not be running')
    .action(replay);
}

async function replay(dir: string, options: { index?: boolean }): Promise<void> {
  if (options.index === true && (await import('./as-owner.ts')).ranAsOwnerOf(join(dir, 'index'))) return;
  const [{ deviceSummaryLine, readIndexSummaries, replayFolder }, { openSummaryTools }] = await Promise.all([
    import('../store/replay.ts'),
    import('../store/figures/join-analysis.ts'),
  ]);
  const trouble = (text: string) => process.stderr.write(`weir: ${printable(text, 1000)}\n`);
  const tools = openSummaryTools('curated', trouble);
  const summaries = options.index === true ? await readIndexSummaries(dir, tools) : replayFolder(dir, tools, trouble);
  for await (const summary of summaries) process.stdout.write(`${deviceSummaryLine(summary)}\n`);
}
