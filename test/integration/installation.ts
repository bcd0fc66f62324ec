// A whole Weir next to a simulated home, in a folder of its own: what `make run` starts, without pm2, so that a test can
// kill each process and look at the rest.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { toError } from '../../appliance/model/errors.ts';
import { parseSegmentFile, type SegmentSidecar } from '../../appliance/model/segment.ts';
import type { Home } from '../testbed/home.ts';
import { type Frame, framesOf } from './pcap-frames.ts';

export const CLI = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));

export interface StoredSegment {
  readonly path: string;
  readonly sidecar: SegmentSidecar;
}

export class Installation {
  readonly folder: string;
  readonly data: string;
  readonly home: Home;
  readonly config: string;
  capture: ChildProcess | undefined;
  appliance: ChildProcess | undefined;

  constructor(folder: string, home: Home) {
    this.folder = folder;
    this.home = home;
    this.data = join(folder, 'data');
    this.config = join(folder, 'weir.yaml');
  }

  configure(settings: Record<string, Record<string, unknown>>): void {
    mkdirSync(this.data, { recursive: true });
    writeFileSync(this.config, stringify({ ...settings, data: { dir: this.data } }));
  }

  async startCapture(): Promise<void> {
    const log = openSync(join(this.folder, 'capture.log'), 'a');
    this.capture = this.home.exec(process.execPath, [CLI, 'capture', '--config', this.config], {
      stdio: ['ignore', log, log],
    });
    await this.until('capture to run', 30, () => existsSync(join(this.data, 'run', 'capture.sock')));
  }

  startAppliance(): void {
    const log = openSync(join(this.folder, 'appliance.log'), 'a');
    this.appliance = spawn(process.execPath, [CLI, 'appliance', '--config', this.config], {
      stdio: ['ignore', log, log],
    });
  }

  /** GET on the local socket, where file permission is the credential. */
  get<T>(path: string): Promise<T> {
    return this.#ask<T>('GET', path);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.#ask<T>('POST', path, body);
  }

  #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    return new Promise((done, fail) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const ask = request(
        { socketPath: join(this.data, 'run', 'appliance', 'appliance.sock'), path, method, headers },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part: string) => (text += part));
          answer.once('end', () => {
            if (answer.statusCode === undefined || answer.statusCode >= 300)
              fail(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
            else done((text === '' ? undefined : JSON.parse(text)) as T);
          });
        },
      );
      ask.once('error', fail);
      ask.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Polls; a condition that throws counts as not yet. */
  async until(what: string, seconds: number, ready: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + seconds * 1000;
    let last = '';
    while (performance.now() < end) {
      try {
        if (await ready()) return;
      } catch (thrown) {
        last = toError(thrown).message;
      }
      await sleep(200);
    }
    throw new Error(`waited ${seconds} s in vain for ${what}: ${last}\n${this.logs()}`);
  }

  logs(): string {
    const names = ['capture.log', 'appliance.log'].filter((name) => existsSync(join(this.folder, name)));
    return names.map((name) => `--- ${name}\n${readFileSync(join(this.folder, name), 'utf8').slice(-3000)}`).join('\n');
  }

  segments(): StoredSegment[] {
    return segmentsBelow(this.data);
  }

  storedFrames(): Frame[] {
    return storedFramesBelow(this.data);
  }

  async end(which: 'capture' | 'appliance', signal: NodeJS.Signals): Promise<void> {
    const child = this[which];
    this[which] = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  async stop(): Promise<void> {
    await this.end('appliance', 'SIGTERM');
    await this.end('capture', 'SIGTERM');
  }
}

/** Every closed segment of a data folder; throws on a file that is not one of capture's. */
export function segmentsBelow(data: string): StoredSegment[] {
  const root = join(data, 'captures');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pcap'));
  return files.map((name) => {
    if (parseSegmentFile(name.split('/').at(-1) ?? '') === undefined) throw new Error(`strange file name ${name}`);
    const sidecar = JSON.parse(readFileSync(join(root, name.replace(/\.pcap$/, '.json')), 'utf8')) as SegmentSidecar;
    return { path: join(root, name), sidecar };
  });
}

/** The frames of all segments, those between two devices once: DESIGN §4, attribution. */
export function storedFramesBelow(data: string): Frame[] {
  return segmentsBelow(data).flatMap(({ path, sidecar }) => {
    const infra = new Set(sidecar.infra);
    const own = (frame: Frame): boolean =>
      sidecar.device.startsWith('_') || frame.source === sidecar.device || infra.has(frame.source);
    return framesOf(path).filter(own);
  });
}
