// What earlier indexes counted of an hour: an index that is made again knows only the packets whose files are left. Who stores hours
// keeps the highest revision, so none may fall: below these no revision goes. taken-revisions.ts brings them; rows in the
// index stay what their packets say, and hour-list.ts raises what is shown.

import { type DeviceKey, parseDevice } from '../../model/mac.ts';
import { type HourRow, hourIso } from './hour-row.ts';
import type { IndexDatabase, IndexWrite } from './index-database.ts';
import { deviceRange } from './index-keys.ts';

/** By hour and phase, as `hourName` gives them. */
export type RevisionFloors = ReadonlyMap<string, number>;

/** `2026-11-20T12:00:00Z idle`: rows of a device have one each, and are in this order. */
export function hourName({ hour, phase }: Pick<HourRow, 'hour' | 'phase'>): string {
  return `${hour} ${phase}`;
}

export function raised<R extends HourRow>(row: R, floors: RevisionFloors): R {
  return { ...row, revision: Math.max(row.revision, floors.get(hourName(row)) ?? 0) };
}

export async function revisionFloors(database: IndexDatabase, device: DeviceKey): Promise<RevisionFloors> {
  const floors = new Map<string, number>();
  for await (const [key, value] of database.list('revision', deviceRange(device))) {
    const [, hour = '', phase = ''] = key.split('!');
    floors.set(`${hourIso(hour)} ${phase}`, value as number);
  }
  return floors;
}

/** Devices of which an earlier index counted more than this one does. */
export async function flooredDevices(database: IndexDatabase): Promise<DeviceKey[]> {
  const devices = new Set<DeviceKey>();
  for await (const [key] of database.list('revision')) {
    const device = parseDevice(key.split('!')[0] ?? '');
    if (device !== undefined) devices.add(device);
  }
  return [...devices];
}

/** With the row that has counted as many, the floor goes. */
export async function reachedFloor(database: IndexDatabase, key: string, row: HourRow): Promise<IndexWrite[]> {
  const floor = (await database.get('revision', key)) as number | undefined;
  return floor === undefined || row.revision < floor ? [] : [{ sublevel: 'revision', key, value: undefined }];
}
