// Bundles of evidence that are asked for at the page: made in a thread of their own (export-worker.ts), one at a time, watched, and then
// downloaded or removed (kept-exports.ts). Owned by appliance.ts.

import type { ExportDone, ExportOptions, ExportSelection } from '../capture/ledger/export.ts';
import { WeirError } from '../model/errors.ts';
import { printable } from '../model/text.ts';
import { type ExportFile, exportFiles, type KeptExport, listExports, removeExport } from './kept-exports.ts';
import type { ExportMade } from './make-export.ts';
import { type JobState, type JobStep, WorkerJob } from './worker-job.ts';

const WORKER = new URL('./export-worker.js', import.meta.url);

/** What the thread is given. */
export interface ExportOrder {
  readonly dataDir: string;
  readonly selection: ExportSelection;
  readonly options: Pick<ExportOptions, 'by' | 'reason' | 'version' | 'floor'>;
}

export interface ExportEnd extends ExportMade {
  /** Whether the ledger has the line that names it. */
  readonly noted: boolean;
}

export type ExportStep = JobStep<ExportDone, ExportEnd>;
export type ExportState = JobState<ExportDone, ExportEnd>;

export class Exports {
  readonly #dataDir: string;
  readonly #job = new WorkerJob<ExportDone, ExportEnd>(WORKER, 'weir-export');
  readonly #known = new Map<string, KeptExport>();

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  get state(): ExportState {
    return this.#job.state;
  }

  start(): void {
    this.#job.start();
  }

  stop(): Promise<void> {
    return this.#job.stop();
  }

  begin(selection: ExportSelection, options: ExportOrder['options']): ExportState {
    return this.#job.begin({ dataDir: this.#dataDir, selection, options } satisfies ExportOrder);
  }

  list(): Promise<KeptExport[]> {
    return listExports(this.#dataDir, this.#known);
  }

  /** Of a bundle that is whole; undefined where there is none of that name. */
  files(name: string): ExportFile[] | undefined {
    return exportFiles(this.#dataDir, name);
  }

  /** False where there is none of that name. @throws WeirError REQUEST_INVALID for what is being made. */
  remove(name: string): Promise<boolean> {
    if (this.state.state === 'running' && exportFiles(this.#dataDir, name) === undefined) {
      const message = `An export is being made, and ${printable(name)} may be it. Nothing was removed; wait for its end.`;
      throw new WeirError('REQUEST_INVALID', message);
    }
    return removeExport(this.#dataDir, name);
  }
}
