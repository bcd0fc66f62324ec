// weir figures FOLDER: exact figures of a window of time, from the stored packets of exactly that window.

import { type Command, InvalidArgumentError } from 'commander';
import type { WindowFigures } from '../../model/document/window-figures.ts';
import { WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import { INSTANT_HELP, parseInstant } from '../../model/time/clock.ts';
import { folderDevice } from './windows.ts';

interface FiguresOptions {
  readonly window?: string;
  readonly from?: bigint;
  readonly to?: bigint;
  readonly device?: string;
  readonly profile: string;
  readonly home: string;
  readonly json?: boolean;
}

export function declareFigures(weir: Command): void {
  weir
    .command('figures')
    .argument('<folder>', 'a data folder, bundle or site of an archive; captures are read, nothing is written')
    .description('Figures of a window of time: of exactly the packets in [from, to), and what of it is missing.')
    .option('-w, --window <id>', 'a window as `weir windows` names it: tag-217')
    .option('--from <time>', INSTANT_HELP, instant)
    .option('--to <time>', 'the end; a packet at it is outside', instant)
    .option('-d, --device <mac>', 'only the packets of this device')
    .option('--profile <name>', 'secure ports, as for `weir analyze`', 'curated')
    .option('--home <country>', 'where the captures were taken, as GB', '')
    .option('--json', 'with the whole analysis document')
    .action(run);
}

async function run(folder: string, options: FiguresOptions): Promise<void> {
  const question = { device: options.device === undefined ? null : folderDevice(options.device), ...span(options) };
  const [{ readLedgerStory }, { planFigures }, { drawFigures }, { openTables }, { version }] = await Promise.all([
    import('../../experiment/windows/read-ledger.ts'),
    import('../../experiment/windows/window-figures.ts'),
    import('../../experiment/windows/draw-figures.ts'),
    import('../../analysis/document/open-tables.ts'),
    import('../../config/version.ts'),
  ]);
  const { tables, warnings } = openTables(version, options.profile, folder, options.home);
  const figures = drawFigures(folder, planFigures(readLedgerStory(folder), question), tables);
  for (const warning of [...warnings, ...missingText(figures)])
    process.stderr.write(`weir: ${printable(warning, 1000)}\n`);
  if (options.json === true) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  else await printFigures(figures);
}

function span({ window, from, to }: FiguresOptions): { id: string } | { from: bigint; to: bigint } {
  if (window !== undefined && from === undefined && to === undefined) return { id: window };
  if (window === undefined && from !== undefined && to !== undefined) return { from, to };
  throw new WeirError('USAGE', 'Name a --window, or --from and --to; no figures. `weir windows` lists the windows.');
}

async function printFigures({ window, totals, document }: WindowFigures): Promise<void> {
  const { tableText } = await import('../print/print.ts');
  const { packets, bytes, payload_bytes: payload, conversations, destinations } = totals;
  const rows: string[][] = [
    ['window', `${window.id ?? 'span'}${window.name === null ? '' : ` ${window.name}`}`],
    ['from', window.from],
    ['to (outside)', window.to ?? 'still open'],
    ['seconds', window.seconds === null ? 'unknown' : String(window.seconds)],
    ['device', window.device ?? 'all'],
    ['packets', String(packets)],
    ['bytes', String(bytes)],
    ['payload bytes', payload === null ? 'unknown' : String(payload)],
    ['conversations', String(conversations)],
    ['destinations', String(destinations)],
    ['countries', Object.keys(document.countries).join(' ') || '-'],
    ['findings', String(document.findings.length)],
  ];
  process.stdout.write(`${tableText(['', ''], rows)}\n`);
}

/** What the figures lack, one line each. */
function missingText({ totals, coverage, window }: WindowFigures): string[] {
  const { not_recorded: gaps, deleted, unread, twice, open_segments: open } = coverage;
  const most = deleted.packets_at_most ?? 'an unknown number of';
  return [
    ...(totals.packets === 0 ? ['the window holds no packet'] : []),
    ...(window.to === null ? ['the window still lasts; figures are up to now'] : []),
    ...(gaps.seconds === 0 ? [] : [`${gaps.seconds} s of it were not recorded${lostText(gaps.lost)}`]),
    ...(deleted.segments === 0
      ? []
      : [
          `retention deleted ${deleted.segments} files that reached into it: ${deleted.seconds} s, at least ${deleted.packets_at_least} and at most ${most} packets`,
        ]),
    ...(open === 0 ? [] : [`${open} files are still written; what capture holds in memory is not in the figures`]),
    ...unread.map(({ path, reason }) => `${path} was not read to its end: ${reason}`),
    ...twice.map(({ from, to }) => `times from ${from} to ${to} came twice; packets of both are counted`),
  ];
}

function lostText(lost: number | null): string {
  return lost === null ? '' : `, ${lost} frames known to be lost`;
}

function instant(text: string): bigint {
  const ns = parseInstant(text);
  if (ns === undefined) throw new InvalidArgumentError(`${INSTANT_HELP}.`);
  return ns;
}
