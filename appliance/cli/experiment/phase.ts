// weir phase: declares what the experimenter is doing from now on. Capture cuts its segments there.

import { join } from 'node:path';
import type { Command } from 'commander';
import { WeirError } from '../../model/errors.ts';
import { CAPTURE_SOCKET } from '../../model/files/run-files.ts';
import { INTERACTIONS, isInteraction, isPhase, PHASES } from '../../model/phase.ts';
import { configOption } from '../config-option.ts';
import type { LocalOptions } from '../local-api.ts';
import { printAnswer } from '../print/answer.ts';

export function declarePhase(weir: Command): void {
  weir
    .command('phase')
    .argument('<phase>', PHASES.join(', '))
    .description('Declare the phase that begins now; every open segment is cut.')
    .option('-i, --interaction <kind>', INTERACTIONS.join(', '), 'none')
    .option('-n, --note <text>', 'a note for the ledger', '')
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .action(run);
}

async function run(phase: string, options: LocalOptions & { interaction: string; note: string }): Promise<void> {
  const { interaction, note } = options;
  if (!isPhase(phase))
    throw new WeirError('USAGE', `there is no phase ${phase}; nothing was changed. There are: ${PHASES.join(', ')}.`);
  if (!isInteraction(interaction)) {
    throw new WeirError(
      'USAGE',
      `there is no interaction ${interaction}; nothing was changed. There are: ${INTERACTIONS.join(', ')}.`,
    );
  }
  const [{ loadConfig }, { CaptureClient }] = await Promise.all([
    import('../../config/load.ts'),
    import('../../experiment/capture-client.ts'),
  ]);
  const client = new CaptureClient(join(loadConfig(options.config).config.data.dir, CAPTURE_SOCKET));
  await client.ask({ verb: 'phase', phase, interaction, by: 'cli', note });
  printAnswer(options, { phase, interaction, note }, `phase ${phase}, interaction ${interaction}`);
}
