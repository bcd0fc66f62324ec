// "Download Tuesday 10–11 of the hub and read it with tshark": one pcap of a device and a span, from files that overlap.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makePcapHeader } from '../../appliance/decode/files/pcap-record.ts';
import { formatSeconds } from '../../appliance/model/time/clock.ts';
import { type MergedFile, mergedPcap } from '../../appliance/publish/http/merged-pcap.ts';
import { recordsOf, sha256, temporaryFolder } from '../capture/fixture.ts';
import { DataFolder, device, eventually, packet, START_NS } from '../store/data-folder.ts';
import { startTestAppliance } from './running.ts';

const HUB = device(3);
const SECOND = 1_000_000_000n;
const EVERYTHING = { from: -1n, to: 2n ** 62n };

/** Three files of one hub whose times overlap, as after a step of the clock, and one that is open and half written. */
function hub(t: TestContext) {
  const folder = DataFolder.make(t);
  // Of what is in the file, as capture would write it.
  folder.hash = (path) => sha256(readFileSync(folder.file(path)));
  const at = (file: number, i: number) => START_NS + BigInt(file * 30 + i * 7) * SECOND;
  for (let file = 0; file < 4; file++) {
    const segment = folder.open(HUB, at(file, 0));
    for (let i = 0; i < 10; i++) folder.append(segment, packet(HUB, i, at(file, i)));
    if (file < 3) folder.close(segment);
    else folder.append(segment, packet(HUB, 10, at(file, 10)).subarray(0, 30));
  }
  // packet() sends each ten milliseconds after the one before.
  const times = [0, 1, 2, 3].flatMap((file) =>
    Array.from({ length: 10 }, (_, i) => at(file, i) + BigInt(i) * 10_000_000n),
  );
  return { folder, times: times.toSorted((a, b) => Number(a - b)) };
}

const timesOf = (file: Buffer) =>
  recordsOf(file).map(({ seconds, fraction }) => BigInt(seconds) * SECOND + BigInt(fraction));

test('a span of a device is one file in the order of time, and what went out is in the ledger', async (t) => {
  const { folder, times } = hub(t);
  const appliance = await startTestAppliance(t, undefined, folder);
  const cookie = await appliance.logIn();
  const ask = async (query: string) => {
    const url = `${appliance.url}/api/v1/devices/${HUB}/pcap${query}`;
    const answer = await fetch(url, { headers: { cookie } });
    return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
  };
  await eventually('the device to be known', async () => (await ask('')).status === 200);
  const whole = await ask('');
  assert.deepEqual(timesOf(whole.bytes), times);
  const [from, to] = [START_NS + 40n * SECOND, START_NS + 100n * SECOND];
  const part = await ask(`?from=${formatSeconds(from)}&to=${new Date(Number(to / 1_000_000n)).toISOString()}`);
  assert.deepEqual(
    timesOf(part.bytes),
    times.filter((time) => time >= from && time < to),
  );
  const notes = () => appliance.capture.asked.filter(({ verb }) => verb === 'note');
  await eventually('a line of custody', () => notes().length > 0);
  assert.deepEqual(
    [(await ask('?from=noon')).status, (await ask('?from=20&to=10')).status, (await ask('?to=10')).status],
    [400, 400, 404],
  );
  if (spawnSync('tshark', ['-v']).status !== 0) return t.diagnostic('tshark is not installed: not read with it');
  const path = join(folder.dir, 'part.pcap');
  writeFileSync(path, part.bytes);
  const { stdout, status } = spawnSync('tshark', ['-n', '-r', path, '-T', 'fields', '-e', 'frame.time_epoch'], {
    encoding: 'utf8',
  });
  assert.equal(status, 0);
  assert.equal(stdout.trim().split('\n').length, timesOf(part.bytes).length);
});

test('a file that is not the one of the ledger breaks the download off', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'a.pcap');
  const header = makePcapHeader({ resolution: 'ns', snapLength: 262_144, linkType: 1 });
  writeFileSync(path, Buffer.concat([header, packet(HUB, 0, START_NS)]));
  const file: MergedFile = {
    seq: 1,
    device: HUB,
    fileName: 'a.pcap',
    paths: [path],
    sha256: '0'.repeat(64),
    fromNs: START_NS,
  };
  const all = async () => {
    const parts: Buffer[] = [];
    for await (const part of mergedPcap([file], EVERYTHING, () => undefined)) parts.push(part);
    return Buffer.concat(parts);
  };
  await assert.rejects(all(), { code: 'SEGMENT_ALTERED' });
});

test('a file that is gone is passed over, and no packet at all is still a capture', async (t) => {
  const folder = temporaryFolder(t);
  const file: MergedFile = {
    seq: 1,
    device: HUB,
    fileName: 'x',
    paths: [join(folder, 'x'), folder],
    sha256: null,
    fromNs: 0n,
  };
  const parts: Buffer[] = [];
  for await (const part of mergedPcap([file], EVERYTHING, () => undefined)) parts.push(part);
  const path = join(folder, 'empty.pcap');
  writeFileSync(path, Buffer.concat(parts));
  assert.equal(readFileSync(path).length, 24);
});

test('several devices, a phase or a window are one file, and what two of them said to each other is in it once', async (t) => {
  const folder = DataFolder.make(t);
  folder.hash = (path) => sha256(readFileSync(folder.file(path)));
  const [lamp, plug] = [device(5), device(6)];
  const shared = (i: number) => packet(lamp, 40 + i, START_NS);
  for (const [owner, phase] of [
    [lamp, 'idle'],
    [plug, 'intensive'],
  ] as const) {
    const segment = folder.open(owner, START_NS, phase);
    for (let i = 0; i < 5; i++) folder.append(segment, packet(owner, i, START_NS));
    for (let i = 0; i < 3; i++) folder.append(segment, shared(i));
    // One that its own file has twice stays there twice.
    folder.append(segment, packet(owner, 60, START_NS));
    folder.append(segment, packet(owner, 60, START_NS));
    folder.close(segment);
  }
  const appliance = await startTestAppliance(t, undefined, folder);
  const cookie = await appliance.logIn();
  const ask = async (query: string) => {
    const answer = await fetch(`${appliance.url}/api/v1/pcap${query}`, { headers: { cookie } });
    const bytes = Buffer.from(await answer.arrayBuffer());
    return { status: answer.status, frames: answer.status === 200 ? timesOf(bytes).length : 0 };
  };
  await eventually('both devices', async () => (await ask(`?devices=${lamp},${plug}`)).status === 200);
  assert.deepEqual(await ask(''), { status: 200, frames: 5 + 5 + 3 + 4 });
  assert.deepEqual(await ask(`?devices=${lamp},${plug}`), { status: 200, frames: 17 });
  assert.deepEqual(await ask(`?devices=${plug}`), { status: 200, frames: 10 });
  assert.deepEqual(await ask('?phase=idle'), { status: 200, frames: 10 });
  assert.equal((await ask('?phase=scan')).status, 404);
  assert.equal((await ask('?window=tag-99999')).status, 400);
  assert.equal((await ask('?devices=nobody')).status, 404);
});
