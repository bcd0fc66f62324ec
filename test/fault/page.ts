// What a person sees of a fault: a real `weir appliance` next to the capture that suffers, asked for the status that the page
// draws, and reported in the page's own words.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StatusResponse } from '../../appliance/publish/schemas/status.ts';
import { account, captureReasons, captureWord } from '../../web/src/accounting.ts';
import { type CaptureProcess, MAIN, PATIENCE_MS } from './capture-process.ts';
import { type Stage, signalGroup } from './stage.ts';

export interface Seen {
  /** The word next to the lamp on every view. */
  readonly word: string;
  /** The lines below it. */
  readonly reasons: string;
  /** Packets that the page reports as lost. */
  readonly lost: number;
}

export class Page {
  readonly #socket: string;
  readonly #appliance: ChildProcess;

  private constructor(socket: string, appliance: ChildProcess) {
    this.#socket = socket;
    this.#appliance = appliance;
  }

  /** Starts the appliance of a capture that runs; it ends with the stage. */
  static async open(stage: Stage, capture: CaptureProcess): Promise<Page> {
    stage.run('ip', 'link', 'set', 'lo', 'up');
    const child = stage.spawn([process.execPath, MAIN, 'appliance', '--config', capture.config]);
    let log = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (log += text.toString()));
    const page = new Page(stage.outside(`${capture.data}/run/appliance/appliance.sock`), child);
    await page
      .until('the page to know capture', ({ word }) => word === 'Capturing')
      .catch((error: unknown) => {
        throw new Error(`${String(error)}\n${log.slice(-2000)}`);
      });
    return page;
  }

  async look(): Promise<Seen> {
    const status = await this.#status();
    const { capture } = status;
    const reasons = captureReasons(status).join('\n');
    return { word: captureWord(status).word, reasons, lost: capture === null ? 0 : account(capture.counters).lost };
  }

  /** Looks until what is seen is as wanted. Rejects with what was seen last. */
  async until(what: string, isSo: (seen: Seen) => boolean): Promise<Seen> {
    const deadline = performance.now() + PATIENCE_MS;
    let last: unknown = 'nothing';
    while (performance.now() < deadline) {
      try {
        const seen = await this.look();
        if (isSo(seen)) return seen;
        last = seen;
      } catch (error) {
        last = String(error);
      }
      await sleep(100);
    }
    throw new Error(`waited in vain for ${what}; the page shows ${JSON.stringify(last)}`);
  }

  /** Ends the appliance, so that nothing of it holds the card. */
  async close(): Promise<void> {
    const { pid } = this.#appliance;
    if (pid === undefined || this.#appliance.exitCode !== null) return;
    const gone = once(this.#appliance, 'exit');
    signalGroup(pid, 'SIGKILL');
    await gone;
  }

  #status(): Promise<StatusResponse> {
    return new Promise((resolve, reject) => {
      // A connection of its own: what a test runs and waits for may take longer than the appliance holds an idle one.
      const ask = request({ socketPath: this.#socket, path: '/api/v1/status', agent: false }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.once('end', () => {
          if (answer.statusCode === 200) resolve(JSON.parse(text) as StatusResponse);
          else reject(new Error(`the page answers ${answer.statusCode}: ${text.slice(0, 300)}`));
        });
      });
      ask.once('error', reject);
      ask.end();
    });
  }
}
