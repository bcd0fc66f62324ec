// Who else wants the radio or the ports: other managers, packaged services, strangers on 53 and 67.

import { AP_RUN_FOLDER } from '../../../ap/status/status.ts';
import { loadConfig } from '../../../config/load.ts';
import type { Facts, ListenerFact, ProcessFact } from '../facts.ts';
import { type Check, fail, known, type Outcome, ofAccessPoint, ok, unknown, warn } from '../outcome.ts';

const DEFAULTS = loadConfig(undefined).config;

/** Its files count for links that are new, the last command for the one that it has. */
function letGo(radio: string, bridge: string): string {
  const section = `[device-weir]\\nmatch-device=interface-name:${radio};interface-name:${bridge}\\nmanaged=0\\n`;
  return `printf '${section}' > /etc/NetworkManager/conf.d/weir.conf && nmcli general reload && nmcli device set ${radio} managed no`;
}

const networkManager: Check = {
  id: 'network-manager',
  area: 'radio',
  title: 'NetworkManager leaves the radio alone',
  means: 'It and hostapd take the radio from each other, at the latest at the next start.',
  fix: letGo(DEFAULTS.ap.interface, DEFAULTS.capture.interface),
  look: ofAccessPoint(({ network, processes, settings: { config } }) => {
    const { interface: name } = config.ap;
    const fix = letGo(name, config.capture.interface);
    return known(network.managed, (devices) => {
      if (devices === null) return ok('it does not run');
      const device = devices.find((candidate) => candidate.device === name);
      if (device === undefined)
        return 'value' in processes ? ok(`it does not know ${name}`) : unknown(processes.unknown);
      return device.state === 'unmanaged'
        ? ok(`${name}: unmanaged`)
        : fail(`it holds ${name} (${device.state})`, { fix });
    });
  }),
};

/** Programs that join networks; each would reconfigure the radio under hostapd. */
const JOINERS: readonly { readonly name: string; readonly takesAll: boolean; readonly fix: string }[] = [
  {
    name: 'wpa_supplicant',
    takesAll: false,
    fix: 'systemctl disable --now wpa_supplicant@INTERFACE; kill what runs by hand (the one started with -u for NetworkManager may stay)',
  },
  { name: 'iwd', takesAll: true, fix: 'systemctl disable --now iwd' },
];

const supplicant: Check = {
  id: 'wpa-supplicant',
  area: 'radio',
  title: 'No program that joins networks holds the radio',
  means: 'It scans, changes channel and mode: the access point falters or does not start.',
  fix: 'systemctl disable --now wpa_supplicant@wlan0 (the one started with -u for NetworkManager may stay)',
  look: ofAccessPoint(({ processes, settings: { config } }) =>
    known(processes, (all) => {
      const { interface: name } = config.ap;
      for (const joiner of JOINERS) {
        const holder = all.find((one) => one.name === joiner.name && (joiner.takesAll || isFor(one, name)));
        if (holder === undefined) continue;
        return fail(`${processText(holder)} runs on ${name}`, { fix: joiner.fix.replace('INTERFACE', name) });
      }
      return ok(`nobody but Weir on ${name}`);
    }),
  ),
};

/** `-iwlan0`, `-i wlan0`, `-i=wlan0`. */
function isFor({ args }: ProcessFact, name: string): boolean {
  return args.some(
    (word, at) => word === `-i${name}` || word === `-i=${name}` || (word === '-i' && args[at + 1] === name),
  );
}

const dhcpClient: Check = {
  id: 'dhcpcd',
  area: 'radio',
  title: 'No DHCP client gives the radio an address',
  means: 'dhcpcd (Raspberry Pi OS before 2023) takes the address of the captured side away again.',
  fix: 'echo "denyinterfaces wlan0 br-weir" >> /etc/dhcpcd.conf && systemctl restart dhcpcd',
  look: ofAccessPoint(({ processes, settings: { config } }) =>
    known(processes, (all) => {
      const { ap, capture } = config;
      const client = all.find(
        ({ name, args }) => (name === 'dhcpcd' || name === 'dhclient') && isFree(args, ap.interface),
      );
      return client === undefined
        ? ok('none')
        : warn(processText(client), {
            fix: `echo "denyinterfaces ${ap.interface} ${capture.interface}" >> /etc/dhcpcd.conf && systemctl restart dhcpcd`,
          });
    }),
  ),
};

/** Started for all interfaces, or for the radio: named interfaces are among its arguments. */
function isFree(args: readonly string[], name: string): boolean {
  const interfaces = args.slice(1).filter((word) => /^(wl|eth|en|usb)[a-z0-9]*\d$/.test(word));
  return interfaces.length === 0 || interfaces.includes(name);
}

const packagedUnits: Check = {
  id: 'packaged-units',
  area: 'services',
  title: "Debian's own hostapd and dnsmasq services stay off",
  means: 'hostapd.service starts again every 2 s until it has the radio; then Weir\'s says "Match already configured".',
  fix: 'systemctl mask --now hostapd.service dnsmasq.service',
  look: ofAccessPoint(({ services: { rivalUnits }, processes }) => {
    const fix = `systemctl mask --now ${rivalUnits.join(' ')}`;
    if (rivalUnits.length > 0) return fail(`enabled: ${rivalUnits.join(', ')}`, { fix });
    return known(processes, (all) => {
      const rival = all.find((one) => one.name === 'hostapd' && !isOurs(one));
      return rival === undefined ? ok('masked or not enabled') : fail(`${processText(rival)} runs in addition to ours`);
    });
  }),
};

/** What `weir ap` starts is given its rendered files. */
export function isOurs({ args }: ProcessFact): boolean {
  return args.some((word) => word.includes(`${AP_RUN_FOLDER}/`));
}

export function processText({ name, pid }: ProcessFact): string {
  return `${name} (process ${pid})`;
}

function portCheck(port: 53 | 67, id: string, what: string): Check {
  return {
    id,
    area: 'network',
    title: `Port ${port} (${what}) is free for the access point`,
    means: `dnsmasq cannot answer devices: they get no ${port === 53 ? 'names' : 'addresses'}.`,
    fix: 'Stop the program that is named, or make it listen on another address only.',
    look: ofAccessPoint((facts) => judgePort(facts, port)),
  };
}

function judgePort(facts: Facts, port: number): Outcome {
  const here = facts.network.listeners.filter((one) => one.port === port && isOnCapturedSide(one, facts));
  const strangers = here.filter(({ owner }) => owner !== null && !(owner.name === 'dnsmasq' && isOurs(owner)));
  const [stranger] = strangers;
  if (stranger?.owner) {
    const summary = `${processText(stranger.owner)} listens on ${stranger.protocol} ${stranger.address}:${port}`;
    return fail(summary, { fix: fixFor(stranger.owner) });
  }
  const nameless = here.find(({ owner }) => owner === null);
  if (nameless === undefined) return ok(here.length === 0 ? 'free' : 'held by Weir');
  if (facts.services.ap.status?.state === 'up') return ok('held, and the access point is up');
  return warn(`somebody listens on ${nameless.protocol} ${nameless.address}:${port}`, {
    fix: 'Run `weir doctor` as root to see who.',
  });
}

/** On every address, or on that of the captured side. */
function isOnCapturedSide({ address }: ListenerFact, { settings: { config } }: Facts): boolean {
  if (address === '0.0.0.0' || address === '::') return true;
  const own = [config.ap.address, config.ap.address6].map((text) => text.split('/', 1)[0]);
  return own.includes(address);
}

const STOPPERS: Readonly<Record<string, string>> = {
  'systemd-resolve': 'Set DNSStubListener=no in /etc/systemd/resolved.conf, then systemctl restart systemd-resolved',
  dnsmasq: 'systemctl mask --now dnsmasq.service',
  named: 'systemctl disable --now named',
  unbound: 'systemctl disable --now unbound',
  'pihole-FTL': 'Keep Pi-hole off the captured side: interface=eth0 in its settings, or run it on another machine',
  dhcpd: 'systemctl disable --now isc-dhcp-server',
};

function fixFor(owner: ProcessFact): string {
  return (
    STOPPERS[owner.name] ??
    `Stop ${owner.name} (kill ${owner.pid}, and disable its service), or bind it to another address.`
  );
}

export const RIVAL_CHECKS: readonly Check[] = [
  networkManager,
  supplicant,
  dhcpClient,
  packagedUnits,
  portCheck(53, 'port-53', 'DNS'),
  portCheck(67, 'port-67', 'DHCP'),
];
