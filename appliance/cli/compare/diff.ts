// weir diff A B: what differs between two selections of recorded traffic, and how sure that is.

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { WeirError } from '../../model/errors.ts';
import type { Mac } from '../../model/mac.ts';
import { parseMac } from '../../model/mac.ts';
import { printable } from '../../model/text.ts';

interface DiffOptions {
  readonly device?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly all?: boolean;
  readonly seed: string;
  readonly router: readonly string[];
}

export function declareDiff(weir: Command): void {
  weir
    .command('diff')
    .description('Compare two selections of captures: what was added, is gone, changed, and what nobody can say.')
    .argument(
      '<a>',
      'capture file, folder, data folder or site of an archive; after an @ what of it: a phase, day=, from=, to=',
    )
    .argument('<b>', 'the other one')
    .argument(
      '[dir]',
      'where both are of one folder: then A and B are only what of it, as in `weir diff idle intensive DIR`',
    )
    .option('-d, --device <device>', 'only traffic of this MAC or IP address')
    .option('--json', 'the whole comparison as JSON')
    .option('--csv', 'one row a line')
    .option('--all', 'also rows that are alike')
    .option('--seed <text>', 'of the random samples: the same text gives the same digits', 'weir')
    .option('--router <mac>', 'address of the router or access point (repeatable)', addTo, [])
    .action(diff);
}

function addTo(mac: string, before: readonly string[]): readonly string[] {
  return [...before, mac];
}

/** Columns where the output is no terminal. */
const WIDTH = 120;

async function diff(first: string, second: string, dir: string | undefined, options: DiffOptions): Promise<void> {
  const [
    { parseSelection, parseWords },
    { readSample, parseDeviceWord },
    { compareSamples },
    print,
    { openTables },
    { version },
  ] = await Promise.all([
    import('./selection.ts'),
    import('./read-sample.ts'),
    import('../../experiment/compare/compare-samples.ts'),
    import('./print-comparison.ts'),
    import('../../analysis/document/open-tables.ts'),
    import('../../config/version.ts'),
  ]);
  const select = (text: string) =>
    dir === undefined ? parseSelection(text, existsSync) : parseWords(dir, text, `${dir}@${text}`);
  const [a, b] = [select(first), select(second)];
  const device = options.device === undefined ? null : parseDeviceWord(options.device);
  const { tables, warnings } = openTables(version);
  for (const warning of warnings) process.stderr.write(`weir: ${warning}\n`);
  const request = { device, routers: options.router.map(routerMac) };
  const before = await readSample(a, tables, request);
  const after = await readSample(b, tables, request);
  const comparison = compareSamples(before, after, { device, seed: options.seed });
  if (options.json === true) process.stdout.write(`${JSON.stringify(comparison, null, 2)}\n`);
  else if (options.csv === true) process.stdout.write(print.comparisonCsv(comparison));
  else process.stdout.write(print.comparisonText(comparison, options.all === true, process.stdout.columns ?? WIDTH));
}

function routerMac(text: string): Mac {
  const mac = parseMac(text);
  if (mac !== undefined) return mac;
  throw new WeirError(
    'USAGE',
    `A router is written aa:bb:cc:00:01:02, not ${printable(text, 20)}; nothing was compared.`,
  );
}
