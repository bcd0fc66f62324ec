// Devices that somebody asked to be forgotten (`weir forget`), read from the ledger line by line. Owned by live-analysis.ts; the index
// (index/device-purge.ts) and the scans go by it. Heard again after its line, a device is a new one.

import type { LedgerLine } from '../../model/ledger.ts';
import type { DeviceKey } from '../../model/mac.ts';

export interface ForgottenDevice {
  readonly device: DeviceKey;
  /** Number of the ledger's line that says so. */
  readonly n: number;
  /** Decimal seconds since 1970: when. */
  readonly ts: string;
}

export class ForgottenDevices {
  readonly #byDevice = new Map<DeviceKey, ForgottenDevice>();

  apply(line: LedgerLine): void {
    if (line.type === 'device-forgotten')
      this.#byDevice.set(line.device, { device: line.device, n: line.n, ts: line.ts });
  }

  /** Another ledger replaced the old one. */
  clear(): void {
    this.#byDevice.clear();
  }

  all(): readonly ForgottenDevice[] {
    return [...this.#byDevice.values()];
  }
}
