// The same contract for the engine that replays: order, pace, books, damage, stop.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BATCH_RECORDS } from '../../appliance/capture/engines/engine.ts';
import { FileEngine } from '../../appliance/capture/engines/file-engine.ts';
import type { PcapFormat } from '../../appliance/decode/files/pcap-record.ts';
import { systemClock } from '../../appliance/model/time/clock.ts';
import { BULB, frame, GATEWAY, pcap, record, recordsOf, temporaryFolder } from '../capture/fixture.ts';

const HOUR = 1_795_176_000;

interface Replay {
  readonly states: readonly string[];
  readonly batches: readonly number[];
  readonly records: { seconds: number; fraction: number; frame: Buffer }[];
  readonly format: PcapFormat | undefined;
  readonly end: string;
  readonly received: number | null;
  readonly ms: number;
}

async function replay(
  t: TestContext,
  content: Buffer,
  speed: 'recorded' | 'flat' | number = 'flat',
  stopAfterMs?: number,
): Promise<Replay> {
  const file = path.join(temporaryFolder(t), 'in.pcap');
  fs.writeFileSync(file, content);
  return await replayFile(file, speed, stopAfterMs);
}

async function replayFile(
  file: string,
  speed: 'recorded' | 'flat' | number,
  stopAfterMs?: number,
  room: () => Promise<void> | null = () => null,
): Promise<Replay> {
  const engine = new FileEngine({ file, replaySpeed: speed }, systemClock);
  const pieces: Buffer[] = [];
  const states: string[] = [];
  let format: PcapFormat | undefined;
  const started = performance.now();
  const end = await new Promise<string>((resolve, reject) => {
    const sink = {
      onStream: (stream: PcapFormat) => void (format = stream),
      onBatch: (bytes: Buffer, start: number, stop: number) =>
        void pieces.push(Buffer.from(bytes.subarray(start, stop))),
      onState: (state: string, reason: string) => {
        states.push(state);
        if (state === 'ended' || state === 'stopped') resolve(reason);
      },
      onGap: () => undefined,
      room,
    };
    engine.start(sink).catch(reject);
    if (stopAfterMs !== undefined) setTimeout(() => void engine.stop(), stopAfterMs);
  });
  const { received } = await engine.stats();
  const records = recordsOf(Buffer.concat([Buffer.alloc(24), ...pieces]));
  const batches = pieces.map((piece) => recordsOf(Buffer.concat([Buffer.alloc(24), piece])).length);
  return { records, format, end, received, states, batches, ms: performance.now() - started };
}

const thirty = Array.from({ length: 30 }, (_, i) => record(HOUR, i * 10_000_000, frame(BULB, GATEWAY, 60 + i)));

test('file: every frame arrives once, in order, with the file’s own time', async (t) => {
  const { records, end, received } = await replay(t, pcap(thirty));
  assert.deepEqual(
    records.map((r) => r.fraction),
    thirty.map((_, i) => i * 10_000_000),
  );
  assert.deepEqual([end, received], ['end of file', 30]);
});

test('file: recorded speed takes as long as the recording, ten times as fast a tenth', async (t) => {
  assert.ok((await replay(t, pcap(thirty), 'recorded')).ms >= 270);
  const { ms } = await replay(t, pcap(thirty), 10);
  assert.ok(ms >= 15 && ms < 270, `${ms}`);
});

test('file: big-endian files are delivered little-endian', async (t) => {
  const big = pcap(thirty);
  for (const [at, length] of [
    [0, 4],
    [16, 8],
  ] as const) {
    big.subarray(at, at + length).swap32();
  }
  big.subarray(4, 8).swap16();
  for (let at = 24; at < big.length; ) {
    const length = big.readUInt32LE(at + 8);
    big.subarray(at, at + 16).swap32();
    at += 16 + length;
  }
  const { records, format } = await replay(t, big);
  assert.equal(records.length, 30);
  assert.equal(format?.bigEndian, false);
});

test('file: all whole records before a damage arrive and the damage is named', async (t) => {
  const cut = pcap(thirty).subarray(0, -5);
  const { records, end } = await replay(t, cut);
  assert.equal(records.length, 29);
  assert.match(end, /file ends inside a packet at byte \d+; all before is kept/);
});

test('file: a stop in the middle ends promptly and delivers no half record', async (t) => {
  const slow = Array.from({ length: 30 }, (_, i) => record(HOUR + i, 0, frame(BULB, GATEWAY)));
  const { records, ms } = await replay(t, pcap(slow), 'recorded', 100);
  assert.equal(records.length, 1);
  assert.ok(ms < 1000);
});

test('file: room is asked for before each batch, and a batch is short', async (t) => {
  const many = Array.from({ length: 1000 }, (_, i) => record(HOUR, i, frame(BULB, GATEWAY)));
  const file = path.join(temporaryFolder(t), 'in.pcap');
  fs.writeFileSync(file, pcap(many));
  let asked = 0;
  const room = () => (asked++ % 2 === 0 ? new Promise<void>((resolve) => setImmediate(resolve)) : null);
  const { records, batches } = await replayFile(file, 'flat', undefined, room);
  assert.equal(records.length, 1000);
  assert.ok(Math.max(...batches) <= BATCH_RECORDS);
  assert.equal(asked, 2 * batches.length);
});

function makePipe(t: TestContext): string {
  const pipe = path.join(temporaryFolder(t), 'pipe');
  execFileSync('mkfifo', [pipe]);
  return pipe;
}

test('file: a pipe is waited for, read through its writer’s pauses, and ends with its writer', async (t) => {
  const pipe = makePipe(t);
  const replayed = replayFile(pipe, 10_000);
  await sleep(20);
  const writer = await fs.promises.open(pipe, 'w');
  const all = pcap(thirty);
  for (const [from, to] of [
    [0, 10],
    [10, 30],
    [30, 1000],
    [1000, all.length],
  ] as const) {
    await writer.write(all, from, to - from);
    await sleep(20);
  }
  await writer.close();
  const { records, states, end } = await replayed;
  assert.deepEqual([records.length, states, end], [30, ['waiting', 'running', 'ended'], 'end of file']);
});

test('file: anyone who writes into the pipe waits while there is no room, and no frame is lost', async (t) => {
  const pipe = makePipe(t);
  let open: () => void = () => undefined;
  let gate: Promise<void> | null = new Promise((resolve) => (open = resolve));
  const replayed = replayFile(pipe, 'flat', undefined, () => gate);
  const writer = await fs.promises.open(pipe, 'w');
  let written = false;
  const many = Array.from({ length: 5000 }, (_, i) => record(HOUR, i, frame(BULB, GATEWAY)));
  const writing = writer.writeFile(pcap(many)).then(() => (written = true));
  await sleep(50);
  assert.equal(written, false);
  gate = null;
  open();
  await writing;
  await writer.close();
  assert.equal((await replayed).records.length, 5000);
});

test('file: a stop ends the wait for a pipe that nobody writes into', async (t) => {
  const { states } = await replayFile(makePipe(t), 'flat', 50);
  assert.deepEqual(states, ['waiting', 'stopped']);
});

test('file: what comes from a pipe and is no capture ends the replay with the reason', async (t) => {
  const pipe = makePipe(t);
  const replayed = replayFile(pipe, 'flat');
  const writer = await fs.promises.open(pipe, 'w');
  await writer.write('a shopping list that is longer than a header');
  const { end } = await replayed;
  await writer.close();
  assert.match(end, /neither pcap nor pcapng/);
});

for (const [name, content] of [
  ['empty', ''],
  ['two bytes', 'ab'],
  ['text', 'a shopping list that is longer than a header'],
] as const) {
  test(`file: ${name} is refused as no capture`, async (t) => {
    await assert.rejects(replay(t, Buffer.from(content)), { code: 'NOT_A_CAPTURE' });
  });
}

test('file: a missing file, or a folder in its place, is refused', async (t) => {
  const engine = (file: string) => new FileEngine({ file, replaySpeed: 'flat' }, systemClock);
  const folder = temporaryFolder(t);
  await assert.rejects(engine(path.join(folder, 'none')).start({} as never), { code: 'FILE_UNREADABLE' });
  await assert.rejects(engine(folder).start({} as never), { code: 'NOT_A_CAPTURE' });
});
