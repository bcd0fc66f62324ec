// A healthy Pi 4 with a running access point, written down: tests change one thing and look what is said.

import type { ApStatus } from '../../../appliance/ap/status/status.ts';
import { loadConfig } from '../../../appliance/config/load.ts';
import type { Config } from '../../../appliance/config/schema.ts';
import type { Facts } from '../../../appliance/health/doctor/facts.ts';
import type { Channel } from '../../../appliance/health/doctor/iw-text.ts';
import { seen } from '../../../appliance/health/doctor/look.ts';
import type { CaptureStatus } from '../../../appliance/model/capture-status.ts';

const GIB = 1024 ** 3;

export function apConfig(change: Partial<Config['ap']> = {}): Config {
  const defaults = loadConfig(undefined).config;
  return { ...defaults, ap: { ...defaults.ap, enabled: true, country: 'GB', ...change } };
}

const channel = (number: number, mhz: number, flags: Partial<Channel> = {}): Channel => ({
  number,
  mhz,
  disabled: false,
  passive: false,
  radar: false,
  ...flags,
});

export const CHANNELS: readonly Channel[] = [
  channel(1, 2412),
  channel(6, 2437),
  channel(13, 2472),
  channel(14, 2484, { disabled: true }),
  channel(36, 5180),
  channel(44, 5220, { passive: true }),
  channel(52, 5260, { radar: true }),
];

export const HOSTAPD = { pid: 700, name: 'hostapd', args: ['hostapd', '/run/weir-ap/hostapd.conf'] };
export const DNSMASQ = { pid: 701, name: 'dnsmasq', args: ['dnsmasq', '-k', '-C', '/run/weir-ap/dnsmasq.conf'] };

/** A USB radio with a mac80211 driver: everything is possible. */
export function healthyFacts(): Facts {
  return {
    taken: '2026-11-28T10:00:00.000Z',
    isRoot: true,
    settings: { path: '/etc/weir/weir.yaml', problem: '', config: apConfig() },
    machine: {
      model: 'Raspberry Pi 4 Model B Rev 1.4',
      kernel: '6.12.47+rpt-rpi-v8',
      nodes: [{ path: '/usr/bin/node', version: seen('v20.19.2') }],
      programs: [
        { program: 'tcpdump', package: 'tcpdump', found: true },
        { program: 'hostapd', package: 'hostapd', found: true },
      ],
      hasScanner: true,
      machineId: seen('5f2d4c1f9a9b4b3e8a0f9a7a2a0d1c3b'),
      power: seen({ now: [], since: [], source: 'vcgencmd' }),
      temperatureCelsius: 51.5,
    },
    clock: {
      now: Date.UTC(2026, 10, 28, 10),
      sync: { synced: 'yes', source: 'systemd', max_error_seconds: null },
      keeper: 'systemd-timesyn',
      rtc: { name: 'rtc-ds1307', batteryVolts: null },
    },
    storage: {
      dir: '/var/lib/weir',
      exists: true,
      refusal: '',
      owner: 'weir-capture',
      rightOwner: 'weir-capture',
      mount: seen({ point: '/var/lib/weir', type: 'ext4', source: '/dev/mmcblk0p3', readOnly: false }),
      space: seen({ totalBytes: 58 * GIB, freeBytes: 40 * GIB, inodes: 3_800_000, freeInodes: 3_700_000 }),
      speed: seen({ writtenBytes: 4_259_840, bytesPerSecond: 18e6, worstSyncMs: 31, medianSyncMs: 6 }),
    },
    radio: {
      found: { name: 'wlan0', phy: 'phy0', driver: 'mt76x2u', chip: '', bus: 'usb', isUp: true },
      absence: '',
      others: ['wlan0'],
      country: seen('GB'),
      abilities: seen({
        modes: ['managed', 'AP', 'monitor'],
        commands: ['new_interface', 'set_bss'],
        channels: CHANNELS,
      }),
      powerSave: seen(false),
      stations: seen(5),
      blocks: [{ name: 'rfkill0', soft: false, hard: false }],
      halts: seen([]),
    },
    processes: seen([{ pid: 1, name: 'systemd', args: ['/sbin/init'] }, HOSTAPD, DNSMASQ]),
    network: {
      interfaces: [
        { name: 'eth0', isUp: true, hasCarrier: true, isBridge: false, bridge: '', hairpin: null },
        { name: 'br-weir', isUp: true, hasCarrier: true, isBridge: true, bridge: '', hairpin: null },
        { name: 'wlan0', isUp: true, hasCarrier: true, isBridge: false, bridge: 'br-weir', hairpin: true },
      ],
      addresses: seen([
        { interface: 'eth0', family: 4, address: '192.168.1.20', prefix: 24 },
        { interface: 'br-weir', family: 4, address: '10.77.0.1', prefix: 24 },
      ]),
      routes: seen([
        { family: 4, to: 'default', interface: 'eth0' },
        { family: 4, to: '192.168.1.0/24', interface: 'eth0' },
        { family: 4, to: '10.77.0.0/24', interface: 'br-weir' },
      ]),
      listeners: [
        { protocol: 'udp', address: '10.77.0.1', port: 53, owner: DNSMASQ },
        { protocol: 'udp', address: '0.0.0.0', port: 67, owner: DNSMASQ },
        {
          protocol: 'udp',
          address: '127.0.0.53',
          port: 53,
          owner: { pid: 400, name: 'systemd-resolve', args: ['/usr/lib/systemd/systemd-resolved'] },
        },
      ],
      forwards: true,
      firewall: seen({ tables: ['inet weir'], guardsAppliance: true, guardsNetworks: true, translates: true }),
      rules: seen({ chains: [], untold: [] }),
      managed: seen([
        { device: 'eth0', state: 'connected' },
        { device: 'wlan0', state: 'unmanaged' },
      ]),
      resolver: seen({ servers: ['192.168.1.1'], problem: '' }),
    },
    services: {
      ap: { status: apStatus(), reason: '' },
      capture: { status: captureStatus(), reason: '' },
      hasRun: true,
      applianceAnswers: true,
      applianceId: 'weir-0a1b2c3d',
      mayCapture: seen(true),
      rivalUnits: [],
      broker: { url: 'mqtt://broker.lan:1883', problem: '' },
      passphraseMode: 0o100600,
    },
  };
}

export function apStatus(change: Partial<ApStatus> = {}): ApStatus {
  return {
    schema: 'weir.ap/1',
    ts: '2026-11-28T10:00:00.000Z',
    pid: 690,
    state: 'up',
    since: '2026-11-28T09:00:00.000Z',
    reason: '',
    ssid: 'weir-2c3d',
    band: '2.4',
    channel: 6,
    country: 'GB',
    security: 'wpa2',
    interface: 'wlan0',
    bridge: 'br-weir',
    uplink: 'eth0',
    address: '10.77.0.1/24',
    address6: '',
    local_traffic: 'visible',
    local_traffic_reason: '',
    leases: { used: 5, pool: 199 },
    stations: [],
    counters: {
      joins: 5,
      disconnects: { left: 0, inactive: 0, ap_restart: 0 },
      churn: 0,
      wrong_passphrase: 0,
      hostapd_starts: 1,
      repairs: 0,
      troubles: {
        hostapd_ended: 0,
        dnsmasq_ended: 0,
        rfkill: 0,
        radio_lost: 0,
        firmware_halted: 0,
        bridge_lost: 0,
        not_up_in_time: 0,
        refused: 0,
        other: 0,
      },
      dhcp_exhausted: 0,
    },
    last_trouble: null,
    ...change,
  };
}

export function captureStatus(change: Partial<CaptureStatus> = {}): CaptureStatus {
  return {
    schema: 'weir.capture/1',
    appliance: 'weir-0a1b2c3d',
    version: '0.1.0',
    pid: 710,
    state: 'capturing',
    reason: '',
    engine: 'tcpdump',
    interface: 'br-weir',
    phase: 'idle',
    interaction: 'none',
    phase_since: '1764324000.000000000',
    tags: [],
    started: '1764324000.000000000',
    clock: {} as CaptureStatus['clock'],
    counters: {
      received: 1000,
      dropped_kernel: 0,
      lost_pipe: 0,
      captured: 1000,
      written: 1000,
      lost_queue: 0,
      lost_disk: 0,
      refused: 0,
      sourceless: 0,
      canaries: 10,
    },
    devices: [],
    gaps: [],
    canary: { state: 'ok', sent: 10, seen: 10, reason: '' },
    ledger: { lines: 1, head_sha256: '' },
    storage: {
      bytes: 0,
      segments: 0,
      free_bytes: 0,
      budget_bytes: 0,
      forecast_seconds: null,
      written_bytes: 0,
      device_written_bytes: 0,
    },
    ...change,
  };
}
