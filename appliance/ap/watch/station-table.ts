// Who is on the air: built from hostapd's events (authorised, not merely associated) and from the kernel's station list, which
// knows how long nothing was heard. Counts leaving and quick returning, because a lossy radio looks like a quiet device.

import type { ApCounters, ApStation, LeaveReason } from '../status/status.ts';
import type { StationFacts } from './station-dump.ts';

/** Associated but not heard of for longer: absent. Sleeping devices speak at least once a minute. */
export const PRESENCE_SECONDS = 60;
/** Back so soon after leaving: the radio's doing, not a person's. */
const CHURN_MS = 60_000;
/** hostapd names the reason on the line before. */
const REASON_MS = 5000;
/** Of stations that left; invented addresses must not fill memory. */
const MAX_REMEMBERED = 256;

interface Entry {
  readonly ssid: string;
  readonly since: number;
  facts: StationFacts | undefined;
}

export class StationTable {
  readonly #present = new Map<string, Entry>();
  readonly #left = new Map<string, number>();
  readonly #inactive = new Map<string, number>();
  readonly #disconnects: Record<LeaveReason, number> = { left: 0, inactive: 0, ap_restart: 0 };
  #joins = 0;
  #churn = 0;
  #wrongPassphrase = 0;

  get size(): number {
    return this.#present.size;
  }

  joined(mac: string, ssid: string, now: number): void {
    // hostapd repeats it at every re-association.
    if (this.#present.has(mac)) return;
    this.#joins++;
    const left = this.#left.get(mac);
    if (left !== undefined && now - left < CHURN_MS) this.#churn++;
    this.#left.delete(mac);
    this.#present.set(mac, { ssid, since: now, facts: undefined });
  }

  left(mac: string, now: number): void {
    if (!this.#present.delete(mac)) return;
    const said = this.#inactive.get(mac);
    this.#inactive.delete(mac);
    this.#disconnects[said !== undefined && now - said < REASON_MS ? 'inactive' : 'left']++;
    remember(this.#left, mac, now);
  }

  inactive(mac: string, now: number): void {
    remember(this.#inactive, mac, now);
  }

  wrongPassphrase(): void {
    this.#wrongPassphrase++;
  }

  /** The access point went down, and everybody with it. */
  everybodyLeft(now: number): void {
    for (const mac of this.#present.keys()) {
      this.#disconnects.ap_restart++;
      remember(this.#left, mac, now);
    }
    this.#present.clear();
  }

  /** What the kernel lists at the moment. */
  listed(stations: ReadonlyMap<string, StationFacts>): void {
    for (const [mac, entry] of this.#present) entry.facts = stations.get(mac) ?? entry.facts;
  }

  stations(addresses: ReadonlyMap<string, string>): ApStation[] {
    return [...this.#present].map(([mac, { ssid, since, facts }]) => ({
      mac,
      ssid,
      since: new Date(since).toISOString(),
      present: (facts?.inactiveSeconds ?? 0) <= PRESENCE_SECONDS,
      inactive_seconds: facts?.inactiveSeconds ?? null,
      signal_dbm: facts?.signalDbm ?? null,
      rx_bytes: facts?.rxBytes ?? null,
      tx_bytes: facts?.txBytes ?? null,
      ip: addresses.get(mac) ?? null,
    }));
  }

  counters(): Pick<ApCounters, 'joins' | 'disconnects' | 'churn' | 'wrong_passphrase'> {
    return {
      joins: this.#joins,
      disconnects: { ...this.#disconnects },
      churn: this.#churn,
      wrong_passphrase: this.#wrongPassphrase,
    };
  }
}

function remember(map: Map<string, number>, mac: string, now: number): void {
  map.delete(mac);
  map.set(mac, now);
  const [oldest] = map.keys();
  if (map.size > MAX_REMEMBERED && oldest !== undefined) map.delete(oldest);
}
