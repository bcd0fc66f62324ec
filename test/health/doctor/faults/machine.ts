// What can be wrong with settings, programs, power and clocks: `../checks.test.ts` makes these faults one by one.

import { seen } from '../../../../appliance/health/doctor/look.ts';
import { both, clock, config, machine } from '../changes.ts';
import type { Fault } from './fault.ts';

export const MACHINE_FAULTS: readonly Fault[] = [
  {
    what: 'a line of the configuration that is no setting',
    change: (facts) => ({
      ...facts,
      settings: { ...facts.settings, problem: 'weir.yaml:3: ap.chanel: unknown setting' },
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
    what: 'scans wanted without nmap',
    change: both(
      machine({ hasScanner: false }),
      config((settings) => ({ ...settings, scan: { ...settings.scan, on_join: 'quick' } })),
    ),
    check: 'port-scanner',
    verdict: 'warn',
    fix: /apt install nmap/,
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
    what: 'no real-time clock, and no time server',
    change: clock({ rtc: null, sync: { synced: 'unknown', source: '', max_error_seconds: null }, keeper: 'chronyd' }),
    check: 'rtc',
    verdict: 'warn',
  },
  {
    what: 'a Pi 5 without the cell of its clock, and no time server',
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
];
