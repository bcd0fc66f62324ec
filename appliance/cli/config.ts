// weir config show|reference: what applies, and what there is.

import type { Command } from 'commander';
import { configOption } from './config-option.ts';

export function declareConfig(weir: Command): void {
  const config = weir.command('config').description('Show the settings that apply, or all that there are.');
  config.command('show').description('Print the completed settings as YAML.').addOption(configOption()).action(show);
  config
    .command('reference')
    .description('Print every setting with its default and bounds as Markdown.')
    .action(reference);
}

async function show(options: { config?: string }): Promise<void> {
  const [{ loadConfig }, { stringify }] = await Promise.all([import('../config/load.ts'), import('yaml')]);
  const loaded = loadConfig(options.config);
  process.stdout.write(`# ${loaded.path ?? 'defaults'}, sha256 ${loaded.sha256}\n${stringify(loaded.config)}`);
}

async function reference(): Promise<void> {
  const { configurationReference } = await import('../config/reference.ts');
  process.stdout.write(configurationReference());
}
