// What people said devices are, read from the ledger line by line: the last word on a device counts. Owned by
// live-analysis.ts; because the ledger is kept, a rebuilt index knows it as well.

import type { LedgerLine } from '../../model/ledger.ts';
import { type ConfirmedIdentities, type ConfirmedIdentity, factsOf, isWithdrawal } from '../../model/user-identity.ts';

export class Identities {
  readonly #byDevice = new Map<string, ConfirmedIdentity>();

  /** Whether the line said anything about a device. */
  apply(line: LedgerLine): boolean {
    if (line.type === 'device-forgotten') return this.#byDevice.delete(line.device);
    if (line.type !== 'identity') return false;
    const { device, name, vendor, category, by, ts } = line;
    if (isWithdrawal(line)) this.#byDevice.delete(device);
    else this.#byDevice.set(device, { name, vendor, category, ...factsOf({ ...line }), by, ts });
    return true;
  }

  /** Another ledger replaced the old one. */
  clear(): void {
    this.#byDevice.clear();
  }

  all(): ConfirmedIdentities {
    return Object.fromEntries(this.#byDevice);
  }
}
