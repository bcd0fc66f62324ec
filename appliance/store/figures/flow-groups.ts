// The flow matrix as somebody asks for it: rows (index/flow-row.ts) that pass a filter, summed by some of their dimensions.
// Country and owner of an address are looked up here. Grouped device by device in the thread that renders, added up for all
// devices on the other side; every byte is in a group, in what is left out, or was never in a row, and each is reported. Pure.

import { type DeviceKey, deviceId } from '../../model/mac.ts';
import type { Phase } from '../../model/phase.ts';
import { ANYCAST_WORD } from '../../model/place-word.ts';
import { addSums, type FlowBlock, type FlowRow, type FlowSums, type FlowsWithoutRow } from '../index/flow-row.ts';

/** By which rows are grouped. */
export const FLOW_DIMENSIONS = [
  'device',
  'phase',
  'hour',
  'scope',
  'address',
  'name',
  'country',
  'organisation',
  'protocol',
  'service',
  'protection',
  'content',
] as const;
export type FlowDimension = (typeof FLOW_DIMENSIONS)[number];

/** Words that a row must have; `search` is a part of address, name, country, owner or service. */
export type FlowFilter = Partial<
  Readonly<Record<Exclude<FlowDimension, 'device' | 'phase' | 'hour'> | 'search', string>>
>;

export interface FlowQuestion {
  readonly by: readonly FlowDimension[];
  readonly filter: FlowFilter;
}

/** Rows of one device, and when they were. */
export interface FlowPart {
  readonly phase: Phase;
  /** Start of the hour, ISO 8601 UTC; empty where the block is longer. */
  readonly hour: string;
  readonly block: FlowBlock;
}

export interface FlowGroup extends FlowSums {
  /** One word for each dimension asked for, in that order; empty where it is not known. */
  readonly words: readonly string[];
  /** Devices that have rows in it. */
  readonly devices: number;
}

export interface FlowGroups {
  /** Most bytes sent first. */
  readonly groups: readonly FlowGroup[];
  /** Of all rows that passed the filter. */
  readonly totals: FlowSums;
  /** Groups that had no room, and their sums. */
  readonly left_out: FlowSums & { readonly groups: number };
  /** Of these rows the peers are combined, because an hour, a day or a month had too many: how many, and their sums. */
  readonly joined: FlowSums & { readonly rows: number };
  /** Conversations of that time without a row; no filter but device, phase and time applies. */
  readonly without_row: FlowsWithoutRow;
}

export interface PeerPlace {
  readonly country: string | null;
  readonly org: string | null;
}

/** Groups that are held at a time, of one device and of all. */
export const MAX_GROUPS = 20_000;

const ZERO: FlowSums = { packets_up: 0, bytes_up: 0, packets_down: 0, bytes_down: 0 };

export const NO_GROUPS: FlowGroups = {
  groups: [],
  totals: ZERO,
  left_out: { groups: 0, ...ZERO },
  joined: { rows: 0, ...ZERO },
  without_row: { conversations: 0, packets: 0, bytes: 0 },
};

/** A row with what is looked up. */
type PlacedRow = FlowRow & { readonly organisation: string };

export function groupFlows(
  device: DeviceKey,
  parts: Iterable<FlowPart>,
  { by, filter }: FlowQuestion,
  describe: (address: string) => PeerPlace,
): FlowGroups {
  const groups = new Map<string, FlowGroup>();
  let { totals, joined, without_row } = NO_GROUPS;
  for (const { phase, hour, block } of parts) {
    without_row = addWithout(without_row, block.without);
    for (const stored of block.rows) {
      const row = place(stored, describe);
      if (!passes(row, filter)) continue;
      totals = addSums(totals, row);
      if (row.joined > 0) joined = { rows: joined.rows + row.joined, ...addSums(joined, row) };
      const words = by.map((dimension) => wordOf(dimension, device, phase, hour, row));
      addGroup(groups, { words, devices: 1, ...addSums(ZERO, row) }, 1);
    }
  }
  return { ...bounded(groups), totals, joined, without_row };
}

/** Of different devices. */
export function addGroups(x: FlowGroups, y: FlowGroups): FlowGroups {
  const groups = new Map(x.groups.map((group) => [keyOf(group), group]));
  for (const group of y.groups) addGroup(groups, group, 'add');
  const { groups: kept, left_out } = bounded(groups);
  const before = addLeftOut(x.left_out, y.left_out);
  return {
    groups: kept,
    left_out: addLeftOut(before, left_out),
    totals: addSums(x.totals, y.totals),
    joined: { rows: x.joined.rows + y.joined.rows, ...addSums(x.joined, y.joined) },
    without_row: addWithout(x.without_row, y.without_row),
  };
}

/** The first ones; the others are combined as sums. */
export function firstGroups(found: FlowGroups, most: number): FlowGroups {
  const rest = found.groups.slice(most);
  if (rest.length === 0) return found;
  const left = rest.reduce<FlowSums>((sum, group) => addSums(sum, group), ZERO);
  return {
    ...found,
    groups: found.groups.slice(0, most),
    left_out: addLeftOut(found.left_out, { groups: rest.length, ...left }),
  };
}

/** `devices`: how many the group has after this; `add` where both are of different ones. */
function addGroup(groups: Map<string, FlowGroup>, group: FlowGroup, devices: 1 | 'add'): void {
  const key = keyOf(group);
  const known = groups.get(key);
  if (known === undefined) groups.set(key, group);
  else
    groups.set(key, {
      words: known.words,
      devices: devices === 'add' ? known.devices + group.devices : devices,
      ...addSums(known, group),
    });
}

function keyOf({ words }: FlowGroup): string {
  return words.join('\t');
}

function bounded(groups: ReadonlyMap<string, FlowGroup>): Pick<FlowGroups, 'groups' | 'left_out'> {
  const sorted = [...groups]
    .sort(([k, x], [l, y]) => y.bytes_up - x.bytes_up || y.bytes_down - x.bytes_down || (k < l ? -1 : 1))
    .map(([, group]) => group);
  const { groups: kept, left_out } = firstGroups({ ...NO_GROUPS, groups: sorted }, MAX_GROUPS);
  return { groups: kept, left_out };
}

function addLeftOut(x: FlowGroups['left_out'], y: FlowGroups['left_out']): FlowGroups['left_out'] {
  return { groups: x.groups + y.groups, ...addSums(x, y) };
}

function addWithout(x: FlowsWithoutRow, y: FlowsWithoutRow): FlowsWithoutRow {
  return {
    conversations: x.conversations + y.conversations,
    packets: x.packets + y.packets,
    bytes: x.bytes + y.bytes,
  };
}

/** What is at home is `local`, as in the document. */
function place(row: FlowRow, describe: (address: string) => PeerPlace): PlacedRow {
  if (row.scope === 'home') return { ...row, country: 'local', organisation: '' };
  if (row.joined > 0) return { ...row, organisation: '' };
  const { country, org } = describe(row.address);
  return { ...row, country: country ?? ANYCAST_WORD, organisation: org ?? '' };
}

function wordOf(dimension: FlowDimension, device: DeviceKey, phase: Phase, hour: string, row: PlacedRow): string {
  if (dimension === 'device') return deviceId(device);
  if (dimension === 'phase') return phase;
  return dimension === 'hour' ? hour : row[dimension];
}

function passes(row: PlacedRow, { search, ...words }: FlowFilter): boolean {
  for (const [dimension, word] of Object.entries(words) as [Exclude<keyof FlowFilter, 'search'>, string | undefined][])
    if (word !== undefined && row[dimension].toLowerCase() !== word.toLowerCase()) return false;
  if (search === undefined || search === '') return true;
  const wanted = search.toLowerCase();
  const said = [row.address, row.name, row.country, row.organisation, row.service];
  return said.some((text) => text.toLowerCase().includes(wanted));
}
