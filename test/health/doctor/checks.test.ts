// Each known cause, written down as facts: the one check that is about it names it, and no other says a word.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ApStatus } from '../../../appliance/ap/status.ts';
import type { Config } from '../../../appliance/config/schema.ts';
import { CHECKS } from '../../../appliance/health/doctor/checks.ts';
import type { Facts, InterfaceFact, ListenerFact, ProcessFact } from '../../../appliance/health/doctor/facts.ts';
import { seen, unseen } from '../../../appliance/health/doctor/look.ts';
import { checksReference } from '../../../appliance/health/doctor/reference.ts';
import { makeReport } from '../../../appliance/health/doctor/report.ts';
import { apConfig, apStatus, CHANNELS, captureStatus, DNSMASQ, HOSTAPD, healthyFacts } from './facts.ts';

const GIB = 1024 ** 3;
const CHECKS_MD = fileURLToPath(new URL('../../../../appliance/health/doctor/CHECKS.md', import.meta.url));

type Change = (facts: Facts) => Facts;

const machine =
  (change: Partial<Facts['machine']>): Change =>
  (facts) => ({ ...facts, machine: { ...facts.machine, ...change } });
const clock =
  (change: Partial<Facts['clock']>): Change =>
  (facts) => ({ ...facts, clock: { ...facts.clock, ...change } });
const storage =
  (change: Partial<Facts['storage']>): Change =>
  (facts) => ({ ...facts, storage: { ...facts.storage, ...change } });
const radio =
  (change: Partial<Facts['radio']>): Change =>
  (facts) => ({ ...facts, radio: { ...facts.radio, ...change } });
const network =
  (change: Partial<Facts['network']>): Change =>
  (facts) => ({ ...facts, network: { ...facts.network, ...change } });
const services =
  (change: Partial<Facts['services']>): Change =>
  (facts) => ({ ...facts, services: { ...facts.services, ...change } });
const config =
  (change: (config: Config) => Config): Change =>
  (facts) => ({ ...facts, settings: { ...facts.settings, config: change(facts.settings.config) } });
const ap = (change: Partial<Config['ap']>): Change => config(() => apConfig(change));
const status = (change: Partial<ApStatus>): Change => services({ ap: { status: apStatus(change), reason: '' } });
const both =
  (...changes: readonly Change[]): Change =>
  (facts) =>
    changes.reduce((before, change) => change(before), facts);

const running =
  (...more: readonly ProcessFact[]): Change =>
  (facts) => ({
    ...facts,
    processes: seen([...('value' in facts.processes ? facts.processes.value : []), ...more]),
  });

function withInterface(name: string, change: Partial<InterfaceFact>): Change {
  return (facts) => {
    const interfaces = facts.network.interfaces.map((one) => (one.name === name ? { ...one, ...change } : one));
    return network({ interfaces })(facts);
  };
}

function listening(listener: ListenerFact): Change {
  return (facts) => network({ listeners: [...facts.network.listeners, listener] })(facts);
}

const PI_RADIO = { name: 'wlan0', phy: 'phy0', driver: 'brcmfmac', chip: '0xa9bf', bus: 'sdio', isUp: true };
/** As Debian's kernels drive it: no set_bss, so local traffic is not visible, which is a warning of its own. */
const builtIn = both(radio({ found: PI_RADIO }), status({ local_traffic: 'visible' }));

const RULES = { tables: ['inet weir'], guardsAppliance: true, guardsNetworks: true, translates: true };

interface Fault {
  readonly what: string;
  readonly change: Change;
  readonly check: string;
  readonly verdict: 'warn' | 'fail';
  readonly fix?: RegExp;
}

const FAULTS: readonly Fault[] = [
  {
    what: 'a line of the configuration that is no setting',
    change: (facts) => ({
      ...facts,
      settings: { ...facts.settings, trouble: 'weir.yaml:3: ap.chanel: unknown setting' },
    }),
    check: 'settings',
    verdict: 'fail',
  },
  {
    what: 'Node 18 where the units look for it',
    change: machine({
      nodes: [
        { path: '/usr/local/bin/node', version: seen('v22.1.0') },
        { path: '/usr/bin/node', version: seen('v18.20.4') },
      ],
    }),
    check: 'node',
    verdict: 'fail',
  },
  {
    what: 'Node 20.18',
    change: machine({ nodes: [{ path: '/usr/bin/node', version: seen('v20.18.1') }] }),
    check: 'node',
    verdict: 'fail',
  },
  {
    what: 'hostapd not installed',
    change: machine({ programs: [{ program: 'hostapd', package: 'hostapd', found: false }] }),
    check: 'programs',
    verdict: 'fail',
    fix: /apt install hostapd/,
  },
  {
    what: 'too little voltage now',
    change: machine({ power: seen({ now: ['under-voltage'], since: [], source: 'rpi_volt' }) }),
    check: 'power',
    verdict: 'fail',
  },
  {
    what: 'too little voltage some time ago',
    change: machine({ power: seen({ now: [], since: ['under-voltage'], source: 'vcgencmd' }) }),
    check: 'power',
    verdict: 'warn',
  },
  {
    what: 'a throttled processor',
    change: machine({ power: seen({ now: ['throttled'], since: [], source: 'vcgencmd' }) }),
    check: 'heat',
    verdict: 'warn',
  },
  { what: '84 degrees', change: machine({ temperatureCelsius: 84 }), check: 'heat', verdict: 'warn' },
  { what: 'a clock that was never set', change: clock({ now: Date.UTC(1970, 0, 1) }), check: 'clock', verdict: 'fail' },
  {
    what: 'a time service without an answer, on a machine with a clock of its own',
    change: clock({ sync: { synced: 'no', source: 'chrony', max_error_seconds: null } }),
    check: 'clock',
    verdict: 'warn',
  },
  {
    what: 'no time service, on a machine with a clock of its own',
    change: clock({ sync: { synced: 'unknown', source: '', max_error_seconds: null }, keeper: '' }),
    check: 'clock',
    verdict: 'warn',
  },
  {
    what: 'no real-time clock, and nobody who tells the time',
    change: clock({ rtc: null, sync: { synced: 'unknown', source: '', max_error_seconds: null }, keeper: 'chronyd' }),
    check: 'rtc',
    verdict: 'warn',
  },
  {
    what: 'a Pi 5 without the cell of its clock, and nobody who tells the time',
    change: clock({
      rtc: { name: 'rpi-rtc', batteryVolts: 0 },
      sync: { synced: 'unknown', source: '', max_error_seconds: null },
    }),
    check: 'rtc',
    verdict: 'warn',
  },
  { what: 'an empty machine id', change: machine({ machineId: seen('') }), check: 'identity', verdict: 'fail' },
  {
    what: 'an image that was never started',
    change: machine({ machineId: seen('uninitialized') }),
    check: 'identity',
    verdict: 'fail',
  },
  {
    what: 'a card that the kernel set read-only',
    change: storage({
      mount: seen({ point: '/var/lib/weir', type: 'ext4', source: '/dev/mmcblk0p3', readOnly: true }),
      refusal: 'read-only file system',
    }),
    check: 'read-only',
    verdict: 'fail',
  },
  {
    what: "a data folder of root's",
    change: storage({ owner: 'root' }),
    check: 'data-folder',
    verdict: 'fail',
    fix: /chown -R weir-capture:weir/,
  },
  {
    what: 'a data folder elsewhere that may not be written',
    change: storage({ dir: '/mnt/x', owner: 'nobody', rightOwner: '', refusal: 'this user may not write there' }),
    check: 'data-folder',
    verdict: 'fail',
  },
  {
    what: 'a data folder that cannot be made',
    change: storage({ exists: false, owner: '', refusal: 'this user may not write there' }),
    check: 'data-folder',
    verdict: 'fail',
  },
  {
    what: 'a card of 1 GiB',
    change: storage({ space: seen({ totalBytes: GIB, freeBytes: GIB / 2, inodes: 1000, freeInodes: 900 }) }),
    check: 'card-size',
    verdict: 'fail',
  },
  {
    what: 'a card of 3 GiB',
    change: storage({ space: seen({ totalBytes: 3 * GIB, freeBytes: 2 * GIB, inodes: 1000, freeInodes: 900 }) }),
    check: 'card-size',
    verdict: 'warn',
  },
  {
    what: 'a full card',
    change: storage({ space: seen({ totalBytes: 58 * GIB, freeBytes: GIB / 2, inodes: 1000, freeInodes: 900 }) }),
    check: 'card-space',
    verdict: 'warn',
  },
  {
    what: 'no inodes',
    change: storage({ space: seen({ totalBytes: 58 * GIB, freeBytes: 40 * GIB, inodes: 1000, freeInodes: 50 }) }),
    check: 'inodes',
    verdict: 'fail',
  },
  {
    what: 'a slow card',
    change: storage({ speed: seen({ writtenBytes: 1, bytesPerSecond: 4e6, worstSyncMs: 40, medianSyncMs: 9 }) }),
    check: 'card-speed',
    verdict: 'warn',
  },
  {
    what: 'a card that stalls',
    change: storage({ speed: seen({ writtenBytes: 1, bytesPerSecond: 4e7, worstSyncMs: 1400, medianSyncMs: 9 }) }),
    check: 'card-speed',
    verdict: 'warn',
  },
  {
    what: 'a card that hardly writes',
    change: storage({ speed: seen({ writtenBytes: 1, bytesPerSecond: 4e5, worstSyncMs: 40, medianSyncMs: 9 }) }),
    check: 'card-speed',
    verdict: 'fail',
  },
  {
    what: 'no radio',
    change: radio({ found: null, absence: 'there is no interface wlan0', others: ['wlan1'] }),
    check: 'radio',
    verdict: 'fail',
    fix: /wlan1/,
  },
  {
    what: 'a radio that only joins networks',
    change: radio({ abilities: seen({ modes: ['managed'], commands: ['set_bss'], channels: CHANNELS }) }),
    check: 'ap-mode',
    verdict: 'fail',
  },
  {
    what: 'a radio that is soft-blocked',
    change: radio({ blocks: [{ name: 'rfkill0', soft: true, hard: false }] }),
    check: 'rfkill',
    verdict: 'fail',
    fix: /rfkill unblock/,
  },
  {
    what: 'a radio that a switch blocks',
    change: radio({ blocks: [{ name: 'rfkill0', soft: true, hard: true }] }),
    check: 'rfkill',
    verdict: 'fail',
    fix: /switch/,
  },
  {
    what: 'the rules of the world',
    change: radio({ country: seen('00') }),
    check: 'country',
    verdict: 'fail',
    fix: /iw reg set GB/,
  },
  { what: 'the rules of another country', change: radio({ country: seen('US') }), check: 'country', verdict: 'warn' },
  { what: 'no country in the settings', change: ap({ country: '' }), check: 'country', verdict: 'fail' },
  { what: 'a channel that the country forbids', change: ap({ channel: 14 }), check: 'channel', verdict: 'fail' },
  {
    what: 'a channel that may only be listened on',
    change: ap({ band: '5', channel: 44 }),
    check: 'channel',
    verdict: 'fail',
  },
  {
    what: 'a channel that the radio does not have',
    change: ap({ band: '5', channel: 149 }),
    check: 'channel',
    verdict: 'fail',
  },
  {
    what: 'a channel shared with radar',
    change: ap({ band: '5', channel: 52 }),
    check: 'dfs-channel',
    verdict: 'fail',
  },
  {
    what: "WPA3 on a Pi's own radio",
    change: both(builtIn, ap({ security: 'wpa3' })),
    check: 'security',
    verdict: 'warn',
  },
  {
    what: "six devices on a Pi's own radio",
    change: both(builtIn, radio({ found: PI_RADIO, stations: seen(6) })),
    check: 'station-limit',
    verdict: 'warn',
  },
  {
    what: 'a radio that was found to forward by itself',
    change: status({ local_traffic: 'not visible', local_traffic_reason: 'a ping between two stations was not seen' }),
    check: 'local-traffic',
    verdict: 'warn',
  },
  {
    what: 'a radio that cannot leave forwarding to the bridge, before anything was measured',
    change: both(
      status({ local_traffic: 'unknown' }),
      radio({ abilities: seen({ modes: ['AP'], commands: ['new_interface'], channels: CHANNELS }) }),
    ),
    check: 'local-traffic',
    verdict: 'warn',
  },
  {
    what: 'a radio that saves power',
    change: radio({ powerSave: seen(true) }),
    check: 'power-save',
    verdict: 'warn',
    fix: /iw dev wlan0 set power_save off/,
  },
  {
    what: 'a firmware that stopped',
    change: both(
      builtIn,
      radio({ found: PI_RADIO, halts: seen(['brcmfmac: brcmf_sdio_hostmail: mailbox indicates firmware halted']) }),
    ),
    check: 'firmware-halt',
    verdict: 'warn',
  },
  {
    what: 'NetworkManager on the radio',
    change: network({ managed: seen([{ device: 'wlan0', state: 'disconnected' }]) }),
    check: 'network-manager',
    verdict: 'fail',
    fix: /match-device=interface-name:wlan0;interface-name:br-weir.*nmcli device set wlan0 managed no/,
  },
  {
    what: 'wpa_supplicant on the radio',
    change: running({ pid: 9, name: 'wpa_supplicant', args: ['wpa_supplicant', '-B', '-i', 'wlan0', '-c', '/etc/x'] }),
    check: 'wpa-supplicant',
    verdict: 'fail',
    fix: /wpa_supplicant@wlan0/,
  },
  {
    what: 'iwd',
    change: running({ pid: 9, name: 'iwd', args: ['/usr/libexec/iwd'] }),
    check: 'wpa-supplicant',
    verdict: 'fail',
    fix: /iwd/,
  },
  {
    what: 'dhcpcd for all interfaces',
    change: running({ pid: 9, name: 'dhcpcd', args: ['dhcpcd', '-q', '-b'] }),
    check: 'dhcpcd',
    verdict: 'warn',
    fix: /denyinterfaces wlan0 br-weir/,
  },
  {
    what: "Debian's hostapd.service enabled",
    change: services({ rivalUnits: ['hostapd.service'] }),
    check: 'packaged-units',
    verdict: 'fail',
    fix: /mask --now hostapd.service/,
  },
  {
    what: 'a hostapd that is not ours',
    change: running({ pid: 9, name: 'hostapd', args: ['hostapd', '/etc/hostapd/hostapd.conf'] }),
    check: 'packaged-units',
    verdict: 'fail',
  },
  {
    what: 'a name server on every address',
    change: listening({ protocol: 'udp', address: '0.0.0.0', port: 53, owner: { pid: 9, name: 'named', args: [] } }),
    check: 'port-53',
    verdict: 'fail',
    fix: /disable --now named/,
  },
  {
    what: "Debian's dnsmasq on port 53",
    change: listening({
      protocol: 'udp',
      address: '0.0.0.0',
      port: 53,
      owner: { pid: 9, name: 'dnsmasq', args: ['dnsmasq', '-x', '/run/dnsmasq/dnsmasq.pid'] },
    }),
    check: 'port-53',
    verdict: 'fail',
  },
  {
    what: 'a DHCP server beside ours',
    change: listening({ protocol: 'udp', address: '0.0.0.0', port: 67, owner: { pid: 9, name: 'dhcpd', args: [] } }),
    check: 'port-67',
    verdict: 'fail',
  },
  {
    what: 'no bridge',
    change: network({
      interfaces: [{ name: 'eth0', isUp: true, hasCarrier: true, isBridge: false, bridge: '', hairpin: null }],
    }),
    check: 'capture-interface',
    verdict: 'fail',
  },
  {
    what: 'a bridge that is down',
    change: withInterface('br-weir', { isUp: false }),
    check: 'capture-interface',
    verdict: 'fail',
    fix: /ip link set br-weir up/,
  },
  {
    what: 'the radio out of the bridge',
    change: withInterface('wlan0', { bridge: '' }),
    check: 'bridge-port',
    verdict: 'fail',
  },
  {
    what: 'hairpin off',
    change: withInterface('wlan0', { hairpin: false }),
    check: 'hairpin',
    verdict: 'fail',
    fix: /bridge link set dev wlan0 hairpin on/,
  },
  {
    what: 'a bridge without its address',
    change: network({ addresses: seen([]) }),
    check: 'ap-address',
    verdict: 'fail',
  },
  {
    what: 'the home network on the same addresses',
    change: both(
      ap({ address: '192.168.1.1/24' }),
      network({
        addresses: seen([
          { interface: 'br-weir', family: 4, address: '192.168.1.1', prefix: 24 },
          { interface: 'eth0', family: 4, address: '192.168.1.20', prefix: 24 },
        ]),
      }),
    ),
    check: 'address-clash',
    verdict: 'fail',
  },
  {
    what: 'a tunnel to the same addresses',
    change: (facts) =>
      network({
        routes: seen([
          ...('value' in facts.network.routes ? facts.network.routes.value : []),
          { family: 4, to: '10.0.0.0/8', interface: 'wg0' },
        ]),
      })(facts),
    check: 'address-clash',
    verdict: 'fail',
  },
  {
    what: 'the same addresses in IPv6',
    change: both(ap({ address6: 'fd77:77::1/64' }), (facts) =>
      network({
        addresses: seen([
          ...('value' in facts.network.addresses ? facts.network.addresses.value : []),
          { interface: 'eth0', family: 6, address: 'fd77:77::99', prefix: 64 },
        ]),
      })(facts),
    ),
    check: 'address-clash',
    verdict: 'fail',
  },
  { what: 'no forwarding', change: network({ forwards: false }), check: 'forwarding', verdict: 'fail' },
  {
    what: 'no rules',
    change: network({ firewall: seen({ ...RULES, tables: [] }) }),
    check: 'firewall',
    verdict: 'fail',
  },
  {
    what: 'rules without isolation',
    change: network({
      firewall: seen({ ...RULES, guardsAppliance: false }),
    }),
    check: 'firewall',
    verdict: 'fail',
  },
  {
    what: 'rules without the wall to other networks',
    change: network({ firewall: seen({ ...RULES, guardsNetworks: false }) }),
    check: 'firewall',
    verdict: 'fail',
  },
  {
    what: 'rules without address translation',
    change: network({ firewall: seen({ ...RULES, translates: false }) }),
    check: 'firewall',
    verdict: 'fail',
  },
  {
    what: 'no default route',
    change: network({ routes: seen([{ family: 4, to: '10.77.0.0/24', interface: 'br-weir' }]) }),
    check: 'uplink',
    verdict: 'fail',
  },
  {
    what: 'an unplugged uplink',
    change: withInterface('eth0', { hasCarrier: false }),
    check: 'uplink',
    verdict: 'fail',
  },
  {
    what: 'a default route into the captured side',
    change: network({ routes: seen([{ family: 4, to: 'default', interface: 'br-weir' }]) }),
    check: 'uplink',
    verdict: 'fail',
  },
  {
    what: 'a name server that is silent',
    change: network({ resolver: seen({ servers: ['192.168.1.1'], trouble: 'no answer (ETIMEOUT)' }) }),
    check: 'resolver',
    verdict: 'warn',
  },
  {
    what: 'the page on the captured side',
    change: config((before) => ({ ...before, http: { ...before.http, host: '10.77.0.1' } })),
    check: 'page-address',
    verdict: 'fail',
  },
  {
    what: 'an access point that does not run',
    change: services({ ap: { status: null, reason: 'the access point is not run by Weir' } }),
    check: 'access-point',
    verdict: 'fail',
  },
  {
    what: 'an access point that failed',
    change: status({ state: 'failed', reason: 'hostapd: could not select hw_mode' }),
    check: 'access-point',
    verdict: 'fail',
  },
  {
    what: 'a supervisor that died',
    change: services({ ap: { status: apStatus(), reason: 'the supervisor says nothing any more' } }),
    check: 'access-point',
    verdict: 'fail',
  },
  {
    what: 'an access point that is being repaired',
    change: status({ state: 'repairing' }),
    check: 'access-point',
    verdict: 'warn',
  },
  {
    what: 'all addresses given out',
    change: status({ leases: { used: 199, pool: 199 } }),
    check: 'leases',
    verdict: 'fail',
  },
  {
    what: 'a passphrase that everybody may read',
    change: services({ passphraseMode: 0o100644 }),
    check: 'passphrase',
    verdict: 'warn',
    fix: /chmod 600/,
  },
  {
    what: 'a user who may not capture',
    change: services({ mayCapture: seen(false), capture: { status: null, reason: 'nothing' }, hasRun: false }),
    check: 'capture-permission',
    verdict: 'fail',
  },
  {
    what: 'capture that is dead',
    change: services({ capture: { status: null, reason: 'run/capture.sock: nothing listens there' } }),
    check: 'capture',
    verdict: 'fail',
  },
  {
    what: 'capture that waits for its interface',
    change: services({ capture: { status: captureStatus({ state: 'waiting', reason: 'no br-weir' }), reason: '' } }),
    check: 'capture',
    verdict: 'fail',
  },
  {
    what: 'capture that was paused',
    change: services({ capture: { status: captureStatus({ state: 'paused' }), reason: '' } }),
    check: 'capture',
    verdict: 'warn',
  },
  {
    what: 'lost packets',
    change: services({
      capture: { status: captureStatus({ counters: { ...captureStatus().counters, dropped_kernel: 12 } }), reason: '' },
    }),
    check: 'capture-losses',
    verdict: 'warn',
  },
  {
    what: 'a self-test frame that did not arrive',
    change: services({
      capture: { status: captureStatus({ canary: { state: 'lost', sent: 9, seen: 3, reason: '' } }), reason: '' },
    }),
    check: 'capture-self-test',
    verdict: 'fail',
  },
  {
    what: 'an appliance that does not answer',
    change: services({ applianceAnswers: false }),
    check: 'appliance',
    verdict: 'fail',
  },
  { what: 'an appliance without id', change: services({ applianceId: '' }), check: 'appliance-id', verdict: 'fail' },
  {
    what: 'a broker that is away',
    change: services({ broker: { url: 'mqtt://broker.lan:1883', trouble: 'nothing listens there' } }),
    check: 'broker',
    verdict: 'fail',
  },
];

describe('the doctor', () => {
  test('finds nothing wrong with a healthy machine, and can tell everything', () => {
    const report = makeReport(healthyFacts(), '0.1.0');
    assert.deepEqual(
      report.checks.filter(({ verdict }) => verdict !== 'ok').map(({ id, verdict, seen: what }) => [id, verdict, what]),
      [
        ['dfs-channel', 'not applicable', '2.4 GHz has no radar channels'],
        ['firmware-halt', 'not applicable', "known of Broadcom's firmware only, this is mt76x2u"],
      ],
    );
    assert.equal(report.verdict, 'ok');
  });

  for (const { what, change, check, verdict, fix } of FAULTS) {
    test(`names ${what}, and nothing else`, () => {
      const report = makeReport(change(healthyFacts()), '0.1.0');
      const wrong = report.checks.filter((one) => one.verdict === 'fail' || one.verdict === 'warn');
      assert.deepEqual(
        wrong.map((one) => [one.id, one.verdict]),
        [[check, verdict]],
      );
      const [named] = wrong;
      assert.notEqual(named?.means, '');
      assert.match(named?.fix ?? '', fix ?? /./);
      assert.doesNotMatch(named?.fix ?? '', /\n/);
    });
  }

  test('has a fault for every check', () => {
    const tried = new Set(FAULTS.map(({ check }) => check));
    assert.deepEqual(
      CHECKS.map(({ id }) => id).filter((id) => !tried.has(id)),
      [],
    );
  });

  test('gives each check an id of its own, and one line of text each', () => {
    assert.equal(new Set(CHECKS.map(({ id }) => id)).size, CHECKS.length);
    for (const { id, title, means, fix } of CHECKS) {
      assert.match(id, /^[a-z0-9-]+$/);
      for (const text of [title, means, fix]) assert.match(text, /^[^\n]{10,}$/);
    }
  });

  test('does not ask for an access point where there is none', () => {
    const change = config((before) => ({
      ...before,
      ap: { ...before.ap, enabled: false },
      capture: { ...before.capture, interface: 'br0' },
    }));
    const bridge = { name: 'br0', isUp: true, hasCarrier: true, isBridge: true, bridge: '', hairpin: null };
    const bare: Change = (facts) => ({
      ...change(facts),
      radio: { ...facts.radio, found: null, absence: 'there is no interface wlan0', others: [] },
      network: { ...facts.network, interfaces: [bridge], firewall: unseen('off'), resolver: unseen('off') },
      services: {
        ...facts.services,
        ap: { status: null, reason: 'the access point is not run by Weir' },
        broker: null,
      },
    });
    const report = makeReport(bare(healthyFacts()), '0.1.0');
    assert.equal(report.verdict, 'ok');
    assert.equal(report.counts.unknown, 0);
    assert.equal(report.checks.find(({ id }) => id === 'rfkill')?.verdict, 'not applicable');
  });

  test('says what it could not look at, and does not call it a fault', () => {
    const hidden = both(
      network({ firewall: unseen('only root may look') }),
      radio({ halts: unseen('dmesg: not permitted'), country: unseen('iw is not installed') }),
      (facts) => ({ ...facts, isRoot: false, processes: unseen('other processes are hidden from this one') }),
      listening({ protocol: 'udp', address: '10.77.0.1', port: 53, owner: null }),
      storage({ rightOwner: '', refusal: 'this user may not write there' }),
    );
    const report = makeReport(hidden(healthyFacts()), '0.1.0');
    assert.equal(report.verdict, 'ok');
    const unknown = report.checks.filter(({ verdict }) => verdict === 'unknown').map(({ id }) => id);
    assert.deepEqual(unknown, ['data-folder', 'country', 'wpa-supplicant', 'dhcpcd', 'firewall', 'packaged-units']);
  });

  test('makes names harmless that a program gave itself', () => {
    const stranger = { pid: 9, name: 'evil\u001b[2J\n', args: [] };
    const report = makeReport(
      listening({ protocol: 'udp', address: '0.0.0.0', port: 53, owner: stranger })(healthyFacts()),
      '0.1.0',
    );
    const found = report.checks.find(({ id }) => id === 'port-53');
    assert.match(`${found?.seen}${found?.fix}`, /^[^\u0000-\u001f]*$/);
  });

  test('leaves the supplicant of other interfaces and our own hostapd alone', () => {
    const others = running(
      { pid: 9, name: 'wpa_supplicant', args: ['wpa_supplicant', '-u', '-s', '-O', 'DIR=/run/wpa_supplicant'] },
      { pid: 10, name: 'wpa_supplicant', args: ['wpa_supplicant', '-iwlan1'] },
      HOSTAPD,
      DNSMASQ,
    );
    assert.equal(makeReport(others(healthyFacts()), '0.1.0').verdict, 'ok');
  });

  test('is described as it is declared', () => {
    assert.equal(readFileSync(CHECKS_MD, 'utf8'), checksReference());
  });
});
