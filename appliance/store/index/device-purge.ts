// Takes forgotten devices out of the index, once for each line of the ledger that says so: before the index is compared with the ledger,
// which no longer names their segments. Everything of such a device goes; what it sent since is read again from its files.

import { type DeviceKey, deviceId } from '../../model/mac.ts';
import type { ForgottenDevice } from '../tail/forgotten-devices.ts';
import type { IndexDatabase, IndexWrite } from './index-database.ts';
import { deviceRange, HEAD_KEY, type SublevelName } from './index-keys.ts';
import { EMPTY_HEAD, type IndexHead, type StoredSegment } from './index-records.ts';

/** Documents of the appliance that name devices only as topics: the broker drops those of devices that are gone. */
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
  const purge = new Purge(database, head);
  await removeAll(purge, database, new Set(due.map(({ device }) => device)));
  await purge.finish(Math.max(...due.map(({ n }) => n)));
  // Where the first pass stopped is kept as a key, which may be one that it dropped.
  for (let pass = 0; pass < 2; pass++) await database.compact();
  return true;
}

/** What is listed is as it was when the list began: deletions meanwhile do not change it. */
async function removeAll(purge: Purge, database: IndexDatabase, devices: ReadonlySet<DeviceKey>): Promise<void> {
  for await (const [key, value] of database.list('segment')) {
    const { device, ends } = value as StoredSegment;
    if (devices.has(device)) await purge.removeSegment(key, ends);
  }
  for (const device of devices) {
    await purge.remove('device', deviceId(device));
    for (const sublevel of ['hour', 'revision', 'flow'] as const)
      for await (const [key] of database.list(sublevel, deviceRange(device))) await purge.remove(sublevel, key);
  }
  // The summary of a day and what was notified may name it; both are made again.
  for await (const [key] of database.list('setting')) if (!KEPT_SETTINGS.has(key)) await purge.remove('setting', key);
}

/** Deletions, a batch at a time. Each batch says in the head how many segments are left: a cut between two leaves a count that is true. */
class Purge {
  readonly #database: IndexDatabase;
  #head: IndexHead;
  #waiting: IndexWrite[] = [];

  constructor(database: IndexDatabase, head: IndexHead) {
    this.#database = database;
    this.#head = head;
  }

  async remove(sublevel: SublevelName, key: string): Promise<void> {
    this.#waiting.push({ sublevel, key, value: undefined });
    if (this.#waiting.length >= MAX_WRITES) await this.#write();
  }

  async removeSegment(key: string, ends: boolean): Promise<void> {
    if (ends) this.#head = { ...this.#head, segments: this.#head.segments - 1 };
    await this.remove('segment', key);
  }

  /** `forgotten`: the newest line of the ledger that is followed now. */
  async finish(forgotten: number): Promise<void> {
    this.#head = { ...this.#head, forgotten };
    await this.#write();
  }

  async #write(): Promise<void> {
    await this.#database.write([...this.#waiting, { sublevel: 'meta', key: HEAD_KEY, value: this.#head }]);
    this.#waiting = [];
  }
}
