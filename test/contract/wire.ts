// A veth pair between two network namespaces: an engine sits at one end (engine-host.ts), frames come from the other
// (udp-sender.ts). Everything is gone when the two processes end.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Of frames that count; everything else on the wire is the kernel's own. */
export const PORT = 9999;
export const FILTER = `udp dst port ${PORT}`;
const NEAR = '10.99.0.1';
const FAR = '10.99.0.2';
const NEAR_MAC = '02:00:00:00:99:01';
const FAR_MAC = '02:00:00:00:99:02';

/** Why namespaces cannot be made here; undefined where they can. */
export function whyNoNamespaces(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  for (const program of ['ip', 'nsenter', 'unshare', 'tcpdump', 'setpriv']) {
    if (spawnSync(program, ['--version']).error !== undefined) return `${program} is not installed`;
  }
  return spawnSync('unshare', ['--net', 'true']).status === 0 ? undefined : 'unshare --net is refused';
}

export class Wire {
  readonly #near: ChildProcess;
  readonly #far: ChildProcess;

  private constructor(near: ChildProcess, far: ChildProcess) {
    this.#near = near;
    this.#far = far;
  }

  /** Both namespaces, with the pair in place unless `bare`. */
  static async make(t: TestContext, bare = false): Promise<Wire> {
    const wire = new Wire(await namespace(), await namespace());
    t.after(() => wire.#remove());
    if (!bare) wire.connect();
    return wire;
  }

  #remove(): void {
    this.#near.kill('SIGKILL');
    this.#far.kill('SIGKILL');
  }

  /** Makes the pair: `va` at the engine's end, `vb` at the sender's. */
  connect(): void {
    this.near('ip', 'link', 'add', 'va', 'address', NEAR_MAC, 'type', 'veth', 'peer', 'name', 'vb', 'address', FAR_MAC);
    this.near('ip', 'link', 'set', 'vb', 'netns', String(this.#far.pid));
    for (const [run, name, address, peer, peerMac] of [
      [this.near, 'va', NEAR, FAR, FAR_MAC],
      [this.far, 'vb', FAR, NEAR, NEAR_MAC],
    ] as const) {
      run('ip', 'link', 'set', name, 'up');
      run('ip', 'address', 'add', `${address}/24`, 'dev', name);
      run('ip', 'neighbour', 'replace', peer, 'lladdr', peerMac, 'dev', name, 'nud', 'permanent');
    }
  }

  disconnect(): void {
    this.near('ip', 'link', 'delete', 'va');
  }

  down(): void {
    this.near('ip', 'link', 'set', 'va', 'down');
  }

  up(): void {
    this.near('ip', 'link', 'set', 'va', 'up');
    this.near('ip', 'neighbour', 'replace', FAR, 'lladdr', FAR_MAC, 'dev', 'va', 'nud', 'permanent');
  }

  /** Runs a program at the engine's end. */
  readonly near = (...command: readonly string[]): void => enter(this.#near, command);

  /** Runs a program at the sender's end. */
  readonly far = (...command: readonly string[]): void => enter(this.#far, command);

  /** Arguments that start a program at the engine's end. */
  nearPrefix(): string[] {
    return ['nsenter', '--net', '--target', String(this.#near.pid)];
  }

  /** Sends numbered datagrams, `perSecond` of them a second or as fast as can be (0). Resolves when all are on the wire. */
  send(count: number, perSecond: number, bytes = 100): void {
    const program = fileURLToPath(new URL('./udp-sender.js', import.meta.url));
    this.far(process.execPath, program, NEAR, String(PORT), String(count), String(perSecond), String(bytes));
  }
}

async function namespace(): Promise<ChildProcess> {
  const holder = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up; echo ready; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => holder.stdout?.once('data', resolve));
  return holder;
}

function enter(holder: ChildProcess, command: readonly string[]): void {
  execFileSync('nsenter', ['--net', '--target', String(holder.pid), ...command], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
