// The radio: is there one that can be an access point, may it send, on which channel, for how many devices.

import type { Facts, FoundRadio } from '../facts.ts';
import type { Channel } from '../iw-text.ts';
import { type Check, fail, known, notApplicable, ofAccessPoint, ok, unknown, warn } from '../outcome.ts';

/** Channel 0 in the settings. */
const SAFE_CHANNEL = { '2.4': 6, '5': 36 } as const;
/** Radar has to be listened for on these (ETSI EN 301 893, FCC part 15.407). */
const RADAR_CHANNELS = { first: 52, last: 144 } as const;

interface Firmware {
  readonly name: string;
  /** Stations that the firmware shipped by Debian and Raspberry Pi accepts, whatever hostapd allows. */
  readonly stations: number;
}

/** SDIO device numbers of the radios built into Pis (linux/mmc/sdio_ids.h); limits as users measured them. */
const FIRMWARES: Readonly<Record<string, Firmware>> = {
  '0xa9a6': { name: 'BCM43430 (Pi 3B, Zero W)', stations: 10 },
  '0xa9af': { name: 'CYW43439 (Zero 2 W)', stations: 10 },
  '0xa9bf': { name: 'BCM43455 (Pi 3B+, 4, 5)', stations: 7 },
  '0x4345': { name: 'BCM4345 (Pi 3B+, 4, 5)', stations: 7 },
};

export function firmwareOf(radio: FoundRadio | null): Firmware | undefined {
  return radio?.driver === 'brcmfmac'
    ? (FIRMWARES[radio.chip] ?? { name: 'Broadcom FullMAC', stations: 7 })
    : undefined;
}

/** Only for a radio that is there; that it is not is said once, by the first check. */
function ofRadio(judge: (radio: FoundRadio, facts: Facts) => ReturnType<Check['look']>): Check['look'] {
  return ofAccessPoint((facts) =>
    facts.radio.found === null ? notApplicable(facts.radio.absence) : judge(facts.radio.found, facts),
  );
}

const radio: Check = {
  id: 'radio',
  area: 'radio',
  title: 'The radio is there',
  means: 'There is no access point without it.',
  fix: 'Set ap.interface to a radio of this machine, or plug one in; `dmesg | grep -i -e brcm -e firmware` shows why one is missing.',
  look: ofAccessPoint(({ radio: { found, absence, others } }) => {
    if (found !== null) return ok(`${found.name} (${found.driver}${found.bus === '' ? '' : `, ${found.bus}`})`);
    const fix = others.length > 0 ? { fix: `Set ap.interface to ${others.join(' or ')}.` } : {};
    return fail(absence, fix);
  }),
};

const apMode: Check = {
  id: 'ap-mode',
  area: 'radio',
  title: 'The radio can be an access point',
  means: 'Many USB radios can only join networks.',
  fix: 'Use another radio: the built-in one, or a USB radio with a mac80211 driver that lists AP in `iw phy` (mt76, ath9k_htc).',
  look: ofRadio((found, { radio: { abilities } }) =>
    known(abilities, ({ modes }) => {
      if (modes.length === 0) return unknown(`iw reported no modes of ${found.phy}`);
      return modes.includes('AP') ? ok(`${found.phy}: AP`) : fail(`${found.phy} knows only ${modes.join(', ')}`);
    }),
  ),
};

const rfkill: Check = {
  id: 'rfkill',
  area: 'radio',
  title: 'The radio is not blocked',
  means: 'A blocked radio sends nothing: hostapd gives up with "Failed to set beacon parameters".',
  fix: 'rfkill unblock wifi (Raspberry Pi OS blocks until a country is set)',
  look: ofRadio((_found, { radio: { blocks } }) => {
    const hard = blocks.filter((block) => block.hard);
    if (hard.length > 0) {
      const fix = 'Turn the switch or key of the machine that shuts the radio off; no program can.';
      return fail(`blocked by hardware: ${names(hard)}`, { fix });
    }
    const soft = blocks.filter((block) => block.soft);
    if (soft.length > 0) return fail(`soft-blocked: ${names(soft)}`);
    return blocks.length === 0 ? ok('no switch for it') : ok(names(blocks));
  }),
};

const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name).join(', ');

const country: Check = {
  id: 'country',
  area: 'radio',
  title: 'The country of the radio is set',
  means: 'Under the rules of "the world" (00) 5 GHz is receive-only, and Raspberry Pi OS keeps the radio blocked.',
  fix: 'Set ap.country to your two letters, as GB, and restart weir-ap; until then: iw reg set GB',
  look: ofRadio((_found, { radio: { country: applied }, settings: { config } }) => {
    if (config.ap.country === '') return fail('ap.country is not set');
    return known(applied, (code) => {
      if (code === config.ap.country) return ok(code);
      const missing = 'Is wireless-regdb installed? Without it no country is taken.';
      const fix = `iw reg set ${config.ap.country} (restarting weir-ap does it too). ${missing}`;
      if (code === '00')
        return fail(`ap.country is ${config.ap.country}, but the kernel applies 00 (the world)`, { fix });
      return warn(`ap.country is ${config.ap.country}, but the kernel applies ${code}`, { fix });
    });
  }),
};

const channel: Check = {
  id: 'channel',
  area: 'radio',
  title: 'The channel is allowed here, and the radio has it',
  means: 'hostapd refuses to start on a channel that the country or the radio does not allow.',
  fix: 'Set ap.channel to 0 (6 in the 2.4 GHz band, 36 in the 5 GHz band), or ap.band to 2.4.',
  look: ofRadio((found, { radio: { abilities }, settings: { config } }) =>
    known(abilities, ({ channels }) => {
      const { number, summary } = wanted(config.ap);
      // One that is shared with radar is the next check.
      if (isRadar(number)) return notApplicable(`${summary} is shared with radar`);
      if (channels.length === 0) return unknown(`iw reported no channels of ${found.phy}`);
      const offered = channels.find((candidate) => candidate.number === number && isInBand(candidate, config.ap.band));
      if (offered === undefined) return fail(`the radio has no ${summary}`);
      if (offered.disabled) return fail(`${summary} is forbidden by the rules in force`);
      return offered.passive ? fail(`${summary} may only be listened on (no IR)`) : ok(summary);
    }),
  ),
};

const radar: Check = {
  id: 'dfs-channel',
  area: 'radio',
  title: 'The channel is not shared with radar (DFS)',
  means:
    'Such a channel is silent for a minute or more at each start, and is left at once when something looks like radar.',
  fix: 'Set ap.channel to 0, 36, 40, 44 or 48.',
  look: ofAccessPoint(({ radio: { abilities }, settings: { config } }) => {
    const { number, summary } = wanted(config.ap);
    if (config.ap.band !== '5') return notApplicable('2.4 GHz has no radar channels');
    const offered = 'value' in abilities ? abilities.value.channels.find((one) => one.number === number) : undefined;
    return isRadar(number) || offered?.radar === true ? fail(`${summary} is shared with radar`) : ok(summary);
  }),
};

function wanted({ band, channel: set }: Facts['settings']['config']['ap']): { number: number; summary: string } {
  const number = set === 0 ? SAFE_CHANNEL[band] : set;
  return { number, summary: `channel ${number} (${band} GHz)` };
}

function isRadar(number: number): boolean {
  return number >= RADAR_CHANNELS.first && number <= RADAR_CHANNELS.last;
}

function isInBand({ mhz }: Channel, band: '2.4' | '5'): boolean {
  return band === '2.4' ? mhz < 3000 : mhz >= 5000 && mhz < 5925;
}

const security: Check = {
  id: 'security',
  area: 'radio',
  title: 'The radio can do the security that is set',
  means:
    "WPA3 (SAE) as an access point does not work for many clients on a Pi's built-in radio, even where it is offered.",
  fix: 'Set ap.security to wpa2: IoT devices want it anyway. For WPA3 use a USB radio with a mac80211 driver.',
  look: ofRadio((found, { settings: { config } }) => {
    const firmware = firmwareOf(found);
    if (firmware === undefined || config.ap.security === 'wpa2') return ok(config.ap.security);
    return warn(`${config.ap.security} on ${firmware.name}`);
  }),
};

const stationLimit: Check = {
  id: 'station-limit',
  area: 'radio',
  title: 'The radio takes more devices',
  means: "The firmware of a Pi's own radio refuses further devices without a word: they seem broken.",
  fix: 'Move devices to a USB radio with a mac80211 driver, or use the "minimal" firmware of Raspberry Pi (cyfmac43455-sdio-minimal.bin, about 19).',
  look: ofRadio((found, { radio: { stations } }) =>
    known(stations, (count) => {
      const firmware = firmwareOf(found);
      if (firmware === undefined) return ok(`${count} devices; no low limit is known of ${found.driver}`);
      const summary = `${count} devices; ${firmware.name} takes about ${firmware.stations}`;
      return count >= firmware.stations - 1 ? warn(summary) : ok(summary);
    }),
  ),
};

const localTraffic: Check = {
  id: 'local-traffic',
  area: 'radio',
  title: 'Traffic between devices passes the bridge, where it is captured',
  means:
    'A radio that forwards between devices by itself hides such traffic: captures hold only what leaves the Wi-Fi.',
  fix: 'Use a USB radio with a mac80211 driver. `weir doctor --hardware` measures it; results say that it was not visible.',
  look: ofRadio((found, { radio: { abilities }, services, settings: { config } }) => {
    if (config.ap.local_traffic === 'block')
      return notApplicable('devices may not speak with each other (ap.local_traffic)');
    const status = services.ap.status;
    if (status?.local_traffic === 'visible') return ok(status.local_traffic_reason || 'visible');
    if (status?.local_traffic === 'not visible') return warn(status.local_traffic_reason || 'not visible');
    return known(abilities, ({ commands }) => {
      if (commands.length === 0) return unknown(`iw reported no commands of ${found.phy}`);
      if (commands.includes('set_bss')) return ok(`${found.driver} can leave forwarding to the bridge (set_bss)`);
      return warn(`${found.driver} cannot leave forwarding to the bridge (no set_bss)`);
    });
  }),
};

const powerSave: Check = {
  id: 'power-save',
  area: 'radio',
  title: 'The radio does not save power',
  means: 'Power saving delays or loses frames to devices on some radios.',
  fix: 'iw dev INTERFACE set power_save off (weir-ap does so at its start), with INTERFACE as in ap.interface.',
  look: ofRadio((found, { radio: { powerSave: isOn } }) =>
    known(isOn, (on) =>
      on ? warn(`on (${found.name})`, { fix: `iw dev ${found.name} set power_save off` }) : ok('off'),
    ),
  ),
};

const firmwareHalt: Check = {
  id: 'firmware-halt',
  area: 'radio',
  title: 'The firmware of the radio has not stopped',
  means:
    "The firmware of a Pi's own radio halts now and then; every device is off the network until the driver is loaded again.",
  fix: 'weir-ap loads the driver again once; if it comes back, update the firmware (apt install --only-upgrade firmware-brcm80211) or use a USB radio.',
  look: ofRadio((found, { radio: { halts }, services }) => {
    const counted = services.ap.status?.counters.troubles.firmware_halted ?? 0;
    if (counted > 0) return warn(`weir-ap counted ${counted} since its start`);
    if (firmwareOf(found) === undefined)
      return notApplicable(`known of Broadcom's firmware only, this is ${found.driver}`);
    return known(halts, (lines) =>
      lines.length === 0 ? ok('nothing of it in the kernel log') : warn(lines.at(-1) ?? ''),
    );
  }),
};

export const RADIO_CHECKS: readonly Check[] = [
  radio,
  apMode,
  rfkill,
  country,
  channel,
  radar,
  security,
  stationLimit,
  localTraffic,
  powerSave,
  firmwareHalt,
];
