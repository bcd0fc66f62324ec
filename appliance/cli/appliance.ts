// weir appliance: everything that happens after capture, in a process without capabilities.

import type { Command } from 'commander';
import { configOption } from './config-option.ts';

export function declareAppliance(weir: Command): void {
  weir
    .command('appliance')
    .description('Analyse what capture stores, serve the page and publish, until stopped.')
    .addOption(configOption())
    .action(async ({ config }: { config?: string }) => {
      const [{ loadConfig }, { runAppliance }] = await Promise.all([
        import('../config/load.ts'),
        import('../appliance.ts'),
      ]);
      await runAppliance(loadConfig(config));
    });
}
