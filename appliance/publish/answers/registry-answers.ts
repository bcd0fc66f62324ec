// The registry of devices for page, broker and command line: what people said each is, as the ledger's fold knows it; written through
// capture only. Part of appliance-answers.ts.

import type { CaptureClient } from '../../experiment/capture-client.ts';
import { mergedIdentity } from '../../experiment/registry/registry-text.ts';
import { WeirError } from '../../model/errors.ts';
import { type DeviceKey, isGroupMac, type Mac, parseMac } from '../../model/mac.ts';
import { printable } from '../../model/text.ts';
import { isoText } from '../../model/time/iso-time.ts';
import { isWithdrawal, type UserIdentity } from '../../model/user-identity.ts';
import type { Identities } from '../../store/tail/identities.ts';
import type { RegistryRequest, RegistryResponse } from '../schemas/devices.ts';

export class RegistryAnswers {
  readonly #identities: Identities;
  readonly #capture: CaptureClient;

  constructor(identities: Identities, capture: CaptureClient) {
    this.#identities = identities;
    this.#capture = capture;
  }

  /** By address. */
  list(): RegistryResponse {
    const all = Object.entries(this.#identities.all()).sort(([x], [y]) => (x < y ? -1 : 1));
    return { devices: all.map(([mac, said]) => ({ mac, ...said, ts: isoText(said.ts) })) };
  }

  /**
   * What a person says on a device's page: its facts in the registry stay, unless everything is taken back.
   * @throws WeirError REQUEST_INVALID, CAPTURE_UNREACHABLE
   */
  async say(device: DeviceKey, said: UserIdentity, by: string): Promise<void> {
    const known = this.#identities.all();
    const whole = isWithdrawal(said) ? said : mergedIdentity(known[device], said);
    checkNames(known, new Map([[device, whole]]));
    await this.#capture.ask({ verb: 'identify', device, ...whole, by });
  }

  /**
   * Writes the rows that say something new, one after the other. Nothing is written where a row is wrong.
   * @throws WeirError REQUEST_INVALID, CAPTURE_UNREACHABLE
   */
  async set({ devices }: RegistryRequest, by: string): Promise<{ written: number }> {
    const known = this.#identities.all();
    const rows = new Map<Mac, UserIdentity>();
    for (const { mac: address, ...said } of devices) {
      const mac = parseMac(address);
      if (mac === undefined || isGroupMac(mac))
        throw refusal(`${printable(address, 20)} is no MAC address of a device`);
      if (rows.has(mac)) throw refusal(`${mac} is in two rows`);
      rows.set(mac, mergedIdentity(known[mac], said));
    }
    checkNames(known, rows);
    let written = 0;
    for (const [mac, whole] of rows) {
      if (isSame(known[mac], whole)) continue;
      await this.#capture.ask({ verb: 'identify', device: mac, ...whole, by });
      written++;
    }
    return { written };
  }
}

/** A name means one device. */
function checkNames(known: Readonly<Record<string, UserIdentity>>, rows: ReadonlyMap<string, UserIdentity>): void {
  const owners = new Map<string, string>();
  for (const [mac, { name }] of Object.entries({ ...known, ...Object.fromEntries(rows) })) {
    const key = name.toLowerCase();
    const other = key === '' ? undefined : owners.get(key);
    if (other !== undefined && (rows.has(mac) || rows.has(other)))
      throw refusal(`${printable(name, 80)} would be the name of ${other} and of ${mac}`);
    owners.set(key, mac);
  }
}

function isSame(before: UserIdentity | undefined, now: UserIdentity): boolean {
  return JSON.stringify(mergedIdentity(before, {})) === JSON.stringify(now);
}

function refusal(what: string): WeirError {
  return new WeirError('REQUEST_INVALID', `${what}. Nothing was written.`);
}
