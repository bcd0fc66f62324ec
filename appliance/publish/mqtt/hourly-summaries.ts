// Devices with an hour that the broker did not receive: sent one after the other, as fast as the broker takes them. What
// could not be read or sent stays due.

import { toError } from '../../model/errors.ts';
import type { DeviceKey } from '../../model/mac.ts';

export interface HourPublisher {
  /** False while the broker is away or has enough to take. */
  hasRoom(): boolean;
  /** Reads the newest hour of a device and publishes it. */
  publish(device: DeviceKey): Promise<void>;
  problem(text: string): void;
}

export class HourlySummaries {
  readonly #publisher: HourPublisher;
  readonly #due = new Set<DeviceKey>();
  #isPublishing = false;
  /** The same problem at every round is reported once. */
  #problem = '';

  constructor(publisher: HourPublisher) {
    this.#publisher = publisher;
  }

  add(device: DeviceKey): void {
    this.#due.add(device);
  }

  async publishDue(): Promise<void> {
    if (this.#isPublishing) return;
    this.#isPublishing = true;
    // A device that is put back is met again: not in this round.
    const round = [...this.#due];
    for (const device of round) {
      if (!this.#publisher.hasRoom()) break;
      await this.#publishOne(device);
    }
    this.#isPublishing = false;
  }

  async #publishOne(device: DeviceKey): Promise<void> {
    // First, so that an hour that changes meanwhile is due again.
    this.#due.delete(device);
    try {
      await this.#publisher.publish(device);
      this.#problem = '';
    } catch (thrown) {
      this.#due.add(device);
      const text = `hourly summary not published: ${toError(thrown).message}`;
      if (text !== this.#problem) this.#publisher.problem(text);
      this.#problem = text;
    }
  }
}
