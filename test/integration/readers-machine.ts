// What a reader of the manuals has before them: a folder with the files that the text names, `weir` and `sudo` as commands, a
// simulated home that is recorded at rest, and a second appliance with older hours.

import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { DevicesResponse } from '../../appliance/publish/schemas/devices.ts';
import { manualPages, ROOT } from '../manual-commands.ts';
import { RealAppliance } from '../pull/real-appliance.ts';
import { HOUR, recordInto } from '../pull/recorded.ts';
import { startHome } from '../testbed/home.ts';
import type { DeviceKind } from '../testbed/roster.ts';
import { CLI, Installation } from './installation.ts';

const REST_MS = 12_000;

export class ReadersMachine {
  readonly folder: string;
  readonly weir: Installation;
  readonly second: RealAppliance;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  /** Standard output by command. */
  readonly kept = new Map<string, string>();

  private constructor(weir: Installation, second: RealAppliance, port: number) {
    this.folder = weir.folder;
    this.weir = weir;
    this.second = second;
    this.port = port;
    this.env = { ...process.env, PATH: `${join(weir.folder, 'bin')}:${process.env['PATH']}`, WEIR_CONFIG: weir.config };
  }

  static async start(t: TestContext): Promise<ReadersMachine> {
    const folder = mkdtempSync(join(tmpdir(), 'weir-manuals-'));
    const home = await startHome({ dir: join(folder, 'home'), seed: 7 });
    const weir = new Installation(folder, home);
    const older = join(folder, 'older');
    // Hours that are over by any clock, so that their rows are written.
    const hour = Math.floor((Date.now() / 1000 - HOUR) / 3600) - 3;
    await recordInto(older, { hour, count: 90, devices: [1, 2] });
    const second = await RealAppliance.start(t, older);
    t.after(async () => {
      await weir.stop();
      await home.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    const port = await freePort();
    weir.configure({ http: { host: '0.0.0.0', port }, scan: { packets_per_second: 5000 } });
    await weir.startCapture();
    weir.startAppliance();
    const machine = new ReadersMachine(weir, second, port);
    machine.#putPrograms();
    await machine.#recordRest();
    machine.#putFiles();
    return machine;
  }

  mac(kind: DeviceKind): string {
    return this.weir.home.devices.find((device) => device.kind === kind)?.mac ?? '';
  }

  /** A path in the reader's folder. */
  readonly at = (...names: readonly string[]): string => join(this.folder, ...names);

  /** What a token-making command printed. */
  tokenOf(command: string): string {
    return this.kept.get(command)?.trim() ?? '';
  }

  async run(program: string, ...words: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(program, words, { cwd: this.folder, env: this.env });
    return stdout;
  }

  /** Until a verb prints it. */
  until(what: string, pattern: RegExp, words: readonly string[]): Promise<void> {
    return this.weir.until(what, 60, async () => pattern.test(await this.run('weir', ...words)));
  }

  #putPrograms(): void {
    mkdirSync(this.at('bin'));
    const programs = { weir: `exec '${process.execPath}' '${CLI}' "$@"`, sudo: 'exec "$@"' };
    for (const [name, line] of Object.entries(programs)) {
      writeFileSync(this.at('bin', name), `#!/bin/sh\n${line}\n`);
      chmodSync(this.at('bin', name), 0o755);
    }
  }

  /** Some seconds of idle, which the comparisons need next to the intensive ones of the commands. */
  async #recordRest(): Promise<void> {
    const { weir } = this;
    await weir.until('capture to answer', 30, async () => {
      await weir.post('/api/v1/phase', { phase: 'idle' });
      return true;
    });
    await sleep(REST_MS);
    await weir.until('each device', 60, async () => {
      const { devices } = await weir.get<DevicesResponse>('/api/v1/devices');
      return weir.home.devices.every(({ mac }) => devices.some((device) => device.mac === mac));
    });
  }

  #putFiles(): void {
    for (const name of ['dist', 'provisioning']) symlinkSync(join(ROOT, name), this.at(name));
    copyFileSync(join(ROOT, 'provisioning/install.sh'), this.at('install.sh'));
    const names = { lamp: 'kasa-plug', phone: 'phone' } as const;
    const rows = Object.entries(names).map(([name, kind]) => `${this.mac(kind)} ${name}`);
    const files = {
      'devices.txt': rows.join('\n'),
      'vault.txt': 'serial: 4711-0815\n',
      'words.txt': 'insulin\n',
      'phrase.txt': 'a phrase of several words\n',
      // Without its quiet time and its hour, so that the first question comes at once.
      'campaign.yaml': yamlOf('appliance/experiment/EXPERIMENTS.md', 'campaign:')
        .replace('guard: 30s', 'guard: 0s')
        .replace(/^ +at:.*\n/m, ''),
      'rules.yaml': yamlOf('appliance/analysis/platforms/RULES.md', '- platform:'),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(this.at(name), text);
  }

  /** The captures that are closed, most bytes first: those with a sidecar, which is written last. */
  captures(): string[] {
    const root = join(this.weir.data, 'captures');
    return readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.pcap'))
      .map((name) => join(root, name))
      .filter((path) => existsSync(path.replace(/\.pcap$/, '.json')))
      .toSorted((a, b) => statSync(b).size - statSync(a).size);
  }
}

/** The block of a page that begins with these words. */
function yamlOf(page: string, start: string): string {
  const text = manualPages().find(({ file }) => file === page)?.text ?? '';
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  return blocks.find((block) => block.startsWith(start)) ?? '';
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}
