// Looks at the machine before anything is changed: the radio, the way out, other addresses, who may answer for the time.

import { readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { type Ipv4Network, parseIpv4Network } from '../../config/ipv4-network.ts';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';
import { parseRadio, type RadioFacts } from '../watch/radio.ts';
import { readText, run } from './machine.ts';

export function isPresent(link: string): boolean {
  return readText(`/sys/class/net/${link}/ifindex`) !== undefined;
}

/** Undefined where the interface is not there or is no radio. */
export async function findRadio(link: string): Promise<RadioFacts | undefined> {
  const phy = readText(`/sys/class/net/${link}/phy80211/name`);
  if (phy === undefined) return undefined;
  const { code, out } = await run('iw', ['phy', phy, 'info']);
  return code === 0 ? parseRadio(out, driverOf(link)) : undefined;
}

export function driverOf(link: string): string {
  try {
    return basename(readlinkSync(`/sys/class/net/${link}/device/driver`));
  } catch (thrown) {
    expectOnly(thrown, "finding the radio's driver", ...UNREADABLE);
    return 'unknown';
  }
}

/** Interface of the default route with the lowest metric that is not on the captured side; empty where there is none. */
export async function findUplink(captured: readonly string[]): Promise<string> {
  const { out } = await run('ip', ['-4', 'route', 'show', 'default']);
  return chooseUplink(out, captured);
}

export function chooseUplink(routes: string, captured: readonly string[]): string {
  const found = routes
    .split('\n')
    .map((line) => ({
      link: / dev (\S+)/.exec(line)?.[1] ?? '',
      metric: Number(/ metric (\d+)/.exec(line)?.[1] ?? 0),
    }))
    .filter(({ link }) => link !== '' && !captured.includes(link));
  return found.sort((a, b) => a.metric - b.metric)[0]?.link ?? '';
}

/** Gateway of the default route through that interface. */
export async function gatewayOf(uplink: string): Promise<string> {
  const { out } = await run('ip', ['-4', 'route', 'show', 'default', 'dev', uplink]);
  return / ?via (\S+)/.exec(out)?.[1] ?? '';
}

/** The first other interface whose addresses overlap with ours, as text for people; empty where there is none. */
export async function clashOf(network: Ipv4Network, captured: readonly string[]): Promise<string> {
  const { out } = await run('ip', ['-4', '-o', 'addr', 'show']);
  return findClash(out, network, captured);
}

/** `text`: lines as `2: eth0    inet 192.168.1.2/24 brd …`. */
export function findClash(text: string, network: Ipv4Network, captured: readonly string[]): string {
  for (const [, link = '', address = ''] of text.matchAll(/^\d+: (\S+)\s+inet (\S+)/gm)) {
    if (captured.includes(link)) continue;
    const other = parseIpv4Network(address);
    if (other !== undefined && other.first <= network.last && network.first <= other.last)
      return `${address} on ${link}`;
  }
  return '';
}

/** chrony answers devices; systemd-timesyncd only asks. */
export function servesTime(): boolean {
  try {
    return readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && readText(`/proc/${pid}/comm`) === 'chronyd');
  } catch (thrown) {
    expectOnly(thrown, 'looking for chronyd', ...UNREADABLE);
    return false;
  }
}

/** The first soft or hard block on a radio of that interface, as `soft` or `hard`. */
export function blockOf(link: string): { readonly kind: 'soft' | 'hard'; readonly folder: string } | undefined {
  const phy = `/sys/class/net/${link}/phy80211`;
  let names: string[];
  try {
    names = readdirSync(phy).filter((name) => /^rfkill\d+$/.test(name));
  } catch (thrown) {
    expectOnly(thrown, 'looking for a block of the radio', ...UNREADABLE);
    return undefined;
  }
  for (const name of names) {
    const folder = `${phy}/${name}`;
    if (readText(`${folder}/hard`) === '1') return { kind: 'hard', folder };
    if (readText(`${folder}/soft`) === '1') return { kind: 'soft', folder };
  }
  return undefined;
}
