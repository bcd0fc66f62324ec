// Documents of all devices together, kept for the next one who asks: making one reads the sums of every device, seconds after
// months. While one is young enough it is the answer, and a newer one is begun behind it; so pages that ask again and again
// get theirs at once, and making them takes a small part of the machine.

import type { AnalysisDocument } from '../../model/analysis-document.ts';
import type { Scope } from '../appliance-api.ts';

/** Until one is rebuilt while figures change: a multiple of what making it took, within these. */
const LEAST_MS = 2000;
const COST_FACTOR = 4;
/** Older, with changed figures, it is made again on request; the request still gets the old one, up to a minute old. */
const MAX_MS = 8000;
/** Older ones are no answer: who asks waits for a new one. What nobody asks for so long gives its memory back, some megabytes. */
const LONGEST_MS = 60_000;

interface Kept {
  readonly document: AnalysisDocument;
  readonly version: number;
  readonly made: number;
  readonly cost: number;
}

export class KeptSummaries {
  readonly #make: (scope: Scope) => Promise<AnalysisDocument>;
  readonly #version: () => number;
  readonly #kept = new Map<Scope, Kept>();
  readonly #making = new Map<Scope, Promise<AnalysisDocument>>();
  #unasked: NodeJS.Timeout | undefined;

  /** `version` rises with every change of the figures. */
  constructor(make: (scope: Scope) => Promise<AnalysisDocument>, version: () => number) {
    this.#make = make;
    this.#version = version;
  }

  /** `now`: monotonic milliseconds. */
  async get(scope: Scope, now: number): Promise<AnalysisDocument> {
    this.#forget(now);
    clearTimeout(this.#unasked);
    this.#unasked = setTimeout(() => this.#kept.clear(), LONGEST_MS).unref();
    const known = this.#kept.get(scope);
    if (known === undefined) return this.#renew(scope, now);
    if (
      known.version === this.#version() ||
      now - known.made < Math.min(MAX_MS, Math.max(LEAST_MS, known.cost * COST_FACTOR))
    )
      return known.document;
    const next = this.#renew(scope, now);
    // Who asks now has an answer; the failure is the next one's, who has none.
    next.catch(() => undefined);
    return known.document;
  }

  /** What is no answer any more, of each scope. */
  #forget(now: number): void {
    for (const [scope, { made, version }] of this.#kept)
      if (now - made > LONGEST_MS && version !== this.#version()) this.#kept.delete(scope);
  }

  #renew(scope: Scope, began: number): Promise<AnalysisDocument> {
    const making = this.#making.get(scope);
    if (making !== undefined) return making;
    const version = this.#version();
    const start = performance.now();
    const made = this.#make(scope)
      .then((document) => {
        const cost = performance.now() - start;
        this.#kept.set(scope, { document, version, made: began + cost, cost });
        return document;
      })
      .finally(() => this.#making.delete(scope));
    this.#making.set(scope, made);
    return made;
  }
}
