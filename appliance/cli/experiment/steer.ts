// weir pause, resume, annotate: what a person reports to a running capture in addition to the phase. Each is a line in the ledger.

import { join } from 'node:path';
import type { Command } from 'commander';
import type { CaptureRequest } from '../../model/capture-status.ts';
import { CAPTURE_SOCKET } from '../../model/files/run-files.ts';
import { configOption } from '../config-option.ts';
import type { LocalOptions } from '../local-api.ts';
import { printAnswer } from '../print/answer.ts';

const BY = 'cli';

export function declareSteer(weir: Command): void {
  weir
    .command('pause')
    .description('Stop capturing until `weir resume`; the ledger records the gap.')
    .option('-n, --note <text>', 'why, for the ledger', '')
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .action(async (options: LocalOptions & { note: string }) => {
      await ask(options, { verb: 'pause', by: BY, note: options.note });
      printAnswer(options, { state: 'paused', note: options.note }, 'paused: nothing is captured until `weir resume`');
    });
  weir
    .command('resume')
    .description('Capture again after `weir pause`.')
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .action(async (options: LocalOptions) => {
      await ask(options, { verb: 'resume', by: BY });
      printAnswer(options, { state: 'capturing' }, 'capturing again');
    });
  weir
    .command('annotate')
    .argument('<text>', 'what should be read with the evidence, at most 256 letters')
    .description('Write a note into the ledger.')
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .action(async (text: string, options: LocalOptions) => {
      await ask(options, { verb: 'annotate', by: BY, text });
      printAnswer(options, { noted: text }, 'noted in the ledger');
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
