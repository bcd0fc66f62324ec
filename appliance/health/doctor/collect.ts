// Looks at the machine: everything that the checks want to know, in a few seconds, without changing anything but one small
// file that is removed at once. Needs no running Weir and no root; what cannot be looked at says why.

import { collectClock, collectMachine } from './collect/machine.ts';
import { collectNetwork } from './collect/network.ts';
import { collectProcesses } from './collect/processes.ts';
import { collectRadio } from './collect/radio.ts';
import { collectServices } from './collect/services.ts';
import { collectStorage } from './collect/storage.ts';
import type { Facts, SettingsFacts } from './facts.ts';
import { type Host, systemHost } from './host.ts';

export interface LookOptions {
  /** Whether the card's speed is measured (4 MiB are written). */
  readonly measuresCard: boolean;
}

export async function collectFacts(
  settings: SettingsFacts,
  { measuresCard }: LookOptions,
  host: Host = systemHost,
): Promise<Facts> {
  const { config } = settings;
  const processes = await collectProcesses(host);
  const [machine, clock, radio, network, services, storage] = await Promise.all([
    collectMachine(host, config),
    collectClock(host, processes),
    collectRadio(host, config),
    collectNetwork(host, config, processes),
    collectServices(host, config),
    collectStorage(host, config.data.dir, measuresCard),
  ]);
  const taken = new Date().toISOString();
  return { taken, isRoot: host.isRoot, settings, machine, clock, storage, radio, processes, network, services };
}
