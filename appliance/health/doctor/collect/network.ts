// Interfaces, addresses, routes, forwarding, rules, resolver, NetworkManager.

import type { Config } from '../../../config/schema.ts';
import { expectOnly, MALFORMED } from '../../../model/expected-error.ts';
import type { AddressFact, InterfaceFact, NetworkFacts, ProcessFact, RouteFact } from '../facts.ts';
import type { Host } from '../host.ts';
import { type Look, seen, unseen } from '../look.ts';
import { collectFirewall } from './firewall.ts';
import { collectListeners } from './listeners.ts';
import { isUp } from './radio.ts';
import { askResolver } from './resolver.ts';

const CLASS = '/sys/class/net';
/** Network interfaces that are looked at; those beyond are passed over. */
const MAX_INTERFACES = 256;

export async function collectNetwork(
  host: Host,
  config: Config,
  processes: Look<readonly ProcessFact[]>,
): Promise<NetworkFacts> {
  const running = 'value' in processes ? processes.value : [];
  const [interfaces, addresses, routes, listeners, forwarding, filter, managed, resolver] = await Promise.all([
    collectInterfaces(host),
    host.run('ip', ['-j', 'address', 'show']).then((text) => parsed(text, parseAddresses)),
    collectRoutes(host),
    collectListeners(host, running),
    host.read(`/proc/sys/net/ipv4/conf/${config.capture.interface}/forwarding`),
    collectFirewall(host, config),
    managedDevices(host, running),
    askResolver(host, config.ap.enabled && config.ap.internet),
  ]);
  return { interfaces, addresses, routes, listeners, forwards: flag(forwarding), ...filter, managed, resolver };
}

function flag(text: string | undefined): boolean | null {
  return text === undefined ? null : text.trim() === '1';
}

async function collectInterfaces(host: Host): Promise<InterfaceFact[]> {
  const names = (await host.list(CLASS)).slice(0, MAX_INTERFACES);
  return Promise.all(names.map((name) => readInterface(host, name)));
}

async function readInterface(host: Host, name: string): Promise<InterfaceFact> {
  const base = `${CLASS}/${name}`;
  const [flags, carrier, isBridge, master, isPort, hairpin] = await Promise.all([
    host.read(`${base}/flags`),
    host.read(`${base}/carrier`),
    host.exists(`${base}/bridge`),
    host.link(`${base}/master`),
    host.exists(`${base}/brport`),
    host.read(`${base}/brport/hairpin_mode`),
  ]);
  return {
    name,
    isUp: isUp(flags),
    hasCarrier: carrier?.trim() === '1',
    isBridge,
    bridge: isPort ? (master?.slice(master.lastIndexOf('/') + 1) ?? '') : '',
    hairpin: flag(hairpin),
  };
}

/** A machine without IPv6 has no routes of it. */
async function collectRoutes(host: Host): Promise<Look<readonly RouteFact[]>> {
  const [four, six] = await Promise.all([
    host.run('ip', ['-j', '-4', 'route', 'show']).then((text) => parsed(text, (value) => parseRoutes(value, 4))),
    host.run('ip', ['-j', '-6', 'route', 'show']).then((text) => parsed(text, (value) => parseRoutes(value, 6))),
  ]);
  return 'value' in four ? seen([...four.value, ...('value' in six ? six.value : [])]) : four;
}

function parsed<T>(text: Look<string>, parse: (value: unknown) => T): Look<T> {
  if (!('value' in text)) return text;
  try {
    return seen(parse(JSON.parse(text.value.trim() === '' ? '[]' : text.value)));
  } catch (thrown) {
    expectOnly(thrown, "reading ip's answer", ...MALFORMED);
    return unseen('ip answered with something that is no JSON');
  }
}

/** `ip -j address`: `[{ifname, addr_info: [{family, local, prefixlen}]}]`. */
export function parseAddresses(value: unknown): AddressFact[] {
  const rows = value as { ifname?: string; addr_info?: { family?: string; local?: string; prefixlen?: number }[] }[];
  return rows.flatMap(({ ifname = '', addr_info = [] }) =>
    addr_info.flatMap(({ family, local, prefixlen }): AddressFact[] =>
      local === undefined || prefixlen === undefined
        ? []
        : [{ interface: ifname, family: family === 'inet6' ? 6 : 4, address: local, prefix: prefixlen }],
    ),
  );
}

/** `ip -j route`: `[{dst, dev}]`; what has no device of its own (blackhole, several ways) leads nowhere that clashes. */
export function parseRoutes(value: unknown, family: 4 | 6): RouteFact[] {
  const rows = value as { dst?: string; dev?: string }[];
  return rows.flatMap(({ dst, dev }) =>
    dst === undefined || dev === undefined ? [] : [{ family, to: dst, interface: dev }],
  );
}

async function managedDevices(host: Host, running: readonly ProcessFact[]): Promise<NetworkFacts['managed']> {
  const runs = running.some(({ name }) => name === 'NetworkManager');
  if (!runs && (await host.find('nmcli')) === undefined) return seen(null);
  const answer = await host.run('nmcli', ['-t', '-f', 'DEVICE,STATE', 'device']);
  if ('value' in answer) return seen(parseManaged(answer.value));
  return runs ? unseen(`NetworkManager runs, and ${answer.unknown}`) : seen(null);
}

/** Terse form: `wlan0:unmanaged`; colons in names are escaped. */
export function parseManaged(text: string): { device: string; state: string }[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const at = line.lastIndexOf(':');
      return { device: line.slice(0, at).replaceAll('\\:', ':'), state: line.slice(at + 1) };
    });
}
