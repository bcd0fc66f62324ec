// What standards let a device say of its kind, whoever made it: accessory categories of HomeKit, device types of Matter and UPnP,
// services of mDNS, vendor classes of DHCP. Data only, for identity-rules.ts and identity.ts.

/** Kinds by the word of the category or device type; numbers without a word here have no kind of their own. */
type Kinds = Readonly<Record<string, string>>;

/** HomeKit Accessory Protocol, table of accessory category identifiers: `ci` in the TXT record of `_hap._tcp`. */
export const HOMEKIT_CATEGORIES: Kinds = {
  2: 'hub',
  4: 'garage',
  5: 'light',
  6: 'lock',
  7: 'plug',
  9: 'thermostat',
  10: 'sensor',
  17: 'camera',
  18: 'camera',
  19: 'purifier',
  26: 'speaker',
  28: 'sprinkler',
  31: 'tv',
  33: 'router',
};

/** Matter Device Library: `DT` in the TXT record of `_matterc._udp`, which a device shows while it waits to be set up. */
export const MATTER_TYPES: Kinds = {
  10: 'lock',
  14: 'hub',
  21: 'sensor',
  34: 'speaker',
  35: 'tv',
  40: 'tv',
  44: 'sensor',
  45: 'purifier',
  112: 'appliance',
  115: 'appliance',
  116: 'vacuum',
  117: 'appliance',
  118: 'sensor',
  256: 'light',
  257: 'light',
  262: 'sensor',
  263: 'sensor',
  266: 'plug',
  267: 'plug',
  268: 'light',
  269: 'light',
  769: 'thermostat',
  770: 'sensor',
  775: 'sensor',
};

/** Kind, then words of service types (mDNS) and device types (UPnP), space between. */
export const STANDARD_TYPES: readonly (readonly [means: string, words: string])[] = [
  ['camera', '_axis-video _psia _onvif digitalsecuritycamera networkvideotransmitter'],
  ['light', 'binarylight dimmablelight _nanoleafapi _elg._tcp'],
  ['thermostat', 'hvac_system'],
  ['hub', '_hue._tcp _home-assistant'],
  ['tv', '_androidtvremote _viziocast _roku-rcp'],
  ['speaker', '_sonos _linkplay _heos-audio'],
  ['printer', '_scanner._tcp'],
  ['appliance', '_homeconnect _mieleathome'],
  ['phone', '_apple-mobdev'],
  ['router', 'wandevice wanconnectiondevice landevice'],
];

/** Vendor classes of DHCP (option 60) that a maker of one kind fixed. */
export const VENDOR_CLASSES: readonly (readonly [means: string, words: string])[] = [
  ['router', 'dslforum.org'],
  ['printer', 'jetdirect typ=printer epson canon+printer brother'],
  ['console', 'playstation nintendo'],
  ['tv', 'roku smarttv samsung-tv'],
];
