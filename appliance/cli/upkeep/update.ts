// weir update: a newer Weir out of a signed package, and back to the one of before where it does not come up.

import { join } from 'node:path';
import type { Command } from 'commander';
import { WeirError } from '../../model/errors.ts';
import { settingsOption } from '../config-option.ts';

interface UpdateFlags {
  readonly config: string;
  readonly downgrade?: boolean;
  readonly json?: boolean;
}

/** What the package brings, and where root's packages wait. */
const RELEASE_KEY = '/usr/share/weir/release.pem';
const FOLDER = '/var/cache/weir';

export function declareUpdate(weir: Command): void {
  weir
    .command('update')
    .argument('<package...>', 'FILE.deb or its http(s) address; the signature lies next to it, as FILE.deb.sig')
    .option('--downgrade', 'take an older version too')
    .option('--json', 'what was done as JSON')
    .addOption(settingsOption())
    .description('Install a signed package; where it does not come up, the version of before is installed again.')
    .action(run);
}

/** Everything that is needed later is loaded now: the program's own files are replaced meanwhile. */
async function run(sources: readonly string[], flags: UpdateFlags): Promise<void> {
  const [{ update }, { runProgram }, { loadConfig }, { CaptureClient }, { CAPTURE_SOCKET }, { askAppliance }] =
    await Promise.all([
      import('../../provision/update/update.ts'),
      import('../../provision/update/run-program.ts'),
      import('../../config/load.ts'),
      import('../../experiment/capture-client.ts'),
      import('../../model/files/run-files.ts'),
      import('../local-api.ts'),
    ]);
  if (process.geteuid?.() !== 0)
    throw new WeirError(
      'UPDATE_REFUSED',
      'installing packages needs root; nothing was changed. Run: sudo weir update …',
    );
  const { config } = loadConfig(flags.config);
  const capture = new CaptureClient(join(config.data.dir, CAPTURE_SOCKET));
  // A connection that breaks off or Ctrl-C in the middle would leave neither version: what has begun is finished.
  for (const signal of ['SIGHUP', 'SIGINT'] as const) process.on(signal, () => undefined);
  const keyFile = config.update.key_file === '' ? RELEASE_KEY : config.update.key_file;
  const done = await update(
    { sources, keyFile, folder: FOLDER, mayBeOlder: flags.downgrade === true },
    {
      run: runProgram,
      say: (line) => void process.stderr.write(`weir: ${line}\n`),
      answers: {
        capture: async () => (await capture.status()).version,
        appliance: async () => {
          const status = await askAppliance<{ appliance: { version: string } }>(flags, 'GET', '/api/v1/status');
          return status.appliance.version;
        },
      },
    },
  );
  const { from, to, previous } = done;
  if (flags.json === true) process.stdout.write(`${JSON.stringify(done, null, 2)}\n`);
  else if (previous.length === 0) process.stdout.write(`weir ${to} is installed already; nothing was changed.\n`);
  else process.stdout.write(`weir ${to} runs in the place of ${from}. To go back: dpkg -i ${previous.join(' ')}\n`);
}
