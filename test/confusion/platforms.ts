// Platforms that the rules find next to what the device is known to be, over captures that others made. The labels are people's:
// devices.csv names the devices, and which platform a product belongs to was written down from its maker's manual.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyzeFile } from '../../appliance/cli/analyze/analyze-file.ts';
import type { DocumentDevice } from '../../appliance/model/analysis-document.ts';
import { CORPUS } from '../truth/corpus.ts';

/** By words in the device's name, the first that fits; null: of no platform that there is a rule for. */
const PRODUCTS: readonly (readonly [RegExp, readonly string[] | null])[] = [
  [/phone|router|access point/, null],
  [/^Hue|Philips Hue/, ['Philips Hue', 'HomeKit']],
  [/^D-Link/, ['mydlink']],
  [/^TP-Link/, ['TP-Link Kasa']],
  [/^WeMo/, ['WeMo']],
  [/^Withings/, ['Withings']],
  [/Xiaomi camera/, ['MiJia']],
  [/SmartThings/, ['Samsung SmartThings']],
  [/Tuya/, ['Tuya']],
  [/Amazon Echo/, ['Amazon Alexa']],
  [/Xiaodu/, ['DuerOS']],
  [/Aria|Edimax|Ednet|HomeMatic|Lightify|MAXGateway|Smarter|iKettle|Yi camera/, null],
];

/** By MAC: its platforms, empty for a device of none. */
export function readLabels(): ReadonlyMap<string, readonly string[]> {
  const rows = readFileSync(join(CORPUS, 'devices.csv'), 'utf8').trim().split('\n').slice(1);
  return new Map(
    rows.map((row) => {
      const [mac = '', name = ''] = row.split(',');
      const product = PRODUCTS.find(([words]) => words.test(name));
      if (product === undefined) throw new Error(`${name} of devices.csv has no platform here`);
      return [mac, product[1] ?? []] as const;
    }),
  );
}

/** One device in one capture: the unit that is counted. */
export interface JudgedUnit {
  readonly file: string;
  readonly mac: string;
  /** Undefined where nobody said what it is. */
  readonly label: readonly string[] | undefined;
  readonly found: readonly string[];
  readonly ambiguous: boolean;
}

/** The last is of devices that nobody named. */
const FOLDERS = ['iot-setup', 'iot-ap', 'iot-lifecycle', 'iot-misc', 'derived', 'proto'];
/** Cut and damaged copies of captures that count already: a unit is not counted twice. */
const COPIES = /^derived\/(?!sentinel)/;

export async function judgePlatforms(wanted: (file: string) => boolean): Promise<JudgedUnit[]> {
  const labels = readLabels();
  const units: JudgedUnit[] = [];
  for (const file of FOLDERS.flatMap(capturesIn).filter((name) => !COPIES.test(name) && wanted(name))) {
    const { document } = await analyzeFile(join(CORPUS, file), 'curated', false).catch(() => ({ document: undefined }));
    for (const device of document?.devices ?? [])
      if (device.packets_sent > 0) units.push(judgeDevice(file, device, labels));
  }
  return units;
}

function capturesIn(folder: string): string[] {
  const path = join(CORPUS, folder);
  const names = existsSync(path) ? readdirSync(path).sort() : [];
  return names.filter((name) => /\.(pcap|pcapng|cap)(\.gz)?$/.test(name)).map((name) => `${folder}/${name}`);
}

function judgeDevice(
  file: string,
  { mac, platforms, platform_answers: answers = [] }: DocumentDevice,
  labels: ReadonlyMap<string, readonly string[]>,
): JudgedUnit {
  const ambiguous = answers.some(({ answer, by }) => answer === 'ambiguous' && by === 'device');
  return { file, mac, label: labels.get(mac), found: platforms, ambiguous };
}

export interface PlatformTable {
  /** By the label's first platform or `none`, by what was found: units. */
  readonly rows: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Of units with a platform, how many were given it; of units that were given one, how many rightly. */
  readonly recall: readonly [number, number];
  readonly precision: readonly [number, number];
  /** Platforms that were found in a capture of a device that belongs to it. */
  readonly proven: readonly string[];
  /** Units that were given a platform that they do not belong to. */
  readonly wrong: readonly JudgedUnit[];
  readonly unlabelled: { readonly units: number; readonly found: readonly JudgedUnit[] };
}

export function tableOf(units: readonly JudgedUnit[]): PlatformTable {
  const labelled = units.flatMap((unit) => (unit.label === undefined ? [] : [{ ...unit, label: unit.label }]));
  const rows = new Map<string, Map<string, number>>();
  for (const { label, found, ambiguous } of labelled) {
    const row = rows.get(label[0] ?? 'none') ?? new Map<string, number>();
    const columns = found.length > 0 ? found : [ambiguous ? 'ambiguous' : 'none'];
    for (const column of columns) row.set(column, (row.get(column) ?? 0) + 1);
    rows.set(label[0] ?? 'none', row);
  }
  const isRight = ({ label, found }: { label: readonly string[]; found: readonly string[] }): boolean =>
    found.length > 0 && found.every((platform) => label.includes(platform));
  const given = labelled.filter(({ found }) => found.length > 0);
  const members = labelled.filter(({ label }) => label.length > 0);
  const rightly = given.filter(isRight);
  const unlabelled = units.filter(({ label }) => label === undefined);
  return {
    rows,
    recall: [members.filter(isRight).length, members.length],
    precision: [rightly.length, given.length],
    proven: [...new Set(rightly.flatMap(({ found }) => found))].sort(),
    wrong: given.filter((unit) => !isRight(unit)),
    unlabelled: { units: unlabelled.length, found: unlabelled.filter(({ found }) => found.length > 0) },
  };
}

/** Wilson's interval of a share at 95 % (Wilson 1927): honest for few units and for shares near 0 and 1. */
export function wilson([successes, trials]: readonly [number, number]): readonly [number, number] {
  if (trials === 0) return [0, 1];
  const z = 1.959_963_984_540_054;
  const share = successes / trials;
  const scale = 1 + z ** 2 / trials;
  const middle = share + z ** 2 / (2 * trials);
  const reach = z * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2));
  return [Math.max(0, (middle - reach) / scale), Math.min(1, (middle + reach) / scale)];
}

/** @param all every platform that there is a rule for */
export function describeTable(table: PlatformTable, all: readonly string[]): string[] {
  const share = (word: string, counts: readonly [number, number]): string => {
    const [low, high] = wilson(counts).map((bound) => (100 * bound).toFixed(1));
    return `${word}: ${counts[0]} of ${counts[1]} units, 95 % interval ${low} to ${high} % (Wilson)`;
  };
  const rows = [...table.rows].sort(([a], [b]) => (a < b ? -1 : 1));
  const synthetic = all.filter((platform) => !table.proven.includes(platform));
  return [
    'A unit is a device in a capture. Labels: devices.csv and the makers; a row may have several platforms (Hue speaks HomeKit).',
    ...rows.map(([label, row]) => `${label}: ${[...row].map(([found, units]) => `${found} ${units}`).join(', ')}`),
    share('given their platform', table.recall),
    share('platforms that were given rightly', table.precision),
    ...table.wrong.map(({ file, mac, found }) => `wrong: ${file} ${mac} ${found.join(', ')}`),
    `decided from captures that others made: ${table.proven.join(', ')}`,
    `synthetic only (examples of the rule files): ${synthetic.join(', ')}`,
    `unlabelled: ${table.unlabelled.units} units, in no figure above; given a platform: ${table.unlabelled.found.length}`,
    ...table.unlabelled.found.map(({ file, mac, found }) => `  ${file} ${mac} ${found.join(', ')}`),
  ];
}
