import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BackOff } from '../../appliance/ap/back-off.ts';
import { isFirmwareHalt } from '../../appliance/ap/machine/kernel-log.ts';
import { chooseUplink, findClash } from '../../appliance/ap/machine/machine-facts.ts';
import { readPassphrase } from '../../appliance/ap/passphrase.ts';
import { readHostapd } from '../../appliance/ap/watch/hostapd-output.ts';
import { isExhaustion, parseLeases } from '../../appliance/ap/watch/leases.ts';
import { judgeLocalTraffic, parseCounter } from '../../appliance/ap/watch/local-traffic.ts';
import { parseRadio } from '../../appliance/ap/watch/radio.ts';
import { parseStationDump } from '../../appliance/ap/watch/station-dump.ts';
import { StationTable } from '../../appliance/ap/watch/station-table.ts';
import { parseIpv4Network } from '../../appliance/config/ipv4-network.ts';

const MAC = '02:00:00:00:01:00';

/** As iw 5.19 prints it, shortened. */
const PHY = `Wiphy phy0
	Supported interface modes:
		 * managed
		 * AP
		 * AP/VLAN
	Band 1:
		Frequencies:
			* 2412 MHz [1] (20.0 dBm)
			* 2472 MHz [13] (20.0 dBm) (no IR)
			* 2484 MHz [14] (disabled)
	Band 2:
		Frequencies:
			* 5180 MHz [36] (23.0 dBm)
			* 5260 MHz [52] (20.0 dBm) (no IR, radar detection)
	Supported commands:
		 * new_interface
		 * set_bss
	valid interface combinations:
		 * #{ managed } <= 1, #{ AP, mesh point } <= 8,
		   total <= 8, #channels <= 1
	Device supports SAE with AUTHENTICATE command
`;

test('what a radio can do is read from iw', () => {
  const { channels, ...rest } = parseRadio(PHY, 'mt76x2u');
  assert.deepEqual(rest, { driver: 'mt76x2u', canServe: true, canIsolate: true, canSae: true, mostNetworks: 8 });
  assert.deepEqual(
    [...channels],
    [
      [1, 'usable'],
      [13, 'not for sending'],
      [14, 'disabled'],
      [36, 'usable'],
      [52, 'shared with radar'],
    ],
  );
});

test("the Pi's own radio is not believed when it announces SAE", () => {
  assert.equal(parseRadio(PHY, 'brcmfmac').canSae, false);
});

test('a radio of which nothing is known can do nothing', () => {
  const { canServe, canIsolate, canSae, mostNetworks } = parseRadio('', 'unknown');
  assert.deepEqual([canServe, canIsolate, canSae, mostNetworks], [false, false, false, 1]);
});

const SAID: readonly (readonly [string, unknown])[] = [
  ['wlan0: AP-ENABLED', { type: 'enabled', link: 'wlan0' }],
  [`wlan0: AP-STA-CONNECTED ${MAC} auth_alg=open`, { type: 'joined', link: 'wlan0', mac: MAC }],
  [`wlan0: AP-STA-DISCONNECTED ${MAC}`, { type: 'left', link: 'wlan0', mac: MAC }],
  [`wlan0: STA ${MAC} IEEE 802.11: disassociated due to inactivity`, { type: 'inactive', link: 'wlan0', mac: MAC }],
  [`wlan0: AP-STA-POSSIBLE-PSK-MISMATCH ${MAC}`, { type: 'wrong-passphrase', link: 'wlan0', mac: MAC }],
  ['rfkill: WLAN soft blocked', { type: 'blocked' }],
  ['Could not set channel for kernel driver', { type: 'complaint', text: 'Could not set channel for kernel driver' }],
  ['wlan0: interface state UNINITIALIZED->COUNTRY_UPDATE', undefined],
  ['x wlan0: AP-STA-CONNECTED 02:00:00:00:01:00', undefined],
];

for (const [line, event] of SAID) {
  test(`hostapd's line "${line}" is understood`, () => {
    assert.deepEqual(readHostapd(line), event);
  });
}

test('a station that comes back within a minute counts as a quick return', () => {
  const table = new StationTable();
  table.joined(MAC, 'a', 0);
  table.left(MAC, 1000);
  table.joined(MAC, 'a', 30_000);
  table.left(MAC, 40_000);
  table.joined(MAC, 'a', 200_000);
  assert.deepEqual([table.counters().joins, table.counters().churn], [3, 1]);
});

test('leaving is counted by its reason, and a second word about it not at all', () => {
  const table = new StationTable();
  table.joined(MAC, 'a', 0);
  table.inactive(MAC, 1000);
  table.left(MAC, 1001);
  table.left(MAC, 1002);
  table.joined(MAC, 'a', 2000);
  table.everybodyLeft(3000);
  assert.deepEqual(table.counters().disconnects, { left: 0, inactive: 1, ap_restart: 1 });
});

test('a station that nothing was heard of for a minute is absent though associated', () => {
  const table = new StationTable();
  table.joined(MAC, 'a', 0);
  table.listed(
    parseStationDump(`Station ${MAC} (on wlan0)\n\tinactive time:\t61000 ms\n\trx bytes:\t12\n\tsignal:  \t-30 dBm\n`),
  );
  const [station] = table.stations(new Map([[MAC, '10.77.0.9']]));
  assert.deepEqual(
    [
      station?.present,
      station?.inactive_seconds,
      station?.signal_dbm,
      station?.rx_bytes,
      station?.tx_bytes,
      station?.ip,
    ],
    [false, 61, -30, 12, null, '10.77.0.9'],
  );
});

test('a flood of stations that left takes no more memory than a few hundred', () => {
  const table = new StationTable();
  for (let i = 0; i < 10_000; i++) {
    table.joined(`mac ${i}`, 'a', i);
    table.left(`mac ${i}`, i);
  }
  table.joined('mac 1', 'a', 10_000);
  assert.equal(table.counters().churn, 0);
});

test('leases that hold are read, others and nonsense are not', () => {
  const text = `2000 ${MAC} 10.77.0.9 lamp 01:02\n500 02:00:00:00:02:00 10.77.0.8 * *\nnonsense\nduid 00:01\n9999 x fd77::9 * *\n`;
  assert.deepEqual([...parseLeases(text, 1000)], [[MAC, '10.77.0.9']]);
});

test('an empty pool is noticed', () => {
  assert.equal(isExhaustion(`DHCPDISCOVER(br-weir) ${MAC} no address available`), true);
  assert.equal(isExhaustion(`DHCPACK(br-weir) 10.77.0.9 ${MAC} lamp`), false);
});

test('a stopped firmware is distinguished from other words of its driver', () => {
  assert.equal(isFirmwareHalt('3,812,5,-;brcmfmac: brcmf_sdio_hostmail: mailbox indicates firmware halted'), true);
  assert.equal(isFirmwareHalt('6,813,6,-;brcmfmac: brcmf_c_preinit_dcmds: Firmware: BCM4345/6'), false);
});

test('local traffic is visible only where frames were seen or the radio must hand them over', () => {
  const facts = { driver: 'mt76x2u', isolate: true, policy: 'allow', observed: 0 } as const;
  assert.equal(judgeLocalTraffic(facts).verdict, 'visible');
  assert.equal(judgeLocalTraffic({ ...facts, driver: 'brcmfmac' }).verdict, 'unknown');
  assert.equal(judgeLocalTraffic({ ...facts, driver: 'brcmfmac', observed: 3 }).verdict, 'visible');
  assert.equal(judgeLocalTraffic({ ...facts, driver: 'brcmfmac', isolate: false }).verdict, 'not visible');
});

test('the counter of frames between devices is read', () => {
  assert.equal(parseCounter('table bridge weir {\n\tcounter local_unicast {\n\t\tpackets 42 bytes 4116\n\t}\n}'), 42);
});

test('the way out is the default route with the lowest metric that is not the captured side', () => {
  const routes =
    'default via 10.0.0.1 dev wwan0 metric 700\ndefault via 192.168.1.1 dev eth0 metric 100\ndefault dev br-weir\n';
  assert.equal(chooseUplink(routes, ['br-weir']), 'eth0');
  assert.equal(chooseUplink('', []), '');
});

test('an address of another interface in the same network is a clash', () => {
  const network = parseIpv4Network('10.77.0.1/24');
  assert.ok(network !== undefined);
  const text =
    '1: lo    inet 127.0.0.1/8 scope host lo\n3: br-weir    inet 10.77.0.1/24 scope global br-weir\n2: eth0    inet 10.0.0.9/8 brd x\n';
  assert.equal(findClash(text, network, ['br-weir']), '10.0.0.9/8 on eth0');
  assert.equal(findClash(text.replace('10.0.0.9/8', '10.78.0.9/24'), network, ['br-weir']), '');
});

test('the first repair comes at once, later ones more slowly, and a life that lasted starts again', () => {
  const backOff = new BackOff(2000, 10_000, 60_000);
  assert.deepEqual(
    [0, 0, 0, 0, 0, 90_000].map((lived) => backOff.next(lived)),
    [0, 2000, 4000, 8000, 10_000, 0],
  );
});

function passphraseFile(t: { after(clean: () => void): void }, text?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-ap-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'deep', 'ap.passphrase');
  if (text === undefined) return file;
  writeFileSync(join(folder, 'ap.passphrase'), text);
  return join(folder, 'ap.passphrase');
}

test('a missing passphrase is made once, for its owner only', (t) => {
  const file = passphraseFile(t);
  const made = readPassphrase(file);
  assert.match(made, /^([2-9a-kmnp-z]{5}-){3}[2-9a-kmnp-z]{5}$/);
  assert.equal(readPassphrase(file), made);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(readFileSync(file, 'utf8'), `${made}\n`);
});

test('spaces in a passphrase count, the end of the line does not', (t) => {
  assert.equal(readPassphrase(passphraseFile(t, ' a b c d \r\n')), ' a b c d ');
});

for (const [what, text] of [
  ['too short', 'short\n'],
  ['too long', `${'x'.repeat(64)}\n`],
  ['of two lines', 'eight characters\nand more\n'],
  ['with other letters', 'pässwörter\n'],
] as const) {
  test(`a passphrase ${what} is refused without being repeated`, (t) => {
    assert.throws(
      () => readPassphrase(passphraseFile(t, text)),
      (error) => error instanceof Error && !error.message.includes(text.trim()) && /8 to 63/.test(error.message),
    );
  });
}
