// What devices show of themselves, and what that says about maker and kind. Data only: identity.ts weighs it.
// Platforms are the affair of ../platforms.
// A word matches anywhere in the evidence in lower case; a domain matches a name or its end behind a dot.

import { CERTIFICATE_OWNERS, MARKET, wordsOf } from './identity-market.ts';
import { HOMEKIT_CATEGORIES, MATTER_TYPES, STANDARD_TYPES, VENDOR_CLASSES } from './identity-standards.ts';

/** Where evidence comes from. `name`: what it calls itself; `model`: traits with product names; `ssdp`: device types and servers. */
export type EvidenceSource =
  | 'name'
  | 'model'
  | 'ssdp'
  | 'service'
  | 'domain'
  | 'protocol'
  | 'agent'
  | 'vendor'
  | 'dhcp'
  | 'certificate';

/** How much one kind of evidence weighs: what a maker fixed beats what a person typed beats what a chip maker left. */
export const WEIGHTS: Readonly<Record<EvidenceSource, number>> = {
  model: 5,
  protocol: 4,
  ssdp: 4,
  domain: 3,
  service: 3,
  certificate: 3,
  name: 3,
  agent: 2,
  dhcp: 1,
  vendor: 1,
};

export interface Hint {
  readonly means: string;
  readonly sources: readonly EvidenceSource[];
  readonly words: readonly string[];
}

const PRODUCT: readonly EvidenceSource[] = ['name', 'model', 'ssdp', 'service'];
const hint = (means: string, sources: readonly EvidenceSource[], ...words: string[]): Hint => ({
  means,
  sources,
  words,
});

/** A row of the market as hints: what its domains say and what names say. */
function marketHints(means: string, domains: string, names: string): Hint[] {
  const hints = [hint(means, ['domain'], ...wordsOf(domains)), hint(means, PRODUCT, ...wordsOf(names))];
  return hints.filter(({ words }) => words.length > 0);
}

/** Numbers of a standard as whole words: `homekit category 17.` is not that of 1. */
function standardKinds(name: string, kinds: Readonly<Record<string, string>>): Hint[] {
  return Object.entries(kinds).map(([number, means]) => hint(means, ['service'], `${name} ${number}.`));
}

/** Kinds, in the words of the page's icons. */
export const CATEGORY_HINTS: readonly Hint[] = [
  hint(
    'camera',
    PRODUCT,
    'camera',
    'ipcam',
    'webcam',
    'localcam',
    'iotcam',
    'dcs-',
    'doorbell',
    'nvr',
    'yi-',
    'blink mini',
    'reolink',
    'hikvision',
    'wyzecam',
    'wyze cam',
    'nestcam',
    'tapo_c',
    'eufycam',
    'networkvideotransmitter',
  ),
  hint('camera', ['domain'], 'smartcamera', 'ipcamera', 'dropcam.com', 'camera.home.nest.com'),
  hint(
    'hub',
    PRODUCT,
    'bridge',
    'ipbridge',
    'hubv3',
    'smartthings',
    'homehub',
    'gateway',
    'lightify',
    'dch-g',
    'bsb00',
    'meshcop',
    'hue bridge',
    'keq0', // MAX! Cube LAN Gateway, called after its serial number
    'max!cube',
  ),
  hint('light', PRODUCT, 'bulb', 'lamp', 'lifx', 'yeelink-light', 'light strip', 'lb1', 'kl1', 'tapo_l', 'lightstrip'),
  hint('light', ['protocol'], 'lifx'),
  hint(
    'plug',
    PRODUCT,
    'plug',
    'insight',
    'wemo',
    'hs100',
    'hs110',
    'hs103',
    'hs300',
    'kp1',
    'dsp-w',
    'sp-1101',
    'sp1101',
    'sp-2101',
    'sp2101',
    'outlet',
    'socket',
    'smartswitch',
    'hs105',
    'ep10',
    'ep25',
    'tapo_p',
    'mss110',
    'mss210',
    'mss310',
  ),
  hint('plug', ['protocol'], 'kasa'),
  hint('plug', ['domain'], 'xbcs.net'),
  hint(
    'voice assistant',
    PRODUCT,
    'echo-',
    'echo dot',
    'amazon echo',
    'alexa',
    'homepod-',
    'google-home',
    'google home',
    'nest-mini',
    'nest mini',
    'nest audio',
    'nest hub',
    'audioaccessory', // HomePod's model
    'homepod',
  ),
  hint('voice assistant', ['domain'], 'avs-alexa', 'bob-dispatch'),
  // Android runs on more than phones: Amazon's model codes are AEO… of Echo, AFT… of Fire TV.
  hint('voice assistant', ['agent'], '; aeo'),
  hint('tv', ['agent'], '; aft', 'crkey', 'bravia', 'android tv', 'googletv', 'smart-tv', 'smarttv'),
  hint('speaker', PRODUCT, 'sonos', 'soundtouch', '_raop', '_spotify-connect', 'speaker', 'zoneplayer'),
  hint(
    'tv',
    PRODUCT,
    'chromecast',
    '_googlecast',
    'roku',
    'smarttv',
    'bravia',
    'webos',
    'mediarenderer',
    'fire tv',
    'appletv',
    'apple tv',
    '_amzn-wplay',
  ),
  hint('health', PRODUCT, 'scale', 'aria', 'blood', 'thermometer', 'oximeter'),
  hint('health', ['agent', 'dhcp'], 'withings'),
  hint(
    'printer',
    PRODUCT,
    '_ipp',
    '_printer',
    '_pdl-datastream',
    'printer',
    'laserjet',
    'aficio',
    'officejet',
    'deskjet',
    'epson',
    '_uscan',
  ),
  hint('storage', PRODUCT, 'diskstation', 'synology', 'qnap', 'readynas', 'mycloud', '_adisk'),
  hint('console', PRODUCT, 'playstation', 'xbox', 'nintendo'),
  hint('console', ['agent'], 'playstation', 'nintendo', 'xbox'),
  hint(
    'phone',
    PRODUCT,
    'iphone',
    'ipad',
    'galaxy-',
    'galaxy_',
    'pixel-',
    'huawei-p',
    'huawei_p',
    'huawei-mate',
    'huawei_mate',
    'honor-',
    'oneplus',
    'redmi',
    'galaxy tab',
    'galaxy s',
  ),
  // Not of services: televisions announce theirs with this word.
  hint('phone', ['name', 'model', 'ssdp'], 'android'),
  hint('phone', ['agent'], 'dalvik', 'android', 'iphone'),
  hint('phone', ['dhcp'], 'android-dhcp'),
  hint('computer', PRODUCT, 'macbook', 'desktop-', 'laptop', 'thinkpad', 'imac', 'chromebook', 'macmini'),
  hint('computer', ['agent', 'dhcp'], 'windows nt', 'msft 5.0', 'macintosh', 'x11; linux'),
  hint('thermostat', PRODUCT, 'thermostat', 'ecobee', 'tado', 'radiator', 'trv'),
  hint('sensor', PRODUCT, 'sensor', 'motion', 'leak', 'weather', 'dch-s150', 'dch-s160', 'dch-s161', 'dch-s162'),
  hint('siren', PRODUCT, 'siren', 'dch-s220'),
  hint('lock', PRODUCT, 'doorlock', 'smart lock', 'deadbolt'),
  hint('purifier', PRODUCT, 'purifier', 'airpurifier'),
  hint('vacuum', PRODUCT, 'vacuum', 'roborock', 'rockrobo', 'roomba', 'deebot'),
  hint(
    'appliance',
    PRODUCT,
    'kettle',
    'coffee',
    'fridge',
    'washer',
    'oven',
    'dishwasher',
    'humidifier',
    'airfryer',
    'cooker',
    'microwave',
    'dryer',
    'refrigerator',
    'brewer',
  ),
  hint('light', ['vendor'], 'lifi labs'),
  hint('speaker', ['vendor'], 'sonos'),
  hint('camera', ['vendor'], 'hikvision', 'dahua'),
  hint('computer', ['vendor'], 'raspberry pi'),
  hint('router', PRODUCT, 'internetgatewaydevice', 'openwrt', 'fritz', 'router', 'access point'),
  ...STANDARD_TYPES.map(([means, words]) => hint(means, ['service', 'ssdp'], ...wordsOf(words))),
  ...VENDOR_CLASSES.map(([means, words]) => hint(means, ['dhcp'], ...wordsOf(words))),
  ...standardKinds('homekit category', HOMEKIT_CATEGORIES),
  ...standardKinds('matter type', MATTER_TYPES),
  ...MARKET.flatMap(({ category, domains, names }) => (category === null ? [] : marketHints(category, domains, names))),
];

/** Makers by what their devices say; a registered address prefix alone names a module's maker too often. */
export const MAKER_HINTS: readonly Hint[] = [
  hint('Edimax', ['model'], 'sp1101', 'sp2101', 'sp-1101', 'sp-2101'),
  hint(
    'Philips Hue',
    [...PRODUCT, 'domain'],
    'philips-hue',
    'philips hue',
    'ipbridge',
    'bsb00',
    'meethue.com',
    '_hue._tcp',
  ),
  hint(
    'TP-Link',
    [...PRODUCT, 'domain', 'protocol'],
    'tplinkra.com',
    'tplinkcloud.com',
    'hs100',
    'hs110',
    'kasa',
    'tapo',
    'tp-link',
  ),
  hint('Tuya', ['domain', 'protocol', ...PRODUCT], 'tuyaeu.com', 'tuyaus.com', 'tuyacn.com', 'tuya'),
  hint('D-Link', [...PRODUCT, 'domain'], 'dcs-', 'dch-', 'dsp-w', 'mydlink.com', 'dlink.com', 'd-link'),
  hint('Belkin WeMo', ['domain', ...PRODUCT], 'xbcs.net', 'lswf.net', 'urn:belkin'),
  hint('Withings', ['agent', 'dhcp'], 'withings'),
  hint('Samsung SmartThings', ['domain', ...PRODUCT], 'smartthings.com', 'hubv3'),
  hint(
    'Amazon',
    ['domain', ...PRODUCT],
    'alexa.amazon.com',
    'avs-alexa',
    'amazon-',
    'device-metrics-us',
    'amazon plug',
  ),
  hint('Google', [...PRODUCT, 'domain'], '_googlecast', 'chromecast', 'google-home', 'nest.com'),
  hint('LIFX', ['protocol'], 'lifx'),
  hint('Xiaomi', ['protocol', 'domain', ...PRODUCT], 'miio', 'xiaomi', 'mijia', 'io.mi.com', 'xiaoyi'),
  hint('Osram Lightify', PRODUCT, 'lightify'),
  hint('eQ-3', PRODUCT, 'keq0', 'max!'),
  hint('Baidu Xiaodu', ['domain'], 'xiaodu.baidu.com', 'duerbot', 'duer-smart-device'),
  hint('Apple', [...PRODUCT, 'agent'], 'iphone', 'ipad', 'macbook', 'homepod', 'appletv'),
  ...MARKET.flatMap(({ maker, domains, names }) => marketHints(maker, domains, names)),
  ...CERTIFICATE_OWNERS.map(([maker, words]) => hint(maker, ['certificate'], ...wordsOf(words))),
];
