import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { DeviceAccount } from '../../appliance/capture/evidence/accounts.ts';
import { MacTable, UNKNOWN } from '../../appliance/capture/evidence/mac-table.ts';
import { type Placed, Places } from '../../appliance/capture/evidence/places.ts';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import type { DeviceKey } from '../../appliance/model/mac.ts';
import {
  captureFor,
  frame,
  GATEWAY,
  macBytes,
  pcap,
  readLines,
  record,
  settingsFor,
  storedSegments,
  temporaryFolder,
} from './fixture.ts';

const NOON = 1_795_176_000;
const HOUR = 3600;
const DAY = 86_400;

const addressOf = (i: number): string =>
  `02:00:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`;

class Holder implements Placed {
  readonly account: DeviceAccount;
  heardSecond = 0;
  isDone = false;
  readonly cuts: string[] = [];

  constructor(device: DeviceKey) {
    this.account = new DeviceAccount(device);
  }

  cut(reason: string): void {
    this.cuts.push(reason);
  }
}

/** Places for `most` devices; `say` is a frame of device `i`, true where it has a file of its own. */
function home(most: number) {
  const table = new MacTable(most + 16);
  const known = new Set<string>();
  const closed: string[] = [];
  const opened: string[] = [];
  const places = new Places<Holder>(most, table, {
    openDevice: (device) => {
      opened.push(device);
      return new Holder(device);
    },
    closeDevice: ({ account }) => closed.push(account.device),
    isKnown: (device) => known.has(device),
  });
  const say = (i: number, second: number): boolean => {
    const bytes = macBytes(addressOf(i));
    const found = table.find(bytes, 0);
    const place = found >= 0 ? found : places.admit(bytes, 0, second);
    if (place === UNKNOWN) return false;
    places.writers[place]!.heardSecond = second;
    return true;
  };
  return { places, table, known, opened, closed, say };
}

test('an address that fell silent gives its place to the next after an hour, and not before', () => {
  const { say, places } = home(3);
  for (let i = 0; i < 3; i++) assert.ok(say(i, NOON + i));
  assert.equal(say(3, NOON + HOUR - 1), false);
  say(1, NOON + HOUR - 1);
  assert.ok(say(3, NOON + HOUR), 'the one that is silent longest');
  assert.ok(say(1, NOON + HOUR), 'and the one that spoke keeps its own');
  assert.equal(say(0, NOON + HOUR), false);
  assert.equal(places.givenBack, 1);
});

test('a known device keeps its place for a day of silence', () => {
  const { say, known } = home(1);
  known.add(addressOf(0));
  say(0, NOON);
  assert.equal(say(1, NOON + DAY - 1), false);
  assert.ok(say(1, NOON + DAY));
});

test('a known device takes the place of a newcomer, however busy, and never loses its own to one', () => {
  const { say, known } = home(10);
  for (let i = 0; i < 10; i++) say(i, NOON);
  known.add(addressOf(20)).add(addressOf(21));
  assert.ok(say(20, NOON + 1));
  for (let second = 2; second < 50; second++) {
    say(30 + second, NOON + second);
    assert.ok(say(20, NOON + second));
  }
  assert.ok(say(21, NOON + 51));
});

test('from known devices that are silent for days newcomers get a tenth of the places', () => {
  const { say, known } = home(20);
  for (let i = 0; i < 20; i++) {
    known.add(addressOf(i));
    say(i, NOON);
  }
  const admitted = Array.from({ length: 1000 }, (_, i) => say(100 + i, NOON + 3 * DAY + i * 3)).filter((has) => has);
  assert.equal(admitted.length, 2);
});

test('in a flood of invented addresses a place is looked for once a second', () => {
  const { places } = home(1);
  let asked = 0;
  const counted = new Places<Holder>(1, new MacTable(16), {
    openDevice: (device) => new Holder(device),
    closeDevice: () => undefined,
    isKnown: () => {
      asked++;
      return false;
    },
  });
  assert.equal(places.givenBack, 0);
  counted.admit(macBytes(addressOf(0)), 0, NOON);
  counted.writers[0]!.heardSecond = NOON;
  for (let i = 1; i <= 1000; i++) counted.admit(macBytes(addressOf(i)), 0, NOON);
  // Each address is asked for, and the one that has a place once.
  assert.equal(asked, 1001);
});

test('anyone who comes back while his files are being closed goes on with his writer; else he is forgotten', () => {
  const { say, places, opened, closed } = home(1);
  say(0, NOON);
  const [first] = places.writers;
  say(1, NOON + HOUR);
  places.settle();
  assert.deepEqual([first!.cuts, closed], [['silent'], []]);
  say(0, NOON + 2 * HOUR);
  assert.equal(places.writers[0], first);
  const [second] = places.leaving;
  second!.isDone = true;
  places.settle();
  assert.deepEqual(closed, [addressOf(1)]);
  say(1, NOON + 3 * HOUR);
  assert.deepEqual(opened, [addressOf(0), addressOf(1), addressOf(1)]);
});

test('a device that comes back has its files in one chain, and every frame is in the books', async (t) => {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  const said = [0, 1, 2, 0, 1].map((i, turn) => record(NOON + turn * HOUR, turn, frame(addressOf(i), GATEWAY)));
  const between = record(NOON + 4 * HOUR, 9, frame(addressOf(1), addressOf(0)));
  fs.writeFileSync(file, pcap([...said, between]));
  const capture = await captureFor(t, settingsFor(dataDir, { file, maxDevices: 2 }));
  await capture.ended;
  await capture.stop('test');
  const counters = capture.recorder.counters();
  assert.deepEqual([counters.captured, counters.written, counters.lost_queue], [6, 6, 0]);
  const stored = storedSegments(dataDir).map(
    ({ sidecar: { device, packets, shared_packets } }) => `${device}: ${packets}, of them ${shared_packets} shared`,
  );
  assert.deepEqual(
    new Set(stored),
    new Set([
      `${addressOf(0)}: 1, of them 0 shared`,
      `${addressOf(0)}: 2, of them 1 shared`,
      `${addressOf(1)}: 1, of them 0 shared`,
      `${addressOf(1)}: 2, of them 0 shared`,
      `${addressOf(2)}: 1, of them 0 shared`,
    ]),
  );
  assert.equal(stored.length, 5);
  const rows = readLines(dataDir).flatMap((line) => (line.type === 'counters' ? Object.entries(line.devices) : []));
  const captured = rows.reduce((sum, [, row]) => sum + row[0], 0);
  assert.equal(captured, 7, 'the frame between two devices counts in both rows');
  assert.equal((await verifyFolder(dataDir)).problems.length, 0);
});
