// Puts the status together and replaces the file that everybody reads (status.ts).

import type { Config } from '../../config/schema.ts';
import { replaceFile } from '../machine/machine.ts';
import type { ApPlan } from '../plan.ts';
import type { LocalTrafficVerdict } from '../watch/local-traffic.ts';
import type { StationTable } from '../watch/station-table.ts';
import type { ProblemBook } from './problem-book.ts';
import { AP_STATUS_FILE, type ApState, type ApStatus } from './status.ts';

export interface StatusParts {
  readonly config: Config;
  readonly state: ApState;
  readonly reason: string;
  readonly since: number;
  /** Undefined before the first one could be made. */
  readonly plan: ApPlan | undefined;
  readonly local: LocalTrafficVerdict;
  readonly stations: StationTable;
  readonly addresses: ReadonlyMap<string, string>;
  readonly book: ProblemBook;
}

export function makeStatus(parts: StatusParts): ApStatus {
  const { config, state, reason, since, plan, local, stations, addresses, book } = parts;
  const { ap, capture } = config;
  return {
    schema: 'weir.ap/1',
    ts: new Date().toISOString(),
    pid: process.pid,
    state,
    since: new Date(since).toISOString(),
    reason,
    ssid: plan?.networks[0]?.ssid ?? ap.ssid,
    band: ap.band,
    channel: plan?.channel ?? ap.channel,
    country: ap.country,
    security: ap.security,
    interface: ap.interface,
    bridge: capture.interface,
    uplink: plan?.networks[0]?.uplink ?? '',
    address: ap.address,
    address6: ap.address6,
    local_traffic: local.verdict,
    local_traffic_reason: local.reason,
    leases: { used: addresses.size, pool: plan?.poolSize ?? 0 },
    stations: stations.stations(addresses),
    counters: {
      ...stations.counters(),
      hostapd_starts: book.hostapdStarts,
      repairs: book.repairs,
      troubles: book.counts,
      dhcp_exhausted: book.dhcpExhausted,
    },
    last_trouble: book.last,
  };
}

export function writeStatus(status: ApStatus): void {
  replaceFile(AP_STATUS_FILE, `${JSON.stringify(status)}\n`, 0o644);
}
