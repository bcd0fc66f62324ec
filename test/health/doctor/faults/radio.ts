// What can be wrong with radio, country and channel: `../checks.test.ts` makes these faults one by one.

import { seen } from '../../../../appliance/health/doctor/look.ts';
import { ap, both, radio, status } from '../changes.ts';
import { CHANNELS } from '../facts.ts';
import type { Fault } from './fault.ts';

const PI_RADIO = { name: 'wlan0', phy: 'phy0', driver: 'brcmfmac', chip: '0xa9bf', bus: 'sdio', isUp: true };
/** As Debian's kernels drive it: no set_bss, so local traffic is not visible, which is a warning of its own. */
const builtIn = both(radio({ found: PI_RADIO }), status({ local_traffic: 'visible' }));

export const RADIO_FAULTS: readonly Fault[] = [
  {
    what: 'no radio',
    change: radio({ found: null, absence: 'there is no interface wlan0', others: ['wlan1'] }),
    check: 'radio',
    verdict: 'fail',
    fix: /wlan1/,
  },
  {
    what: 'a radio that only joins networks',
    change: radio({ abilities: seen({ modes: ['managed'], commands: ['set_bss'], channels: CHANNELS }) }),
    check: 'ap-mode',
    verdict: 'fail',
  },
  {
    what: 'a radio that is soft-blocked',
    change: radio({ blocks: [{ name: 'rfkill0', soft: true, hard: false }] }),
    check: 'rfkill',
    verdict: 'fail',
    fix: /rfkill unblock/,
  },
  {
    what: 'a radio that a switch blocks',
    change: radio({ blocks: [{ name: 'rfkill0', soft: true, hard: true }] }),
    check: 'rfkill',
    verdict: 'fail',
    fix: /switch/,
  },
  {
    what: 'the rules of the world',
    change: radio({ country: seen('00') }),
    check: 'country',
    verdict: 'fail',
    fix: /iw reg set GB/,
  },
  { what: 'the rules of another country', change: radio({ country: seen('US') }), check: 'country', verdict: 'warn' },
  { what: 'no country in the settings', change: ap({ country: '' }), check: 'country', verdict: 'fail' },
  { what: 'a channel that the country forbids', change: ap({ channel: 14 }), check: 'channel', verdict: 'fail' },
  {
    what: 'a channel that may only be listened on',
    change: ap({ band: '5', channel: 44 }),
    check: 'channel',
    verdict: 'fail',
  },
  {
    what: 'a channel that the radio does not have',
    change: ap({ band: '5', channel: 149 }),
    check: 'channel',
    verdict: 'fail',
  },
  {
    what: 'a channel shared with radar',
    change: ap({ band: '5', channel: 52 }),
    check: 'dfs-channel',
    verdict: 'fail',
  },
  {
    what: "WPA3 on a Pi's own radio",
    change: both(builtIn, ap({ security: 'wpa3' })),
    check: 'security',
    verdict: 'warn',
  },
  {
    what: "six devices on a Pi's own radio",
    change: both(builtIn, radio({ found: PI_RADIO, stations: seen(6) })),
    check: 'station-limit',
    verdict: 'warn',
  },
  {
    what: 'a radio that was found to forward by itself',
    change: status({ local_traffic: 'not visible', local_traffic_reason: 'a ping between two stations was not seen' }),
    check: 'local-traffic',
    verdict: 'warn',
  },
  {
    what: 'a radio that cannot leave forwarding to the bridge, before anything was measured',
    change: both(
      status({ local_traffic: 'unknown' }),
      radio({ abilities: seen({ modes: ['AP'], commands: ['new_interface'], channels: CHANNELS }) }),
    ),
    check: 'local-traffic',
    verdict: 'warn',
  },
  {
    what: 'a radio that saves power',
    change: radio({ powerSave: seen(true) }),
    check: 'power-save',
    verdict: 'warn',
    fix: /iw dev wlan0 set power_save off/,
  },
  {
    what: 'a firmware that stopped',
    change: both(
      builtIn,
      radio({ found: PI_RADIO, halts: seen(['brcmfmac: brcmf_sdio_hostmail: mailbox indicates firmware halted']) }),
    ),
    check: 'firmware-halt',
    verdict: 'warn',
  },
];
