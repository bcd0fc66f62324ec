// Whether a radio carries the bridge that is captured. While the access point is down the bridge is there and capture listens, but
// nothing can arrive: the ledger must not let that pass for silence. Asks the kernel only; knows nothing of `weir ap`.

import fs from 'node:fs';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';
import type { Clock } from '../../model/time/clock.ts';
import type { EngineGap } from '../engines/engine.ts';

/** hostapd needs some 300 ms for a restart; the kernel's counter reveals shorter outages. */
const LOOK_MS = 500;
const REASON = 'no radio carried the bridge: the access point was down';

/** What one look found. */
export interface Carrier {
  /** A radio is, or was a moment ago, a port of the bridge. */
  readonly hasRadio: boolean;
  readonly isUp: boolean;
  /** How often it went down so far. */
  readonly downCount: number;
}

export class CarrierWatch {
  readonly #look: () => Carrier | undefined;
  readonly #clock: Clock;
  readonly #onGap: (gap: EngineGap) => void;
  /** Counts only where a radio was seen: a bridge of cables has its own reasons. */
  #isWatching = false;
  #lastUp: { readonly ns: bigint; readonly downCount: number } | null = null;
  /** The first look, where it found no carrier: capture began in the middle of an outage, or before the access point. */
  #downSince: bigint | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(look: () => Carrier | undefined, clock: Clock, onGap: (gap: EngineGap) => void) {
    this.#look = look;
    this.#clock = clock;
    this.#onGap = onGap;
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_MS);
    this.#timer.unref();
  }

  /** An outage that lasts is claimed up to now. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    const carrier = this.#look();
    if (this.#isWatching && carrier?.isUp !== true) this.#report();
    this.#lastUp = null;
    this.#downSince = null;
  }

  look(): void {
    const carrier = this.#look();
    if (carrier?.hasRadio === true) this.#isWatching = true;
    if (carrier?.isUp !== true) {
      if (this.#lastUp === null) this.#downSince ??= this.#clock.wall();
      return;
    }
    const wasDown = this.#lastUp === null || carrier.downCount > this.#lastUp.downCount;
    if (this.#isWatching && wasDown) this.#report();
    this.#lastUp = { ns: this.#clock.wall(), downCount: carrier.downCount };
  }

  /** From the last moment at which it was seen up, or from the first look. */
  #report(): void {
    const from = this.#lastUp?.ns ?? this.#downSince;
    if (from !== null) this.#onGap({ from, to: this.#clock.wall(), reason: REASON, lost: null });
  }
}

/** Undefined where there is no such interface or it is no bridge. */
export function readCarrier(name: string): Carrier | undefined {
  const folder = `/sys/class/net/${name}`;
  try {
    const ports = fs.readdirSync(`${folder}/brif`);
    const hasRadio = ports.some((port) => fs.existsSync(`/sys/class/net/${port}/phy80211`));
    const downCount = Number(fs.readFileSync(`${folder}/carrier_down_count`, 'utf8'));
    // Reading `carrier` of an interface that is switched off is an error.
    const isUp = fs.readFileSync(`${folder}/operstate`, 'utf8').trim() === 'up';
    return { hasRadio, isUp, downCount };
  } catch (thrown) {
    expectOnly(thrown, "reading an interface's carrier", ...UNREADABLE);
    return undefined;
  }
}
