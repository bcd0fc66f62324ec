import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ApPlan, makePlan, type PlanInputs } from '../../appliance/ap/plan.ts';
import { renderDnsmasq } from '../../appliance/ap/render/render-dnsmasq.ts';
import { renderFirewall } from '../../appliance/ap/render/render-firewall.ts';
import { renderHostapd } from '../../appliance/ap/render/render-hostapd.ts';
import { dropIns, kernelSettings } from '../../appliance/ap/render/render-settings.ts';
import type { RadioFacts } from '../../appliance/ap/watch/radio.ts';
import { loadConfig } from '../../appliance/config/load.ts';
import type { Config } from '../../appliance/config/schema.ts';
import { WeirError } from '../../appliance/model/errors.ts';

const RADIO: RadioFacts = {
  driver: 'mt76x2u',
  canServe: true,
  canIsolate: true,
  canSae: true,
  channels: new Map([
    [6, 'usable'],
    [13, 'disabled'],
    [36, 'usable'],
  ]),
  mostNetworks: 4,
};

function inputs(ap: Partial<Config['ap']> = {}, more: Partial<PlanInputs> = {}): PlanInputs {
  const { config } = loadConfig(undefined);
  return {
    config: { ...config, ap: { ...config.ap, enabled: true, country: 'GB', ...ap } },
    applianceId: 'weir-1a2b3c4d',
    radio: RADIO,
    passphrases: ['correct horse battery', 'staple staple'],
    defaultUplink: 'eth0',
    newlyForwarding: [],
    servesTime: false,
    withoutIsolation: false,
    ...more,
  };
}

const plan = (ap: Partial<Config['ap']> = {}, more: Partial<PlanInputs> = {}): ApPlan => makePlan(inputs(ap, more));

const GUESTS = { ssid: 'guests', passphrase_file: '/g', security: 'wpa2', internet: false, uplink: '' } as const;

test('hostapd gets name and key as digits, and WPA2 with CCMP by default', () => {
  assert.equal(
    renderHostapd(plan({ ssid: 'IEEE' }, { passphrases: ['password'] }), '/run/c'),
    `# Made by \`weir ap\`; changes are overwritten.
interface=wlan0
driver=nl80211
ctrl_interface=/run/c
logger_syslog=0
logger_stdout=-1
logger_stdout_level=2
country_code=GB
ieee80211d=1
hw_mode=g
channel=6
ieee80211n=1
wmm_enabled=1
bridge=br-weir
ssid2=49454545
utf8_ssid=1
max_num_sta=64
disassoc_low_ack=0
ap_isolate=1
auth_algs=1
wpa=2
rsn_pairwise=CCMP
wpa_key_mgmt=WPA-PSK
ieee80211w=0
wpa_psk=f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e
`,
  );
});

test('the network is named by the appliance where no name is set', () => {
  assert.equal(plan().networks[0]?.ssid, 'weir-3c4d');
});

test('no name and no WPA2 passphrase adds a line to hostapd.conf', () => {
  const lines = (ssid: string, passphrase: string) =>
    renderHostapd(plan({ ssid }, { passphrases: [passphrase] }), '/run/c').split('\n');
  const wanted = lines('plain', 'password').map((line) => line.split('=')[0]);
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 32 });
  fc.assert(
    fc.property(text, text, (ssid, passphrase) => {
      assert.deepEqual(
        lines(ssid, passphrase).map((line) => line.split('=')[0]),
        wanted,
      );
    }),
  );
});

test('mixed offers both, and devices that do SAE protect management frames', () => {
  const text = renderHostapd(plan({ security: 'mixed' }), '/run/c');
  assert.match(
    text,
    /^wpa_key_mgmt=WPA-PSK SAE\nieee80211w=1\nsae_require_mfp=1\nsae_pwe=2\nwpa_passphrase=correct horse battery$/m,
  );
});

test('a further network has a section of its own in the same bridge', () => {
  const text = renderHostapd(plan({ networks: [GUESTS] }), '/run/c');
  assert.match(text, /\n\nbss=weir-ap1\nbridge=br-weir\nssid2=677565737473\n/);
});

test('a radio that cannot isolate gets no such line', () => {
  assert.doesNotMatch(renderHostapd(plan({}, { radio: { ...RADIO, canIsolate: false } }), '/run/c'), /ap_isolate/);
});

const REFUSED: readonly (readonly [string, Partial<Config['ap']>, Partial<RadioFacts>, RegExp])[] = [
  ['WPA3', { security: 'wpa3' }, { canSae: false, driver: 'brcmfmac' }, /brcmfmac\) cannot do WPA3/],
  ['a channel that is disabled there', { channel: 13 }, {}, /channel 13 is disabled for wlan0 in GB/],
  ['a channel that it does not know', { band: '5', channel: 149 }, {}, /knows no channel 149/],
  ['being an access point', {}, { canServe: false }, /no access point mode/],
  ['two networks', { networks: [GUESTS] }, { mostNetworks: 1 }, /can carry 1 network/],
];

for (const [what, ap, radio, message] of REFUSED) {
  test(`a radio that cannot do it is not asked for ${what}`, () => {
    assert.throws(
      () => plan(ap, { radio: { ...RADIO, ...radio } }),
      (error) => error instanceof WeirError && error.code === 'AP_REFUSED' && message.test(error.message),
    );
  });
}

test('dnsmasq serves the bridge only, gives known devices their addresses, and keeps the first ten free', () => {
  const mac = 'AA:bb:cc:00:00:01';
  const text = renderDnsmasq(plan({ reservations: [{ mac, ip: '10.77.0.5', name: 'lamp' }] }), '/l');
  assert.match(text, /^interface=br-weir\nexcept-interface=lo\nbind-dynamic$/m);
  assert.match(text, /^dhcp-range=10\.77\.0\.10,10\.77\.0\.254,255\.255\.255\.0,600s$/m);
  assert.match(text, /^dhcp-host=aa:bb:cc:00:00:01,10\.77\.0\.5,lamp$/m);
  assert.doesNotMatch(text, /ntp-server|enable-ra/);
});

test('IPv6 is announced where it is wanted, without a way to the Internet', () => {
  assert.match(renderDnsmasq(plan({ address6: 'fd77:77::1/64' }), '/l'), /^enable-ra\n.*\nra-param=br-weir,60,0$/m);
});

test('in the smallest subnet every address but the own one is given out', () => {
  const { poolFirst, poolLast, poolSize } = plan({ address: '192.168.5.1/29' });
  assert.deepEqual([poolFirst, poolLast, poolSize], ['192.168.5.2', '192.168.5.6', 5]);
});

test('without Internet nothing is let out and nothing is translated', () => {
  const text = renderFirewall(plan({ internet: false }));
  assert.doesNotMatch(text, /masquerade|oifname "eth0"/);
});

test('networks with different ways out are distinguished by the port they came in at', () => {
  const text = renderFirewall(plan({ networks: [{ ...GUESTS, internet: true, uplink: 'wwan0' }] }));
  assert.match(text, /iifname "weir-ap1" meta mark set 2003107841/);
  assert.match(text, /meta mark 2003107841 oifname "wwan0" accept/);
  assert.match(text, /meta mark 2003107840 oifname "eth0" accept/);
  assert.equal(text.match(/masquerade/g)?.length, 2);
});

test('an uplink that did not forward before does so for the captured side only', () => {
  const text = renderFirewall(plan({}, { newlyForwarding: ['eth0'] }));
  assert.match(text, /oifname "br-weir" jump inward\n {4}iifname "eth0" counter drop/);
});

test('forwarding is switched on for two interfaces and not for the machine', () => {
  const on = kernelSettings(plan()).filter(([path, value]) => path.endsWith('forwarding') && value === '1');
  assert.deepEqual(
    on.map(([path]) => path),
    ['ipv4/conf/eth0/forwarding', 'ipv4/conf/br-weir/forwarding'],
  );
});

test('network managers are instructed to keep off every interface of the captured side', () => {
  const [manager, networkd] = dropIns(plan({ networks: [GUESTS] }));
  assert.match(
    manager?.text ?? '',
    /unmanaged-devices\+=interface-name:wlan0;interface-name:weir-ap1;interface-name:br-weir\n\n\[device-weir-ap\]\nmatch-device=interface-name:wlan0;interface-name:weir-ap1;interface-name:br-weir\nmanaged=0/,
  );
  assert.match(networkd?.text ?? '', /Name=wlan0 weir-ap1 br-weir\n\n\[Link\]\nUnmanaged=yes/);
});

const VARIANTS: readonly (readonly [string, Partial<Config['ap']>])[] = [
  ['by default', {}],
  [
    'with IPv6, blocked local traffic and no Internet',
    { address6: 'fd77:77::1/64', local_traffic: 'block', internet: false },
  ],
  ['with two networks', { networks: [{ ...GUESTS, internet: true, uplink: 'wwan0' }] }],
];

/** Written to a file and asked about by the program that will read it. */
function ask(t: { after(clean: () => void): void }, text: string, program: string, args: (file: string) => string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-ap-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'file');
  writeFileSync(file, text);
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  return spawnSync(program, args(file), { encoding: 'utf8', env });
}

for (const [what, ap] of VARIANTS) {
  test(`dnsmasq accepts what is made for it ${what}`, (t) => {
    const answer = ask(t, renderDnsmasq(plan(ap), '/tmp/leases'), 'dnsmasq', (file) => [
      '--test',
      `--conf-file=${file}`,
    ]);
    if (answer.error !== undefined) return t.skip('dnsmasq is not installed');
    assert.equal(answer.status, 0, answer.stderr);
  });

  test(`nft accepts what is made for it ${what}`, (t) => {
    const answer = ask(t, renderFirewall(plan(ap)), 'nft', (file) => ['-c', '-f', file]);
    if (answer.error !== undefined) return t.skip('nft is not installed');
    if (/not supported|not permitted|No such file/i.test(answer.stderr))
      return t.skip(`rules cannot be tried here (${answer.stderr.split('\n')[0]}); the guest of test-ap does`);
    assert.equal(answer.status, 0, answer.stderr);
  });
}
