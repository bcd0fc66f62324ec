// The captured side and the way out: bridge, addresses, forwarding, rules, uplink, names.

import { addressClash } from '../address-clash.ts';
import type { Facts, InterfaceFact, RouteFact } from '../facts.ts';
import { type Check, fail, known, notApplicable, type Outcome, ofAccessPoint, ok, unknown, warn } from '../outcome.ts';

const RESTART = 'systemctl restart weir-ap';

function find({ network }: Facts, name: string): InterfaceFact | undefined {
  return network.interfaces.find((one) => one.name === name);
}

const captureInterface: Check = {
  id: 'capture-interface',
  area: 'network',
  title: 'The interface to capture on is there and up',
  means: 'Capture waits for it and records nothing meanwhile; the gap is in the ledger.',
  fix: 'Set capture.interface to one of `ip -br link`, or bring it up: ip link set INTERFACE up',
  look: (facts) => {
    const { capture, ap } = facts.settings.config;
    if (capture.engine === 'file') return notApplicable('a file is replayed (capture.engine)');
    const { status } = facts.services.capture;
    // It may listen in a network namespace of its own, as in the simulated home.
    if (!ap.enabled && status?.state === 'capturing') return ok(`capture listens on ${status.interface}`);
    const found = find(facts, capture.interface);
    const fix = ap.enabled ? { fix: `${RESTART} (it makes the bridge)` } : {};
    if (found === undefined) return fail(`there is no ${capture.interface}`, fix);
    if (!found.isUp) return fail(`${found.name} is down`, { fix: `ip link set ${found.name} up` });
    if (ap.enabled && !found.isBridge)
      return fail(`${found.name} is no bridge`, { fix: 'Set capture.interface to a name of its own, as br-weir.' });
    return ok(`${found.name}${found.isBridge ? ', a bridge' : ''}, up`);
  },
};

/** For what hangs on a bridge that is there; that it is not is said by the check before. */
function ofBridge(judge: (facts: Facts, bridge: InterfaceFact) => Outcome): Check['look'] {
  return ofAccessPoint((facts) => {
    const bridge = find(facts, facts.settings.config.capture.interface);
    return bridge?.isBridge === true ? judge(facts, bridge) : notApplicable('there is no bridge');
  });
}

/** For what hangs on the radio as a port of the bridge. */
function ofPort(judge: (facts: Facts, port: InterfaceFact) => Outcome): Check['look'] {
  return ofBridge((facts, bridge) => {
    const port = find(facts, facts.settings.config.ap.interface);
    return port?.bridge === bridge.name ? judge(facts, port) : notApplicable('the radio is no port of the bridge');
  });
}

const bridgePort: Check = {
  id: 'bridge-port',
  area: 'network',
  title: 'The radio is a port of the bridge',
  means: 'What devices send does not pass the bridge: they get no address, and nothing is captured.',
  fix: RESTART,
  look: ofBridge((facts, bridge) => {
    const { interface: name } = facts.settings.config.ap;
    const port = find(facts, name);
    if (port === undefined) return notApplicable(`there is no ${name}`);
    const fix = `ip link set ${name} master ${bridge.name} && ${RESTART}`;
    if (port.bridge === bridge.name) return ok(`${name} in ${bridge.name}`);
    return fail(port.bridge === '' ? `${name} is in no bridge` : `${name} is in ${port.bridge}`, { fix });
  }),
};

const hairpin: Check = {
  id: 'hairpin',
  area: 'network',
  title: 'The bridge sends back to the port it came from (hairpin)',
  means: 'Devices cannot reach each other: the radio leaves it to the bridge, and the bridge refuses.',
  fix: 'bridge link set dev INTERFACE hairpin on (weir-ap sets it at each start of hostapd)',
  look: ofPort(({ settings: { config }, services }, port) => {
    if (config.ap.local_traffic === 'block')
      return notApplicable('devices may not speak with each other (ap.local_traffic)');
    if (services.ap.status?.local_traffic === 'not visible') return notApplicable('this radio forwards by itself');
    if (port.hairpin === null) return unknown(`the kernel does not report ${port.name}`);
    return port.hairpin
      ? ok(`on (${port.name})`)
      : fail(`off (${port.name})`, { fix: `bridge link set dev ${port.name} hairpin on` });
  }),
};

const apAddress: Check = {
  id: 'ap-address',
  area: 'network',
  title: 'The bridge has the address that devices receive by DHCP',
  means: 'Devices cannot reach gateway, DHCP and DNS.',
  fix: RESTART,
  look: ofBridge(({ network, settings: { config } }, bridge) =>
    known(network.addresses, (addresses) => {
      const wanted = config.ap.address.split('/', 1)[0] ?? '';
      const has = addresses.some((one) => one.interface === bridge.name && one.address === wanted);
      const fix = `ip addr add ${config.ap.address} dev ${bridge.name} (or ${RESTART})`;
      return has
        ? ok(`${config.ap.address} on ${bridge.name}`)
        : fail(`${bridge.name} lacks ${config.ap.address}`, { fix });
    }),
  ),
};

const clash: Check = {
  id: 'address-clash',
  area: 'network',
  title: 'The addresses of the captured side are used nowhere else',
  means: 'The kernel sends answers the wrong way: devices or the uplink lose their connection.',
  fix: 'Set ap.address to a network that is free, as 10.78.0.1/24.',
  look: ofAccessPoint(({ network, settings: { config } }) =>
    known(network.addresses, (addresses) =>
      known(network.routes, (routes) => {
        const found = addressClash(config, addresses, routes);
        return found === undefined ? ok(ranges(config)) : fail(found);
      }),
    ),
  ),
};

function ranges({ ap }: Facts['settings']['config']): string {
  return [ap.address, ap.address6].filter((text) => text !== '').join(', ');
}

const forwarding: Check = {
  id: 'forwarding',
  area: 'network',
  title: 'The kernel forwards what devices send',
  means: 'Devices have an address but no Internet: most then behave differently from home.',
  fix: `${RESTART} (it switches forwarding on for the bridge; look for another program or sysctl file that unsets it)`,
  look: ofBridge(({ network, settings: { config } }, bridge) => {
    if (!config.ap.internet) return notApplicable('devices may not reach the Internet (ap.internet)');
    if (!hasWayOut(network)) return notApplicable('there is no way to the Internet');
    const setting = `net.ipv4.conf.${bridge.name}.forwarding`;
    if (network.forwards === null) return unknown(`the kernel does not report ${setting}`);
    return network.forwards ? ok(`${setting} is 1`) : fail(`${setting} is 0`, { fix: `sysctl -w ${setting}=1` });
  }),
};

/** Without a way out there is nothing to forward or translate to; that is a check of its own. */
function hasWayOut({ routes }: Facts['network']): boolean {
  return 'value' in routes && routes.value.some(({ to }) => to === 'default');
}

const firewall: Check = {
  id: 'firewall',
  area: 'network',
  title: "Weir's rules are loaded: isolation and address translation",
  means: 'Devices may reach the page, SSH or your other network, or they have no Internet.',
  fix: `${RESTART} (a full reload of nftables.service removes them)`,
  look: ofAccessPoint(({ network, settings: { config } }) =>
    known(network.firewall, ({ tables, guardsAppliance, guardsNetworks, translates }) => {
      if (tables.length === 0) return fail('none of them is loaded');
      const hasWay = hasWayOut(network);
      const missing = [
        guardsAppliance ? '' : 'what keeps devices from the appliance (input)',
        guardsNetworks ? '' : 'what keeps devices from the other networks (forward)',
        translates || !config.ap.internet || !hasWay ? '' : 'address translation to the uplink',
      ].filter((words) => words !== '');
      return missing.length === 0 ? ok(tables.join(', ')) : fail(`missing: ${missing.join('; ')}`);
    }),
  ),
};

const uplink: Check = {
  id: 'uplink',
  area: 'network',
  title: 'There is a way to the Internet',
  means: 'Devices reach only the appliance, and the clock is not set. Capture goes on.',
  fix: 'Plug in the network cable; `ip route` must show a default route. ap.uplink names the interface where several are there.',
  look: ofAccessPoint((facts) => {
    const { ap, capture } = facts.settings.config;
    if (!ap.internet) return notApplicable('devices may not reach the Internet (ap.internet)');
    return known(facts.network.routes, (routes) => judgeUplink(facts, routes, [ap.interface, capture.interface]));
  }),
};

function judgeUplink(facts: Facts, routes: readonly RouteFact[], captured: readonly string[]): Outcome {
  const { uplink: named } = facts.settings.config.ap;
  const defaults = routes.filter(({ to, family }) => to === 'default' && family === 4).map((route) => route.interface);
  const name = named === '' ? defaults[0] : named;
  if (name === undefined) return fail('no default route');
  const found = find(facts, name);
  if (found === undefined) return fail(`there is no ${name} (ap.uplink)`);
  if (captured.includes(name)) return fail(`the default route leads into the captured side (${name})`);
  if (!found.isUp || !found.hasCarrier) return fail(`${name} has no link`);
  return defaults.includes(name) ? ok(`${name}, default route`) : fail(`no default route through ${name}`);
}

const names: Check = {
  id: 'resolver',
  area: 'network',
  title: 'Names are resolved',
  means: 'Devices get no answers to DNS queries, and most then do nothing else either.',
  fix: 'Look at `cat /etc/resolv.conf`: it must name a server that answers, usually the router.',
  look: ofAccessPoint(({ network, settings: { config } }) => {
    if (!config.ap.internet) return notApplicable('devices may not reach the Internet (ap.internet)');
    return known(network.resolver, ({ servers, problem }) => {
      if (servers.length === 0) return fail('no name server is set');
      return problem === '' ? ok(servers.join(', ')) : warn(`${servers.join(', ')}: ${problem}`);
    });
  }),
};

const pageAddress: Check = {
  id: 'page-address',
  area: 'network',
  title: 'The page listens on the management side only',
  means: 'Captured devices are the attacker; the page must not be theirs to knock at. The rules refuse them too.',
  fix: 'Set http.host to the address of the management side, or 127.0.0.1.',
  look: (facts) => {
    const { http, ap } = facts.settings.config;
    const captured = capturedAddresses(facts);
    if (captured.includes(http.host)) return fail(`http.host is ${http.host}, the captured side`);
    if (!EVERYWHERE.includes(http.host) || captured.length === 0) return ok(http.host);
    // With the access point run by Weir, its rules keep devices from it; elsewhere nobody does.
    return ap.enabled ? ok(`${http.host}, with rules towards the captured side`) : warn(unfenced(http.host, captured));
  },
};

/** What a page listens on that listens on all addresses. */
const EVERYWHERE = ['0.0.0.0', '::', ''];

const unfenced = (host: string, captured: readonly string[]) =>
  `http.host is ${host}, so devices reach the page at ${captured.join(', ')}: ap.enabled is false, and no rules of Weir keep them away`;

/** Of the interface that is captured on; without an access point of ours others gave it its addresses. */
function capturedAddresses(facts: Facts): readonly string[] {
  const { capture, ap } = facts.settings.config;
  if (capture.engine === 'file') return [];
  const { addresses } = facts.network;
  const known = 'value' in addresses ? addresses.value : [];
  const given = known.filter((one) => one.interface === capture.interface).map(({ address }) => address);
  return ap.enabled ? [...given, ap.address.split('/', 1)[0] ?? ''] : given;
}

export const NETWORK_CHECKS: readonly Check[] = [
  captureInterface,
  bridgePort,
  hairpin,
  apAddress,
  clash,
  forwarding,
  firewall,
  uplink,
  names,
  pageAddress,
];
