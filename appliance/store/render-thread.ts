// SummaryTools in a thread of their own (render-worker.ts). A thread that dies fails the questions it had and is started
// again for the next one. Owned by appliance.ts.

import { Worker } from 'node:worker_threads';
import type { AnalysisDocument } from '../model/analysis-document.ts';
import { systemCode, toError } from '../model/errors.ts';
import type { PackedText } from './packed-text.ts';
import type { RenderAnswer, RenderQuestion, RenderStart } from './render-messages.ts';
import type { DeviceSum, SummaryOrigin, SummaryTools } from './summary-tools.ts';

const WORKER = new URL('./render-worker.js', import.meta.url);
const HEAP_MEGABYTES = 256;
/** A thread that ran out of memory gets twice as much the next time, up to this. */
const OUT_OF_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY';
const MOST_HEAP_MEGABYTES = 1024;
/** Small: a larger one only makes the process larger. */
const YOUNG_MEGABYTES = 12;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

export class RenderThread implements SummaryTools {
  readonly #start: RenderStart;
  readonly #trouble: (text: string) => void;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #id = 0;
  #sums = 0;
  #heapMegabytes = HEAP_MEGABYTES;
  #stopped = false;

  constructor(profile: string, dataDir: string, trouble: (text: string) => void, home = '') {
    this.#start = { profile, dataDir, home };
    this.#trouble = trouble;
  }

  start(): void {
    this.#thread();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#worker?.terminate();
  }

  merge(parts: readonly PackedText[]): Promise<PackedText> {
    return this.#ask({ verb: 'merge', parts }) as Promise<PackedText>;
  }

  document(parts: readonly PackedText[], origin: SummaryOrigin): Promise<AnalysisDocument> {
    return this.#ask({ verb: 'document', parts, origin }) as Promise<AnalysisDocument>;
  }

  combine(): DeviceSum {
    const sum = ++this.#sums;
    let begins = true;
    const add = async (parts: readonly PackedText[]) => {
      const question = { verb: 'add', sum, begins, parts } as const;
      begins = false;
      await this.#ask(question);
    };
    return {
      add,
      document: async (origin) => {
        if (begins) await add([]);
        return this.#ask({ verb: 'finish', sum, origin }) as Promise<AnalysisDocument>;
      },
      // Where the thread is gone, so is the sum.
      abandon: () => void this.#ask({ verb: 'abandon', sum }).catch(() => undefined),
    };
  }

  #ask(question: Unnumbered<RenderQuestion>): Promise<unknown> {
    if (this.#stopped) return Promise.reject(new Error('rendering has stopped'));
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#thread().postMessage({ ...question, id });
    });
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(WORKER, {
      workerData: this.#start,
      name: 'weir-render',
      resourceLimits: { maxOldGenerationSizeMb: this.#heapMegabytes, maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
    });
    worker.on('message', (answer: RenderAnswer) => this.#receive(answer));
    worker.on('error', (error) => {
      if (systemCode(error) === OUT_OF_MEMORY)
        this.#heapMegabytes = Math.min(MOST_HEAP_MEGABYTES, this.#heapMegabytes * 2);
      this.#died(worker, toError(error).message);
    });
    worker.on('exit', () => this.#died(worker, 'the thread ended'));
    this.#worker = worker;
    return worker;
  }

  #receive(answer: RenderAnswer): void {
    if (answer.type === 'trouble') return this.#trouble(answer.trouble);
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.type === 'value') waiting?.resolve(answer.value);
    else waiting?.reject(new Error(answer.error));
  }

  #died(worker: Worker, reason: string): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    if (!this.#stopped) this.#trouble(`rendering begins anew: ${reason}`);
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }
}
