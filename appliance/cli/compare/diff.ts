// weir diff A B: what differs between two selections of recorded traffic, and how sure that is.

import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { WeirError } from '../../model/errors.ts';
import type { Comparison } from '../../model/experiment/comparison.ts';
import type { Mac } from '../../model/mac.ts';
import { parseMac } from '../../model/mac.ts';
import { printable } from '../../model/text.ts';
import type { ComparisonAnswer } from '../../publish/schemas/comparison.ts';
import { configOption } from '../config-option.ts';

interface DiffOptions {
  readonly device?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly all?: boolean;
  readonly seed: string;
  readonly router: readonly string[];
  readonly live?: boolean;
  readonly config?: string;
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
    .option('-d, --device <device>', 'only traffic of this MAC or IP address; with --live also a name')
    .option('--live', 'of the running appliance: A and B are only what of it, as in `weir diff idle intensive --live`')
    .addOption(configOption('with --live: the settings of that appliance'))
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
  if (options.live === true && dir !== undefined)
    throw new WeirError('USAGE', '--live asks the running appliance and reads no folder; leave one of both out.');
  const comparison =
    options.live === true ? await askLive(first, second, options) : await compare(first, second, dir, options);
  const print = await import('./print-comparison.ts');
  if (options.json === true) process.stdout.write(`${JSON.stringify(comparison, null, 2)}\n`);
  else if (options.csv === true) process.stdout.write(print.comparisonCsv(comparison));
  else process.stdout.write(print.comparisonText(comparison, options.all === true, process.stdout.columns ?? WIDTH));
}

/** Between two questions whether it is made. */
const ASK_AGAIN_MS = 1000;

/** @throws WeirError APPLIANCE_UNREACHABLE, REQUEST_INVALID */
async function askLive(a: string, b: string, options: DiffOptions): Promise<Comparison> {
  const { device, config } = options;
  const asked = config === undefined ? {} : { config };
  const [{ askAppliance }, { addressOf }] = await Promise.all([
    import('../local-api.ts'),
    import('../ask/print-rows.ts'),
  ]);
  for (;;) {
    const address = addressOf('/api/v1/comparison', { a, b, device });
    const answer = await askAppliance<ComparisonAnswer>(asked, 'GET', address);
    if (answer.comparison !== null) return answer.comparison;
    if (answer.state === 'refused') throw new WeirError('REQUEST_INVALID', answer.why ?? 'There is no comparison.');
    await pause(ASK_AGAIN_MS);
  }
}

async function compare(
  first: string,
  second: string,
  dir: string | undefined,
  options: DiffOptions,
): Promise<Comparison> {
  const [
    { parseSelection, parseWords },
    { readSample, parseDeviceWord, nothingText },
    { compareSamples },
    { openTables },
    { version },
  ] = await Promise.all([
    import('../../experiment/compare/selection.ts'),
    import('./read-sample.ts'),
    import('../../experiment/compare/compare-samples.ts'),
    import('../../analysis/document/open-tables.ts'),
    import('../../config/version.ts'),
  ]);
  const select = (text: string) => (dir === undefined ? parseSelection(text, existsSync) : parseWords(dir, text, text));
  const [a, b] = [select(first), select(second)];
  const device = options.device === undefined ? null : parseDeviceWord(options.device);
  const { tables, warnings } = openTables(version);
  for (const warning of warnings) process.stderr.write(`weir: ${warning}\n`);
  const request = { device, routers: options.router.map(routerMac) };
  const before = await readSample(a, tables, request);
  const after = await readSample(b, tables, request);
  if (before.sampler.packets + after.sampler.packets === 0)
    throw new WeirError('USAGE', nothingText(before.read.length > 0 ? before : after, device));
  return compareSamples(before, after, { device, seed: options.seed });
}

function routerMac(text: string): Mac {
  const mac = parseMac(text);
  if (mac !== undefined) return mac;
  throw new WeirError(
    'USAGE',
    `A router is written aa:bb:cc:00:01:02, not ${printable(text, 20)}; nothing was compared.`,
  );
}
