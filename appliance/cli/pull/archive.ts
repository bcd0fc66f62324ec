// weir archive: the state of an archive of `weir pull`, its hourly rows joined by month, its heads stamped by an authority of time.

import { type Command, InvalidArgumentError } from 'commander';
import { WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import { type AnswerOptions, printAnswer } from '../print/answer.ts';
import { declareLoad } from './load.ts';
import { declareRows } from './rows.ts';

/** Characters of the reason of a hold. */
const MAX_REASON = 256;

export function declareArchive(weir: Command): void {
  const archive = weir.command('archive').description('Look after an archive of `weir pull`.');
  archive
    .command('status')
    .argument('<archive>', 'its folder')
    .description('Which appliance is silent, behind, losing frames, or was refused. Exit code 1 where one is.')
    .option('--json', 'the answer as JSON')
    .action(status);
  archive
    .command('compact')
    .argument('<archive>', 'its folder')
    .description('Join the hourly rows of days that are over into one file a month; readers see the same rows.')
    .option('--json', 'the answer as JSON')
    .action(compact);
  archive
    .command('timestamp')
    .argument('<archive>', 'its folder')
    .option('--json', 'the answer as JSON')
    .requiredOption('--authority <url>', 'where RFC 3161 tokens come from (may be repeated)', authorities)
    .description(
      'Have the newest ledger head of each appliance stamped (needs openssl); `weir verify --tsa-ca` reads the tokens.',
    )
    .action(timestamp);
  archive
    .command('hold')
    .argument('<archive>', 'its folder')
    .option('--reason <text>', 'why, for later readers of the archive', '')
    .option('--json', 'the answer as JSON')
    .description('From now on keep what a pull would remove because a device was forgotten on its appliance.')
    .action(hold);
  archive
    .command('release')
    .argument('<archive>', 'its folder')
    .description('End the hold: the next pull removes what was forgotten meanwhile.')
    .option('--json', 'the answer as JSON')
    .action(release);
  declareLoad(archive);
  declareRows(archive);
}

async function status(folder: string, { json }: { json?: boolean }): Promise<void> {
  const [{ Archive }, { archiveStatus }, { tableText }] = await Promise.all([
    import('../../pull/archive.ts'),
    import('../../pull/archive-status.ts'),
    import('../print/print.ts'),
  ]);
  const sites = archiveStatus(await Archive.open(folder, false), Date.now());
  if (sites.some(({ trouble }) => trouble.length > 0)) process.exitCode = 1;
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ sites }, null, 2)}\n`);
    return;
  }
  const rows = sites.map((site) => [
    site.site.slice(0, 16),
    printable(site.appliance, 40),
    site.host,
    site.last_pull ?? 'never',
    String(site.ledger_lines),
    String(site.time_tokens),
    site.trouble.length === 0 ? 'well' : printable(site.trouble.join('; '), 200),
  ]);
  process.stdout.write(`${tableText(['site', 'appliance', 'host', 'last pull', 'lines', 'tokens', ''], rows)}\n`);
}

async function compact(folder: string, options: AnswerOptions): Promise<void> {
  const [{ Archive }, { compactableSites, compactSite }] = await Promise.all([
    import('../../pull/archive.ts'),
    import('../../pull/tables/compaction.ts'),
  ]);
  const archive = await Archive.open(folder, false);
  const today = new Date().toISOString().slice(0, 10);
  let files = 0;
  for (const site of compactableSites(archive.folder)) {
    await withProblemsShown(async () => {
      const unlock = archive.lock(site, (message) => process.stderr.write(`weir: ${message}\n`));
      try {
        files += await compactSite(archive.folder, site, today);
      } finally {
        unlock();
      }
    });
  }
  printAnswer(options, { files }, `${files} joined files written`);
}

/** One appliance does not stop the others. */
async function withProblemsShown(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (!(thrown instanceof WeirError)) throw thrown;
    process.stderr.write(`weir: ${thrown.message} [${thrown.code}]\n`);
    process.exitCode = 1;
  }
}

async function hold(folder: string, options: AnswerOptions & { reason: string }): Promise<void> {
  const [{ Archive }, { holdArchive }] = await Promise.all([
    import('../../pull/archive.ts'),
    import('../../pull/hold.ts'),
  ]);
  const archive = await Archive.open(folder, false);
  const { since, reason: why } = await holdArchive(archive.folder, printable(options.reason, MAX_REASON), Date.now());
  const because = printable(why, MAX_REASON);
  printAnswer(
    options,
    { held: true, since, reason: because },
    `held since ${since ?? 'an unknown time'}${because === '' ? '' : `: ${because}`}`,
  );
}

async function release(folder: string, options: AnswerOptions): Promise<void> {
  const [{ Archive }, { releaseArchive }] = await Promise.all([
    import('../../pull/archive.ts'),
    import('../../pull/hold.ts'),
  ]);
  const archive = await Archive.open(folder, false);
  const was = releaseArchive(archive.folder);
  const text = was ? 'released; the next pull removes what was forgotten meanwhile' : 'there was no hold';
  printAnswer(options, { held: false, was_held: was }, text);
}

async function timestamp(folder: string, options: AnswerOptions & { authority: readonly string[] }): Promise<void> {
  const [{ Archive }, { stampNewest }] = await Promise.all([
    import('../../pull/archive.ts'),
    import('../../pull/time-tokens.ts'),
  ]);
  const archive = await Archive.open(folder, false);
  const sites: { site: string; tokens: readonly string[] }[] = [];
  for (const site of archive.sites()) {
    await withProblemsShown(async () => {
      sites.push({ site, tokens: await stampNewest(archive.siteFolder(site), site, options.authority) });
    });
  }
  const lines = sites.map(
    ({ site, tokens }) =>
      `${site.slice(0, 16)}: ${tokens.length === 0 ? 'the newest head has its tokens' : tokens.join(' ')}`,
  );
  printAnswer(options, { sites }, lines.length === 0 ? 'there is no appliance in the archive' : lines.join('\n'));
}

function authorities(text: string, list: readonly string[] = []): readonly string[] {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InvalidArgumentError('not an address (http or https).');
  return [...list, text];
}
