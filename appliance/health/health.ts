// Keeps the newest sample, inventory and clock state of the machine. Owns their timers.

import { orElse } from '../model/expected-error.ts';
import { type ClockSync, clockSync, UNKNOWN_SYNC } from './clock-sync.ts';
import { type Inventory, takeInventory } from './inventory.ts';
import { type MachineSample, MachineSampler } from './machine-sample.ts';

const SAMPLE_MS = 5000;
const SYNC_MS = 60_000;
const INVENTORY_MS = 3_600_000;

export class Health {
  readonly #sampler: MachineSampler;
  readonly #timers: NodeJS.Timeout[] = [];
  #sample: MachineSample | undefined;
  #inventory: Inventory | null = null;
  #sync: ClockSync = UNKNOWN_SYNC;

  constructor(dataDir: string) {
    this.#sampler = new MachineSampler(dataDir);
  }

  /** Of the last seconds. */
  get sample(): MachineSample {
    if (this.#sample === undefined) throw new TypeError('not started');
    return this.#sample;
  }

  /** null until systeminformation has answered once. */
  get inventory(): Inventory | null {
    return this.#inventory;
  }

  get sync(): ClockSync {
    return this.#sync;
  }

  async start(): Promise<void> {
    await this.#takeSample();
    this.#every(SAMPLE_MS, () => this.#takeSample());
    this.#now(SYNC_MS, async () => {
      this.#sync = await clockSync();
    });
    this.#now(INVENTORY_MS, async () => {
      this.#inventory = await takeInventory();
    });
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers.length = 0;
  }

  async #takeSample(): Promise<void> {
    this.#sample = await this.#sampler.sample();
  }

  #now(ms: number, task: () => Promise<void>): void {
    task().catch(orElse(undefined, 'a measurement'));
    this.#every(ms, task);
  }

  /** A failed check keeps the last answer. */
  #every(ms: number, task: () => Promise<void>): void {
    this.#timers.push(setInterval(() => void task().catch(orElse(undefined, 'a measurement')), ms));
  }
}
