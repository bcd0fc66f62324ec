// weir proxy apk: words in an app's package that indicate pinning, next to what the proxy saw.

import { readFileSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { tableText } from '../../cli/print/print.ts';
import { toError, WeirError } from '../../model/errors.ts';
import { searchApk } from '../results/apk.ts';

/** An app is read whole into memory. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

export function declareApk(proxy: Command): void {
  proxy
    .command('apk')
    .argument('<file>', 'an Android package that you have')
    .description(
      'Search an app for x509, checkServerTrusted and what libraries call pinning. A word is a hint, no proof.',
    )
    .option('--json', 'the answer as JSON')
    .action(apk);
}

function apk(file: string, { json }: { readonly json?: true }): void {
  const found = searchApk(read(file));
  if (found === undefined)
    throw new WeirError('FILE_UNREADABLE', `${file} is no APK (no ZIP directory at its end); nothing was searched.`);
  if (json === true)
    return void process.stdout.write(`${JSON.stringify({ schema: 'weir.apk/1', ...found }, null, 2)}\n`);
  const rows = found.words.map(({ word, count, entries }) => [word, String(count), entries.join(' ')]);
  process.stdout.write(`${tableText(['word', 'found', 'in'], rows)}\n`);
  process.stdout.write(
    `${found.entries} entries; not searched because damaged, encrypted or too large: ${found.not_searched}\n`,
  );
}

function read(file: string): Buffer {
  try {
    if (statSync(file).size > MAX_FILE_BYTES) throw new Error('it is larger than 512 MiB');
    return readFileSync(file);
  } catch (thrown) {
    throw new WeirError(
      'FILE_UNREADABLE',
      `${file} cannot be read (${toError(thrown).message}); nothing was searched.`,
    );
  }
}
