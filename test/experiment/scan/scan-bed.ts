// A bridge with one device behind it, in network namespaces of its own, and Weir's real processes next to it.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { askAppliance } from '../../../appliance/cli/local-api.ts';
import { toError } from '../../../appliance/model/errors.ts';

export const CLI = fileURLToPath(new URL('../../../appliance/cli/main.js', import.meta.url));
const DEVICE = fileURLToPath(new URL('./device-main.js', import.meta.url));

export const DEVICE_MAC = '02:00:00:00:00:07';
export const DEVICE_IP = '10.88.0.7';
const FIRST = 7;

const TRY = 'ip link add br-try type bridge; sysctl -qw net.ipv4.icmp_ratelimit=0';

/** Why it cannot be built here; false where it can. */
export function whyNot(): string | false {
  if (process.getuid?.() !== 0) return 'root makes network namespaces, and this is not root';
  for (const program of ['nmap', 'unshare', 'nsenter', 'ip', 'tcpdump'])
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `${program} is not installed`;
  if (spawnSync('unshare', ['-n', 'sh', '-ec', TRY]).status !== 0) return 'namespaces or bridges are not allowed here';
  return false;
}

export class ScanBed {
  readonly folder = mkdtempSync(join(tmpdir(), 'weir-scan-bed-'));
  readonly config = join(this.folder, 'weir.yaml');
  readonly dataDir = join(this.folder, 'data');
  readonly #children = new Set<ChildProcess>();
  readonly #links = ['br-weir'];

  /** Only within a namespace that was made for it. Further devices have the addresses that follow. */
  async build(
    tcp: readonly number[],
    udp: readonly number[],
    { devices = 1, scan = {}, notify = {} } = {},
  ): Promise<void> {
    mkdirSync(this.dataDir);
    sh('ip link set lo up; ip link add br-weir type bridge; ip link set br-weir address 02:00:00:00:00:01');
    sh('ip addr add 10.88.0.1/24 dev br-weir; ip link set br-weir up');
    for (let last = FIRST; last < FIRST + devices; last++) await this.#join(last, tcp, udp);
    const retention = { free_bytes: 0, free_percent: 0, free_inodes_percent: 0, ballast_bytes: 0 };
    const capture = { canary_seconds: 0, flush_ms: 100, infra_macs: ['02:00:00:00:00:01'] };
    writeFileSync(
      this.config,
      JSON.stringify({
        data: { dir: this.dataDir },
        capture,
        retention,
        scan: { packets_per_second: 5000, ...scan },
        http: { port: 0 },
        notify,
      }),
    );
  }

  async #join(last: number, tcp: readonly number[], udp: readonly number[]): Promise<void> {
    const hex = last.toString(16).padStart(2, '0');
    const home = this.run('unshare', ['-n', 'sh', '-c', 'echo made; exec sleep 100000']);
    await once(home.stdout!, 'data');
    this.#links.push(`p${last}`);
    const inside = `nsenter -t ${home.pid} -n`;
    sh(
      `ip link add p${last} type veth peer name d7; ip link set p${last} master br-weir up; ip link set d7 netns ${home.pid}`,
    );
    sh(
      `${inside} sh -c 'ip link set lo up; ip link set d7 address 02:00:00:00:00:${hex}; ip addr add 10.88.0.${last}/24 dev d7; ip link set d7 up'`,
    );
    sh(
      `${inside} sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=100000`,
    );
    const device = this.run('nsenter', [
      '-t',
      String(home.pid),
      '-n',
      process.execPath,
      DEVICE,
      tcp.join(),
      udp.join(),
    ]);
    await once(device.stdout!, 'data');
  }

  run(program: string, words: readonly string[]): ChildProcess {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', openSync(join(this.folder, 'log'), 'a')] });
    this.#children.add(child);
    return child;
  }

  verb(name: string): ChildProcess {
    return this.run(process.execPath, [CLI, name, '--config', this.config]);
  }

  /** What the unit's program answers to one line. */
  worker(line: string): string {
    const words = [CLI, 'scan-worker', '--config', this.config];
    return spawnSync(process.execPath, words, { input: `${line}\n`, encoding: 'utf8' }).stdout;
  }

  /** Standard output of a verb that must succeed, as a person types it. */
  weir(...words: readonly string[]): string {
    const run = spawnSync(process.execPath, [CLI, ...words, '--config', this.config], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`weir ${words.join(' ')}: ${run.stderr}`);
    return run.stdout;
  }

  /** By the socket of the appliance, as the verbs ask; undefined while nobody listens. */
  ask<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T | undefined> {
    return askAppliance<T>({ config: this.config }, method, path, body).catch(() => undefined);
  }

  /** Why the appliance does not do it; empty where it did, or nobody listens yet. */
  async refusal(path: string, body: unknown): Promise<string> {
    return askAppliance({ config: this.config }, 'POST', path, body).then(
      () => '',
      (thrown: unknown) => toError(thrown).message,
    );
  }

  /** What runs below a process: their ids, by the words they were started with. */
  below(ancestor: ChildProcess, words: RegExp): number[] {
    const parents = new Map(
      readdirSync('/proc')
        .filter(isNumber)
        .map((id) => [Number(id), parentOf(id)]),
    );
    const isBelow = (id: number): boolean => {
      const parent = parents.get(id) ?? 0;
      return parent === ancestor.pid || (parent > 1 && isBelow(parent));
    };
    return [...parents.keys()].filter((id) => isBelow(id) && words.test(wordsOf(id)));
  }

  async end(): Promise<void> {
    for (const child of [...this.#children].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    // The namespace is the whole file's: the next bed makes its own. What is gone with its device already is no matter.
    for (const link of this.#links) spawnSync('ip', ['link', 'del', link]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function sh(line: string): void {
  const { status, stderr } = spawnSync('sh', ['-ec', line], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${line}: ${stderr}`);
}

const isNumber = (text: string): boolean => /^\d+$/.test(text);

/** 0 where the process has gone meanwhile. */
function parentOf(id: string): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(procFile(id, 'status'))?.[1] ?? 0);
}

function wordsOf(id: number): string {
  return procFile(String(id), 'cmdline').replaceAll('\0', ' ');
}

function procFile(id: string, name: string): string {
  try {
    return readFileSync(`/proc/${id}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
