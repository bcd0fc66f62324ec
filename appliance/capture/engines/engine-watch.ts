// What the engine last said of itself. A reason is reported to the operator once, and so is its end.

import type { EngineState } from './engine.ts';

export class EngineWatch {
  readonly #interface: string;
  readonly #say: (line: string) => void;
  #state: EngineState = 'starting';
  #reason = '';

  constructor(name: string, say: (line: string) => void) {
    this.#interface = name;
    this.#say = say;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Why it does not run; empty while it does. */
  get reason(): string {
    return this.#reason;
  }

  starts(): void {
    this.#state = 'starting';
  }

  on(state: EngineState, reason: string): void {
    if (reason !== '' && reason !== this.#reason) this.#say(reason);
    else if (state === 'running' && this.#reason !== '') this.#say(`capturing ${this.#interface}`);
    this.#state = state;
    this.#reason = reason;
  }
}
