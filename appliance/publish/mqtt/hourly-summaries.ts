// Devices with an hour that the broker did not receive: sent one after the other, as fast as the broker takes them. What
// could not be read or sent stays due.

import { toError } from '../../model/errors.ts';
import type { DeviceKey } from '../../model/mac.ts';

export interface HourTeller {
  /** False while the broker is away or has enough to take. */
  hasRoom(): boolean;
  /** Reads the newest hour of a device and says it on the broker. */
  tell(device: DeviceKey): Promise<void>;
  problem(text: string): void;
}

export class HourlySummaries {
  readonly #teller: HourTeller;
  readonly #due = new Set<DeviceKey>();
  #isTelling = false;
  /** The same problem at every round is reported once. */
  #problem = '';

  constructor(teller: HourTeller) {
    this.#teller = teller;
  }

  add(device: DeviceKey): void {
    this.#due.add(device);
  }

  async tell(): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    // A device that is put back is met again: not in this round.
    const round = [...this.#due];
    for (const device of round) {
      if (!this.#teller.hasRoom()) break;
      await this.#tellOne(device);
    }
    this.#isTelling = false;
  }

  async #tellOne(device: DeviceKey): Promise<void> {
    // First, so that an hour that changes meanwhile is due again.
    this.#due.delete(device);
    try {
      await this.#teller.tell(device);
      this.#problem = '';
    } catch (thrown) {
      this.#due.add(device);
      const text = `hourly summary not published: ${toError(thrown).message}`;
      if (text !== this.#problem) this.#teller.problem(text);
      this.#problem = text;
    }
  }
}
