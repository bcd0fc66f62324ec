// weir archive load: the hourly rows of archives into ClickHouse, once or again and again.

import { type Command, InvalidArgumentError } from 'commander';
import { toError, WeirError } from '../../model/errors.ts';
import type { Loaded, LoadWish } from '../../pull/clickhouse/loader.ts';
import type { Layout } from '../../pull/clickhouse/schema.ts';

interface LoadFlags {
  readonly clickhouse?: readonly URL[];
  readonly cluster?: string;
  readonly database: string;
  readonly user: string;
  readonly passwordFile?: string;
  readonly schema?: boolean;
  readonly watch?: number;
  readonly json?: boolean;
}

export function declareLoad(archive: Command): void {
  archive
    .command('load')
    .argument('[archives...]', 'their folders')
    .description('Load hourly rows into ClickHouse: what is new or corrected; what is there already is not sent again.')
    .option('--clickhouse <url>', 'HTTP address of a server (repeat it for each server of a cluster)', servers)
    .option(
      '--cluster <name>',
      'as the servers’ remote_servers calls it: rows are spread over it by appliance',
      cluster,
    )
    .option('--database <name>', 'made where it is not there', database, 'weir')
    .option('--user <name>', 'of ClickHouse', 'default')
    .option('--password-file <file>', 'without it the variable CLICKHOUSE_PASSWORD')
    .option('--schema', 'print the statements that make the tables, and do nothing')
    .option('--watch <seconds>', 'again and again, so long after each round', seconds)
    .option('--json', 'what was loaded as JSON, one line a round')
    .action(run);
}

async function run(folders: readonly string[], flags: LoadFlags): Promise<void> {
  const layout: Layout = { database: flags.database, cluster: flags.cluster };
  if (flags.schema === true) return await printSchema(layout);
  const urls = flags.clickhouse ?? [];
  if (folders.length === 0 || urls.length === 0)
    throw new WeirError(
      'USAGE',
      'Name an archive and a server; nothing was loaded. weir archive load ARCHIVE --clickhouse http://HOST:8123',
    );
  if (urls.length > 1 && flags.cluster === undefined)
    throw new WeirError('USAGE', 'Several servers are a cluster: name it with --cluster; nothing was loaded.');
  const [{ Archive }, { ClickHouseServers }, { loadArchives }] = await Promise.all([
    import('../../pull/archive.ts'),
    import('../../pull/clickhouse/server.ts'),
    import('../../pull/clickhouse/loader.ts'),
  ]);
  const archives: string[] = [];
  for (const folder of folders) archives.push((await Archive.open(folder, false)).folder);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new WeirError('USAGE', `Ended by ${signal}; what was loaded stays.`)));
  const wish: LoadWish = {
    servers: new ClickHouseServers({ urls, user: flags.user, password: await passwordOf(flags), signal: stop.signal }),
    layout,
    archives,
    ...(process.stderr.isTTY ? { progress: showProgress } : {}),
  };
  for (;;) {
    await round(() => loadArchives(wish), flags);
    if (flags.watch === undefined || stop.signal.aborted) return;
    const { sleep } = await import('../../pull/host-line.ts');
    await sleep(flags.watch * 1000, stop.signal).catch((thrown: unknown) => {
      if (!stop.signal.aborted) throw toError(thrown);
    });
    if (stop.signal.aborted) return;
  }
}

/** While it follows archives, a server that is away is reported, and asked again the next round. */
async function round(load: () => Promise<Loaded>, { watch, json }: LoadFlags): Promise<void> {
  try {
    const loaded = await load();
    process.exitCode = loaded.problem.length === 0 ? 0 : 1;
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    for (const line of loaded.problem) process.stderr.write(`weir: ${line}\n`);
    const { hours, rows, known } = loaded;
    process.stdout.write(
      json === true
        ? `${JSON.stringify(loaded)}\n`
        : `${rows} rows of ${hours} hours loaded; ${known} hours were there already\n`,
    );
  } catch (thrown) {
    if (watch === undefined || !(thrown instanceof WeirError) || thrown.code !== 'CLICKHOUSE_UNREACHABLE') throw thrown;
    process.exitCode = 1;
    process.stderr.write(`weir: ${thrown.message} [${thrown.code}]\n`);
  }
}

async function printSchema(layout: Layout): Promise<void> {
  const [{ loadedStatements, tableStatements }, { TABLE_NAMES }] = await Promise.all([
    import('../../pull/clickhouse/schema.ts'),
    import('../../pull/tables/table.ts'),
  ]);
  const statements = [
    `CREATE DATABASE IF NOT EXISTS \`${layout.database}\``,
    ...loadedStatements(layout),
    ...TABLE_NAMES.flatMap((table) => tableStatements(table, layout)),
  ];
  process.stdout.write(statements.map((sql) => `${sql};\n`).join(''));
}

async function passwordOf({ passwordFile }: LoadFlags): Promise<string> {
  if (passwordFile === undefined) return process.env['CLICKHOUSE_PASSWORD'] ?? '';
  const { readPlainFile } = await import('../../config/plain-file.ts');
  const text = readPlainFile(passwordFile, 4096);
  if (text === undefined)
    throw new WeirError(
      'FILE_UNREADABLE',
      `${passwordFile}: there is no such file; nothing was loaded. It shall hold the password.`,
    );
  return text.trimEnd();
}

function showProgress(table: string, site: string, hours: number): void {
  process.stderr.write(`\r\u001b[K${table} of ${site.slice(0, 16)}: ${hours} hours loaded`);
}

function servers(text: string, list: readonly URL[] = []): readonly URL[] {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError('not an address (http or https).');
  if (url.username !== '' || url.password !== '')
    throw new InvalidArgumentError('every user of a machine reads command lines: use --user and --password-file.');
  return [...list, url];
}

/** Escaped for quotes within a statement. */
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

function cluster(text: string): string {
  if (!NAME.test(text)) throw new InvalidArgumentError('not letters, digits and _.- alone.');
  return text;
}

function database(text: string): string {
  if (!/^[A-Za-z_]\w{0,63}$/.test(text)) throw new InvalidArgumentError('not letters, digits and _ alone.');
  return text;
}

function seconds(text: string): number {
  if (!/^\d{1,6}$/.test(text) || Number(text) < 1) throw new InvalidArgumentError('not a whole number of seconds.');
  return Number(text);
}
