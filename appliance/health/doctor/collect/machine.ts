// The machine underneath: model, Node, programs, power, heat, clock.

import { realpath } from 'node:fs/promises';
import { release } from 'node:os';
import type { Config } from '../../../config/schema.ts';
import { orElse, UNREADABLE } from '../../../model/expected-error.ts';
import { type Ask, clockSync, UNKNOWN_SYNC } from '../../clock-sync.ts';
import { throttledWords } from '../../machine-sample.ts';
import type { ClockFacts, MachineFacts, PowerFacts, ProcessFact, RtcFacts } from '../facts.ts';
import type { Host } from '../host.ts';
import { type Look, seen, unseen } from '../look.ts';

/** What the units start. */
const UNIT_NODE = '/usr/bin/node';
/** Bits of what was true since the start are 16 higher than those of now (documentation of vcgencmd). */
const SINCE_SHIFT = 16;
const TIME_KEEPERS = ['chronyd', 'systemd-timesyn', 'ntpd', 'openntpd'];
const TIMESYNCD_MARK = '/run/systemd/timesync/synchronized';

export async function collectMachine(host: Host, config: Config): Promise<MachineFacts> {
  const [model, nodes, programs, nmap, machineId, power, temperature] = await Promise.all([
    host.read('/proc/device-tree/model').then((text) => text ?? host.read('/sys/class/dmi/id/product_name')),
    collectNodes(host),
    collectPrograms(host, config),
    host.find('nmap'),
    host.read('/etc/machine-id'),
    collectPower(host),
    host.read('/sys/class/thermal/thermal_zone0/temp'),
  ]);
  const degrees = Number.parseInt(temperature ?? '', 10) / 1000;
  return {
    model: (model ?? '').replaceAll('\0', '').trim(),
    kernel: release(),
    nodes,
    programs,
    hasScanner: nmap !== undefined,
    machineId: seen((machineId ?? '').trim()),
    power,
    temperatureCelsius: Number.isFinite(degrees) ? degrees : null,
  };
}

async function collectNodes(host: Host): Promise<MachineFacts['nodes']> {
  const own = { path: process.execPath, version: seen(process.version) };
  const same = await Promise.all(
    [process.execPath, UNIT_NODE].map((path) => realpath(path).catch(orElse('', 'finding a program', ...UNREADABLE))),
  );
  if (same[0] === same[1] || same[1] === '') return [own];
  const answer = await host.run(UNIT_NODE, ['--version']);
  return [own, { path: UNIT_NODE, version: 'value' in answer ? seen(answer.value.trim()) : answer }];
}

/** program:package, each with the reason why it is needed. */
function neededPrograms({ ap, capture }: Config): readonly (readonly [program: string, of: string])[] {
  const forCapture = capture.engine === 'tcpdump' ? ([['tcpdump', 'tcpdump']] as const) : [];
  if (!ap.enabled) return forCapture;
  return [
    ...forCapture,
    ['hostapd', 'hostapd'],
    ['dnsmasq', 'dnsmasq-base'],
    ['nft', 'nftables'],
    ['iw', 'iw'],
    ['ip', 'iproute2'],
  ];
}

/** The kernel takes no country without this table. */
const RADIO_RULES = {
  program: 'regulatory.db',
  package: 'wireless-regdb',
  paths: ['/lib/firmware', '/usr/lib/firmware'],
};

async function collectPrograms(host: Host, config: Config): Promise<MachineFacts['programs']> {
  const list = await Promise.all(
    neededPrograms(config).map(async ([program, of]) => {
      const found = (await host.find(program)) !== undefined;
      return { program, package: of, found };
    }),
  );
  if (!config.ap.enabled) return list;
  const { program, package: of, paths } = RADIO_RULES;
  const there = await Promise.all(paths.map((folder) => host.exists(`${folder}/${program}`)));
  return [...list, { program, package: of, found: there.includes(true) }];
}

async function collectPower(host: Host): Promise<Look<PowerFacts | null>> {
  const answer = await host.run('vcgencmd', ['get_throttled']);
  const hex = 'value' in answer ? /throttled=0x([0-9a-fA-F]+)/.exec(answer.value)?.[1] : undefined;
  if (hex !== undefined) {
    const since = (Number.parseInt(hex, 16) >>> SINCE_SHIFT).toString(16);
    return seen({ now: throttledWords(hex), since: throttledWords(since), source: 'vcgencmd' });
  }
  const alarm = await voltageAlarm(host);
  if (alarm !== undefined) return seen({ now: alarm ? ['under-voltage'] : [], since: [], source: 'rpi_volt' });
  const isPi = ((await host.read('/proc/device-tree/model')) ?? '').startsWith('Raspberry Pi');
  return isPi ? unseen('neither rpi_volt nor vcgencmd answers') : seen(null);
}

async function voltageAlarm(host: Host): Promise<boolean | undefined> {
  for (const name of await host.list('/sys/class/hwmon')) {
    const base = `/sys/class/hwmon/${name}`;
    if ((await host.read(`${base}/name`))?.trim() !== 'rpi_volt') continue;
    const alarm = await host.read(`${base}/in0_lcrit_alarm`);
    if (alarm !== undefined) return alarm.trim() === '1';
  }
  return undefined;
}

function askHost(host: Host): Ask {
  return async (program, args) => {
    const answer = await host.run(program, args);
    return 'value' in answer ? answer.value : undefined;
  };
}

export async function collectClock(host: Host, processes: Look<readonly ProcessFact[]>): Promise<ClockFacts> {
  const [asked, isMarked, rtc] = await Promise.all([
    clockSync(askHost(host)),
    host.exists(TIMESYNCD_MARK),
    collectRtc(host),
  ]);
  const sync =
    asked.synced === 'unknown' && isMarked ? { ...UNKNOWN_SYNC, synced: 'yes' as const, source: 'systemd' } : asked;
  const running = 'value' in processes ? processes.value : [];
  const keeper =
    running.find(({ name }) => TIME_KEEPERS.includes(name))?.name ?? ('value' in processes ? '' : 'something');
  return { now: Date.now(), sync, keeper, rtc };
}

/** Battery voltage in microvolts, if the driver reports it (rtc-rpi of the Pi 5). */
async function collectRtc(host: Host): Promise<RtcFacts | null> {
  const [name] = (await host.list('/sys/class/rtc')).filter((candidate) => /^rtc\d+$/.test(candidate)).sort();
  if (name === undefined) return null;
  const [driver, battery] = await Promise.all([
    host.read(`/sys/class/rtc/${name}/name`),
    host.read(`/sys/class/rtc/${name}/battery_voltage`),
  ]);
  const volts = Number.parseInt(battery ?? '', 10) / 1_000_000;
  return { name: driver?.trim() ?? name, batteryVolts: Number.isFinite(volts) ? volts : null };
}
