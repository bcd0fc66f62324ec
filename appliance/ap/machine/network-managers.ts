// NetworkManager and systemd-networkd, which would take the radio and the bridge back: kept off by files that both read,
// and NetworkManager, which asks its files only about links that are new, by a word for each that it holds. Called by apply.ts.

import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApPlan, linksOf } from '../plan.ts';
import { dropIns } from '../render/render-settings.ts';
import type { Changes } from './changes.ts';
import { run } from './machine.ts';

/** Giving a link up takes it down and resets its address: hostapd must come after that. */
const LET_GO_MS = 5000;
const LOOK_MS = 200;

export async function keepManagersOff(plan: ApPlan, changes: Changes): Promise<void> {
  for (const { path, text } of dropIns(plan)) changes.addFile(path, text);
  await reloadManagers();
  for (const link of linksOf(plan)) if (await isHeld(link)) await takeLink(link, changes);
}

/** Where they do not run this fails, and nothing is lost. */
export async function reloadManagers(): Promise<void> {
  if (runsNetworkManager()) await run('nmcli', ['general', 'reload', 'conf']);
  // At boot it waits for this very unit: `networkctl` would ask D-Bus to start it, and hang for D-Bus' 25 s.
  const networkd = await run('systemctl', ['is-active', '--quiet', 'systemd-networkd.service']);
  if (networkd.code === 0) await run('networkctl', ['reload']);
}

function runsNetworkManager(): boolean {
  return existsSync('/run/NetworkManager/devices');
}

/** Whether NetworkManager has the link for its own. */
async function isHeld(link: string): Promise<boolean> {
  if (!runsNetworkManager()) return false;
  const { code, out } = await run('nmcli', ['--get-values', 'GENERAL.STATE', 'device', 'show', link]);
  // "10 (unmanaged)"; it fails for a link that it does not know.
  return code === 0 && !/^10\b/.test(out);
}

async function takeLink(link: string, changes: Changes): Promise<void> {
  changes.addManaged(link);
  await run('nmcli', ['device', 'set', link, 'managed', 'no']);
  for (let waited = 0; waited < LET_GO_MS && (await isHeld(link)); waited += LOOK_MS) await sleep(LOOK_MS);
}

/** The reverse, when the access point is no more. */
export async function giveLinksBack(links: readonly string[]): Promise<void> {
  await reloadManagers();
  for (const link of links) if (runsNetworkManager()) await run('nmcli', ['device', 'set', link, 'managed', 'yes']);
}
