// Takes forgotten devices out of the index, once for each line of the ledger that says so: before the index is compared with the ledger,
// which no longer names their segments. Everything of such a device goes; what was heard of it since is read anew from its files.

import { type DeviceKey, deviceId } from '../../model/mac.ts';
import type { ForgottenDevice } from '../tail/forgotten-devices.ts';
import type { IndexDatabase, IndexWrite } from './index-database.ts';
import { deviceRange, HEAD_KEY, type SublevelName } from './index-keys.ts';
import { EMPTY_HEAD, type StoredSegment } from './index-records.ts';

/** Documents of the appliance that name devices only as topics: the broker is told to drop those of devices that are gone. */
const KEPT_SETTINGS: ReadonlySet<string> = new Set(['mqtt-topics']);
/** Deletions in one batch of the index; further batches take the others. */
const MAX_WRITES = 1000;

/** Whether there was anything to do. @throws WeirError INDEX_DAMAGED, DATA_FULL, DATA_UNWRITABLE. */
export async function purgeForgotten(database: IndexDatabase, all: readonly ForgottenDevice[]): Promise<boolean> {
  const head = await database.head();
  // Another format is set aside whole.
  if (head?.schema !== EMPTY_HEAD.schema) return all.length > 0;
  const due = all.filter(({ n }) => n > (head.forgotten ?? -1));
  if (due.length === 0) return false;
  const devices = new Set(due.map(({ device }) => device));
  const { writes, segments } = await writesFor(database, devices);
  for (let at = 0; at < writes.length; at += MAX_WRITES) await database.write(writes.slice(at, at + MAX_WRITES));
  const forgotten = Math.max(...due.map(({ n }) => n));
  const value = { ...head, segments: head.segments - segments, forgotten };
  await database.write([{ sublevel: 'meta', key: HEAD_KEY, value }]);
  // Where the first pass stopped is kept as a key, which may be one that it dropped.
  for (let pass = 0; pass < 2; pass++) await database.compact();
  return true;
}

/** Deletions, and how many segments that ended are among them. */
async function writesFor(
  database: IndexDatabase,
  devices: ReadonlySet<DeviceKey>,
): Promise<{ writes: IndexWrite[]; segments: number }> {
  const writes: IndexWrite[] = [];
  const remove = (sublevel: SublevelName, key: string): void => void writes.push({ sublevel, key, value: undefined });
  let segments = 0;
  for await (const [key, value] of database.list('segment')) {
    const { device, ends } = value as StoredSegment;
    if (!devices.has(device)) continue;
    remove('segment', key);
    if (ends) segments++;
  }
  for (const device of devices) {
    remove('device', deviceId(device));
    for (const sublevel of ['hour', 'flow'] as const)
      for await (const [key] of database.list(sublevel, deviceRange(device))) remove(sublevel, key);
  }
  // The summary of a day and what was notified may name it; both are made anew.
  for await (const [key] of database.list('setting')) if (!KEPT_SETTINGS.has(key)) remove('setting', key);
  return { writes, segments };
}
