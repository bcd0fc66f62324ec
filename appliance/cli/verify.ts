// weir verify: are these files what was recorded? Offline, on any machine. Exit code 1 where something is not.

import type { Command } from 'commander';
import type { VerifyFinding, VerifyReport } from '../capture/verify.ts';
import { printable } from '../model/text.ts';

export function declareVerify(weir: Command): void {
  weir
    .command('verify')
    .argument('<folder>', 'a data folder or an export')
    .description('Check every file, ledger line and signature against what was recorded.')
    .option('--json', 'the report as JSON')
    .action(run);
}

async function run(folder: string, options: { json?: boolean }): Promise<void> {
  const { verifyFolder } = await import('../capture/verify.ts');
  const report = await verifyFolder(folder);
  process.stdout.write(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : `${reportText(report)}\n`);
  if (!report.ok) process.exitCode = 1;
}

export function reportText(report: VerifyReport): string {
  return [
    ...report.problems.map((finding) => findingText('PROBLEM', finding)),
    ...report.warnings.map((finding) => findingText('warning', finding)),
    ...report.unsynced.map(({ from, to }) => `note     clock not known to be right from ${utc(from)} to ${utc(to)}`),
    `${report.ok ? 'verified' : 'NOT VERIFIED'}: ${report.kind} ${report.appliance}, ${report.files} files, ${report.bytes} bytes, ` +
      `${report.ledgerLines} ledger lines${omittedText(report)}, ${report.seals} seals; ${report.problems.length} problems, ${report.warnings.length} warnings`,
  ].join('\n');
}

function omittedText({ omittedLines }: VerifyReport): string {
  return omittedLines === 0 ? '' : ` (${omittedLines} by their hash only: they concern what was not exported)`;
}

/** ISO 8601 of seconds since 1970, for people; the JSON report has the digits. */
function utc(seconds: string): string {
  return new Date(Number(seconds) * 1000).toISOString();
}

function findingText(word: string, { kind, where, detail }: VerifyFinding): string {
  return `${word.padEnd(8)} ${kind.padEnd(10)} ${printable(where)}: ${printable(detail)}`;
}
