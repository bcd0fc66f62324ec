// hostapd.conf from a plan. Names go in as hexadecimal digits and the key as the bytes derived from it, so that no byte of either
// can end a line; only SAE needs the passphrase itself, which was checked to be printable ASCII (passphrase.ts).

import { pbkdf2Sync } from 'node:crypto';
import type { ApNetwork, ApPlan, Security } from '../plan.ts';

/** What capture, presence and the page are made for; a Pi's firmware takes fewer. */
const MAX_STATIONS = 64;

export function renderHostapd(plan: ApPlan, controlFolder: string): string {
  const [main, ...more] = plan.networks;
  if (main === undefined) throw new TypeError('a plan has at least one network');
  const lines = [
    '# Made by `weir ap`; changes are overwritten.',
    `interface=${plan.interface}`,
    'driver=nl80211',
    `ctrl_interface=${controlFolder}`,
    'logger_syslog=0',
    'logger_stdout=-1',
    'logger_stdout_level=2',
    `country_code=${plan.country}`,
    'ieee80211d=1',
    `hw_mode=${plan.band === '5' ? 'a' : 'g'}`,
    `channel=${plan.channel}`,
    'ieee80211n=1',
    ...(plan.band === '5' ? ['ieee80211ac=1'] : []),
    'wmm_enabled=1',
    ...networkLines(plan, main),
    ...more.flatMap((network) => ['', `bss=${network.link}`, ...networkLines(plan, network)]),
  ];
  return `${lines.join('\n')}\n`;
}

function networkLines(plan: ApPlan, network: ApNetwork): string[] {
  return [
    `bridge=${plan.bridge}`,
    `ssid2=${Buffer.from(network.ssid).toString('hex')}`,
    'utf8_ssid=1',
    `max_num_sta=${MAX_STATIONS}`,
    // Simple devices miss acknowledgements when they sleep; being thrown out for it is the classic complaint.
    'disassoc_low_ack=0',
    ...(plan.isolate ? ['ap_isolate=1'] : []),
    'auth_algs=1',
    'wpa=2',
    'rsn_pairwise=CCMP',
    ...SECURITY_LINES[network.security],
    ...keyLines(network),
  ];
}

/** In `mixed`, devices that do SAE must protect management frames and others need not (IEEE 802.11-2020 §12.12.2). */
const SECURITY_LINES: Readonly<Record<Security, readonly string[]>> = {
  wpa2: ['wpa_key_mgmt=WPA-PSK', 'ieee80211w=0'],
  mixed: ['wpa_key_mgmt=WPA-PSK SAE', 'ieee80211w=1', 'sae_require_mfp=1', 'sae_pwe=2'],
  wpa3: ['wpa_key_mgmt=SAE', 'ieee80211w=2', 'sae_pwe=2'],
};

function keyLines({ security, ssid, passphrase }: ApNetwork): string[] {
  if (security !== 'wpa2') return [`wpa_passphrase=${passphrase}`];
  // IEEE 802.11-2020 §J.4.1
  return [`wpa_psk=${pbkdf2Sync(passphrase, Buffer.from(ssid), 4096, 32, 'sha1').toString('hex')}`];
}
