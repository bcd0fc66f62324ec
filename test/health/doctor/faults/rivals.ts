// Who else may want the radio or the ports: `../checks.test.ts` makes these faults one by one.

import { seen } from '../../../../appliance/health/doctor/look.ts';
import { listening, network, running, services } from '../changes.ts';
import type { Fault } from './fault.ts';

export const RIVAL_FAULTS: readonly Fault[] = [
  {
    what: 'NetworkManager on the radio',
    change: network({ managed: seen([{ device: 'wlan0', state: 'disconnected' }]) }),
    check: 'network-manager',
    verdict: 'fail',
    fix: /match-device=interface-name:wlan0;interface-name:br-weir.*nmcli device set wlan0 managed no/,
  },
  {
    what: 'wpa_supplicant on the radio',
    change: running({ pid: 9, name: 'wpa_supplicant', args: ['wpa_supplicant', '-B', '-i', 'wlan0', '-c', '/etc/x'] }),
    check: 'wpa-supplicant',
    verdict: 'fail',
    fix: /wpa_supplicant@wlan0/,
  },
  {
    what: 'iwd',
    change: running({ pid: 9, name: 'iwd', args: ['/usr/libexec/iwd'] }),
    check: 'wpa-supplicant',
    verdict: 'fail',
    fix: /iwd/,
  },
  {
    what: 'dhcpcd for all interfaces',
    change: running({ pid: 9, name: 'dhcpcd', args: ['dhcpcd', '-q', '-b'] }),
    check: 'dhcpcd',
    verdict: 'warn',
    fix: /denyinterfaces wlan0 br-weir/,
  },
  {
    what: "Debian's hostapd.service enabled",
    change: services({ rivalUnits: ['hostapd.service'] }),
    check: 'packaged-units',
    verdict: 'fail',
    fix: /mask --now hostapd.service/,
  },
  {
    what: 'a hostapd that is not ours',
    change: running({ pid: 9, name: 'hostapd', args: ['hostapd', '/etc/hostapd/hostapd.conf'] }),
    check: 'packaged-units',
    verdict: 'fail',
  },
  {
    what: 'a name server on every address',
    change: listening({ protocol: 'udp', address: '0.0.0.0', port: 53, owner: { pid: 9, name: 'named', args: [] } }),
    check: 'port-53',
    verdict: 'fail',
    fix: /disable --now named/,
  },
  {
    what: "Debian's dnsmasq on port 53",
    change: listening({
      protocol: 'udp',
      address: '0.0.0.0',
      port: 53,
      owner: { pid: 9, name: 'dnsmasq', args: ['dnsmasq', '-x', '/run/dnsmasq/dnsmasq.pid'] },
    }),
    check: 'port-53',
    verdict: 'fail',
  },
  {
    what: 'a second DHCP server',
    change: listening({ protocol: 'udp', address: '0.0.0.0', port: 67, owner: { pid: 9, name: 'dhcpd', args: [] } }),
    check: 'port-67',
    verdict: 'fail',
  },
];
