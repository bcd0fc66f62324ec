// What can be wrong with bridge, addresses, rules and uplink: `../checks.test.ts` makes these faults one by one.

import { seen } from '../../../../appliance/health/doctor/look.ts';
import { ap, both, config, network, withInterface } from '../changes.ts';
import type { Fault } from './fault.ts';

const RULES = { tables: ['inet weir'], guardsAppliance: true, guardsNetworks: true, translates: true };

const FOREIGN = {
  tool: 'nft',
  family: 'ip',
  table: 'filter',
  name: 'FORWARD',
  hook: 'forward',
  priority: 0,
  policy: 'drop',
  rules: [],
} as const;

export const NETWORK_FAULTS: readonly Fault[] = [
  {
    what: 'no bridge',
    change: network({
      interfaces: [{ name: 'eth0', isUp: true, hasCarrier: true, isBridge: false, bridge: '', hairpin: null }],
    }),
    check: 'capture-interface',
    verdict: 'fail',
  },
  {
    what: 'a bridge that is down',
    change: withInterface('br-weir', { isUp: false }),
    check: 'capture-interface',
    verdict: 'fail',
    fix: /ip link set br-weir up/,
  },
  {
    what: 'the radio out of the bridge',
    change: withInterface('wlan0', { bridge: '' }),
    check: 'bridge-port',
    verdict: 'fail',
  },
  {
    what: 'hairpin off',
    change: withInterface('wlan0', { hairpin: false }),
    check: 'hairpin',
    verdict: 'fail',
    fix: /bridge link set dev wlan0 hairpin on/,
  },
  {
    what: 'a bridge without its address',
    change: network({ addresses: seen([]) }),
    check: 'ap-address',
    verdict: 'fail',
  },
  {
    what: 'the home network on the same addresses',
    change: both(
      ap({ address: '192.168.1.1/24' }),
      network({
        addresses: seen([
          { interface: 'br-weir', family: 4, address: '192.168.1.1', prefix: 24 },
          { interface: 'eth0', family: 4, address: '192.168.1.20', prefix: 24 },
        ]),
      }),
    ),
    check: 'address-clash',
    verdict: 'fail',
  },
  {
    what: 'a tunnel to the same addresses',
    change: (facts) =>
      network({
        routes: seen([
          ...('value' in facts.network.routes ? facts.network.routes.value : []),
          { family: 4, to: '10.0.0.0/8', interface: 'wg0' },
        ]),
      })(facts),
    check: 'address-clash',
    verdict: 'fail',
  },
  {
    what: 'the same addresses in IPv6',
    change: both(ap({ address6: 'fd77:77::1/64' }), (facts) =>
      network({
        addresses: seen([
          ...('value' in facts.network.addresses ? facts.network.addresses.value : []),
          { interface: 'eth0', family: 6, address: 'fd77:77::99', prefix: 64 },
        ]),
      })(facts),
    ),
    check: 'address-clash',
    verdict: 'fail',
  },
  { what: 'no forwarding', change: network({ forwards: false }), check: 'forwarding', verdict: 'fail' },
  {
    what: 'no rules',
    change: network({ firewall: seen({ ...RULES, tables: [] }) }),
    check: 'firewall',
    verdict: 'fail',
  },
  {
    what: 'rules without isolation',
    change: network({
      firewall: seen({ ...RULES, guardsAppliance: false }),
    }),
    check: 'firewall',
    verdict: 'fail',
  },
  {
    what: 'rules without the wall to other networks',
    change: network({ firewall: seen({ ...RULES, guardsNetworks: false }) }),
    check: 'firewall',
    verdict: 'fail',
  },
  {
    what: 'rules without address translation',
    change: network({ firewall: seen({ ...RULES, translates: false }) }),
    check: 'firewall',
    verdict: 'fail',
  },
  {
    what: 'a chain of others that lets nothing through',
    change: network({ rules: seen({ chains: [FOREIGN], untold: [] }) }),
    check: 'foreign-rules',
    verdict: 'fail',
    fix: /^nft insert rule ip filter FORWARD iifname br-weir accept && /,
  },
  {
    what: 'the same as legacy rules of iptables',
    change: network({ rules: seen({ chains: [{ ...FOREIGN, tool: 'iptables-legacy' }], untold: [] }) }),
    check: 'foreign-rules',
    verdict: 'fail',
    fix: /^iptables-legacy -I FORWARD -i br-weir -j ACCEPT && /,
  },
  {
    what: 'no default route',
    change: network({ routes: seen([{ family: 4, to: '10.77.0.0/24', interface: 'br-weir' }]) }),
    check: 'uplink',
    verdict: 'fail',
  },
  {
    what: 'an unplugged uplink',
    change: withInterface('eth0', { hasCarrier: false }),
    check: 'uplink',
    verdict: 'fail',
  },
  {
    what: 'a default route into the captured side',
    change: network({ routes: seen([{ family: 4, to: 'default', interface: 'br-weir' }]) }),
    check: 'uplink',
    verdict: 'fail',
  },
  {
    what: 'a name server that is silent',
    change: network({ resolver: seen({ servers: ['192.168.1.1'], problem: 'no answer (ETIMEOUT)' }) }),
    check: 'resolver',
    verdict: 'warn',
  },
  {
    what: 'the page on the captured side',
    change: config((before) => ({ ...before, http: { ...before.http, host: '10.77.0.1' } })),
    check: 'page-address',
    verdict: 'fail',
  },
  {
    what: 'the page on another address of the interface that is captured on',
    change: both(
      config((before) => ({ ...before, http: { ...before.http, host: '10.9.0.1' } })),
      network({
        addresses: seen([
          { interface: 'br-weir', family: 4, address: '10.77.0.1', prefix: 24 },
          { interface: 'br-weir', family: 4, address: '10.9.0.1', prefix: 24 },
        ]),
      }),
    ),
    check: 'page-address',
    verdict: 'fail',
  },
  {
    what: 'the page on all addresses, with an access point that is not ours: no rules keep devices from it',
    change: config((before) => ({
      ...before,
      http: { ...before.http, host: '0.0.0.0' },
      ap: { ...before.ap, enabled: false },
    })),
    check: 'page-address',
    verdict: 'warn',
  },
];
