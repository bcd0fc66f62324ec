import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceKey } from '../../appliance/model/mac.ts';
import { HourlySummaries } from '../../appliance/publish/mqtt/hourly-summaries.ts';
import { device } from '../store/data-folder.ts';

/** A broker with room for so many, and an index that cannot be read while `broken`. */
class Teller {
  room = Number.POSITIVE_INFINITY;
  broken = false;
  readonly reported: DeviceKey[] = [];
  readonly problems: string[] = [];

  hasRoom(): boolean {
    return this.reported.length < this.room;
  }

  async publish(one: DeviceKey): Promise<void> {
    if (this.broken) throw new Error('the index cannot be read');
    this.reported.push(one);
  }

  problem(text: string): void {
    this.problems.push(text);
  }
}

test('hours that found no room are reported in the next round, each once', async () => {
  const teller = new Teller();
  const hours = new HourlySummaries(teller);
  for (const last of [1, 2, 3]) hours.add(device(last));
  teller.room = 2;
  await hours.publishDue();
  assert.deepEqual(teller.reported, [device(1), device(2)]);
  teller.room = 10;
  await hours.publishDue();
  await hours.publishDue();
  assert.deepEqual(teller.reported, [1, 2, 3].map(device));
});

test('an hour that could not be read stays due, and the same problem is reported once', async () => {
  const teller = new Teller();
  const hours = new HourlySummaries(teller);
  hours.add(device(1));
  teller.broken = true;
  await hours.publishDue();
  await hours.publishDue();
  assert.deepEqual(teller.problems, ['hourly summary not published: the index cannot be read']);
  teller.broken = false;
  await hours.publishDue();
  assert.deepEqual(teller.reported, [device(1)]);
});
