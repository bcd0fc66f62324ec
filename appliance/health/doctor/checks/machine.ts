// The settings, and the machine underneath: programs, power, heat, time, identity.

import { type Check, fail, known, notApplicable, ok, unknown, warn } from '../outcome.ts';

export const OLDEST_NODE: readonly [number, number] = [20, 19];
/** Before this version of Weir was written: such a clock has never been set. */
const EARLIEST = Date.UTC(2026, 0, 1);
/** The Pi's firmware slows down at 80 °C (60 °C soft limit on 3B+, reported separately). */
const HOT_CELSIUS = 80;
/** Below it the RTC's cell is empty or missing (Pi 5 wants a cell of 3 V). */
const FLAT_VOLTS = 2;

const settings: Check = {
  id: 'settings',
  area: 'settings',
  title: 'The configuration file can be used',
  means: 'Nothing starts with it; what runs goes on with what it read before.',
  fix: 'Correct the line that is named, then run `weir config show -c FILE`.',
  look: ({ settings: { path, problem } }) =>
    problem === '' ? ok(path ?? 'no file: the defaults apply') : fail(problem),
};

const node: Check = {
  id: 'node',
  area: 'machine',
  title: `Node.js is ${OLDEST_NODE.join('.')} or newer`,
  means: 'Older versions lack what Weir is written with: processes end at their start or, worse, later.',
  fix: 'Install the nodejs package of Debian 13 (`apt install nodejs`), and remove the older one from the path that is named.',
  look: ({ machine: { nodes } }) => {
    const summary = nodes.map(({ path, version }) => `${path} ${'value' in version ? version.value : version.unknown}`);
    const old = nodes.filter(({ version }) => 'value' in version && !isNewEnough(version.value));
    if (old.length > 0)
      return fail(
        `too old: ${old.map(({ path, version }) => `${path} ${'value' in version ? version.value : ''}`).join(', ')}`,
      );
    return nodes.some(({ version }) => 'unknown' in version) ? unknown(summary.join(', ')) : ok(summary.join(', '));
  },
};

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

const programs: Check = {
  id: 'programs',
  area: 'machine',
  title: 'Every program that Weir starts is installed',
  means: 'What needs a missing program does not work: the access point, its addresses and rules, or capture itself.',
  fix: 'apt install the packages that are named.',
  look: ({ machine }) => {
    const missing = machine.programs.filter(({ found }) => !found);
    if (missing.length === 0) return ok(machine.programs.map(({ program }) => program).join(', '));
    const packages = [...new Set(missing.map((one) => one.package))].join(' ');
    return fail(`missing: ${missing.map(({ program }) => program).join(', ')}`, { fix: `apt install ${packages}` });
  },
};

const scanner: Check = {
  id: 'port-scanner',
  area: 'machine',
  title: 'nmap is installed where devices are to be scanned',
  means:
    '`weir scan` is refused, and the scans that the settings ask for (scan.on_join, scan.schedule) do not take place.',
  fix: 'apt install nmap; or set scan.on_join: off and scan.schedule: "".',
  look: ({ machine: { hasScanner }, settings: { config } }) => {
    const { on_join, schedule } = config.scan;
    const isAsked = on_join !== 'off' || schedule !== '';
    if (hasScanner) return ok(isAsked ? 'yes' : 'yes; scans are made on request only');
    return isAsked
      ? warn('nmap is not installed, and the settings ask for scans')
      : notApplicable('nmap is not installed, and the settings ask for no scan');
  },
};

const power: Check = {
  id: 'power',
  area: 'machine',
  title: 'The supply gives enough voltage',
  means: 'A Pi with too little voltage slows down, loses USB devices and damages its card.',
  fix: 'Use the supply made for the board (Pi 5: 5 V 5 A) with a short cable, and take power-hungry USB devices away.',
  look: ({ machine }) =>
    known(machine.power, (words) => {
      if (words === null) return notApplicable('this machine has no sensor for it');
      if (words.now.includes('under-voltage')) return fail(`under-voltage now (${words.source})`);
      if (words.since.includes('under-voltage')) return warn(`under-voltage since the start (${words.source})`);
      return ok(`no under-voltage (${words.source})`);
    }),
};

const heat: Check = {
  id: 'heat',
  area: 'machine',
  title: 'The processor is not slowed down by heat',
  means: 'A throttled processor analyses late, and at high packet rates capture may lose packets (they are counted).',
  fix: 'Give it a heat sink, a fan or a cooler place.',
  look: ({ machine: { power: words, temperatureCelsius: degrees } }) => {
    const slow = 'value' in words ? (words.value?.now ?? []).filter((word) => word !== 'under-voltage') : [];
    const summary = degrees === null ? 'no sensor' : `${degrees.toFixed(1)} °C`;
    if (slow.length > 0) return warn(`${slow.join(', ')}, ${summary}`);
    if (degrees === null) return notApplicable('this machine has no sensor for it');
    return degrees >= HOT_CELSIUS ? warn(summary) : ok(summary);
  },
};

const clock: Check = {
  id: 'clock',
  area: 'machine',
  title: 'The clock follows a time service',
  means:
    'Times in captures may be wrong. Nothing is lost: each segment and the ledger say that the clock was not synchronised.',
  fix: 'Let it reach a time server (`timedatectl status`), or install one: apt install systemd-timesyncd',
  look: ({ clock: { now, sync, keeper } }) => {
    if (now < EARLIEST) return fail(`it says ${new Date(now).toISOString()}: it was never set`);
    if (sync.synced === 'yes') return ok(`synchronised by ${sync.source}`);
    if (sync.synced === 'no') return warn(`${sync.source} runs and is not synchronised`);
    if (keeper === '') return warn('no time service runs');
    return unknown(`${keeper} runs; whether it is synchronised is not known`);
  },
};

const rtc: Check = {
  id: 'rtc',
  area: 'machine',
  title: 'The clock survives a power cut',
  means: 'Without a battery-backed clock each start begins at the wrong time, until a time service answers.',
  fix: 'Add a real-time clock (DS3231; Pi 5: a cell at the J5 connector), or make sure that a time server is always in reach.',
  look: ({ clock: { rtc: found, sync } }) => {
    if (found !== null && (found.batteryVolts ?? FLAT_VOLTS) >= FLAT_VOLTS) return ok(found.name);
    const summary =
      found === null ? 'no real-time clock' : `${found.name} with a flat or missing cell (${found.batteryVolts} V)`;
    // Usual on a Pi 3 and 4: while a time service answers it costs nothing but the first seconds after a start.
    return sync.synced === 'yes' ? ok(`${summary}; the time service makes up for it`) : warn(summary);
  },
};

const identity: Check = {
  id: 'identity',
  area: 'machine',
  title: 'The machine has an id of its own',
  means: 'Copies of one card would appear as one machine: same DHCP identity, same name, mixed-up evidence.',
  fix: 'rm -f /etc/machine-id /var/lib/dbus/machine-id && systemd-machine-id-setup, then reboot',
  look: ({ machine }) =>
    known(machine.machineId, (id) => {
      if (/^[0-9a-f]{32}$/.test(id) && !/^(.)\1*$/.test(id)) return ok(`machine id ${id.slice(0, 8)}…`);
      return fail(id === '' ? '/etc/machine-id is empty or missing' : '/etc/machine-id holds no id');
    }),
};

export const MACHINE_CHECKS: readonly Check[] = [settings, node, programs, scanner, power, heat, clock, rtc, identity];
