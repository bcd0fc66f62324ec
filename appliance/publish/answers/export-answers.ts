// Bundles of evidence for who is at the page: what lies there, how the one that is being made goes on, and one more.

import type { Exports } from '../../experiment/exports.ts';
import type { ExportFile } from '../../experiment/kept-exports.ts';
import { type ExportSelection, MAX_EXPORTS } from '../../experiment/make-export.ts';
import type { FreeFloor } from '../../model/free-floor.ts';
import type { ExportsResponse } from '../schemas/exports.ts';

/** What the parts of the appliance have of it. */
export type KnownExports = Pick<Exports, 'state' | 'begin' | 'list' | 'files' | 'remove'>;

interface Known {
  readonly version: string;
  readonly floor: FreeFloor;
}

export class ExportAnswers {
  readonly #exports: KnownExports;
  readonly #known: Known;

  constructor(exports: KnownExports, known: Known) {
    this.#exports = exports;
    this.#known = known;
  }

  async view(): Promise<ExportsResponse> {
    return { ...this.#exports.state, exports: await this.#exports.list(), most: MAX_EXPORTS };
  }

  /** While one is being made, that one goes on. */
  begin(selection: ExportSelection, reason: string, by: string): Promise<ExportsResponse> {
    this.#exports.begin(selection, { ...this.#known, reason, by });
    return this.view();
  }

  files(name: string): readonly ExportFile[] | undefined {
    return this.#exports.files(name);
  }

  /** @throws WeirError REQUEST_INVALID for the one that is being made. */
  remove(name: string): Promise<boolean> {
    return this.#exports.remove(name);
  }
}
