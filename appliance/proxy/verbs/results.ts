// weir proxy results: the paper's table, per app and per host, over one run or all of them.

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { tableText } from '../../cli/print/print.ts';
import { WeirError } from '../../model/errors.ts';
import { csvField } from '../../model/text.ts';
import { DIR_OPTION, type FolderOption, PROXY_FOLDER } from '../places.ts';
import { readRefusedQuic } from '../record/refused-quic.ts';
import { readAttempts, runFolders } from '../record/run-record.ts';
import { type AppAnswer, appAnswers, type Counts, hostAnswers } from '../results/app-answers.ts';
import { type HostWithQuic, withQuic } from '../results/quic.ts';

type Options = FolderOption & { readonly run?: string; readonly format: string };

export function declareResults(proxy: Command): void {
  proxy
    .command('results')
    .description('Which apps and hosts took the proxy: accepted, pinned, untrusted, with counts of both rounds.')
    .option('--run <name>', 'one run instead of all')
    .option('-f, --format <kind>', 'table, json or csv', 'table')
    .option(...DIR_OPTION)
    .action(results);
}

/** @throws WeirError FILE_UNREADABLE where there is no such folder, USAGE where the named run is none. */
export function chosenRuns({ dir, run }: FolderOption & { readonly run?: string }): readonly string[] {
  if (!existsSync(dir))
    throw new WeirError(
      'FILE_UNREADABLE',
      `${dir}: there is no such folder; nothing was read. Name the one that the proxy ran with by --dir (it is ${PROXY_FOLDER} where the unit ran).`,
    );
  const folders = runFolders(dir);
  if (run === undefined) return folders;
  const chosen = folders.filter((folder) => basename(folder) === run);
  if (chosen.length > 0) return chosen;
  const known = folders.map((folder) => basename(folder)).join(', ');
  throw new WeirError('USAGE', `${dir}: there is no run ${run}. There are: ${known === '' ? 'none' : known}`);
}

function results(options: Options): void {
  const runs = chosenRuns(options);
  const attempts = runs.flatMap(readAttempts);
  const hosts = withQuic(hostAnswers(attempts), attempts, runs.flatMap(readRefusedQuic));
  const apps = appAnswers(hosts);
  switch (options.format) {
    case 'json':
      return void process.stdout.write(`${JSON.stringify({ schema: 'weir.proxy-results/1', apps, hosts }, null, 2)}\n`);
    case 'csv':
      return void process.stdout.write(csv(hosts));
    case 'table':
      return void process.stdout.write(table(apps, hosts));
    default:
      throw new WeirError('USAGE', `there is no format ${options.format}; there are table, json and csv.`);
  }
}

function table(apps: readonly AppAnswer[], hosts: readonly HostWithQuic[]): string {
  if (apps.length === 0) return 'no connection came through the proxy yet\n';
  const number = (answer: string): number => apps.filter((app) => app.answer === answer).length;
  const summary = ['accepted', 'partly pinned', 'pinned', 'untrusted', 'untested'].map(
    (word) => `${number(word)} ${word}`,
  );
  const appRows = apps.map(({ app, answer, hosts: of, accepted, pinned, connections, passed, old_tls }) => [
    app,
    answer,
    `${accepted} of ${of}`,
    String(pinned),
    String(connections),
    String(passed),
    old_tls ? 'yes' : '',
  ]);
  const hostRows = hosts.map((row) => [
    row.app,
    row.has_sni || row.tls.length === 0 ? row.host : `${row.host} (no SNI)`,
    row.answer,
    rounds(row.before),
    rounds(row.after),
    row.tls.join(' '),
    row.quic_refused === 0 ? '' : String(row.quic_refused),
    row.checks_certificate === null ? 'not tried' : row.checks_certificate ? 'yes' : 'NO',
    row.why,
  ]);
  return [
    `${apps.length} apps: ${summary.join(', ')}\n`,
    `${tableText(['app', 'answer', 'hosts accepted', 'pinned', 'connections', 'let through', 'old TLS'], appRows)}\n`,
    `${tableText(['app', 'host', 'answer', 'before', 'after', 'TLS', 'QUIC refused', 'checks certificate', 'why'], hostRows)}\n`,
    'before, after: accepted / refused / let through, before and after the authority was on the phone\n',
  ].join('\n');
}

function rounds({ accepted, refused, closed, no_common_tls, passed, server }: Counts): string {
  return `${accepted} / ${refused + closed + no_common_tls} / ${passed + server}`;
}

/** One row a host; every cell is text, quoted, and no formula. */
function csv(hosts: readonly HostWithQuic[]): string {
  const head = [
    'app',
    'host',
    'answer',
    'why',
    'checks_certificate',
    'has_sni',
    'tls',
    'alpn',
    'bytes_up',
    'bytes_down',
  ];
  const counts = (round: string, of: Counts): readonly string[] => Object.keys(of).map((word) => `${round}_${word}`);
  const [first] = hosts;
  const columns =
    first === undefined
      ? head
      : [...head, ...counts('before', first.before), ...counts('after', first.after), 'quic_refused'];
  const rows = hosts.map((row) => [
    row.app,
    row.host,
    row.answer,
    row.why,
    row.checks_certificate,
    row.has_sni,
    row.tls.join(' '),
    row.alpn.join(' '),
    row.bytes_up,
    row.bytes_down,
    ...Object.values(row.before),
    ...Object.values(row.after),
    row.quic_refused,
  ]);
  return [columns, ...rows].map((cells) => `${cells.map(csvField).join(',')}\n`).join('');
}
