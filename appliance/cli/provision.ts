// weir provision: what weir-firstboot.service does before everything else starts.

import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { settingsOption } from './config-option.ts';
import { type AnswerOptions, printAnswer } from './print/answer.ts';

export function declareProvision(weir: Command): void {
  weir
    .command('provision')
    .description(
      'Take over weir.yaml from the boot partition, make identity, Wi-Fi passphrase and claim token where missing.',
    )
    .option('--boot <folder>', 'the boot partition; without it /boot/firmware or /boot')
    .addOption(settingsOption())
    .option('--json', 'what was done as JSON')
    .addOption(new Option('--owned <work>').hideHelp())
    .action(run);
}

interface ProvisionOptions extends AnswerOptions {
  readonly boot?: string;
  readonly config: string;
  /** Asked of itself: a part of the work, with the rights of another user. */
  readonly owned?: string;
}

/** Prints no secret: standard output goes to the journal. Mistakes in weir.yaml are reported and are not fatal. */
async function run({ boot, config, owned, json }: ProvisionOptions): Promise<void> {
  if (owned !== undefined) {
    const { answerOwned } = await import('../provision/owned.ts');
    process.stdout.write(await answerOwned(owned, readFileSync(0, 'utf8')));
    return;
  }
  const [{ provision }, { installedPlaces }] = await Promise.all([
    import('../provision/provision.ts'),
    import('../provision/places.ts'),
  ]);
  const { settings, mistakes, notes } = await provision(installedPlaces(config, boot));
  const lines = [`weir.yaml on the boot partition: ${settings}`, ...mistakes, ...notes];
  printAnswer({ json }, { settings, mistakes, notes }, lines.join('\n'));
}
