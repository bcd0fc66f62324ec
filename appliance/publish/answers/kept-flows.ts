// Sums of the flow matrix, kept while nothing changes: an open page asks the same again and again, each time over every device.
// A newer packet of any device ends it, so what is kept is what would be summed.

import type { FlowGroups } from '../../store/figures/flow-groups.ts';

/** Questions whose answers are kept; the one asked longest ago goes. */
const MAX_KEPT = 8;
/** Of one answer; a larger one is summed again. */
const MAX_KEPT_GROUPS = 5000;
/** What nobody asks for so long gives its memory back. */
const LONGEST_MS = 60_000;

interface Kept {
  readonly version: number;
  readonly found: Promise<FlowGroups>;
}

export class KeptFlows {
  readonly #version: () => number;
  readonly #kept = new Map<string, Kept>();
  #unasked: NodeJS.Timeout | undefined;

  /** `version` rises with every change of the figures. */
  constructor(version: () => number) {
    this.#version = version;
  }

  /** `question`: all that the sums depend on but the figures. Who asks while it is summed gets the same. */
  get(question: string, sum: () => Promise<FlowGroups>): Promise<FlowGroups> {
    clearTimeout(this.#unasked);
    this.#unasked = setTimeout(() => this.#kept.clear(), LONGEST_MS).unref();
    const version = this.#version();
    const known = this.#kept.get(question);
    this.#kept.delete(question);
    const kept = known?.version === version ? known : { version, found: sum() };
    this.#kept.set(question, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    if (kept !== known) this.#judge(question, kept);
    return kept.found;
  }

  #judge(question: string, kept: Kept): void {
    const forget = () => {
      if (this.#kept.get(question) === kept) this.#kept.delete(question);
    };
    // The failure is that of who asked.
    kept.found.then(({ groups }) => {
      if (groups.length > MAX_KEPT_GROUPS) forget();
    }, forget);
  }
}
