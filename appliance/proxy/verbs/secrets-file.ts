// weir proxy pcapng: a capture of the captured side with the secrets of the runs in it, for Wireshark.

import { closeSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readCaptureFile } from '../../cli/files/capture-file.ts';
import { DIR_OPTION, type FolderOption } from '../places.ts';
import { SECRETS_FILE } from '../record/run-record.ts';
import { SecretsFile } from '../results/secrets-file.ts';
import { createFile } from './har.ts';
import { chosenRuns } from './results.ts';

type Options = FolderOption & { readonly run?: string; readonly out: string };

export function declarePcapng(proxy: Command): void {
  proxy
    .command('pcapng')
    .argument('<capture>', 'a capture of that time, as `weir captures` names it')
    .description(
      'Write the capture with the TLS secrets in it: Wireshark shows what was said. It holds content: treat it as evidence.',
    )
    .requiredOption('-o, --out <file>', 'the file to write; it must not exist')
    .option('--run <name>', 'secrets of one run instead of all')
    .option(...DIR_OPTION)
    .action(pcapng);
}

async function pcapng(capture: string, options: Options): Promise<void> {
  const secrets = Buffer.concat(chosenRuns(options).map((folder) => readFileSync(join(folder, SECRETS_FILE))));
  const file = createFile(options.out);
  try {
    let packets = 0;
    const sink = new SecretsFile(secrets, (block) => writeSync(file, block));
    await readCaptureFile(capture, { frame: (...record) => (packets++, sink.frame(...record)) }, false);
    process.stdout.write(`${options.out}: ${packets} packets, ${secrets.length} bytes of secrets\n`);
  } finally {
    closeSync(file);
  }
}
