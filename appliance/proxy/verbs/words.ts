// weir proxy words: its verbs and options as JSON, for `weir completion`, which loads nothing of the proxy.

import type { Command } from 'commander';
import { placesOf } from '../../cli/completion.ts';

export function declareWords(proxy: Command): void {
  proxy
    .command('words', { hidden: true })
    .description('Print what the shell completes, as JSON.')
    .action(() => {
      process.stdout.write(`${JSON.stringify([...placesOf(proxy, ['proxy'])])}\n`);
    });
}
