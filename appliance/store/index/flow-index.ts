// Rows of the flow matrix in the index: a block of rows (flow-row.ts) for each hour that is over, by device and phase; the sum
// of a day is written with the first hour of another day that is over, that of a month likewise. So each row is written three
// times in its life, and a year is read as some tens of blocks. While a day is the newest its hours are read instead of its sum:
// an hour that comes late, because the clock was set back, makes its day the newest again.

import type { DeviceKey } from '../../model/mac.ts';
import { PHASES, type Phase } from '../../model/phase.ts';
import type { OpenHour } from './hour-list.ts';
import { hourOfSecond } from './hour-row.ts';
import type { IndexWrite, KeyRange } from './index-database.ts';
import { type FlowLevel, flowKey, flowRange } from './index-keys.ts';
import type { StoredPlace } from './index-records.ts';
import type { PackedText } from './packed-text.ts';

const HOUR_SECONDS = 3600;

/** What is needed of the database; `weir replay` has one in memory. */
export interface FlowStore {
  get(name: 'flow', key: string): Promise<unknown>;
  list(name: 'flow', range: KeyRange): AsyncIterable<readonly [string, unknown]>;
}

/** Adds blocks; of what has no room in the sum `joined` rows lost their peer. */
export type AddFlows = (
  parts: readonly PackedText[],
  most: number,
) => Promise<{ readonly flows: PackedText; readonly joined: number }>;

/** Rows of a block. A device talks to a dozen peers an hour; more than these are a scan or a flood. */
export const MAX_FLOWS = { hour: 1000, day: 2000, month: 4000 } as const;

export interface FlowHour {
  readonly device: DeviceKey;
  readonly phase: Phase;
  /** `20261120T12`. */
  readonly hour: string;
  readonly flows: PackedText;
}

/** Of hours as labels, `20261120T12`: `from` is within, `to` is not. */
export interface FlowWindow {
  readonly from: string;
  readonly to: string;
  /** Of every phase where none is named. */
  readonly phase?: Phase | undefined;
  /** Only blocks of single hours. */
  readonly hourly: boolean;
}

export interface StoredFlowBlock {
  readonly phase: Phase;
  /** Of an hour, a day or a month. */
  readonly label: string;
  readonly flows: PackedText;
}

export interface StoredFlows {
  readonly place: StoredPlace;
  readonly blocks: readonly StoredFlowBlock[];
  /** Of every hour and phase, whatever the window. */
  readonly open: readonly OpenHour[];
}

/** All that there is. */
export const EVER: FlowWindow = { from: '', to: '~', hourly: false };

/** Of seconds since 1970; every hour of which a part lies between them. */
export function flowWindow(from: number | null, to: number | null): Pick<FlowWindow, 'from' | 'to'> {
  return {
    from: from === null ? EVER.from : hourOfSecond(from),
    to: to === null ? EVER.to : hourOfSecond(Math.ceil(to / HOUR_SECONDS) * HOUR_SECONDS),
  };
}

export function inWindow(hour: string, phase: Phase, window: FlowWindow): boolean {
  return window.from <= hour && hour < window.to && (window.phase === undefined || window.phase === phase);
}

const dayOf = (hour: string) => hour.slice(0, 8);
const monthOf = (hour: string) => hour.slice(0, 6);

/** What to write when an hour is over: its block, and the sums of the day and month that it is not in any more. */
export async function flowWrites(
  store: FlowStore,
  { device, phase, hour, flows }: FlowHour,
  add: AddFlows,
): Promise<{ readonly writes: IndexWrite[]; readonly joined: number }> {
  const writes: IndexWrite[] = [];
  let joined = 0;
  const sum = async (parts: readonly PackedText[], level: keyof typeof MAX_FLOWS, label: string) => {
    const made =
      parts.length === 1 && parts[0] !== undefined
        ? { flows: parts[0], joined: 0 }
        : await add(parts, MAX_FLOWS[level]);
    joined += made.joined;
    writes.push({ sublevel: 'flow', key: flowKey(device, phase, level, label), value: seal(made.flows) });
    return made.flows;
  };
  const last = await store.get('flow', flowKey(device, phase, 'last', ''));
  if (typeof last === 'string' && dayOf(last) !== dayOf(hour)) {
    const month = monthOf(last);
    const day = await sum((await blocks(store, device, phase, 'hour', dayOf(last))).map(flowsOf), 'day', dayOf(last));
    const others = (await blocks(store, device, phase, 'day', month)).filter(({ label }) => label !== dayOf(last));
    if (month !== monthOf(hour)) await sum([...others.map(flowsOf), day], 'month', month);
  }
  const before = unseal(await store.get('flow', flowKey(device, phase, 'hour', hour)));
  await sum(before === undefined ? [flows] : [before, flows], 'hour', hour);
  writes.push({ sublevel: 'flow', key: flowKey(device, phase, 'last', ''), value: hour });
  return { writes, joined };
}

/** Blocks that together are the window, each hour in one of them. */
export async function flowBlocks(store: FlowStore, device: DeviceKey, window: FlowWindow): Promise<StoredFlowBlock[]> {
  const found: StoredFlowBlock[] = [];
  for (const phase of PHASES) {
    if (window.phase !== undefined && window.phase !== phase) continue;
    const last = await store.get('flow', flowKey(device, phase, 'last', ''));
    if (typeof last !== 'string') continue;
    const room = { store, device, phase, last, window };
    found.push(...(window.hourly ? await hoursWithin(room) : await monthsWithin(room)));
  }
  return found;
}

interface Room {
  readonly store: FlowStore;
  readonly device: DeviceKey;
  readonly phase: Phase;
  readonly last: string;
  readonly window: FlowWindow;
}

async function monthsWithin(room: Room): Promise<StoredFlowBlock[]> {
  const { store, device, phase, last, window } = room;
  const found: StoredFlowBlock[] = [];
  for (const block of await blocks(store, device, phase, 'month', '')) {
    const overlap = block.label === monthOf(last) ? 'none' : overlapOf(block.label, window);
    if (overlap === 'all') found.push(block);
    if (overlap === 'part') found.push(...(await daysWithin(room, block.label)));
  }
  return [...found, ...(await daysWithin(room, monthOf(last)))];
}

async function daysWithin(room: Room, month: string): Promise<StoredFlowBlock[]> {
  const { store, device, phase, last, window } = room;
  const found: StoredFlowBlock[] = [];
  for (const block of await blocks(store, device, phase, 'day', month)) {
    const overlap = block.label === dayOf(last) ? 'none' : overlapOf(block.label, window);
    if (overlap === 'all') found.push(block);
    if (overlap === 'part') found.push(...(await hoursWithin(room, block.label)));
  }
  return month === monthOf(last) ? [...found, ...(await hoursWithin(room, dayOf(last)))] : found;
}

async function hoursWithin({ store, device, phase, window }: Room, day = ''): Promise<StoredFlowBlock[]> {
  const first = day === '' ? window.from : day;
  const range = flowRange(device, phase, 'hour', day);
  const gte = flowKey(device, phase, 'hour', first);
  return (await read(store, { ...range, gte }, phase)).filter(({ label }) => inWindow(label, phase, window));
}

/** How much of a month or a day lies in the window. */
function overlapOf(label: string, { from, to }: FlowWindow): 'all' | 'part' | 'none' {
  const first = label.length === 6 ? `${label}01T00` : `${label}T00`;
  // Behind all labels that begin with it.
  const end = `${label}~`;
  if (to <= first || end <= from) return 'none';
  return from <= first && end <= to ? 'all' : 'part';
}

function blocks(
  store: FlowStore,
  device: DeviceKey,
  phase: Phase,
  level: FlowLevel,
  prefix: string,
): Promise<StoredFlowBlock[]> {
  return read(store, flowRange(device, phase, level, prefix), phase);
}

async function read(store: FlowStore, range: KeyRange, phase: Phase): Promise<StoredFlowBlock[]> {
  const found: StoredFlowBlock[] = [];
  for await (const [key, value] of store.list('flow', range)) {
    const flows = unseal(value);
    if (flows !== undefined) found.push({ phase, label: key.slice(key.lastIndexOf('!') + 1), flows });
  }
  return found;
}

const flowsOf = ({ flows }: StoredFlowBlock): PackedText => flows;

function seal(flows: PackedText): string {
  return Buffer.from(flows.buffer, flows.byteOffset, flows.byteLength).toString('base64');
}

function unseal(value: unknown): PackedText | undefined {
  return typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : undefined;
}
