// What in the status of the access point should make a person look: one line each. Shown wherever warnings are shown.

import { printable } from '../../model/text.ts';
import type { ApStatus } from './status.ts';

/** Share of the pool from which on the next devices may get nothing (reliability.md T15). */
const POOL_SHARE = 0.8;
/** More than a person who mistypes. */
const MANY_WRONG = 20;
/** Quick returns per join that are not the devices' doing. */
const CHURN_SHARE = 0.5;
const CHURN_JOINS = 10;
/** Firmware of the Pi's own radio takes 7 or 8 (hwsim.md §6.1). */
const PI_STATIONS = 6;

export function apWarnings(status: ApStatus): string[] {
  const { state, reason, leases, counters, stations } = status;
  return [
    state === 'failed' || state === 'repairing'
      ? `The access point is ${state === 'failed' ? 'down' : 'being repaired'}: ${printable(reason)}`
      : '',
    counters.dhcp_exhausted > 0 || (leases.pool > 0 && leases.used >= leases.pool * POOL_SHARE)
      ? `${leases.used} of ${leases.pool} addresses are given out, ${counters.dhcp_exhausted} requests found none: a device may be inventing others. Give known devices reservations (ap.reservations).`
      : '',
    counters.wrong_passphrase >= MANY_WRONG
      ? `${counters.wrong_passphrase} times somebody tried to join with a wrong passphrase: a device with an old one, or guessing.`
      : '',
    counters.joins >= CHURN_JOINS && counters.churn > counters.joins * CHURN_SHARE
      ? `Devices leave and return quickly (${counters.churn} of ${counters.joins} joins): gaps in their traffic may be the radio's.`
      : '',
    stations.length >= PI_STATIONS && status.interface === 'wlan0'
      ? `${stations.length} stations: the radio built into a Pi takes 7 or 8; more need another firmware or a USB radio.`
      : '',
  ].filter((text) => text !== '');
}
