// What `weir verify` says of a folder, in words: the same on the command line and on the page.

import { printable } from '../../model/text.ts';
import type { VerifyFinding, VerifyReport } from './verify-report.ts';

type Worded = Omit<VerifyReport, 'kind'> & { readonly kind: string };

/** `more`: lines of an archive, before the verdict. */
export function verifyText(report: Worded, more: readonly string[] = []): string {
  return [
    ...report.problems.map((finding) => findingText('PROBLEM', finding)),
    ...report.warnings.map((finding) => findingText('warning', finding)),
    ...report.unsynced.map(({ from, to }) => `note     clock not known to be right from ${utc(from)} to ${utc(to)}`),
    ...report.unknown.map((what) => `unknown  ${what}`),
    ...signedText(report),
    ...more,
    `${report.ok ? 'verified' : 'NOT VERIFIED'}: ${report.kind} ${report.appliance}, ${report.files} files, ${report.bytes} bytes, ` +
      `${report.ledgerLines} ledger lines${omittedText(report)}, ${report.seals} seals; ${report.problems.length} problems, ${report.warnings.length} warnings`,
  ].join('\n');
}

function signedText({ key, head, format, earlierFormats, running }: Worded): string[] {
  const now = running ? '; a capture runs on it now' : '';
  const end = head.ts === null ? 'no line is signed' : `signed up to line ${head.lines}, written ${utc(head.ts)}`;
  return [
    `key      ${key === '' ? 'none' : key}`,
    `head     ${head.lines}:${head.head}`,
    ...earlierFormats.map(
      ({ format: earlier, until }) => `ledger   up to line ${until} format ${earlier}${wordsOf(earlier)}, taken over`,
    ),
    `ledger   format ${format}${wordsOf(format)}; ${end}${now}`,
  ];
}

const FORMAT_WORDS: Readonly<Record<number, string>> = {
  1: ' (of before the first release: chained over whole lines)',
  2: ' (sealed once an hour: up to that much behind the last seal hangs on the head alone)',
  3: ' (all in one file)',
};

function wordsOf(format: number): string {
  return FORMAT_WORDS[format] ?? '';
}

function omittedText({ omittedLines }: Pick<VerifyReport, 'omittedLines'>): string {
  return omittedLines === 0 ? '' : ` (${omittedLines} by their hash only: they concern what was not exported)`;
}

/** ISO 8601 of seconds since 1970, for people; the JSON report has the digits. */
function utc(seconds: string): string {
  return new Date(Number(seconds) * 1000).toISOString();
}

function findingText(word: string, { kind, where, detail }: VerifyFinding): string {
  return `${word.padEnd(8)} ${kind.padEnd(10)} ${printable(where)}: ${printable(detail)}`;
}
