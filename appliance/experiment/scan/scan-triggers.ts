// Scans that nobody asks for by hand: of a device that was never scanned, as soon as it is there, and of all by the calendar. Both
// are off until the settings say otherwise.

import { toError } from '../../model/errors.ts';
import type { Mac } from '../../model/mac.ts';
import type { ScanProfile } from '../../model/scan/port-scan.ts';
import type { Scans } from './scans.ts';

interface TriggerRoom {
  readonly onJoin: 'off' | ScanProfile;
  readonly present: () => readonly Mac[];
  readonly problem: (text: string) => void;
}

const LOOK_MS = 15_000;

export class ScanTriggers {
  readonly #scans: Pick<Scans, 'order' | 'list'>;
  readonly #room: TriggerRoom;
  /** Reported once: a device outside the captured network stays there. */
  readonly #refused = new Set<Mac>();
  #timer: NodeJS.Timeout | undefined;

  constructor(scans: Pick<Scans, 'order' | 'list'>, room: TriggerRoom) {
    this.#scans = scans;
    this.#room = room;
  }

  start(): void {
    if (this.#room.onJoin === 'off') return;
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Devices that are there and were never scanned. */
  async look(): Promise<void> {
    const { onJoin, present } = this.#room;
    if (onJoin === 'off') return;
    for (const device of present()) {
      if (this.#scans.list(device).length === 0) await this.#order(device, onJoin, 'join');
    }
  }

  /** Every device that is present. */
  async scanAll(profile: ScanProfile, by: string): Promise<void> {
    for (const device of this.#room.present()) await this.#order(device, profile, by);
  }

  async #order(device: Mac, profile: ScanProfile, by: string): Promise<void> {
    try {
      await this.#scans.order(device, profile, by);
      this.#refused.delete(device);
    } catch (thrown) {
      if (!this.#refused.has(device))
        this.#room.problem(`${device} is not scanned (${by}): ${toError(thrown).message}`);
      this.#refused.add(device);
    }
  }
}
