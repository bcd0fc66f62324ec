// Weir's own access point in the guest: settings, start, status, and capture next to it.

import { readFileSync } from 'node:fs';
import type { ApStatus } from '../../../appliance/ap/status/status.ts';
import type { Guest, Running } from './guest.ts';

export const PASSPHRASE = 'correct horse battery';
export const SSID = 'weir-test';
export const AP_IP = '10.77.0.1';

/** The guest's disk is memory. Self-test frames would be in a tcpdump's count and not in the files. */
const CAPTURE = `capture: {canary_seconds: 0}
retention: {free_bytes: 0, free_percent: 0, ballast_bytes: 1048576, budget_bytes: 100000000}
`;

/** Settings as YAML; `more` are lines of the section `ap`, `other` are further sections. */
export function settings(more: readonly string[] = [], other: string = CAPTURE): string {
  const lines = ['enabled: true', 'country: GB', `ssid: ${SSID}`, 'passphrase_file: /etc/weir/ap.passphrase', ...more];
  return `data: {dir: /var/lib/weir}\nap:\n${lines.map((line) => `  ${line}\n`).join('')}${other}`;
}

export class AccessPoint {
  readonly #guest: Guest;
  #running: Running | undefined;

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  /** With the settings given; true when it is up. dnsmasq's address probing would cost three seconds a lease. */
  async start(yaml: string, seconds = 300): Promise<boolean> {
    const guest = this.#guest;
    guest.configure(yaml);
    guest.write('/etc/weir/ap.passphrase', `${PASSPHRASE}\n`);
    this.#running = guest.weir(['ap', 'run'], 'ap', { WEIR_AP_NO_PING: '1' });
    const isUp = await guest.until(() => this.status()?.state === 'up', seconds);
    if (!isUp)
      guest.say(guest.sh('ps axo pid,stat,wchan:20,args | grep -v "\\[" | tail -30').out.replaceAll('\n', ' | '));
    return isUp;
  }

  async stop(): Promise<number | string> {
    return (await this.#running?.stop()) ?? 'was not started';
  }

  said(): string {
    return this.#running?.output() ?? '';
  }

  status(): ApStatus | undefined {
    try {
      return JSON.parse(readFileSync('/run/weir-ap/status.json', 'utf8')) as ApStatus;
    } catch {
      return undefined;
    }
  }

  /** Waits for the status to say so. */
  until(condition: (status: ApStatus) => boolean, seconds: number): Promise<boolean> {
    return this.#guest.until(() => {
      const status = this.status();
      return status !== undefined && condition(status);
    }, seconds);
  }
}
