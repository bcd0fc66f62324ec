// `weir appliance` as a process of its own over a data folder, until all of it is analysed; and what it has cost so far.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { SegmentsResponse } from '../../appliance/publish/schemas/captures.ts';
import type { StatusResponse } from '../../appliance/publish/schemas/status.ts';
import type { Asked } from './recorded.ts';

const WEIR = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));
/** Of `/proc/PID/stat`; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export class RealAppliance implements Asked {
  readonly dataDir: string;
  host = '';
  token = '';
  /** Processor time of processes that have ended. */
  #spentSeconds = 0;
  #child: ChildProcess | undefined;
  readonly #config: string;
  readonly ask = (url: string): Promise<{ json: unknown }> => this.#socket('GET', url);

  private constructor(dataDir: string) {
    this.dataDir = dataDir;
    this.#config = `${dataDir}.yaml`;
  }

  static async start(t: TestContext, dataDir: string): Promise<RealAppliance> {
    const made = new RealAppliance(dataDir);
    fs.writeFileSync(made.#config, JSON.stringify({ data: { dir: dataDir }, http: { port: 0 } }));
    t.after(() => made.stop());
    await made.start();
    const answer = await made.#socket('POST', '/api/v1/tokens', {
      name: 'pull',
      scopes: ['summaries', 'captures'],
      days: 1,
    });
    made.token = (answer.json as { token: string }).token;
    return made;
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [WEIR, 'appliance', '--config', this.#config], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    this.host = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stdout.on('data', (part: Buffer) => {
        text = `${text}${part.toString()}`.slice(-4000);
        const port = /the page is at https?:\/\/[^"]*:(\d+)/.exec(text)?.[1];
        if (port !== undefined) resolve(`127.0.0.1:${port}`);
      });
      child.once('exit', () => reject(new Error(`the appliance ended: ${text}`)));
    });
    while (!(await this.#isAnalysed())) await new Promise((resolve) => setTimeout(resolve, 100));
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.#spentSeconds += cpuSecondsOf(child);
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }

  /** Stopped, its index made from nothing, and started. */
  async rebuild(): Promise<void> {
    await this.stop();
    execFileSync(process.execPath, [WEIR, 'rebuild', '--config', this.#config], { stdio: 'ignore' });
    await this.start();
  }

  cpuSeconds(): number {
    return this.#spentSeconds + (this.#child === undefined ? 0 : cpuSecondsOf(this.#child));
  }

  async #isAnalysed(): Promise<boolean> {
    const { segments } = (await this.ask('/api/v1/segments?limit=1000')).json as SegmentsResponse;
    const { analysis } = (await this.ask('/api/v1/status')).json as StatusResponse;
    return (
      segments.length > 0 &&
      segments.every(({ analysed, state }) => analysed || state === 'deleted') &&
      analysis.rows_age_seconds === 0
    );
  }

  #socket(method: string, url: string, body?: unknown): Promise<{ json: unknown }> {
    const socketPath = path.join(this.dataDir, 'run', 'appliance', 'appliance.sock');
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const asking = request({ socketPath, path: url, method, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.once('end', () => {
          if ((answer.statusCode ?? 500) < 300) resolve({ json: JSON.parse(text) as unknown });
          else reject(new Error(`${method} ${url}: ${answer.statusCode} ${text}`));
        });
      });
      asking.once('error', reject);
      asking.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function cpuSecondsOf({ pid }: ChildProcess): number {
  const [, after = ''] = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const fields = after.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
