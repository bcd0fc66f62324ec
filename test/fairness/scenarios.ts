// Who tries to push whom out, and what each honest device must have left: all that it sent, or an equal share of the limit.

import type { Mac } from '../../appliance/model/mac.ts';
import { Home, type Kept, type Sender } from './home.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
/** What retention allows when nothing is set, on a card that takes 100 GB. */
const USUAL = { budgetBytes: 97 * GIB, maxFiles: 50_000 };

export interface Scenario {
  readonly name: string;
  readonly days: number;
  readonly limits: { readonly budgetBytes: number; readonly maxFiles: number };
  readonly honest: readonly Sender[];
  readonly others: readonly Sender[];
}

export interface Row {
  readonly scenario: string;
  readonly device: string;
  readonly made: Amount;
  readonly kept: Kept;
  readonly share: Amount;
  readonly isFair: boolean;
}

/** `bytes` are those that the device itself sent. */
export interface Amount {
  readonly segments: number;
  readonly bytes: number;
}

function mac(kind: number, i: number): Mac {
  const hex = (n: number): string => (n & 255).toString(16).padStart(2, '0');
  return `50:c7:bf:${hex(kind)}:${hex(i >> 8)}:${hex(i)}` as Mac;
}

const CAMERA: Sender = { device: mac(1, 1), everySeconds: 10, bytes: 6000, fromDay: 0, toDay: 400 };

function sensors(count: number, days: number): Sender[] {
  return Array.from({ length: count }, (_, i) => ({
    device: mac(2, i),
    everySeconds: 360 + 4 * i,
    bytes: 900,
    fromDay: 0,
    toDay: days,
  }));
}

/** One frame every five minutes each, from the thirteenth day on: a camera has 300 segments by then. */
function spoofers(count: number, days: number): Sender[] {
  const from = 12.5;
  return Array.from({ length: count }, (_, i) => ({
    device: mac(3, i),
    everySeconds: 300,
    bytes: 76,
    fromDay: from,
    toDay: from + days,
  }));
}

/** A new set of addresses each day. */
function strangers(perDay: number, days: number): Sender[] {
  return Array.from({ length: perDay * days }, (_, i) => {
    const fromDay = Math.floor(i / perDay);
    return { device: mac(4, i), everySeconds: 3600, bytes: 76, fromDay, toDay: fromDay + 1 };
  });
}

function flood(days: number, to: Mac): Sender {
  return { device: mac(5, 1), everySeconds: 60, bytes: 4 * MIB, fromDay: 10, toDay: 10 + days, to };
}

/** `days` scales the month of the issue, and the year with it. */
export function scenarios(days: number): Scenario[] {
  const year = Math.round((days * 365) / 30);
  const tight = { ...USUAL, maxFiles: 80 * days };
  const victim: Sender = { ...CAMERA, device: mac(1, 2), bytes: 60 };
  return [
    { name: '62 spoofed', days: days + 13, limits: USUAL, honest: [CAMERA], others: spoofers(62, days) },
    { name: '62 spoofed, few files', days: days + 13, limits: tight, honest: [CAMERA], others: spoofers(62, days) },
    {
      name: '500 new addresses a day',
      days,
      limits: tight,
      honest: [CAMERA, ...sensors(20, days)],
      others: strangers(500, days),
    },
    {
      name: 'flood to a victim',
      days: days + 10,
      limits: { ...USUAL, budgetBytes: days * 4 * GIB },
      honest: [CAMERA, victim, ...sensors(5, days + 10)],
      others: [flood(days, victim.device)],
    },
    { name: '64 quiet for a year', days: year, limits: USUAL, honest: sensors(64, year), others: [] },
  ];
}

export function run({ name, days, limits, honest, others }: Scenario): Row[] {
  const home = new Home(limits);
  home.live([...honest, ...others], days);
  const { payers } = home;
  const share = { segments: Math.floor(limits.maxFiles / 2 / payers), bytes: Math.floor(limits.budgetBytes / payers) };
  return honest.map(({ device }) => {
    const made = home.made.get(device) ?? { segments: 0, bytes: 0 };
    const kept = home.kept(device);
    // Where something has to go, a little more goes (storage.ts).
    const hasFiles = kept.segments >= Math.min(made.segments, share.segments * 0.98 - 1);
    const isFair = kept.bytes >= made.bytes || kept.stored >= share.bytes * 0.98 || hasFiles;
    return { scenario: name, device, made, kept, share, isFair };
  });
}

/** For people. Devices that have as many segments are in one line; MiB are those of all of them. */
export function table(rows: readonly Row[]): string {
  const lines = new Map<string, Row[]>();
  for (const row of rows) {
    const key = [row.scenario, row.made.segments, row.kept.segments, row.isFair].join('|');
    lines.set(key, [...(lines.get(key) ?? []), row]);
  }
  const head =
    '| scenario | honest devices | segments made | kept | equal share | own MiB sent | kept | MiB in its folder | equal share | |\n|---|---|---|---|---|---|---|---|---|---|';
  return [head, ...[...lines.values()].map(lineOf)].join('\n');
}

function lineOf(rows: readonly Row[]): string {
  const [first] = rows as readonly [Row, ...Row[]];
  const mebibytes = (pick: (row: Row) => Amount): string =>
    (rows.reduce((sum, row) => sum + pick(row).bytes, 0) / MIB).toFixed(1);
  const who = rows.length === 1 ? first.device : `${rows.length} devices, each`;
  const segments = `${first.made.segments} | ${first.kept.segments} | ${first.share.segments}`;
  const folder = `${(first.kept.stored / MIB).toFixed(1)} | ${(first.share.bytes / MIB).toFixed(0)}`;
  const bytes = `${mebibytes((row) => row.made)} | ${mebibytes((row) => row.kept)} | ${folder}`;
  return `| ${first.scenario} | ${who} | ${segments} | ${bytes} | ${verdict(first)} |`;
}

/** A share of the folder may be full of what others sent: the word says where a device lost some of its own. */
function verdict({ made, kept, isFair }: Row): string {
  if (!isFair) return 'UNFAIR';
  return kept.bytes >= made.bytes ? 'all of its own' : 'its share, NOT all of its own';
}
