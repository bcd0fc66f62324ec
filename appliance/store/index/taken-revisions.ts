// The revisions of an index that is set aside, on their way into the one that begins in its place (index-store.ts). The captures do not
// say them: a file that retention deleted counted in them.

import { type DeviceKey, deviceId } from '../../model/mac.ts';
import type { SummaryTools } from '../summary-tools.ts';
import { listHours, type StoredHours } from './hour-list.ts';
import { hourOfSecond } from './hour-row.ts';
import type { IndexDatabase, IndexWrite } from './index-database.ts';
import { hourName } from './revision-floors.ts';

/** Revisions in one batch of the index: the earlier one may have a year of hours. */
const MAX_WRITES = 1000;

/** What is read of the earlier index. */
export interface RevisionSource {
  devices(): Promise<readonly DeviceKey[]>;
  hours(device: DeviceKey): Promise<StoredHours>;
}

/** But for devices that are to be forgotten. @throws WeirError INDEX_DAMAGED where the earlier index cannot be read further. */
export async function takeRevisions(
  database: IndexDatabase,
  from: RevisionSource,
  tools: Pick<SummaryTools, 'hour'>,
  forgotten: ReadonlySet<DeviceKey>,
): Promise<void> {
  for (const device of await from.devices()) {
    if (forgotten.has(device)) continue;
    const writes = await revisionWrites(device, await from.hours(device), tools);
    for (let at = 0; at < writes.length; at += MAX_WRITES) await database.write(writes.slice(at, at + MAX_WRITES));
  }
}

/** Hours with rows as they were shown, and those that had none any more. */
async function revisionWrites(
  device: DeviceKey,
  stored: StoredHours,
  tools: Pick<SummaryTools, 'hour'>,
): Promise<IndexWrite[]> {
  const revisions = new Map(stored.floors);
  for (const row of await listHours(device, stored, tools)) revisions.set(hourName(row), row.revision);
  return [...revisions].map(([name, value]) => {
    const [hour = '', phase = ''] = name.split(' ');
    return { sublevel: 'revision', key: revisionKey(device, hour, phase), value };
  });
}

function revisionKey(device: DeviceKey, hour: string, phase: string): string {
  return `${deviceId(device)}!${hourOfSecond(Date.parse(hour) / 1000)}!${phase}`;
}
