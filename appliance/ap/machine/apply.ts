// Brings a plan into the machine: files first, checked by the programs that will read them; then the fence, and only behind it
// the bridge. Whatever fails is thrown before anything was changed, or reverted by the caller (`Changes.undo`).

import { WeirError } from '../../model/errors.ts';
import type { ApPlan } from '../plan.ts';
import { renderDnsmasq } from '../render/render-dnsmasq.ts';
import { renderFirewall } from '../render/render-firewall.ts';
import { renderHostapd } from '../render/render-hostapd.ts';
import { kernelSettings } from '../render/render-settings.ts';
import { AP_RUN_FOLDER } from '../status/status.ts';
import type { Changes } from './changes.ts';
import { acceptInDocker } from './docker-user.ts';
import { readText, replaceFile, run, writeSetting } from './machine.ts';
import { gatewayOf, isPresent } from './machine-facts.ts';
import { keepManagersOff } from './network-managers.ts';

export const CONTROL_FOLDER = `${AP_RUN_FOLDER}/hostapd`;
/** Survives the boot, so that a device keeps its address. */
export const LEASE_FILE = '/var/lib/weir-ap/leases';
/** Routing tables of further ways out; 7765 is `we` in ASCII. */
const FIRST_TABLE = 7765;

export interface RenderedFiles {
  readonly hostapd: string;
  readonly dnsmasq: string;
  readonly firewall: string;
}

/** Writes all three into the folder, readable by root only: one of them holds the key. */
export function writeFiles(plan: ApPlan, folder: string): RenderedFiles {
  const files = {
    hostapd: `${folder}/hostapd.conf`,
    dnsmasq: `${folder}/dnsmasq.conf`,
    firewall: `${folder}/nftables.conf`,
  };
  replaceFile(files.hostapd, renderHostapd(plan, CONTROL_FOLDER), 0o600);
  replaceFile(files.dnsmasq, renderDnsmasq(plan, LEASE_FILE), 0o644);
  replaceFile(files.firewall, renderFirewall(plan), 0o644);
  return files;
}

/** Asks the programs themselves; hostapd has no such question and is asked by starting it. @throws WeirError AP_REFUSED */
export async function checkFiles(files: RenderedFiles): Promise<void> {
  const questions = [
    ['nft', ['-c', '-f', files.firewall]],
    ['dnsmasq', ['--test', `--conf-file=${files.dnsmasq}`]],
  ] as const;
  for (const [program, args] of questions) {
    const { code, complaint } = await run(program, args);
    if (code !== 0)
      throw new WeirError(
        'AP_REFUSED',
        `${program} refuses what was made for it (${complaint}); nothing was changed. \`weir ap render FOLDER\` shows it.`,
      );
  }
}

type Step = (plan: ApPlan, changes: Changes) => Promise<void> | void;

/** In this order: managers keep off, then the firewall, then what it protects. */
const STEPS: readonly Step[] = [keepManagersOff, fence, passDocker, makeBridge, setKernel, addAddresses, addRoutes];

export async function applyPlan(plan: ApPlan, changes: Changes): Promise<void> {
  for (const step of STEPS) await step(plan, changes);
}

async function fence(plan: ApPlan, changes: Changes): Promise<void> {
  changes.addFirewall();
  await must('nft', ['-f', '-'], renderFirewall(plan));
}

/** The check-up names the chain where this could not be said. */
async function passDocker({ bridge }: ApPlan): Promise<void> {
  await acceptInDocker(bridge);
}

async function makeBridge({ bridge, interface: radio }: ApPlan, changes: Changes): Promise<void> {
  const isThere = isPresent(bridge);
  if (isThere && readText(`/sys/class/net/${bridge}/bridge/bridge_id`) === undefined)
    throw new WeirError(
      'AP_REFUSED',
      `${bridge} (capture.interface) exists and is no bridge; the access point was not started. Name another one.`,
    );
  changes.addBridge(bridge, !isThere);
  // The radio's own address, so that it does not change when the radio comes and goes.
  const address = readText(`/sys/class/net/${radio}/address`);
  const words = ['stp_state', '0', 'mcast_snooping', '0', 'forward_delay', '0'];
  if (!isThere)
    await must('ip', [
      'link',
      'add',
      bridge,
      ...(address === undefined ? [] : ['address', address]),
      'type',
      'bridge',
      ...words,
    ]);
}

function setKernel(plan: ApPlan, changes: Changes): void {
  for (const [path, value] of kernelSettings(plan)) changes.set(`/proc/sys/net/${path}`, value);
}

async function addAddresses({ bridge, address, network, address6 }: ApPlan, changes: Changes): Promise<void> {
  const own = `${address}/${network.prefix}`;
  changes.addAddress(own);
  await must('ip', ['addr', 'replace', own, 'brd', '+', 'dev', bridge]);
  if (address6 !== '') await must('ip', ['-6', 'addr', 'replace', address6, 'dev', bridge, 'nodad']);
  await must('ip', ['link', 'set', bridge, 'up']);
}

/** A network with a way out of its own gets a routing table; renewed when the gateway changes. */
export async function addRoutes({ networks }: ApPlan, changes: Changes): Promise<void> {
  const main = networks[0]?.uplink;
  for (const [index, { internet, uplink, mark }] of networks.entries()) {
    if (!internet || uplink === '' || uplink === main) continue;
    const gateway = await gatewayOf(uplink);
    const table = String(FIRST_TABLE + index);
    if (!changes.routes.some(([known]) => known === mark))
      await must('ip', ['rule', 'add', 'fwmark', String(mark), 'lookup', table]);
    changes.addRoute(mark, FIRST_TABLE + index);
    const via = gateway === '' ? [] : ['via', gateway];
    await run('ip', ['route', 'replace', 'default', ...via, 'dev', uplink, 'table', table]);
  }
}

/** @throws WeirError AP_FAILED with what the program said. */
async function must(program: string, args: readonly string[], input?: string): Promise<void> {
  const { code, complaint } = await run(program, args, input);
  if (code !== 0)
    throw new WeirError(
      'AP_FAILED',
      `\`${program} ${args.join(' ')}\` failed (${complaint}); what had been set is taken back.`,
    );
}

/** Said again whenever hostapd has put its links into the bridge: it forgets both. */
export function setPorts({ networks, isolate, localTraffic }: ApPlan): boolean {
  const values = [
    ['hairpin_mode', isolate && localTraffic === 'allow' ? '1' : '0'],
    ['isolated', localTraffic === 'block' ? '1' : '0'],
  ] as const;
  return networks.every(({ link }) =>
    values.every(([name, value]) => writePort(`/sys/class/net/${link}/brport/${name}`, value)),
  );
}

function writePort(path: string, value: string): boolean {
  return readText(path) === value || writeSetting(path, value);
}
