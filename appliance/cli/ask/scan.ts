// weir scan: asks for port scans of devices, shows their progress and results.

import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { WeirError } from '../../model/errors.ts';
import { TABLE_TWO_HEAD, type TableTwoRow } from '../../model/scan/table-two.ts';
import { printable } from '../../model/text.ts';
import type { DiscoveryResponse, ScanDetail, ScanOrdered, ScanRow, ScansResponse } from '../../publish/schemas/scan.ts';
import type { LocalOptions } from '../local-api.ts';
import { printAnswer } from '../print/answer.ts';
import { localOptions, printRows } from './print-rows.ts';

interface ScanOptions extends LocalOptions {
  readonly all?: boolean;
  readonly quick?: boolean;
  readonly full?: boolean;
  readonly discover?: boolean;
  readonly wait?: boolean;
}

const LOOK_MS = 1000;

/** Options of `scan` itself are those of its own verbs too: commander gives them to the first one. */
export function declareScan(weir: Command): void {
  const scan = localOptions(weir.command('scan'))
    .argument('[device...]', 'MAC in any form, IP address or name')
    .option('--all', 'every device that is present')
    .option('--quick', 'the 1000 TCP and 100 UDP ports that are most often open (default)')
    .option('--full', 'all 65,536 TCP and UDP ports; UDP takes many hours')
    .option('--discover', 'look who is in the captured network instead')
    .option('--wait', 'until it has ended')
    .description('Scan the ports of captured devices with nmap: a phase of its own, in no other figure.')
    .action(run);
  localOptions(scan.command('list'))
    .description('List the scans, newest first.')
    .action((_, command: Command) => list(command.optsWithGlobals()));
  localOptions(scan.command('show'))
    .argument('<id>', 'of `weir scan list`')
    .description('Show what a scan found, and what changed since the one before.')
    .action((id: string, _, command: Command) => show(id, command.optsWithGlobals()));
  localOptions(scan.command('table'))
    .option('--csv', 'as CSV')
    .description('Print Table 2 of the paper for the newest scan of each device.')
    .action((_, command: Command) => table(command.optsWithGlobals()));
  localOptions(scan.command('stop'))
    .argument('<id>', 'of `weir scan list`')
    .description('End a scan; what it found out is kept.')
    .action((id: string, _, command: Command) => stop(id, command.optsWithGlobals()));
}

async function run(words: string[], options: ScanOptions, command: Command): Promise<void> {
  const { all, quick, full, discover } = options;
  if (quick === true && full === true)
    throw new WeirError('USAGE', '--quick and --full are two scans; nothing was begun. Name one.');
  if (discover === true) return look(options);
  if (words.length > 0 === (all === true)) {
    command.outputHelp({ error: true });
    throw new WeirError('USAGE', 'name devices, or --all, or --discover; nothing was begun.');
  }
  const { askAppliance } = await import('../local-api.ts');
  const body = { ...(all === true ? {} : { devices: words }), profile: full === true ? 'full' : 'quick' };
  const ordered = await askAppliance<ScanOrdered>(options, 'POST', '/api/v1/scans', body);
  for (const { device, why } of ordered.refused)
    process.stderr.write(`${device}: not scanned: ${printable(why, 400)}\n`);
  if (options.json !== true || options.wait === true) process.stderr.write(`${ordered.time}\n`);
  const ids = new Set(ordered.scans.map(({ id }) => id));
  const rows = options.wait === true ? await ended(options, ids) : undefined;
  if (rows !== undefined) return printScans(options, { scans: rows });
  await printRows(
    options,
    ordered,
    ['scan', 'device', 'address'],
    ordered.scans.map(({ id, device, address }) => [id, device, address]),
    '',
  );
}

/** Asks again and again; the scans run without. */
async function ended(options: LocalOptions, ids: ReadonlySet<string>): Promise<ScanRow[]> {
  const { askAppliance } = await import('../local-api.ts');
  for (;;) {
    const { scans } = await askAppliance<ScansResponse>(options, 'GET', '/api/v1/scans');
    const mine = scans.filter(({ id }) => ids.has(id));
    if (mine.every((scan) => scan.ended !== null)) return mine;
    await pause(LOOK_MS);
  }
}

async function look(options: LocalOptions): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  let found = await askAppliance<DiscoveryResponse>(options, 'POST', '/api/v1/scans/discovery');
  while (found.state === 'running') {
    await pause(LOOK_MS);
    found = await askAppliance<DiscoveryResponse>(options, 'GET', '/api/v1/scans/discovery');
  }
  if (found.state === 'failed') throw new WeirError('REQUEST_INVALID', printable(found.reason, 400));
  const rows = found.hosts.map(({ id, ip, mac, vendor, os, os_percent }) => [
    id ?? '-',
    ip,
    mac ?? '-',
    printable(vendor ?? '-', 40),
    os === null ? '-' : `${printable(os, 60)} (${os_percent} %)`,
  ]);
  await printRows(options, found, ['id', 'ip', 'mac', 'vendor', 'system (guess)'], rows, 'nobody is there');
}

async function list(options: LocalOptions): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  await printScans(options, await askAppliance<ScansResponse>(options, 'GET', '/api/v1/scans'));
}

function printScans(options: LocalOptions, answer: ScansResponse): Promise<void> {
  const rows = answer.scans.map((scan) => [
    scan.id,
    scan.device,
    scan.profile,
    scan.reason === '' ? scan.state : `${scan.state}: ${printable(scan.reason, 60)}`,
    `${scan.parts_done}/${scan.parts}`,
    scan.tcp,
    scan.udp,
  ]);
  return printRows(
    options,
    answer,
    ['scan', 'device', 'profile', 'state', 'parts', 'tcp', 'udp'],
    rows,
    'nothing was scanned yet',
  );
}

async function show(id: string, options: LocalOptions): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  const answer = await askAppliance<ScanDetail>(options, 'GET', `/api/v1/scans/${encodeURIComponent(id)}`);
  const { scan, diff, vulnerable } = answer;
  const rows = (['tcp', 'udp'] as const).flatMap((proto) =>
    Object.entries(scan[proto]).map(([state, ports]) => [proto, state, ports === '' ? '-' : printable(ports, 400)]),
  );
  for (const { port, as, banner, result, open_access } of scan.looks) {
    const access = open_access === null ? '' : open_access ? '; lets in without a password' : '; asks for a password';
    rows.push([`look ${port}`, as, `${result}${access}${banner === '' ? '' : `: ${printable(banner, 200)}`}`]);
  }
  for (const { port, proto, service, note, source } of vulnerable)
    rows.push([`${proto} ${port}`, service, `${note} (${source})`]);
  for (const { proto, port, before, after } of diff?.changes.slice(0, 50) ?? [])
    rows.push([`${proto} ${port}`, 'changed', `${before} → ${after}`]);
  await printRows(options, answer, ['what', 'is', 'which'], rows, '');
}

async function table(options: LocalOptions & { csv?: boolean }): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  const answer = await askAppliance<{ rows: TableTwoRow[] }>(options, 'GET', '/api/v1/scans/table');
  if (options.csv === true) {
    const { tableTwoCsv } = await import('../../publish/scan-view.ts');
    process.stdout.write(tableTwoCsv(answer.rows));
    return;
  }
  const rows = answer.rows.map((row) => TABLE_TWO_HEAD.map((name) => printable(String(row[name]), 200)));
  await printRows(options, answer, TABLE_TWO_HEAD, rows, 'nothing was scanned yet');
}

async function stop(id: string, options: LocalOptions): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  const row = await askAppliance<ScanRow>(options, 'POST', `/api/v1/scans/${encodeURIComponent(id)}/stop`);
  printAnswer(options, row, `${printable(id, 80)}: ended; what it found out is kept`);
}
