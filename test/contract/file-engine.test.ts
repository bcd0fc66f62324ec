// The same contract for the engine that replays: order, pace, books, damage, stop.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { FileEngine } from '../../appliance/capture/file-engine.ts';
import type { PcapFormat } from '../../appliance/decode/pcap-record.ts';
import { systemClock } from '../../appliance/model/clock.ts';
import { BULB, frame, GATEWAY, pcap, record, recordsOf, temporaryFolder } from '../capture/fixture.ts';

const HOUR = 1_795_176_000;

interface Replay {
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
  const engine = new FileEngine({ file, replaySpeed: speed }, systemClock);
  const pieces: Buffer[] = [];
  let format: PcapFormat | undefined;
  const started = performance.now();
  const end = await new Promise<string>((resolve, reject) => {
    const sink = {
      onStream: (stream: PcapFormat) => void (format = stream),
      onBatch: (bytes: Buffer, start: number, stop: number) =>
        void pieces.push(Buffer.from(bytes.subarray(start, stop))),
      onState: (state: string, reason: string) => {
        if (state === 'ended' || state === 'stopped') resolve(reason);
      },
      onGap: () => undefined,
      room: () => null,
    };
    engine.start(sink).catch(reject);
    if (stopAfterMs !== undefined) setTimeout(() => void engine.stop(), stopAfterMs);
  });
  const { received } = await engine.stats();
  const records = recordsOf(Buffer.concat([Buffer.alloc(24), ...pieces]));
  return { records, format, end, received, ms: performance.now() - started };
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
