// weir analyze FILE…: the analysis of captures on standard output; progress and warnings on standard error.

import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { RULES_FOLDER } from '../../config/rules-folder.ts';
import { WeirError } from '../../model/errors.ts';
import { type Mac, parseMac } from '../../model/mac.ts';
import { printable } from '../../model/text.ts';

export const ANALYZE_FORMATS = ['json', 'csv', 'table'] as const;
export type AnalyzeFormat = (typeof ANALYZE_FORMATS)[number];

export interface AnalyzeOptions {
  readonly format: string;
  readonly table: string;
  readonly profile: string;
  readonly hash: boolean;
  readonly vault?: string;
  readonly words?: string;
  readonly rules: string;
  readonly registry?: string;
  readonly with?: string;
  readonly owner?: string;
  readonly home: string;
  readonly router: readonly string[];
  /** The published analyzer's options. */
  readonly po?: boolean;
  readonly cn?: boolean;
  readonly cnlist?: boolean;
  readonly ips?: boolean;
  readonly g?: boolean;
  readonly ct?: boolean;
  readonly e?: boolean;
  readonly pa?: boolean;
  readonly ip?: string | undefined;
}

export function declareAnalyze(weir: Command): void {
  weir
    .command('analyze')
    .description('Analyse a capture file: conversations, entropy, verdicts, destinations, ports, findings.')
    .argument(
      '<files...>',
      'pcap or pcapng, also gzip-compressed; folders of them, such as captures/; or - for standard input',
    )
    .option('--format <format>', 'json, csv or table', 'table')
    .option(
      '--table <name>',
      'for csv: conversations, devices, destinations, ports, port-pairs, dns or findings',
      'conversations',
    )
    .option(
      '--profile <name>',
      'secure ports: curated, paper-appendix-b, paper-tool, or a list like 22,443,8883',
      'curated',
    )
    .option('--vault <file>', 'planted secrets to search for, one `name: value` a line; only their names are printed')
    .option('--words <file>', 'your own words to search for, one a line, or `key: kind` for the names of fields')
    .option('--rules <folder>', 'platform rules of your own', RULES_FOLDER)
    .option('--registry <file>', 'what the devices are: `MAC name` a line, or CSV as `weir registry export` writes it')
    .option('--with <file>', 'a capture made on a phone (PCAPdroid, PCAP Remote), for the channels of its app')
    .option('--owner <mac>', 'whose phone that was')
    .option('--home <country>', 'where the capture was taken, as GB: what round trips say about countries', '')
    .option(
      '--router <mac>',
      'address of the router or access point (repeatable): no device, and only its announcements are believed',
      (mac: string, before: readonly string[]) => [...before, mac],
      [],
    )
    .option('--no-hash', 'leave out the SHA-256 of the file')
    .option('--po', 'as the published analyzer counts (-po): ports')
    .option('--cn', 'the same (-cn): connections')
    .option('--cnlist', 'the same (-cnlist): list of connections')
    .option('--ips', 'the same (-ips): addresses')
    .option('--g', 'the same (-g): where they are, from the tables of this installation')
    .option('--ct', 'the same (-ct): clear text')
    .option('--e', 'the same (-e): average entropies')
    .option('--pa', 'the same (-pa): packets')
    .option('--ip <address>', 'only rows about this address; alone: everything about it')
    .action(async (files: readonly string[], options: AnalyzeOptions, command: Command) => {
      const given = command.getOptionValueSource('profile') === 'default' ? undefined : options.profile;
      process.exitCode = (await analyzeAsPaper(files, options, given)) ?? (await analyze(files, options));
    });
}

/** Columns where no terminal says how many it has, and the fewest that a table fits in. */
const WIDTH = 120;
const LEAST_WIDTH = 80;
const OVERVIEWS = ['po', 'cn', 'cnlist', 'ips', 'g', 'ct', 'e', 'pa'] as const;

/** Undefined where none of the published analyzer's options was given. */
async function analyzeAsPaper(
  files: readonly string[],
  options: AnalyzeOptions,
  profile?: string,
): Promise<number | undefined> {
  const overviews = OVERVIEWS.filter((overview) => options[overview] === true);
  if (overviews.length === 0 && options.ip === undefined) return undefined;
  const [file = '', ...others] = files;
  if (others.length > 0)
    throw new WeirError('USAGE', 'The published analyzer counts one file at a time; nothing was analysed.');
  const { analyzeAsPublished, publishedText } = await import('../reproduce/published.ts');
  const capture = await analyzeAsPublished(file, profile);
  for (const warning of capture.warnings) process.stderr.write(`weir: ${warning}\n`);
  process.stdout.write(publishedText(capture, { overviews, ip: options.ip, format: options.format }));
  return 0;
}

/**
 * Exit code 0; also with a warning where the file is damaged and everything before the damage was read.
 * @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE (exit code 2), USAGE
 */
export async function analyze(files: readonly string[], options: AnalyzeOptions): Promise<number> {
  // What lives longer than a packet is in typed arrays: a small nursery costs 5 % of time and saves 30 MB on a Pi.
  setFlagsFromString('--semi-space-growth-factor=1');
  // A nursery of 1 MiB is swept before helper threads have woken up.
  setFlagsFromString('--no-parallel-scavenge');
  // What lives is small; a heap that doubles before it is swept would be the largest part of the program.
  setFlagsFromString('--heap-growing-percent=20');
  const { withAnalysis } = await import('./analyze-file.ts');
  const { print } = await import('../print/print-document.ts');
  const printer = print(options.format, options.table, Math.max(LEAST_WIDTH, process.stdout.columns ?? WIDTH));
  const { profile, hash, vault, words, rules, registry } = options;
  await withAnalysis(
    {
      paths: files,
      profile,
      withHash: hash,
      vault,
      words,
      rules,
      registry,
      phone: phoneOf(options),
      home: countryCode(options.home),
      routers: options.router.map(routerMac),
    },
    (document, warnings) => {
      for (const warning of warnings) process.stderr.write(`weir: ${warning}\n`);
      const output = new Output();
      printer(document, (text) => output.write(text));
      output.flush();
    },
  );
  return 0;
}

/** Small writes gathered: a document has a million of them. */
class Output {
  #texts: string[] = [];
  #length = 0;

  write(text: string): void {
    this.#texts.push(text);
    this.#length += text.length;
    if (this.#length >= 16_384) this.flush();
  }

  flush(): void {
    process.stdout.write(this.#texts.join(''));
    this.#texts = [];
    this.#length = 0;
  }
}

function phoneOf({ with: path, owner }: AnalyzeOptions): { path: string; owner: Mac } | undefined {
  if (path === undefined && owner === undefined) return undefined;
  const mac = parseMac(owner ?? '');
  if (path !== undefined && mac !== undefined) return { path, owner: mac };
  throw new WeirError(
    'USAGE',
    'Name a capture made on a phone and its MAC: --with FILE --owner MAC; nothing was analysed.',
  );
}

function routerMac(text: string): Mac {
  const mac = parseMac(text);
  if (mac !== undefined) return mac;
  throw new WeirError(
    'USAGE',
    `A router is written aa:bb:cc:00:01:02, not ${printable(text, 20)}; nothing was analysed.`,
  );
}

function countryCode(text: string): string {
  if (text === '' || /^[A-Z]{2}$/.test(text)) return text;
  throw new WeirError('USAGE', `A country is written GB, not ${printable(text, 20)}; nothing was analysed.`);
}
