// weir rebuild: the index rebuilt from captures and ledger. The old one is set aside.

import { join } from 'node:path';
import type { Command } from 'commander';
import { printable } from '../model/text.ts';
import { configOption } from './config-option.ts';
import { type AnswerOptions, printAnswer } from './print/answer.ts';

export function declareRebuild(weir: Command): void {
  weir
    .command('rebuild')
    .description('Rebuild the index from the stored segments; the appliance must not be running.')
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .action(async ({ config, json }: AnswerOptions & { readonly config?: string }) => {
      const [
        { loadConfig },
        { homeCountry },
        { rebuildIndex },
        { openSummaryTools },
        { chosenProfile },
        { rulesOrBuiltIn },
        { ranAsOwnerOf },
      ] = await Promise.all([
        import('../config/load.ts'),
        import('../config/schema.ts'),
        import('../store/replay.ts'),
        import('../store/figures/join-analysis.ts'),
        import('../analysis/ports/ports.ts'),
        import('../analysis/platforms/rule-folder.ts'),
        import('./as-owner.ts'),
      ]);
      const problem = (text: string) => process.stderr.write(`weir: ${printable(text, 1000)}\n`);
      const settings = loadConfig(config).config;
      const { dir } = settings.data;
      if (ranAsOwnerOf(join(dir, 'index'))) return;
      const platforms = await rulesOrBuiltIn(settings.analysis.rules_dir, problem);
      const tools = openSummaryTools(chosenProfile(settings.analysis), problem, dir, homeCountry(settings), platforms);
      const segments = await rebuildIndex(dir, tools, problem);
      printAnswer({ json }, { folder: dir, segments }, `index of ${dir} rebuilt from ${segments} segments`);
    });
}
