// Figures of windows for the running appliance: each in a thread of its own (figures-worker.ts), one after the other, within bounds of
// bytes, memory and time, so that a window of a week keeps nobody else waiting. Owned by appliance.ts.

import { Worker } from 'node:worker_threads';
import type { WindowFigures } from '../../model/document/window-figures.ts';
import { toError, WeirError } from '../../model/errors.ts';
import { Turnstile } from '../../store/figures/turnstile.ts';
import type { FiguresPlan } from './window-figures.ts';

const WORKER = new URL('./figures-worker.js', import.meta.url);
const HEAP_MEGABYTES = 256;
/** A Pi reads and analyses some 20 MB a second. */
const MAX_BYTES = 1024 * 1024 * 1024;
/** For figures of one window; after that there are none, and `weir figures` on the command line is named. */
const MAX_MS = 120_000;
/** Figures are made one after the other. */
const MAX_WAITING = 4;

export interface FiguresStart {
  readonly dataDir: string;
  readonly profile: string;
  readonly home: string;
  /** Own platform rules. */
  readonly rulesDir: string;
}

export interface FiguresOrder extends FiguresStart {
  readonly plan: FiguresPlan;
}

export class FiguresThread {
  readonly #start: FiguresStart;
  readonly #turnstile = new Turnstile();
  #worker: Worker | undefined;
  #waiting = 0;
  #stopped = false;

  constructor(start: FiguresStart) {
    this.#start = start;
  }

  start(): void {
    this.#stopped = false;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#worker?.terminate();
  }

  /** Of its conversations the largest only. @throws WeirError REQUEST_INVALID where it is too much, or too many ask. */
  async draw(plan: FiguresPlan): Promise<WindowFigures> {
    const bytes = plan.wanted.reduce((sum, { segment }) => sum + (segment.bytes ?? 0), 0);
    if (bytes > MAX_BYTES)
      throw refusal(`The window reaches into ${bytes} bytes of captures, and ${MAX_BYTES} at most are read`);
    if (this.#waiting >= MAX_WAITING) throw refusal(`${MAX_WAITING} figures are being made already`);
    this.#waiting++;
    try {
      return await this.#turnstile.pass(() => this.#draw(plan));
    } finally {
      this.#waiting--;
    }
  }

  #draw(plan: FiguresPlan): Promise<WindowFigures> {
    if (this.#stopped) return Promise.reject(refusal('The appliance stops'));
    const workerData: FiguresOrder = { ...this.#start, plan };
    const worker = new Worker(WORKER, {
      workerData,
      name: 'weir-figures',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
    });
    this.#worker = worker;
    return new Promise<WindowFigures>((resolve, reject) => {
      const late = setTimeout(() => reject(refusal(`No figures within ${MAX_MS / 1000} s`)), MAX_MS);
      worker.once('message', resolve);
      worker.once('error', (error) => reject(refusal(`The figures could not be made (${toError(error).message})`)));
      worker.once('exit', () => reject(refusal('The figures were given up')));
      worker.once('exit', () => clearTimeout(late));
    }).finally(() => {
      void worker.terminate();
    });
  }
}

function refusal(what: string): WeirError {
  return new WeirError('REQUEST_INVALID', `${what}; no figures. \`weir figures\` makes them on the command line.`);
}
