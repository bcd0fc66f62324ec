// Adds up what a process and its successors cost, and keeps the most that it held since the last mark.

import { costOf, NO_COST, type ProcessCost } from './sample.ts';

export class CostMeter {
  #before = NO_COST;
  #pid: number | undefined;
  #last = NO_COST;
  #mostResident = 0;
  #mostAnonymous = 0;

  /** Look often: what a process did between the last look and its death is not counted. */
  look(pid: number | undefined): void {
    const cost = costOf(pid);
    if (cost === undefined) return;
    if (pid !== this.#pid) {
      this.#before = this.total;
      this.#last = NO_COST;
      this.#pid = pid;
    }
    this.#last = cost;
    this.#mostResident = Math.max(this.#mostResident, cost.residentBytes);
    this.#mostAnonymous = Math.max(this.#mostAnonymous, cost.anonymousBytes);
  }

  /** Of all processes so far; what is held is that of the last one. */
  get total(): ProcessCost {
    return {
      cpuSeconds: this.#before.cpuSeconds + this.#last.cpuSeconds,
      diskBytes: this.#before.diskBytes + this.#last.diskBytes,
      writtenBytes: this.#before.writtenBytes + this.#last.writtenBytes,
      residentBytes: this.#last.residentBytes,
      anonymousBytes: this.#last.anonymousBytes,
    };
  }

  /** The most since the last call. */
  takePeaks(): { readonly residentBytes: number; readonly anonymousBytes: number } {
    const peaks = { residentBytes: this.#mostResident, anonymousBytes: this.#mostAnonymous };
    this.#mostResident = this.#last.residentBytes;
    this.#mostAnonymous = this.#last.anonymousBytes;
    return peaks;
  }
}
