// Storing stops while retention finds no room, and goes on when there is some again; counting never stops. What was lost
// meanwhile is a gap.

import type { Clock } from '../../model/time/clock.ts';
import type { EngineGap } from '../engines/engine.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { DiskGate } from './disk-gate.ts';

export interface StorageBlockParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly gate: DiskGate;
  /** Packets lost so far because they could not be stored. */
  readonly lost: () => number;
  readonly cutAll: () => void;
  readonly gap: (gap: EngineGap) => void;
  /** One line for the operator. */
  readonly say: (line: string) => void;
}

export class StorageBlock {
  readonly #parts: StorageBlockParts;
  #reason = '';
  #from = { ns: 0n, lost: 0 };

  constructor(parts: StorageBlockParts) {
    this.#parts = parts;
  }

  /** Why nothing is stored; empty while there is room. */
  get reason(): string {
    return this.#reason;
  }

  /** Retention found no room (with the reason), or has found some again (empty). */
  set(reason: string): void {
    if (reason === this.#reason) return;
    if (this.#reason === '') this.#begin(reason);
    this.#reason = reason;
    this.#parts.gate.block(reason);
    if (reason === '') this.#end();
  }

  #begin(reason: string): void {
    const { ledger, clock, lost, cutAll, say } = this.#parts;
    this.#from = { ns: clock.wall(), lost: lost() };
    ledger.append({ type: 'finding', code: 'DISK_BUDGET', detail: reason });
    say(`storing stops, counting goes on: ${reason}; export and delete captures, or change that setting`);
    cutAll();
  }

  #end(): void {
    const { clock, lost, gap, say } = this.#parts;
    say('there is room again; storing goes on');
    gap({ from: this.#from.ns, to: clock.wall(), reason: 'no room to store', lost: lost() - this.#from.lost });
  }
}
