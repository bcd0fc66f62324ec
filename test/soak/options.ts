// What `make soak` can be reported.

import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CORPUS } from '../truth/corpus.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Of real devices, one file each; `derived` and `proto` hold other things. */
const FOLDERS = ['iot-setup', 'iot-lifecycle', 'iot-misc', 'iot-ap'];

export type Scenario = 'days' | 'calibrate' | 'scan' | 'floods';

export interface SoakOptions {
  readonly scenario: Scenario;
  readonly days: number;
  /** Simulated seconds per real one. */
  readonly speed: number;
  /** Hours of one line of the table. */
  readonly rowHours: number;
  /** Real seconds of each window at real speed; 0 for none. */
  readonly windowSeconds: number;
  /** Rows between two such windows; the first and the last row always have one. */
  readonly windowEvery: number;
  /** A page is open all the time. */
  readonly page: boolean;
  readonly seed: number;
  readonly captures: readonly string[];
  readonly out: string;
  /** Leaves the data folder where it is. */
  readonly keep: boolean;
  /** Of captures, bytes; older ones are deleted, as on a card. */
  readonly budgetBytes: number;
  readonly heapProbe: boolean;
  readonly applianceFlags: readonly string[];
  /** Of `calibrate`: minutes measured at real speed. Of `scan`, `floods`: hours of life before. */
  readonly minutes: number;
  readonly warmHours: number;
  /** Of `scan`: the appliance itself scans, or a device behind it does, whose frames lie in two files. */
  readonly scanner: 'gateway' | 'device';
}

/** Throws a TypeError with one line where a word is wrong. */
export function readOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({ args: [...args], options: WORDS });
  return {
    scenario: oneOf('scenario', values.scenario, ['days', 'calibrate', 'scan', 'floods']),
    days: positive('days', values.days),
    speed: positive('speed', values.speed),
    rowHours: positive('row-hours', values['row-hours']),
    windowSeconds: Number(values['window-seconds']),
    windowEvery: positive('window-every', values['window-every']),
    page: values.page,
    seed: positive('seed', values.seed),
    captures: values.captures === undefined ? FOLDERS.map((name) => join(CORPUS, name)) : [resolve(values.captures)],
    out: resolve(values.out ?? join(ROOT, '.weir', 'soak', new Date().toISOString().replaceAll(/[:.]/g, '-'))),
    keep: values.keep,
    budgetBytes: positive('budget-mb', values['budget-mb']) * 1_000_000,
    heapProbe: !values['no-heap-probe'],
    applianceFlags: (values['appliance-flags'] ?? '').split(' ').filter((word) => word !== ''),
    minutes: positive('minutes', values.minutes),
    warmHours: Number(values['warm-hours']),
    scanner: oneOf('scanner', values.scanner, ['gateway', 'device']),
  };
}

const WORDS = {
  scenario: { type: 'string', default: 'days' },
  days: { type: 'string', default: '30' },
  speed: { type: 'string', default: '300' },
  'row-hours': { type: 'string', default: '24' },
  'window-seconds': { type: 'string', default: '60' },
  'window-every': { type: 'string', default: '7' },
  page: { type: 'boolean', default: false },
  seed: { type: 'string', default: '12' },
  captures: { type: 'string' },
  out: { type: 'string' },
  keep: { type: 'boolean', default: false },
  'budget-mb': { type: 'string', default: '4000' },
  'no-heap-probe': { type: 'boolean', default: false },
  'appliance-flags': { type: 'string' },
  minutes: { type: 'string', default: '10' },
  'warm-hours': { type: 'string', default: '6' },
  scanner: { type: 'string', default: 'gateway' },
} as const;

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new TypeError(`--${name} wants a number above 0, not "${text}"`);
  return value;
}

function oneOf<T extends string>(name: string, text: string, words: readonly T[]): T {
  const word = words.find((known) => known === text);
  if (word === undefined) throw new TypeError(`--${name} wants one of ${words.join(', ')}, not "${text}"`);
  return word;
}
