// A whole appliance in this process, on a free port, with a data folder and a stand-in for capture.

import { request } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type RunningAppliance, startAppliance } from '../../appliance/appliance.ts';
import { loadConfig } from '../../appliance/config/load.ts';
import type { Config } from '../../appliance/config/schema.ts';
import { DataFolder } from '../store/data-folder.ts';
import { CaptureDouble } from './capture-double.ts';

export interface TestAppliance {
  readonly folder: DataFolder;
  readonly capture: CaptureDouble;
  readonly password: string;
  readonly url: string;
  readonly running: RunningAppliance;
  readonly warnings: string[];
  /** Asks as a browser would; `cookie` after a log-in. */
  readonly ask: (path: string, options?: AskOptions) => Promise<Answer>;
  readonly logIn: () => Promise<string>;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sent as it is, with this content type. */
  readonly raw?: { readonly type: string; readonly text: string };
  readonly socketPath?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: unknown;
}

export type ConfigChange = (config: Config) => Config;

export async function startTestAppliance(
  t: TestContext,
  change: ConfigChange = (config) => config,
  folder: DataFolder = DataFolder.make(t),
  capture?: CaptureDouble,
  bootReportFile = '/nonexistent/report.json',
): Promise<TestAppliance> {
  const double = capture ?? (await CaptureDouble.start(t, folder.dir));
  const warnings: string[] = [];
  let password = '';
  const defaults = loadConfig(undefined).config;
  const config = change({ ...defaults, data: { dir: folder.dir }, http: { ...defaults.http, port: 0 } });
  const running = await startAppliance({
    config,
    log: { info: () => undefined, warn: (text) => warnings.push(text) },
    showPassword: (made) => {
      password = made;
    },
    bootReportFile,
  });
  t.after(() => running.stop());
  const ask = (path: string, options: AskOptions = {}) => askAt(running.url, path, options);
  const logIn = async () => {
    const answer = await ask('/api/v1/login', { method: 'POST', body: { password } });
    const [cookie = ''] = [answer.headers['set-cookie'] ?? []].flat();
    return cookie.split(';', 1)[0] ?? '';
  };
  return { folder, capture: double, password, url: running.url, running, warnings, ask, logIn };
}

export function askAt(url: string, path: string, options: AskOptions = {}): Promise<Answer> {
  const text = options.raw?.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  const type = options.raw?.type ?? (text === undefined ? undefined : 'application/json');
  const headers = {
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) }),
    ...options.headers,
  };
  const { hostname, port } = new URL(url);
  const target = options.socketPath === undefined ? { hostname, port } : { socketPath: options.socketPath };
  return new Promise((resolve, reject) => {
    const asking = request({ ...target, path, method: options.method ?? 'GET', headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const body = Buffer.concat(parts).toString('utf8');
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: body, json: parse(body) });
      });
    });
    asking.on('error', reject);
    asking.end(text);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const socketOf = (folder: DataFolder) => join(folder.dir, 'run', 'appliance', 'appliance.sock');
