// weir appliance: everything that happens after capture, in a process without capabilities.

import type { Command } from 'commander';

export function declareAppliance(weir: Command): void {
  weir
    .command('appliance')
    .description('Analyse what capture stores, serve the page and publish, until stopped.')
    .option('-c, --config <file>', 'configuration file')
    .action(async ({ config }: { config?: string }) => {
      const [{ loadConfig }, { runAppliance }] = await Promise.all([
        import('../config/load.ts'),
        import('../appliance.ts'),
      ]);
      await runAppliance(loadConfig(config));
    });
}
