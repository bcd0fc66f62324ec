// weir pause, resume, annotate: what a person reports to a running capture in addition to the phase. Each is a line in the ledger.

import { join } from 'node:path';
import type { Command } from 'commander';
import type { CaptureRequest } from '../../model/capture-status.ts';
import { CAPTURE_SOCKET } from '../../model/files/run-files.ts';
import { configOption } from '../config-option.ts';
import type { LocalOptions } from '../local-api.ts';

const BY = 'cli';

export function declareSteer(weir: Command): void {
  weir
    .command('pause')
    .description('Stop capturing until `weir resume`; the ledger records the gap.')
    .option('-n, --note <text>', 'why, for the ledger', '')
    .addOption(configOption())
    .action(async (options: LocalOptions & { note: string }) => {
      await ask(options, { verb: 'pause', by: BY, note: options.note });
      process.stdout.write('paused: nothing is captured until `weir resume`\n');
    });
  weir
    .command('resume')
    .description('Capture again after `weir pause`.')
    .addOption(configOption())
    .action(async (options: LocalOptions) => {
      await ask(options, { verb: 'resume', by: BY });
      process.stdout.write('capturing again\n');
    });
  weir
    .command('annotate')
    .argument('<text>', 'what should be read with the evidence, at most 256 letters')
    .description('Write a note into the ledger.')
    .addOption(configOption())
    .action(async (text: string, options: LocalOptions) => {
      await ask(options, { verb: 'annotate', by: BY, text });
      process.stdout.write('noted in the ledger\n');
    });
}

async function ask(options: LocalOptions, request: CaptureRequest): Promise<void> {
  const [{ loadConfig }, { CaptureClient }] = await Promise.all([
    import('../../config/load.ts'),
    import('../../experiment/capture-client.ts'),
  ]);
  const { config } = loadConfig(options.config);
  await new CaptureClient(join(config.data.dir, CAPTURE_SOCKET)).ask(request);
}
