// A data folder as the package makes it, with its users: what may be done there is tried by processes that really are somebody else.
// Where root is not there all are the one who runs the tests: what lies in the folder can then be tried, who may put it there cannot.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { frame, pcap, record } from '../capture/fixture.ts';

const CLI = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));
const TMPFILES = fileURLToPath(new URL('../../../systemd/weir.tmpfiles.conf', import.meta.url));

export const isRoot = process.getuid?.() === 0;
/** For a test that needs several users: why it is left out, reported loudly. */
export const WITHOUT_ROOT = isRoot ? false : 'NOT TESTED: needs root, to be two other users';

/** Numbers that no system gives out. */
const GROUP = 61_003;
const USERS = { 'weir-capture': 61_001, weir: 61_002 } as const;
export type User = keyof typeof USERS | 'root';

const FIRST = 1_795_176_000;
const DEVICE = '50:c7:bf:00:00:01';
const ROUTER = 'dc:a6:32:00:00:fe';
const START_MS = 30_000;

export interface Done {
  readonly status: number | null;
  readonly out: string;
  readonly problem: string;
}

export class Installed {
  readonly #t: TestContext;
  readonly root: string;
  readonly data: string;
  readonly config: string;
  /** Root's alone, with known words. */
  readonly canary: string;

  private constructor(t: TestContext, root: string) {
    this.#t = t;
    this.root = root;
    this.data = path.join(root, 'data');
    this.config = path.join(root, 'weir.yaml');
    this.canary = path.join(root, 'canary');
  }

  /** With the folders of tmpfiles.d, and settings that replay a capture which does not end; capture has run there once. */
  static async make(t: TestContext): Promise<Installed> {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-wall-'));
    t.after(() => fs.rmSync(root, { recursive: true, force: true }));
    fs.chmodSync(root, 0o755);
    const installed = new Installed(t, root);
    installed.#writeFiles();
    Installed.#first ??= installed.#runFirst();
    const first = await Installed.#first;
    if (!fs.existsSync(installed.data)) assert.equal(spawnSync('cp', ['-a', first, installed.data]).status, 0);
    return installed;
  }

  /** A folder in which capture has run, for all tests of a file to begin with: such a run takes seconds. */
  static #first: Promise<string> | undefined;

  async #runFirst(): Promise<string> {
    for (const line of fs.readFileSync(TMPFILES, 'utf8').split('\n')) this.#makeFolder(line.split(/\s+/));
    await this.run();
    const kept = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-wall-first-'));
    process.once('exit', () => fs.rmSync(kept, { recursive: true, force: true }));
    assert.equal(spawnSync('cp', ['-a', this.data, kept]).status, 0);
    return path.join(kept, 'data');
  }

  #writeFiles(): void {
    const file = path.join(this.root, 'in.pcap');
    const packets = [0, 1, 7200].map((at) => record(FIRST + at, 1, frame(DEVICE, ROUTER)));
    fs.writeFileSync(file, pcap(packets));
    // Nothing here is about room on the disk.
    const retention = { ballast_bytes: 0, free_bytes: 0, free_percent: 0, free_inodes_percent: 0 };
    const settings = { data: { dir: this.data }, capture: { engine: 'file', file }, retention, http: { port: 0 } };
    fs.writeFileSync(this.config, JSON.stringify(settings));
    fs.writeFileSync(this.canary, 'root only', { mode: 0o600 });
  }

  #makeFolder([type, name = '', mode = '', user, group]: readonly string[]): void {
    if (type !== 'd' || !name.startsWith('/var/lib/weir')) return;
    const folder = this.data + name.slice('/var/lib/weir'.length);
    fs.mkdirSync(folder);
    assert.equal(group, 'weir');
    if (isRoot) fs.chownSync(folder, USERS[user as keyof typeof USERS], GROUP);
    fs.chmodSync(folder, Number.parseInt(mode, 8));
  }

  path(name: string): string {
    return path.join(this.data, name);
  }

  /** As earlier versions had it: everybody of the group wrote into `run/`, and the appliance's socket lay there. */
  openRunFolder(): void {
    fs.rmdirSync(this.path('run/appliance'));
    fs.chmodSync(this.path('run'), 0o2770);
  }

  /** A shell in the data folder. */
  as(user: User, script: string): Done {
    return done(spawnSync('sh', ['-c', script], { ...this.#rights(user), timeout: START_MS, encoding: 'utf8' }));
  }

  weir(user: User, ...words: readonly string[]): Done {
    const options = { ...this.#rights(user), timeout: START_MS, encoding: 'utf8' } as const;
    return done(spawnSync(process.execPath, [CLI, ...words], options));
  }

  /** A program that runs until the test ends. */
  start(user: User, program: string, words: readonly string[]): ChildProcess {
    const child = spawn(program, words, { ...this.#rights(user), stdio: ['ignore', 'pipe', 'pipe'] });
    this.#t.after(() => void child.kill('SIGKILL'));
    return child;
  }

  /** Capture as its user, as soon as it records. Rejects with its words where it ends or is not ready in time. */
  capture(): Promise<ChildProcess> {
    const child = this.start('weir-capture', process.execPath, [CLI, 'capture', '--config', this.config]);
    let said = '';
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`capture does not start: ${said}`)), START_MS);
      child.once('exit', () => reject(new Error(`capture ended: ${said}`)));
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (!said.includes('capturing ')) return;
        clearTimeout(late);
        resolve(child);
      });
    });
  }

  /** Starts capture and stops it in good order. */
  async run(): Promise<void> {
    await stop(await this.capture());
  }

  #rights(user: User): { cwd: string; uid?: number; gid?: number } {
    const cwd = fs.existsSync(this.data) ? this.data : this.root;
    return isRoot && user !== 'root' ? { cwd, uid: USERS[user], gid: GROUP } : { cwd };
  }
}

export async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

function done({ status, stdout, stderr }: ReturnType<typeof spawnSync>): Done {
  return { status, out: String(stdout), problem: String(stderr) };
}
