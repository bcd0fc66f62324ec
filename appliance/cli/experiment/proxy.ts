// weir proxy: hands its words to the app proxy, a package of its own that is started and never loaded.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { WeirError } from '../../model/errors.ts';

/** Next to this program in the source tree; where the package puts it. */
const PLACES = [
  fileURLToPath(new URL('../../proxy/main.js', import.meta.url)),
  '/usr/lib/weir-proxy/appliance/proxy/main.js',
];

export function declareProxy(weir: Command): void {
  weir
    .command('proxy')
    .description('Ask which apps let their TLS be looked into, and see what they say (package weir-proxy).')
    .argument('[words...]', 'see `weir proxy help`')
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .action(run);
}

/** Undefined where the package is not installed. */
export function proxyProgram(): string | undefined {
  return PLACES.find((file) => existsSync(file));
}

function run(): void {
  const program = proxyProgram();
  if (program === undefined) {
    throw new WeirError(
      'USAGE',
      'the app proxy is not installed; nothing was done. It is a package of its own: apt install weir-proxy',
    );
  }
  const words = process.argv.slice(process.argv.indexOf('proxy'));
  // The terminal sends the same signals to the child, which reports its own end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  const { status } = spawnSync(process.execPath, [program, ...words], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
