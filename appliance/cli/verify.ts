// weir verify: are these files what was recorded? Offline, on any machine. Exit code 1 where something is not.

import { type Command, InvalidArgumentError } from 'commander';
import type { ChainState } from '../capture/ledger/ledger-chain.ts';
import type { VerifyReport } from '../capture/ledger/verify.ts';
import { verifyText } from '../capture/ledger/verify-text.ts';
import { WeirError } from '../model/errors.ts';
import { printable } from '../model/text.ts';
import type { ArchiveReport } from '../pull/verify-archive.ts';

export function declareVerify(weir: Command): void {
  weir
    .command('verify')
    .argument('<folder>', 'a data folder, an export, or a site of an archive (ARCHIVE/sites/…)')
    .description('Check every file, ledger line and signature against what was recorded.')
    .option(
      '--head <lines:sha256>',
      'a head of the ledger that was kept elsewhere (MQTT state: ledger_lines, ledger_head_sha256)',
      head,
    )
    .option(
      '--key <fingerprint>',
      'the key’s fingerprint as page, MQTT (evidence_key) or `weir status` showed it: 64 hex digits, or the first 32 at least',
      key,
    )
    .option(
      '--archive <folder>',
      'an archive of `weir pull`: it names the key and the newest head that it saw of this appliance',
    )
    .option(
      '--tsa-ca <file>',
      'certificates (PEM) of the authority whose time tokens in a site of an archive are read (needs openssl)',
    )
    .option('--json', 'the report as JSON')
    .action(run);
}

interface VerifyFlags {
  readonly head?: ChainState;
  readonly key?: string;
  readonly archive?: string;
  readonly tsaCa?: string;
  readonly json?: boolean;
}

async function run(folder: string, options: VerifyFlags): Promise<void> {
  const [{ verifyFolder }, { isSiteFolder, verifySite }] = await Promise.all([
    import('../capture/ledger/verify.ts'),
    import('../pull/verify-archive.ts'),
  ]);
  const witness = { ...(await archiveWitness(folder, options)), ...given(options) };
  const report = isSiteFolder(folder)
    ? await verifySite(folder, witness, options.tsaCa)
    : await verifyFolder(folder, witness);
  process.stdout.write(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : `${reportText(report)}\n`);
  if (!report.ok) process.exitCode = 1;
}

function given({ head: said, key: named }: VerifyFlags): Pick<VerifyFlags, 'head' | 'key'> {
  return { ...(said === undefined ? {} : { head: said }), ...(named === undefined ? {} : { key: named }) };
}

async function archiveWitness(folder: string, { archive }: VerifyFlags): Promise<object> {
  if (archive === undefined) return {};
  const { witnessOf } = await import('../pull/verify-archive.ts');
  const witness = witnessOf(archive, folder);
  if (witness !== undefined) return witness;
  const message = `${printable(archive)} has seen no head of the appliance of ${printable(folder)}; nothing was verified. Leave --archive out, or name the archive that fetched from it.`;
  throw new WeirError('ARCHIVE_INVALID', message);
}

export function reportText(report: VerifyReport | ArchiveReport): string {
  return verifyText(report, archiveText(report));
}

function archiveText(report: VerifyReport | ArchiveReport): string[] {
  if (report.kind !== 'archive') return [];
  const { captures, heads, times } = report;
  return [
    ...times.map(
      ({ lines, before, file }) => `time     the ledger up to line ${lines} existed before ${before} (${file})`,
    ),
    `archive  ${captures.held} of ${captures.recorded} captures are here; ${heads.seen} heads were seen${heads.since === null ? '' : `, the first on ${heads.since}`}`,
  ];
}

function key(text: string): string {
  const digits = text.toLowerCase().replaceAll(/[\s:-]/g, '');
  if (!/^[0-9a-f]{32,64}$/.test(digits)) throw new InvalidArgumentError('not 32 to 64 hex digits.');
  return digits;
}

function head(text: string): ChainState {
  const [, lines, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (lines === undefined || hash === undefined)
    throw new InvalidArgumentError('not a number, a colon and 64 hex digits.');
  return { lines: Number(lines), head: hash };
}
