// The talking home of a fault test: compiles generator.c once and runs it inside a stage.

import { type ChildProcess, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HOME_END, type Stage } from './stage.ts';

export const GATEWAY = '02:67:77:00:00:01';

/** Address of device `index` (0 to 65,535) as generator.c makes it. */
export function deviceMac(index: number): string {
  const hex = index.toString(16).padStart(4, '0');
  return `02:d0:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`;
}

export interface Talk {
  /** Distinguishes the frames of this talk from those of others. */
  readonly run: number;
  readonly devices?: number;
  /** Frames; without it until stopped. */
  readonly count?: number;
  /** Frames a second; 0 is as fast as it goes. */
  readonly rate?: number;
  /** Bytes of every frame; 0 is the mix around 750. */
  readonly size?: number;
  /** Percent of frames from the gateway to a device, and from device to device. */
  readonly down?: number;
  readonly peer?: number;
  /** Number of invented senders. */
  readonly spoofed?: number;
  readonly first?: number;
  readonly seed?: number;
}

export interface Talked {
  readonly sent: number;
  readonly seconds: number;
}

export class Talker {
  readonly #child: ChildProcess;
  readonly done: Promise<Talked>;

  constructor(stage: Stage, talk: Talk) {
    this.#child = stage.spawn([compile('generator.c'), ...flags(talk)]);
    this.done = outcome(this.#child);
  }

  /** Ends the talk; answers how many frames were sent. */
  stop(): Promise<Talked> {
    this.#child.kill('SIGTERM');
    return this.done;
  }
}

/** Talks to the end. */
export function talk(stage: Stage, what: Talk & { readonly count: number }): Promise<Talked> {
  return new Talker(stage, what).done;
}

function flags(t: Talk): string[] {
  const pairs: [string, number | undefined][] = [
    ['-g', t.run],
    ['-n', t.devices],
    ['-c', t.count],
    ['-r', t.rate],
    ['-s', t.size],
    ['-d', t.down],
    ['-x', t.peer],
    ['-m', t.spoofed],
    ['-f', t.first],
    ['-e', t.seed],
  ];
  return ['-i', HOME_END, ...pairs.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]))];
}

function outcome(child: ChildProcess): Promise<Talked> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(out) as Talked);
      else reject(new Error(`generator ended with ${code}: ${err}`));
    });
  });
}

/** Compiles a C source of this folder into the system's temporary folder, once per content. */
export function compile(name: string): string {
  const source = fileURLToPath(new URL(`../../../test/fault/${name}`, import.meta.url));
  const digest = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), `weir-fault-tools-${process.getuid?.() ?? 0}`);
  const program = join(folder, `${name.replace(/\.c$/, '')}-${digest}`);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unfinished = `${program}.${process.pid}`;
  const done = spawnSync('gcc', ['-O2', '-Wall', '-o', unfinished, source], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`gcc: ${done.stderr}`);
  renameSync(unfinished, program);
  return program;
}
