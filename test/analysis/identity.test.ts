import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderPlatforms } from '../../appliance/analysis/document/devices.ts';
import { identify, isGenericName, linkMacs } from '../../appliance/analysis/document/identity.ts';
import type { DeviceFacts } from '../../appliance/analysis/document/tables.ts';
import { BUILT_IN } from '../../appliance/analysis/platforms/rule-folder.ts';

type Words = Readonly<Record<string, readonly string[]>>;

function tableOf(words: Words): DeviceFacts['traits'] {
  return Object.fromEntries(
    Object.entries(words).map(([kind, values]) => [kind, Object.fromEntries(values.map((value) => [value, 1]))]),
  );
}

function device(traits: Words, counts: Words = {}, vendor: string | null = null): DeviceFacts {
  return { mac: '5c:cf:7f:00:00:01', vendor, traits: tableOf(traits), counts: tableOf(counts) };
}

function platformsOf(facts: DeviceFacts): readonly string[] {
  return renderPlatforms(facts, identify(facts).category, { platformRules: BUILT_IN.rules }).platforms;
}

test('a bridge is known by what it announces, and the reasons are reported', () => {
  const facts = device(
    { hostname: ['Philips-hue'], mdns_model: ['BSB002'], ssdp_server: ['Linux/3.14.0 UPnP/1.0 IpBridge/1.9.0'] },
    { 'dns.queries': ['bridge.meethue.com'], 'mdns.services': ['_hap._tcp.local'] },
  );
  const identity = identify(facts);
  assert.deepEqual(
    [identity.names[0]?.name, identity.maker, identity.model, identity.category, platformsOf(facts)],
    ['Philips-hue', 'Philips Hue', 'BSB002', 'hub', ['HomeKit', 'Philips Hue']],
  );
  assert.ok(identity.evidence.includes('category hub: model BSB002'));
});

test("behind a module maker's address the domains name the maker", () => {
  const facts = device({ hostname: ['ESP_0A1B2C'] }, { 'dns.queries': ['a2.tuyaeu.com'] }, 'Espressif Inc.');
  assert.deepEqual([identify(facts).maker, platformsOf(facts)], ['Tuya', ['Tuya']]);
});

test("nothing shown is nothing known, and the address's owner stays the maker", () => {
  const facts = device({}, {}, 'Espressif Inc.');
  const identity = identify(facts);
  assert.deepEqual(
    [identity.names, identity.maker, identity.category, platformsOf(facts)],
    [[], 'Espressif Inc.', null, []],
  );
});

test('a word within another word and a domain within another are no evidence', () => {
  assert.equal(identify(device({ hostname: ['marias-thing'] })).category, null);
  assert.equal(identify(device({}, { 'dns.queries': ['spring.com'] })).maker, null);
});

test('a phone that controls MiJia devices is not of that platform', () => {
  const facts = device({ user_agent: ['Dalvik/2.1.0'] }, { 'dns.queries': ['api.io.mi.com'] });
  assert.deepEqual(platformsOf(facts), []);
});

test('names of chips and systems come last, and an address is no name', () => {
  const identity = identify(device({ hostname: ['ESP_07AEFB', '00178874c2dc'], mdns_name: ['kitchen-lamp.local'] }));
  assert.deepEqual(
    identity.names.map(({ name }) => name),
    ['kitchen-lamp.local', 'ESP_07AEFB'],
  );
  assert.ok(isGenericName('ESP_07AEFB'));
});

test('one tablet under eight made-up addresses is one device by its name', () => {
  const macs = Array.from({ length: 8 }, (_, i) => `da:a1:19:00:00:0${i}`);
  const tablets = macs.map((mac) => ({ mac, traits: tableOf({ hostname: ['iPad-of-Jo'] }) }));
  const other = { mac: 'da:a1:19:00:00:99', traits: tableOf({ hostname: ['Pixel-7'] }) };
  assert.deepEqual(linkMacs([...tablets, other]), [{ macs, evidence: ['hostname ipad-of-jo'] }]);
});

test('two products with registered addresses and one name stay two, and generic names link nothing', () => {
  const named = (mac: string, hostname: string) => ({ mac, traits: tableOf({ hostname: [hostname] }) });
  assert.deepEqual(linkMacs([named('00:17:88:00:00:01', 'plug'), named('00:17:88:00:00:02', 'plug')]), []);
  assert.deepEqual(linkMacs([named('da:00:00:00:00:01', 'localhost'), named('da:00:00:00:00:02', 'localhost')]), []);
});

const KNOWN: readonly (readonly [string, Words, Words, string | null, string, string])[] = [
  [
    'an Amazon Plug',
    { hostname: ['Amazon Plug'] },
    { 'dns.queries': ['device-metrics-us.amazon.com'] },
    'Amazon Technologies Inc.',
    'plug',
    'Amazon',
  ],
  [
    'a Blink Mini',
    { hostname: ['Blink-Mini'] },
    { 'tls.sni': ['rest-prod.immedia-semi.com'] },
    'Amazon Technologies Inc.',
    'camera',
    'Amazon Blink',
  ],
  [
    'an Echo',
    {},
    { 'dns.queries': ['avs-alexa-eu.amazon.com'] },
    'Amazon Technologies Inc.',
    'voice assistant',
    'Amazon',
  ],
  [
    'a thermostat on a Murata module',
    {},
    { 'tls.sni': ['api.ecobee.com'] },
    'Murata Manufacturing Co., Ltd.',
    'thermostat',
    'ecobee',
  ],
  [
    'a lock on a module of Texas Instruments',
    {},
    { 'dns.queries': ['sse.nuki.io'] },
    'Texas Instruments',
    'lock',
    'Nuki',
  ],
  [
    'a vacuum on an AzureWave module',
    { hostname: ['iRobot-0123'] },
    { 'dns.queries': ['disc-prod.iot.irobotapi.com'] },
    'AzureWave Technology Inc.',
    'vacuum',
    'iRobot',
  ],
  [
    'a purifier on an Espressif module',
    { hostname: ['ESP_0A1B2C'] },
    { 'dns.queries': ['eu.blueair.io'] },
    'Espressif Inc.',
    'purifier',
    'Blueair',
  ],
];

for (const [what, traits, counts, vendor, category, maker] of KNOWN) {
  test(`${what} is known by what it says, not by who registered its address`, () => {
    const identity = identify(device(traits, counts, vendor));
    assert.deepEqual([identity.category, identity.maker], [category, maker]);
  });
}

test("a phone that looks at a camera is no camera, and its maker is not the camera's", () => {
  const asked = { 'dns.queries': ['business.smartcamera.api.io.mi.com', 'api.arlo.com', 'eu.ezvizlife.com'] };
  for (const traits of [{ user_agent: ['Dalvik/2.1.0 (Linux; Android 9)'] }, { vendor_class: ['android-dhcp-13'] }]) {
    const identity = identify(device(traits, asked, 'HUAWEI TECHNOLOGIES CO.,LTD'));
    assert.deepEqual([identity.category, identity.maker], ['phone', 'HUAWEI TECHNOLOGIES CO.,LTD']);
  }
});

test('a maker of many kinds reveals no kind by its address alone', () => {
  for (const vendor of ['Amazon Technologies Inc.', 'Ring LLC', 'HUAWEI TECHNOLOGIES CO.,LTD'])
    assert.equal(identify(device({}, {}, vendor)).category, null);
});

test('Android in a user agent is a phone only where the model is none of another kind', () => {
  const kindOf = (agent: string): string | null => identify(device({ user_agent: [agent] })).category;
  assert.equal(kindOf('Dalvik/2.1.0 (Linux; U; Android 5.1.1; AEODN Build/LVY48F)'), 'voice assistant');
  assert.equal(kindOf('Dalvik/2.1.0 (Linux; U; Android 7.1.2; AFTMM Build/NS6265)'), 'tv');
  assert.equal(kindOf('Mozilla/5.0 (Linux; Android 9; BRAVIA 4K UR2) AppleWebKit/537.36'), 'tv');
  assert.equal(kindOf('Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A)'), 'phone');
});

/** Devices of makers that nobody here knows, by what standards let them say. */
const STANDARD: readonly (readonly [category: string | null, traits: Words, services?: readonly string[]])[] = [
  ['thermostat', { homekit_category: ['9'], hostname: ['Hall'] }],
  ['light', { homekit_category: ['5'] }],
  ['lock', { homekit_category: ['6'] }],
  ['camera', { homekit_category: ['17'] }],
  ['hub', { homekit_category: ['2'] }],
  [null, { homekit_category: ['1'] }],
  [null, { homekit_category: ['170'] }],
  ['vacuum', { matter_type: ['116'] }],
  ['plug', { matter_type: ['266'] }],
  ['camera', { mud_url: ['https://mud.example.com/v1/camera.json'] }],
  ['thermostat', { mud_url: ['https://mud.tado.com/x1.json'] }],
  ['light', { ssdp_device: ['urn:schemas-upnp-org:device:DimmableLight:1'] }],
  ['camera', { ssdp_device: ['urn:schemas-upnp-org:device:DigitalSecurityCamera:1'] }],
  ['router', { vendor_class: ['dslforum.org'] }],
  ['printer', { vendor_class: ['Mfg=Nobody;Typ=Printer;Mod=7'] }],
  ['camera', {}, ['_onvif._tcp.local']],
  ['tv', {}, ['_androidtvremote2._tcp.local']],
  [null, {}, ['_workstation._tcp.local', '_http._tcp.local']],
];

for (const [category, traits, services] of STANDARD) {
  const shown = [...Object.entries(traits).map(([kind, values]) => `${kind} ${values.join()}`), ...(services ?? [])];
  test(`${shown.join(', ')} says ${category ?? 'nothing of the kind'}`, () => {
    assert.equal(identify(device(traits, { 'mdns.services': services ?? [] })).category, category);
  });
}

/** What devices of the field show, by kind: names, agents, services, domains, certificates. */
const FIELD: readonly (readonly [what: string, facts: DeviceFacts, category: string | null, maker: string])[] = [
  [
    'a printer',
    device({ mdns_name: ['EPSON0A1B2C.local'] }, { 'mdns.services': ['_ipp._tcp.local'] }),
    'printer',
    'Epson',
  ],
  [
    'a NAS',
    device({ hostname: ['DiskStation'] }, { 'dns.queries': ['global.quickconnect.to'] }),
    'storage',
    'Synology',
  ],
  [
    'a console',
    device({ hostname: ['PS5-0123'] }, { 'dns.queries': ['auth.api.playstation.net'] }),
    'console',
    'Sony PlayStation',
  ],
  [
    'a camera that only its cloud identifies',
    device({}, { 'tls.sni': ['nexus.camera.home.nest.com'] }, 'Texas Instruments'),
    'camera',
    'Google',
  ],
  [
    'a lock that its certificate identifies',
    device({ peer_certificate: ['Nuki Home Solutions GmbH'] }, {}, 'Espressif Inc.'),
    null,
    'Nuki',
  ],
  [
    'a bulb with its own certificate',
    device({ own_certificate: ['Nanoleaf'], hostname: ['lamp-7'] }, {}, 'AzureWave'),
    'light',
    'Nanoleaf',
  ],
  [
    'a thing that says its maker',
    device({ upnp_manufacturer: ['Lumens GmbH'] }, {}, 'Murata Manufacturing'),
    null,
    'Lumens GmbH',
  ],
];

for (const [what, facts, category, maker] of FIELD) {
  test(`${what} is reported by its own evidence`, () => {
    const reported = identify(facts);
    assert.deepEqual([reported.category, reported.maker], [category, maker]);
  });
}

test('where two kinds of evidence contradict each other no kind is reported', () => {
  const facts = device({ hostname: ['kitchen-plug'] }, { 'dns.queries': ['api.reolink.com'] });
  assert.equal(identify(facts).category, null);
});

test('a certificate of a cloud that serves everybody names no maker', () => {
  const facts = device(
    { peer_certificate: ['Amazon.com, Inc.', 'Cloudflare, Inc.', 'Google LLC'] },
    {},
    'Espressif Inc.',
  );
  assert.equal(identify(facts).maker, 'Espressif Inc.');
});
