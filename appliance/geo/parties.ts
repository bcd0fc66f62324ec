// Whose service a destination is to a device: the maker's (first party), of a company that sells computing, delivery or time to
// makers (support), of somebody else (third party). The words are those of J. Ren et al., Information Exposure From Consumer IoT
// Devices, IMC 2019, §4. What no row names is unknown: a guess would be cited as a fact. A table kept by hand.

import type { Party } from '../model/analysis-document.ts';

/** Company, words by which a maker's name is recognised, registrable domains; source: the company's own site of the first domain. */
const MAKERS: readonly (readonly [company: string, words: readonly string[], domains: readonly string[]])[] = [
  [
    'Amazon',
    ['amazon', 'ring'],
    ['amazon.com', 'amazonalexa.com', 'amazon.co.uk', 'amazon.de', 'ring.com', 'media-amazon.com'],
  ],
  [
    'Google',
    ['google', 'nest labs'],
    ['google.com', 'googleapis.com', 'gstatic.com', 'nest.com', 'googleusercontent.com', 'gvt1.com', 'gvt2.com'],
  ],
  ['Apple', ['apple'], ['apple.com', 'icloud.com', 'mzstatic.com', 'aaplimg.com', 'apple-dns.net']],
  ['Microsoft', ['microsoft'], ['microsoft.com', 'live.com', 'msftconnecttest.com', 'windowsupdate.com']],
  [
    'Samsung',
    ['samsung', 'smartthings'],
    [
      'samsung.com',
      'samsungcloudsolution.com',
      'samsungcloudsolution.net',
      'smartthings.com',
      'samsungelectronics.com',
      'samsungiotcloud.com',
    ],
  ],
  ['LG', ['lg electronics', 'lge'], ['lge.com', 'lgtvsdp.com', 'lgeapi.com', 'lgthinq.com']],
  ['Sony', ['sony'], ['sony.com', 'sony.net', 'playstation.net']],
  ['Signify (Philips Hue)', ['philips', 'signify'], ['meethue.com', 'philips-hue.com', 'philips.com', 'signify.com']],
  ['IKEA', ['ikea'], ['ikea.com', 'ikea.net']],
  ['TP-Link', ['tp-link', 'tplink', 'kasa'], ['tp-link.com', 'tplinkcloud.com', 'tplinkra.com', 'tplinknbu.com']],
  ['D-Link', ['d-link', 'dlink'], ['dlink.com', 'mydlink.com', 'dlink.com.tw']],
  ['Belkin (WeMo)', ['belkin', 'wemo'], ['belkin.com', 'wemo.com', 'xbcs.net']],
  [
    'Tuya',
    ['tuya'],
    ['tuya.com', 'tuyaus.com', 'tuyaeu.com', 'tuyacn.com', 'tuyacloud.com', 'iotbing.com', 'wgine.com'],
  ],
  [
    'Xiaomi',
    ['xiaomi', 'yeelight', 'yeelink', 'lumi united'],
    ['mi.com', 'xiaomi.com', 'xiaomi.net', 'miui.com', 'yeelight.com', 'aqara.com'],
  ],
  ['Yi', ['xiaoyi', 'kami vision', 'shanghai xiaoyi'], ['xiaoyi.com', 'yitechnology.com', 'kamihome.com']],
  [
    'Baidu (Xiaodu)',
    ['baidu', 'xiaodu'],
    ['baidu.com', 'bcebos.com', 'bdstatic.com', 'shifen.com', 'bdycdn.cn', 'dueros.com', 'xiaodu.com'],
  ],
  ['Withings', ['withings'], ['withings.com', 'withings.net']],
  ['Netatmo', ['netatmo'], ['netatmo.com', 'netatmo.net']],
  ['Sonos', ['sonos'], ['sonos.com', 'ws.sonos.com']],
  ['LIFX', ['lifx', 'feit'], ['lifx.com', 'lifx.co']],
  ['Insteon', ['insteon', 'smartlabs'], ['insteon.com', 'connect.insteon.com']],
  ['Wansview', ['wansview'], ['wansview.com', 'ajcloud.net']],
  ['Wyze', ['wyze', 'hualai'], ['wyze.com', 'wyzecam.com', 'wyzeapi.com', 'hualaikeji.com']],
  ['Blink', ['immedia', 'blink'], ['immedia-semi.com', 'blinkforhome.com']],
  ['Arlo', ['arlo'], ['arlo.com', 'arloxcld.com']],
  ['Netgear', ['netgear'], ['netgear.com']],
  ['Roku', ['roku'], ['roku.com', 'rokutime.com']],
  ['Ecobee', ['ecobee'], ['ecobee.com']],
  ['iRobot', ['irobot'], ['irobot.com', 'irobotapi.com']],
  ['Roborock', ['roborock', 'rockrobo'], ['roborock.com']],
  ['Ezviz', ['ezviz', 'hikvision'], ['ezvizlife.com', 'ezviz7.com', 'ys7.com', 'hikvision.com', 'hik-connect.com']],
  [
    'Dahua (Imou)',
    ['dahua', 'imou', 'lechange'],
    ['dahuasecurity.com', 'easy4ip.com', 'imoulife.com', 'easy4ipcloud.com'],
  ],
  ['Reolink', ['reolink'], ['reolink.com']],
  ['Meross', ['meross'], ['meross.com']],
  ['Shelly', ['shelly', 'allterco'], ['shelly.cloud', 'shelly.com']],
  ['Sonoff (eWeLink)', ['sonoff', 'itead', 'coolkit'], ['itead.cc', 'coolkit.cc', 'ewelink.cc']],
  ['Smarter', ['smarter'], ['smarter.am']],
  ['Fitbit', ['fitbit'], ['fitbit.com']],
  ['Bosch', ['bosch'], ['bosch.com', 'home-connect.com', 'bosch-iot-cloud.com']],
  ['Miele', ['miele'], ['miele.com', 'mielenet.com']],
  ['Honeywell (Resideo)', ['honeywell', 'resideo'], ['honeywell.com', 'resideo.com', 'alarmnet.com']],
  ['eQ-3 (HomeMatic)', ['eq-3', 'homematic'], ['eq-3.de', 'homematic.com', 'homematic.net']],
  ['Osram (Lightify)', ['osram', 'ledvance', 'lightify'], ['osram.com', 'ledvance.com', 'arrayent.com']],
  ['Edimax', ['edimax'], ['edimax.com', 'myedimax.com']],
];

/** Sell computing, storage, delivery, names, time or messages to others; source: what each of them sells on its own site. */
const SUPPORT: ReadonlySet<string> = new Set(
  `amazonaws.com awsglobalaccelerator.com cloudfront.net azure.com azure-devices.net azureedge.net azure-devices-provisioning.net
  trafficmanager.net windows.net cloudapp.net akamai.net akamaiedge.net akamaized.net akamaihd.net edgekey.net edgesuite.net
  fastly.net fastlylb.net cloudflare.com cloudflare.net cloudflare-dns.com cdn77.org aliyun.com aliyuncs.com alicdn.com alikunlun.com
  myqcloud.com qcloud.com tencent-cloud.net myhuaweicloud.com ksyun.com ksyuncdn.com cdngslb.com wscdns.com run.app firebaseio.com
  appspot.com heroku.com herokuapp.com digitaloceanspaces.com linode.com ovh.net hetzner.com rackcdn.com pubnub.com pusher.com
  ntp.org nist.gov ptb.de quad9.net opendns.com letsencrypt.org lencr.org digicert.com pki.goog amazontrust.com globalsign.com
  sectigo.com usertrust.com verisign.com entrust.net xively.com ayla.com aylanetworks.com arrayent.com`.split(/\s+/),
);

/** Measure, advertise or join profiles; sources: the lists of Disconnect and EasyPrivacy name each of them. */
const THIRD: ReadonlySet<string> = new Set(
  `doubleclick.net google-analytics.com googletagmanager.com googlesyndication.com googleadservices.com app-measurement.com
  crashlytics.com facebook.com facebook.net fbcdn.net scorecardresearch.com adjust.com appsflyer.com branch.io mixpanel.com
  segment.io segment.com amplitude.com flurry.com newrelic.com nr-data.net bugsnag.com sentry.io omtrdc.net demdex.net 2o7.net
  adobedtm.com criteo.com criteo.net taboola.com outbrain.com umeng.com umengcloud.com cnzz.com hotjar.com optimizely.com
  samba.tv alphonso.tv samsungads.com tremorhub.com moatads.com krxd.net bluekai.com quantserve.com`.split(/\s+/),
);

export interface PartyAnswer {
  readonly party: Party;
  readonly because: string;
}

/** What is known of a destination. */
export interface PartyDestination {
  /** Registrable domain; null without a name. */
  readonly domain: string | null;
  readonly org: string | null;
  readonly provider: string | null;
}

/** @param maker of the device, by what it shows or by its address; null where nobody knows */
export function partyOf(maker: string | null, { domain, provider, org }: PartyDestination): PartyAnswer {
  const owner = domain === null ? undefined : ownerOf(domain);
  const own = maker === null ? undefined : makerOf(maker);
  if (domain !== null && owner !== undefined && owner === own)
    return say('first', `${domain} is ${owner}'s, the maker`);
  if (domain !== null && THIRD.has(plain(domain))) return say('third', `${domain} measures or advertises`);
  if (domain !== null && SUPPORT.has(plain(domain))) return say('support', `${domain} is rented`);
  if (domain !== null && owner !== undefined)
    return own === undefined
      ? say('unknown', `${domain} is ${owner}'s, the maker is not known`)
      : say('third', `${domain} is ${owner}'s, the maker ${own}`);
  if (domain !== null && maker !== null && isNamedAfter(domain, maker))
    return say('first', `${domain} has the maker's name`);
  if (domain === null && own !== undefined && makerOf(provider ?? org ?? '') === own)
    return say('first', `the network is ${provider ?? org}'s, the maker`);
  if (domain !== null) return say('unknown', `no row names ${domain}`);
  return say('unknown', 'it has no name');
}

function say(party: Party, because: string): PartyAnswer {
  return { party, because };
}

const OWNERS: ReadonlyMap<string, string> = new Map(
  MAKERS.flatMap(([company, , domains]) => domains.map((domain) => [domain, company] as const)),
);

function ownerOf(domain: string): string | undefined {
  return OWNERS.get(plain(domain));
}

/** Below a private suffix (a bucket, an instance) the suffix says who rents it out. */
function plain(domain: string): string {
  if (OWNERS.has(domain) || SUPPORT.has(domain) || THIRD.has(domain)) return domain;
  const parts = domain.split('.');
  for (let i = 1; i < parts.length - 1; i++) {
    const parent = parts.slice(i).join('.');
    if (SUPPORT.has(parent) || THIRD.has(parent)) return parent;
  }
  return domain;
}

function makerOf(text: string): string | undefined {
  const lower = text.toLowerCase();
  return MAKERS.find(([, words]) => words.some((word) => hasWord(lower, word)))?.[0];
}

/** `Ring LLC`, not `Springer`. */
function hasWord(text: string, word: string): boolean {
  const at = text.indexOf(word);
  if (at < 0) return false;
  return !isLetter(text[at - 1]) && !isLetter(text[at + word.length]);
}

function isLetter(character: string | undefined): boolean {
  return character !== undefined && /[a-z]/.test(character);
}

/** Shorter names are in too many others. */
const LEAST_LETTERS = 5;

/** `smarterhome.com` of Smarter: the domain begins with the first word of the maker's name. */
function isNamedAfter(domain: string, maker: string): boolean {
  const word = (maker.toLowerCase().match(/[a-z0-9-]+/)?.[0] ?? '').replaceAll('-', '');
  return word.length >= LEAST_LETTERS && !GENERAL.has(word) && domain.replaceAll('-', '').startsWith(word);
}

/** Words with which names of companies begin that say nothing. */
const GENERAL: ReadonlySet<string> = new Set([
  'shenzhen',
  'hangzhou',
  'shanghai',
  'beijing',
  'guangdong',
  'zhejiang',
  'smart',
  'intelligent',
  'china',
  'global',
  'united',
  'universal',
  'digital',
  'general',
  'american',
]);
