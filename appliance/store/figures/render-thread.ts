// SummaryTools in a thread of their own (render-worker.ts), ended when nobody asks for a while and
// started again for the next question. A thread that dies fails the questions it had and is started again for the next one. Owned by appliance.ts.

import { Worker } from 'node:worker_threads';
import type { AnalysisDocument } from '../../model/analysis-document.ts';
import { systemCode, toError } from '../../model/errors.ts';
import { orElse } from '../../model/expected-error.ts';
import type { PackedText } from '../index/packed-text.ts';
import type { DeviceFlows, DeviceSum, HourFigures, HourOrigin, SummaryOrigin, SummaryTools } from '../summary-tools.ts';
import type { DeviceHead } from './device-head.ts';
import type { FlowGroups, FlowQuestion } from './flow-groups.ts';
import type { RenderAnswer, RenderQuestion, RenderStart } from './render-messages.ts';

const WORKER = new URL('./render-worker.js', import.meta.url);
const HEAP_MEGABYTES = 256;
/** A thread that ran out of memory gets twice as much the next time, up to this. */
const OUT_OF_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY';
/** A thread that died of its heap gets twice as much, up to this. */
const MAX_HEAP_MEGABYTES = 1024;
/** Least that there is: four times as much made the process 17 MB larger and saved no processor time. */
const YOUNG_MEGABYTES = 3;
/** A thread that nobody asks gives its memory back, some 50 MB: while nobody looks it is needed for seconds of an hour. */
const IDLE_MS = 30_000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

export class RenderThread implements SummaryTools {
  readonly #start: RenderStart;
  readonly #problem: (text: string) => void;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #id = 0;
  #sums = 0;
  #heapMegabytes = HEAP_MEGABYTES;
  #openSums = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(profile: string, dataDir: string, problem: (text: string) => void, home = '', rulesFolder = '') {
    this.#start = { profile, dataDir, home, rulesFolder };
    this.#problem = problem;
  }

  /** The first question finds it ready, and missing tables are reported now. */
  start(): void {
    this.#thread();
    this.#restLater();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#idleTimer);
    await this.#worker?.terminate();
  }

  merge(parts: readonly PackedText[]): Promise<PackedText> {
    return this.#ask({ verb: 'merge', parts }) as Promise<PackedText>;
  }

  document(parts: readonly PackedText[], origin: SummaryOrigin): Promise<AnalysisDocument> {
    return this.#ask({ verb: 'document', parts, origin }) as Promise<AnalysisDocument>;
  }

  head(parts: readonly PackedText[], origin: SummaryOrigin): Promise<DeviceHead> {
    return this.#ask({ verb: 'head', parts, origin }) as Promise<DeviceHead>;
  }

  hour(parts: readonly PackedText[], origin: HourOrigin): Promise<HourFigures> {
    return this.#ask({ verb: 'hour', parts, origin }) as Promise<HourFigures>;
  }

  addFlows(parts: readonly PackedText[], most: number): ReturnType<SummaryTools['addFlows']> {
    return this.#ask({ verb: 'add-flows', parts, most }) as ReturnType<SummaryTools['addFlows']>;
  }

  groupFlows(flows: DeviceFlows, question: FlowQuestion): Promise<FlowGroups> {
    return this.#ask({ verb: 'group-flows', flows, question }) as Promise<FlowGroups>;
  }

  combine(): DeviceSum {
    const sum = ++this.#sums;
    let begins = true;
    let isOpen = false;
    const add = async (parts: readonly PackedText[]) => {
      const question = { verb: 'add', sum, begins, parts } as const;
      if (begins) this.#openSums++;
      isOpen ||= begins;
      begins = false;
      await this.#ask(question);
    };
    const end = () => {
      if (isOpen) this.#openSums--;
      isOpen = false;
    };
    return {
      add,
      document: async (origin) => {
        if (begins) await add([]);
        return this.#ask({ verb: 'finish', sum, origin }).finally(end) as Promise<AnalysisDocument>;
      },
      // Where the thread is gone, so is the sum.
      abandon: () => {
        end();
        void this.#ask({ verb: 'abandon', sum }).catch(() => undefined);
      },
    };
  }

  #ask(question: Unnumbered<RenderQuestion>): Promise<unknown> {
    if (this.#stopped) return Promise.reject(new Error('rendering has stopped'));
    const id = ++this.#id;
    clearTimeout(this.#idleTimer);
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
        this.#heapMegabytes = Math.min(MAX_HEAP_MEGABYTES, this.#heapMegabytes * 2);
      this.#died(worker, toError(error).message);
    });
    worker.on('exit', () => this.#died(worker, 'the thread ended'));
    this.#worker = worker;
    return worker;
  }

  #receive(answer: RenderAnswer): void {
    if (answer.type === 'problem') return this.#problem(answer.problem);
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.type === 'value') waiting?.resolve(answer.value);
    else waiting?.reject(new Error(answer.error));
    if (this.#waiting.size === 0 && this.#openSums === 0) this.#restLater();
  }

  #restLater(): void {
    this.#idleTimer = setTimeout(() => this.#rest(), IDLE_MS).unref();
  }

  #rest(): void {
    const worker = this.#worker;
    if (this.#waiting.size > 0 || this.#openSums > 0) return;
    this.#worker = undefined;
    worker?.terminate().catch(orElse(undefined, 'ending the rendering thread'));
  }

  #died(worker: Worker, reason: string): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    if (!this.#stopped) this.#problem(`the render thread restarts: ${reason}`);
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }
}
