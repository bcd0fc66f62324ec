// What the kernel and its tools print, in the forms that they print it, becomes facts; what they refuse becomes a reason.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { measureCard } from '../../../appliance/health/doctor/card-speed.ts';
import { judgeRuleset } from '../../../appliance/health/doctor/collect/firewall.ts';
import { collectListeners, parseSockets } from '../../../appliance/health/doctor/collect/listeners.ts';
import { parseAddresses, parseManaged, parseRoutes } from '../../../appliance/health/doctor/collect/network.ts';
import { collectProcesses } from '../../../appliance/health/doctor/collect/processes.ts';
import { collectRadio } from '../../../appliance/health/doctor/collect/radio.ts';
import { parseResolvConf } from '../../../appliance/health/doctor/collect/resolver.ts';
import { collectSettings } from '../../../appliance/health/doctor/collect/settings.ts';
import { mountOf } from '../../../appliance/health/doctor/collect/storage.ts';
import { collectFacts } from '../../../appliance/health/doctor/collect.ts';
import { type Host, systemHost } from '../../../appliance/health/doctor/host.ts';
import { parseCountry, parsePhy, parsePowerSave } from '../../../appliance/health/doctor/iw-text.ts';
import { type Look, seen, unseen } from '../../../appliance/health/doctor/look.ts';
import { makeReport } from '../../../appliance/health/doctor/report.ts';
import { apConfig } from './facts.ts';

/** A machine of invented files, links and answers. */
function inventedHost(
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
  answers: Readonly<Record<string, string>> = {},
): Host {
  const paths = [...Object.keys(files), ...Object.keys(links)];
  const under = (path: string) => paths.filter((one) => one.startsWith(`${path}/`));
  return {
    isRoot: true,
    read: async (path) => files[path],
    list: async (path) => [...new Set(under(path).map((one) => one.slice(path.length + 1).split('/', 1)[0] ?? ''))],
    link: async (path) => links[path],
    exists: async (path) => paths.includes(path) || under(path).length > 0,
    find: async () => undefined,
    run: async (program, args): Promise<Look<string>> => {
      const answer = answers[[program, ...args].join(' ')];
      return answer === undefined ? unseen(`${program} is not installed`) : seen(answer);
    },
  };
}

const IW_PHY = `Wiphy phy0
	wiphy index: 0
	Supported interface modes:
		 * IBSS
		 * managed
		 * AP
		 * AP/VLAN
	Band 1:
		Frequencies:
			* 2412 MHz [1] (20.0 dBm)
			* 2484 MHz [14] (disabled)
	Band 2:
		Frequencies:
			* 5180.0 MHz [36] (20.0 dBm)
			* 5260.0 MHz [52] (20.0 dBm) (no IR, radar detection)
	Supported commands:
		 * new_interface
		 * set_bss
	WoWLAN support:
`;

describe('the looks of the doctor', () => {
  test('read modes, commands and channels of a radio, in the form of both versions of iw', () => {
    const { modes, commands, channels } = parsePhy(IW_PHY);
    assert.deepEqual(modes, ['IBSS', 'managed', 'AP', 'AP/VLAN']);
    assert.deepEqual(commands, ['new_interface', 'set_bss']);
    assert.deepEqual(
      channels.map(({ number, mhz, disabled, passive, radar }) => [number, mhz, disabled, passive, radar]),
      [
        [1, 2412, false, false, false],
        [14, 2484, true, false, false],
        [36, 5180, false, false, false],
        [52, 5260, false, true, true],
      ],
    );
  });

  test('read the country that holds for all radios, not the one that a radio keeps for itself', () => {
    assert.equal(parseCountry('global\ncountry 00: DFS-UNSET\n\nphy#0 (self-managed)\ncountry US: DFS-FCC\n'), '00');
    assert.equal(parseCountry('country GB: DFS-ETSI\n'), 'GB');
    assert.equal(parseCountry('nl80211 not found.\n'), undefined);
    assert.equal(parsePowerSave('Power save: on\n'), true);
    assert.equal(parsePowerSave('command failed'), undefined);
  });

  test('find a built-in radio with its chip, its switch and what it is asked', async () => {
    const files = {
      '/sys/class/net/wlan0/phy80211/name': 'phy0\n',
      '/sys/class/net/wlan0/device/device': '0xa9bf\n',
      '/sys/class/net/wlan0/flags': '0x1003\n',
      '/sys/class/ieee80211/phy0/rfkill1/soft': '1\n',
      '/sys/class/ieee80211/phy0/rfkill1/hard': '0\n',
      '/sys/class/net/eth0/flags': '0x1003\n',
    };
    const links = {
      '/sys/class/net/wlan0/device/driver': '../../../bus/sdio/drivers/brcmfmac',
      '/sys/class/net/wlan0/device/subsystem': '../../../bus/sdio',
    };
    const answers = {
      'iw phy phy0 info': IW_PHY,
      'iw reg get': 'global\ncountry 00: DFS-UNSET\n',
      'iw dev wlan0 station dump':
        'Station 02:00:00:00:01:00 (on wlan0)\n\tinactive time: 1 ms\nStation 02:00:00:00:02:00 (on wlan0)\n',
      'dmesg --level=emerg,alert,crit,err,warn':
        '[1] brcmfmac: brcmf_sdio_hostmail: mailbox indicates firmware halted\n[2] usb 1-1: reset\n',
    };
    const radio = await collectRadio(inventedHost(files, links, answers), apConfig());
    assert.deepEqual(radio.found, {
      name: 'wlan0',
      phy: 'phy0',
      driver: 'brcmfmac',
      chip: '0xa9bf',
      bus: 'sdio',
      isUp: true,
    });
    assert.deepEqual(radio.blocks, [{ name: 'rfkill1', soft: true, hard: false }]);
    assert.deepEqual(radio.others, ['wlan0']);
    assert.deepEqual(radio.stations, seen(2));
    assert.deepEqual(radio.powerSave, unseen('iw is not installed'));
    assert.equal('value' in radio.halts && radio.halts.value.length, 1);
  });

  test("know who listens, on which address, by the kernel's tables", async () => {
    const udp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  12: 00000000:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000 0
  13: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000 0
`;
    const tcp = `  sl  local_address rem_address   st
   0: 01004D0A:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1
   1: 01004D0A:0035 02004D0A:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4714 1
`;
    const files = { '/proc/net/udp': udp, '/proc/net/tcp': tcp };
    const host = inventedHost(files, { '/proc/9/fd/3': 'socket:[4711]' });
    const owner = { pid: 9, name: 'dhcpd', args: [] };
    assert.deepEqual(await collectListeners(host, [owner]), [
      { protocol: 'udp', address: '0.0.0.0', port: 67, owner },
      { protocol: 'udp', address: '127.0.0.53', port: 53, owner: null },
      { protocol: 'tcp', address: '10.77.0.1', port: 53, owner: null },
    ]);
    const six =
      'head\n 1: 00000000000000000000000000000000:0035 x 07 a b c d e 1\n 2: 777700FD000000000000000001000000:0035 x 07 a b c d e 2\n';
    assert.deepEqual(
      parseSockets('udp6', six).map(({ address }) => address),
      ['::', 'fd00:7777::1'],
    );
  });

  test('leave out processes of other network namespaces', async () => {
    const files = {
      '/proc/1/comm': 'systemd\n',
      '/proc/1/cmdline': '/sbin/init\0',
      '/proc/5/comm': 'wpa_supplicant\n',
      '/proc/5/cmdline': 'wpa_supplicant\0-iwlan0\0',
    };
    const links = { '/proc/self/ns/net': 'net:[1]', '/proc/1/ns/net': 'net:[1]', '/proc/5/ns/net': 'net:[2]' };
    assert.deepEqual(
      await collectProcesses(inventedHost(files, links)),
      seen([{ pid: 1, name: 'systemd', args: ['/sbin/init'] }]),
    );
  });

  test('say that processes are hidden rather than that there are none', async () => {
    const look = await collectProcesses(inventedHost({ '/proc/77/comm': 'node\n' }));
    assert.ok('unknown' in look);
  });

  test('find the mount that holds a folder, with spaces in its name, and whether it takes writes', () => {
    const text = `22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/root rw
40 22 179:3 / /var/lib/weir rw,nosuid - ext4 /dev/mmcblk0p3 ro,errors=remount-ro
41 22 179:4 / /mnt/my\\040disk rw - ext4 /dev/sda1 rw
`;
    assert.deepEqual(
      mountOf(text, '/var/lib/weir/run'),
      seen({ point: '/var/lib/weir', type: 'ext4', source: '/dev/mmcblk0p3', readOnly: true }),
    );
    assert.deepEqual(
      mountOf(text, '/var/lib/weird'),
      seen({ point: '/', type: 'ext4', source: '/dev/root', readOnly: false }),
    );
    assert.equal(
      'value' in mountOf(text, '/mnt/my disk/x') &&
        (mountOf(text, '/mnt/my disk/x') as { value: { point: string } }).value.point,
      '/mnt/my disk',
    );
  });

  test('read addresses, routes, NetworkManager and resolv.conf', () => {
    const addresses = [
      { ifname: 'br-weir', addr_info: [{ family: 'inet', local: '10.77.0.1', prefixlen: 24 }, {}] },
      {},
    ];
    assert.deepEqual(parseAddresses(addresses), [
      { interface: 'br-weir', family: 4, address: '10.77.0.1', prefix: 24 },
    ]);
    assert.deepEqual(
      parseRoutes(
        [
          { dst: 'default', dev: 'eth0', gateway: '192.168.1.1' },
          { type: 'blackhole', dst: '10.0.0.0/8' },
        ],
        4,
      ),
      [{ family: 4, to: 'default', interface: 'eth0' }],
    );
    assert.deepEqual(parseManaged('wlan0:unmanaged\naa\\:bb:connected\n'), [
      { device: 'wlan0', state: 'unmanaged' },
      { device: 'aa:bb', state: 'connected' },
    ]);
    assert.deepEqual(
      parseResolvConf('# nameserver 9.9.9.9\nnameserver 192.168.1.1\nnameserver fd00::1\nsearch lan\n'),
      ['192.168.1.1', 'fd00::1'],
    );
  });

  test('miss each kind of rule that was taken away', () => {
    const our = { family: 'inet', table: 'weir' };
    const chain = (name: string, hook?: string, policy = 'accept') => ({
      chain: { ...our, name, ...(hook === undefined ? {} : { hook, policy }) },
    });
    const rule = (name: string, expr: unknown) => ({ rule: { ...our, chain: name, expr } });
    const jump = rule('input', [{ match: {} }, { jump: { target: 'from_devices' } }]);
    const input = [chain('input', 'input'), jump, chain('from_devices'), rule('from_devices', [{ reject: null }])];
    const forward = [chain('forward', 'forward', 'drop')];
    const nat = [chain('postrouting', 'postrouting'), rule('postrouting', [{ masquerade: null }])];
    const bridge = { chain: { family: 'bridge', table: 'weir', name: 'forward', hook: 'forward', policy: 'drop' } };
    const judged = (...entries: unknown[]) => {
      const tables = [{ table: { family: 'inet', name: 'weir' } }, { table: { family: 'inet', name: 'filter' } }];
      const { guardsAppliance, guardsNetworks, translates } = judgeRuleset({
        nftables: [...tables, bridge, ...entries],
      });
      return [guardsAppliance, guardsNetworks, translates];
    };
    assert.deepEqual(judged(...input, ...forward, ...nat), [true, true, true]);
    assert.deepEqual(judged(chain('input', 'input'), ...input.slice(2), ...forward, ...nat), [false, true, true]);
    assert.deepEqual(judged(...input, ...nat), [true, false, true]);
    assert.deepEqual(judged(...input, ...forward), [true, true, false]);
    assert.deepEqual(judgeRuleset({ nftables: [{ table: { family: 'inet', name: 'filter' } }] }).tables, []);
  });

  test('go on where the configuration has mistakes, with what is right in it', (t) => {
    const file = join(folder(t), 'weir.yaml');
    writeFileSync(
      file,
      'ap:\n  enabled: true\n  country: GB\n  band: "5"\n  channel: 52\n  chanel: 6\n  interface: [x]\ncapture:\n  interface: br9\nnonsense: 1\n',
    );
    const { problem, config } = collectSettings(file);
    assert.match(problem, /nonsense|chanel/);
    const { enabled, country, channel, interface: name } = config.ap;
    assert.deepEqual([enabled, country, channel, name, config.capture.interface], [true, 'GB', 52, 'wlan0', 'br9']);
  });

  test('take the defaults where the file is no YAML at all', (t) => {
    const file = join(folder(t), 'weir.yaml');
    writeFileSync(file, '\u0000\t{{{');
    assert.equal(collectSettings(file).config.ap.enabled, false);
    assert.match(collectSettings(join(folder(t), 'nothing.yaml')).problem, /no such configuration file/);
  });

  test('measure a card within bounds, and leave nothing behind', async (t) => {
    const dir = folder(t);
    const look = await measureCard(dir, { bytes: 1024 * 1024, syncs: 4, milliseconds: 5000 });
    assert.ok('value' in look);
    assert.ok(look.value.writtenBytes <= 1024 * 1024 + 4 * 4096 && look.value.bytesPerSecond > 0);
    assert.deepEqual(readdirSync(dir), []);
    const cut = await measureCard(dir, { bytes: 1e9, syncs: 1e6, milliseconds: 20 });
    assert.ok('value' in cut && cut.value.writtenBytes < 1e9);
    assert.ok('unknown' in (await measureCard(join(dir, 'nothing'))));
  });

  test('stop at a program that does not answer or is not there', async () => {
    assert.deepEqual(await systemHost.run('weir-no-such-program', []), unseen('weir-no-such-program is not installed'));
    const refused = await systemHost.run('cat', ['/weir/no/such/file']);
    assert.ok('unknown' in refused && /No such file/.test(refused.unknown));
  });

  test('come to a verdict on this very machine without Wi-Fi, root or a running Weir', async (t) => {
    const file = join(folder(t), 'weir.yaml');
    writeFileSync(file, 'data:\n  dir: data\ncapture:\n  interface: lo\n');
    const report = makeReport(await collectFacts(collectSettings(file), { measuresCard: true }), '0.1.0');
    const verdict = (id: string) => report.checks.find((check) => check.id === id)?.verdict;
    assert.equal(verdict('settings'), 'ok');
    assert.equal(verdict('capture-interface'), 'ok');
    assert.equal(verdict('rfkill'), 'not applicable');
    assert.equal(verdict('capture'), 'not applicable');
  });
});

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'weir-doctor-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
