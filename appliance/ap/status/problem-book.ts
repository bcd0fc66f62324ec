// Failures of the access point so far; zero for those that never happened.

import { AP_TROUBLES, type ApProblem, type ApStatus } from './status.ts';

export class ProblemBook {
  readonly #counts = Object.fromEntries(AP_TROUBLES.map((kind) => [kind, 0])) as Record<ApProblem, number>;
  #last: ApStatus['last_trouble'] = null;
  repairs = 0;
  hostapdStarts = 0;
  dhcpExhausted = 0;

  note(kind: ApProblem, text: string, now: number): void {
    this.#counts[kind]++;
    this.#last = { kind, at: new Date(now).toISOString(), text };
  }

  get counts(): Readonly<Record<ApProblem, number>> {
    return { ...this.#counts };
  }

  get last(): ApStatus['last_trouble'] {
    return this.#last;
  }
}
