// The hours of a device as people see them: rows of hours that are over, slices of those that are not, and revisions that never fall.
// One definition for the page, the API and the broker, whatever part of the hours they ask for.

import type { DeviceKey } from '../../model/mac.ts';
import type { Phase } from '../../model/phase.ts';
import type { SummaryTools } from '../summary-tools.ts';
import { addHourRows, type StoredHourRow } from './hour-row.ts';
import type { StoredPlace } from './index-records.ts';
import type { PackedText } from './packed-text.ts';
import { hourName, type RevisionFloors, raised } from './revision-floors.ts';

/** An hour that slices can still join. */
export interface OpenHour {
  /** `20261120T12`. */
  readonly hour: string;
  readonly phase: Phase;
  readonly parts: readonly PackedText[];
}

/** All that the index has of a device's hours, or of the newest of them. */
export interface StoredHours {
  readonly place: StoredPlace | undefined;
  /** Of hours that were over once. One that came twice, because the clock was set back, can be open as well. */
  readonly rows: readonly StoredHourRow[];
  readonly open: readonly OpenHour[];
  readonly floors: RevisionFloors;
}

/** What a slice says of its segment's phase, and of the appliance's own scan next to it. */
export interface HourSlice {
  readonly hour: string;
  readonly summary: PackedText;
  readonly scan?: PackedText;
}

export function sliceHours(slice: HourSlice, phase: Phase): OpenHour[] {
  return byPhase(slice, phase).map((part) => ({ hour: slice.hour, phase: part.phase, parts: [part.summary] }));
}

export function byPhase(
  { summary, scan }: Pick<HourSlice, 'summary' | 'scan'>,
  phase: Phase,
): { phase: Phase; summary: PackedText }[] {
  return [{ phase, summary }, ...(scan === undefined ? [] : [{ phase: 'scan' as const, summary: scan }])];
}

/** Slices of one hour and phase are judged together, as they will be when the hour is over. */
export function joinHours(parts: readonly OpenHour[]): OpenHour[] {
  const hours = new Map<string, OpenHour>();
  for (const part of parts) {
    const key = `${part.hour} ${part.phase}`;
    const slices = [...(hours.get(key)?.parts ?? []), ...part.parts].filter(({ length }) => length > 0);
    if (slices.length > 0) hours.set(key, { ...part, parts: slices });
  }
  return [...hours.values()];
}

/** In order; an hour with open slices is not complete. Revisions are those of the packets. */
export async function countHours(
  device: DeviceKey,
  { rows, open }: Pick<StoredHours, 'rows' | 'open'>,
  tools: Pick<SummaryTools, 'hour'>,
): Promise<StoredHourRow[]> {
  const hours = new Map(rows.map((row) => [hourName(row), row]));
  for (const { hour, phase, parts } of joinHours(open)) {
    const { row } = await tools.hour(parts, { device, hour, phase });
    hours.set(hourName(row), { ...addHourRows(hours.get(hourName(row)), row), complete: false });
  }
  return [...hours.keys()].sort().flatMap((name) => hours.get(name) ?? []);
}

/** The same, as they are shown. */
export async function listHours(
  device: DeviceKey,
  stored: Omit<StoredHours, 'place'>,
  tools: Pick<SummaryTools, 'hour'>,
): Promise<StoredHourRow[]> {
  return (await countHours(device, stored, tools)).map((row) => raised(row, stored.floors));
}

/** Packets that an earlier index counted in these hours and that no file has any more. */
export function countGone(rows: readonly StoredHourRow[], floors: RevisionFloors, scope: Phase | 'all'): number {
  const known = new Map(rows.map((row) => [hourName(row), row.revision]));
  let gone = 0;
  for (const [name, floor] of floors)
    if (scope === 'all' || name.endsWith(` ${scope}`)) gone += Math.max(0, floor - (known.get(name) ?? 0));
  return gone;
}
