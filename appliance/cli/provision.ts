// weir provision: what weir-firstboot.service does before everything else starts.

import { spawnSync } from 'node:child_process';
import type { Command } from 'commander';

const CONFIG = '/etc/weir/weir.yaml';

export function declareProvision(weir: Command): void {
  weir
    .command('provision')
    .description(
      'Take over weir.yaml from the boot partition, make identity, Wi-Fi passphrase and claim token where missing.',
    )
    .option('--boot <folder>', 'the boot partition; without it /boot/firmware or /boot')
    .option('-c, --config <file>', 'the settings in force', CONFIG)
    .action(run);
}

/** Prints no secret: standard output goes to the journal. Mistakes in weir.yaml are told, not failed at. */
async function run({ boot, config }: { boot?: string; config: string }): Promise<void> {
  if (process.env[NO_IO_URING] !== '0') return againWithoutIoUring();
  const [{ provision }, { installedPlaces }] = await Promise.all([
    import('../provision/provision.ts'),
    import('../provision/places.ts'),
  ]);
  const { settings, mistakes, notes } = await provision(installedPlaces(config, boot));
  const lines = [`weir.yaml on the boot partition: ${settings}`, ...mistakes, ...notes];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Node refuses to change its user while libuv might use io_uring (CVE-2024-22017), which is settled as the process starts. */
const NO_IO_URING = 'UV_USE_IO_URING';

function againWithoutIoUring(): void {
  const words = [...process.execArgv, ...process.argv.slice(1)];
  const { status } = spawnSync(process.execPath, words, {
    stdio: 'inherit',
    env: { ...process.env, [NO_IO_URING]: '0' },
  });
  process.exitCode = status ?? 1;
}
