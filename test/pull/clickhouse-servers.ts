// Debian's ClickHouse, as many servers of one cluster as a test wants, on loopback and with folders of their own.

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { LoadWish } from '../../appliance/pull/clickhouse/loader.ts';
import { ClickHouseServers } from '../../appliance/pull/clickhouse/server.ts';
import { temporaryFolder } from '../capture/fixture.ts';

export const hasClickHouse = spawnSync('clickhouse-server', ['--help']).error === undefined;
const CLUSTER = 'homes';

export interface ClickHouse {
  readonly url: URL;
  /** Of this server alone. */
  readonly ask: (sql: string) => Promise<Record<string, unknown>[]>;
  readonly run: (sql: string) => Promise<string>;
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
}

interface Ports {
  readonly http: number;
  readonly tcp: number;
}

/** Started, each with all of them as the shards of one cluster. */
export async function clickHouses(t: TestContext, count: number): Promise<ClickHouse[]> {
  for (let attempt = 0; ; attempt++) {
    const free = await freePorts(2 * count);
    const ports = Array.from({ length: count }, (_, i) => ({ http: free[2 * i] ?? 0, tcp: free[2 * i + 1] ?? 0 }));
    const servers = ports.map((own) => server(t, own, ports));
    try {
      for (const one of servers) await one.start();
      return servers;
    } catch (thrown) {
      // Somebody else may have taken a port meanwhile.
      for (const one of servers) await one.kill();
      if (attempt === 4) throw thrown;
    }
  }
}

function server(t: TestContext, own: Ports, all: readonly Ports[]): ClickHouse {
  const folder = temporaryFolder(t);
  const config = path.join(folder, 'config.xml');
  fs.writeFileSync(config, configuration(folder, own, all));
  fs.writeFileSync(path.join(folder, 'users.xml'), USERS);
  const url = new URL(`http://127.0.0.1:${own.http}/`);
  let child: ChildProcess | undefined;
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  t.after(kill);
  const start = async () => {
    child = spawn('clickhouse-server', [`--config-file=${config}`], { stdio: 'ignore' });
    while (child.exitCode === null && child.signalCode === null) {
      const isUp = await fetch(url, { method: 'POST', body: 'SELECT 1', headers: LOGIN }).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isUp) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`clickhouse-server ended: ${fs.readFileSync(path.join(folder, 'log'), 'utf8').slice(-2000)}`);
  };
  return { url, ask: (sql) => ask(url, sql), run: (sql) => run(url, sql), kill, start };
}

async function run(url: URL, sql: string): Promise<string> {
  const answer = await fetch(url, { method: 'POST', body: sql, headers: LOGIN });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

async function ask(url: URL, sql: string): Promise<Record<string, unknown>[]> {
  return (await run(url, `${sql} FORMAT JSONEachRow`))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const USER = 'weir';
const PASSWORD = 'secret of the test';
const LOGIN = { authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}` };

function configuration(folder: string, { http, tcp }: Ports, all: readonly Ports[]): string {
  const shards = all.map(
    (one) =>
      `<shard><replica><host>127.0.0.1</host><port>${one.tcp}</port><user>${USER}</user><password>${PASSWORD}</password></replica></shard>`,
  );
  return `<yandex>
<logger><level>warning</level><log>${folder}/log</log><errorlog>${folder}/err</errorlog></logger>
<http_port>${http}</http_port><tcp_port>${tcp}</tcp_port><listen_host>127.0.0.1</listen_host>
<path>${folder}/data/</path><tmp_path>${folder}/tmp/</tmp_path>
<users_config>users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>5368709</mark_cache_size>
<remote_servers><${CLUSTER}>${shards.join('')}</${CLUSTER}></remote_servers>
</yandex>`;
}

const USERS = `<yandex>
<profiles><default><max_memory_usage>1000000000</max_memory_usage><max_threads>2</max_threads></default></profiles>
<users><${USER}><password>${PASSWORD}</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></${USER}></users>
<quotas><default/></quotas>
</yandex>`;

async function freePorts(count: number): Promise<number[]> {
  const held = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const one of held) {
    await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
    const address = one.address();
    ports.push(typeof address === 'object' && address !== null ? address.port : 0);
  }
  for (const one of held) await new Promise((resolve) => one.close(resolve));
  return ports;
}

/** `weir archive load` into a cluster of these. */
export function loadWith(
  archive: string,
  database: string,
  servers: readonly ClickHouse[],
): Promise<{ code: number | null; out: string; err: string }> {
  const urls = servers.flatMap(({ url }) => ['--clickhouse', url.href]);
  const words = ['archive', 'load', archive, ...urls, '--cluster', CLUSTER, '--database', database, '--user', USER];
  const env = { ...process.env, CLICKHOUSE_PASSWORD: PASSWORD };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [WEIR, ...words, '--json'], { env }, (_error, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    );
  });
}

const WEIR = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));

/** What loads into a cluster of these, within this process. */
export function loadWishOf(archive: string, database: string, servers: readonly ClickHouse[]): LoadWish {
  const urls = servers.map(({ url }) => url);
  return {
    servers: new ClickHouseServers({ urls, user: USER, password: PASSWORD, waitMs: () => 1 }),
    layout: { database, cluster: CLUSTER },
    archives: [archive],
  };
}
