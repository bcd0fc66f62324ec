import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { openSummaryTools } from '../../appliance/store/figures/join-analysis.ts';
import { IndexDatabase } from '../../appliance/store/index/index-database.ts';
import { indexDirectory } from '../../appliance/store/index/index-store.ts';
import { LiveAnalysis } from '../../appliance/store/live-analysis.ts';
import {
  type DeviceReplay,
  deviceReplayLine,
  readIndexDocuments,
  rebuildIndex,
  replayFolder,
} from '../../appliance/store/replay.ts';
import { quarantineFile } from '../../appliance/store/thread/quarantine-file.ts';
import type { MakeAnalyzer } from '../../appliance/store/thread/segment-analyzer.ts';
import { DataFolder, device, eventually, type OpenSegment, packet, START_NS } from './data-folder.ts';
import { makeAnalyzer as makeHostile } from './hostile-analyzer.ts';

const tools = openSummaryTools('curated', () => undefined);
const REAL = new URL('../../appliance/store/thread/make-analyzer.js', import.meta.url).href;
const HOSTILE = new URL('./hostile-analyzer.js', import.meta.url).href;
const HOUR_NS = 3_600_000_000_000n;

interface Running {
  readonly analysis: LiveAnalysis;
  readonly problems: string[];
  stop(): Promise<void>;
}

/** The analysis of a running appliance, looked at often enough for a test. */
async function run(t: TestContext, folder: DataFolder, analyzer = REAL): Promise<Running> {
  const problems: string[] = [];
  const silent = () => undefined;
  const analysis = new LiveAnalysis(
    { dataDir: folder.dir, analyzer, tools, checkMs: 50, hangChecks: 6 },
    { ledger: silent, segment: silent, stored: silent, problem: (text) => problems.push(text) },
  );
  await analysis.start();
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= analysis.stop());
  t.after(stop);
  return { analysis, problems, stop };
}

/** Two devices, two hours, a phase change; everything closed. */
function fill(folder: DataFolder): void {
  for (const [hour, phase] of [
    [0n, 'idle'],
    [0n, 'intensive'],
    [1n, 'idle'],
  ] as const) {
    for (const owner of [device(1), device(2)]) {
      const at = START_NS + hour * HOUR_NS;
      const segment = folder.open(owner, at, phase);
      for (let i = 0; i < 30; i++) folder.append(segment, packet(owner, i, at));
      folder.close(segment);
    }
  }
}

const packetsOf = async (analysis: LiveAnalysis) => (await analysis.figures.document(device(1), 'all'))?.input.packets;
async function linesOf(devices: AsyncIterable<DeviceReplay>): Promise<string[]> {
  const lines: string[] = [];
  for await (const one of devices) lines.push(deviceReplayLine(one));
  return lines;
}
const replayed = (folder: DataFolder, make?: MakeAnalyzer) =>
  linesOf(replayFolder(folder.dir, tools, () => undefined, make));
const indexed = (folder: DataFolder) => linesOf(readIndexDocuments(folder.dir, tools));

test('a packet in an open segment is in the figures before the segment closes', async (t) => {
  const folder = DataFolder.make(t);
  const { analysis } = await run(t, folder);
  const segment = folder.open(device(1));
  await eventually('the segment is known', () => analysis.catalog.size === 1);
  folder.append(segment, packet(device(1), 0));
  await eventually('one packet', async () => (await packetsOf(analysis)) === 1);
});

test('what the live run kept, what a replay gives and what a rebuild gives are the same bytes', async (t) => {
  const folder = DataFolder.make(t);
  const live = await run(t, folder);
  fill(folder);
  await eventually('all six segments are in the index', () => live.analysis.store.segments === 6);
  await live.stop();
  const kept = await indexed(folder);
  assert.deepEqual(kept, await replayed(folder));
  assert.equal(await rebuildIndex(folder.dir, tools, () => undefined), 6);
  assert.deepEqual(await indexed(folder), kept);
});

test('a replay prints the document that the page shows, with what people said', async (t) => {
  const folder = DataFolder.make(t);
  fill(folder);
  folder.line({ type: 'identity', device: device(1), name: 'Hall lamp', vendor: '', category: 'light', by: 'page' });
  const live = await run(t, folder);
  await eventually('the segments are in the index', () => live.analysis.store.segments === 6);
  const shown = await live.analysis.figures.document(device(1), 'all');
  const [line = ''] = await replayed(folder);
  const { document } = JSON.parse(line) as { document: AnalysisDocument };
  assert.deepEqual(document, JSON.parse(JSON.stringify(shown)));
  assert.equal(document.devices.find(({ mac }) => mac === device(1))?.names[0]?.name, 'Hall lamp');
});

test('what a person says of a device wins, through restart and rebuild, until it is taken back', async (t) => {
  const folder = DataFolder.make(t);
  fill(folder);
  const live = await run(t, folder);
  const shown = async ({ analysis }: Running) => {
    const document = await analysis.figures.document(device(1), 'all');
    const row = document?.devices.find(({ mac }) => mac === device(1));
    return [row?.names[0]?.name, row?.names[0]?.source, row?.maker, row?.category, row?.confirmed?.by ?? null];
  };
  await eventually('the segments are in the index', () => live.analysis.store.segments === 6);
  const inferred = await shown(live);
  const said = {
    type: 'identity',
    device: device(1),
    name: 'Hall lamp',
    vendor: 'Acme',
    category: 'light',
    by: 'page',
  };
  folder.line(said);
  const confirmed = ['Hall lamp', 'user', 'Acme', 'light', 'page'];
  await eventually('the word is heard', async () => (await shown(live))[1] === 'user');
  assert.deepEqual(await shown(live), confirmed);
  const everything = await live.analysis.figures.everything('all');
  assert.equal(everything.devices.find(({ mac }) => mac === device(1))?.names[0]?.name, 'Hall lamp');
  await live.stop();
  await rebuildIndex(folder.dir, tools, () => undefined);
  const again = await run(t, folder);
  assert.deepEqual(await shown(again), confirmed);
  folder.line({ ...said, name: '', vendor: '', category: '' });
  await eventually('it is taken back', async () => (await shown(again))[4] === null);
  assert.deepEqual(await shown(again), inferred);
});

test('a restart in the middle of a segment counts nothing twice', async (t) => {
  const folder = DataFolder.make(t);
  fill(folder);
  const before = await run(t, folder);
  const segment = folder.open(device(1), START_NS + 2n * HOUR_NS);
  for (let i = 0; i < 10; i++) folder.append(segment, packet(device(1), i, START_NS + 2n * HOUR_NS));
  await eventually('100 packets', async () => (await packetsOf(before.analysis)) === 100);
  await before.stop();
  const { analysis } = await run(t, folder);
  await eventually('100 packets again', async () => (await packetsOf(analysis)) === 100);
  folder.close(segment);
  await eventually('the seventh segment', () => analysis.store.segments === 7);
  assert.equal(await packetsOf(analysis), 100);
});

test('a packet on which analysis hangs is left out on its second offence, and everything else is counted', async (t) => {
  const folder = DataFolder.make(t);
  const owner = device(1);
  const segment = folder.open(owner);
  for (let i = 0; i < 20; i++) {
    const bytes = packet(owner, i);
    if (i === 7) bytes.write('HANG!', 16 + 42, 'latin1');
    folder.append(segment, bytes);
  }
  const other = folder.open(device(2));
  folder.append(other, packet(device(2), 0));
  const { analysis, problems } = await run(t, folder, HOSTILE);
  await eventually('19 packets', async () => (await packetsOf(analysis)) === 19, 20);
  assert.deepEqual([analysis.quarantinedPackets, analysis.restarts], [1, 2]);
  assert.match(problems.join('\n'), /hung at offset/);
  await eventually(
    'the other device',
    async () => (await analysis.figures.document(device(2), 'all'))?.input.packets === 1,
  );
});

test('a packet on which the thread dies is left out as well', async (t) => {
  const folder = DataFolder.make(t);
  const segment = folder.open(device(1));
  for (let i = 0; i < 5; i++) {
    const bytes = packet(device(1), i);
    if (i === 2) bytes.write('LEAVE', 16 + 42, 'latin1');
    folder.append(segment, bytes);
  }
  const { analysis } = await run(t, folder, HOSTILE);
  await eventually('4 packets', async () => (await packetsOf(analysis)) === 4, 20);
  assert.equal(analysis.quarantinedPackets, 1);
});

/** Three segments with a packet that hangs, one that throws and one that ends the thread, closed while analysis runs. */
async function withQuarantine(t: TestContext): Promise<{ folder: DataFolder; live: Running }> {
  const folder = DataFolder.make(t);
  const live = await run(t, folder, HOSTILE);
  for (const [hour, said] of ['HANG!', 'THROW', 'LEAVE'].entries()) {
    const at = START_NS + BigInt(hour) * HOUR_NS;
    const segment = folder.open(device(1), at);
    for (let i = 0; i < 9; i++) {
      const bytes = packet(device(1), i, at);
      if (i === 2 + hour) bytes.write(said, 16 + 42, 'latin1');
      folder.append(segment, bytes);
    }
    folder.close(segment);
  }
  await eventually('three segments', () => live.analysis.store.segments === 3, 60);
  return { folder, live };
}

test('with packets in quarantine, too, live, replay and rebuild give the same bytes', {
  timeout: 120_000,
}, async (t) => {
  const { folder, live } = await withQuarantine(t);
  assert.equal(live.analysis.quarantinedPackets, 3);
  assert.equal(await packetsOf(live.analysis), 24);
  await live.stop();
  const kept = await indexed(folder);
  assert.deepEqual(await replayed(folder, makeHostile), kept);
  const problems: string[] = [];
  assert.equal(await rebuildIndex(folder.dir, tools, (text) => problems.push(text), HOSTILE), 3);
  assert.deepEqual(await indexed(folder), kept);
  assert.deepEqual(problems, [], 'no packet had to hang again');
  const again = await run(t, folder, HOSTILE);
  assert.equal(again.analysis.quarantinedPackets, 3);
});

test('a quarantine that cannot be read is reported, and its packets are tried again', {
  timeout: 120_000,
}, async (t) => {
  const { folder, live } = await withQuarantine(t);
  await live.stop();
  const kept = await indexed(folder);
  writeFileSync(quarantineFile(folder.dir), '{"schema":"weir.quarantine/1","segments":[{"seq":');
  const problems: string[] = [];
  await rebuildIndex(folder.dir, tools, (text) => problems.push(text), HOSTILE);
  assert.match(
    problems.join('\n'),
    /quarantine\.json cannot be read \(.*\); the packets that it named are tried again/,
  );
  assert.deepEqual(await indexed(folder), kept);
});

test('a quarantine left by another recording in the same folder leaves nothing out', async (t) => {
  const folder = DataFolder.make(t);
  fill(folder);
  const kept = await replayed(folder);
  const segments = [{ seq: 1, path: 'b8-27-eb-00-00-01/another.pcap', offsets: [24] }];
  mkdirSync(dirname(quarantineFile(folder.dir)));
  writeFileSync(quarantineFile(folder.dir), JSON.stringify({ schema: 'weir.quarantine/1', segments }));
  assert.deepEqual(await replayed(folder), kept);
});

test('an index that lost its last segment is rebuilt without being asked', async (t) => {
  const folder = DataFolder.make(t);
  fill(folder);
  const first = await run(t, folder);
  await eventually('six segments', () => first.analysis.store.segments === 6);
  await first.stop();
  const kept = await indexed(folder);
  const database = await IndexDatabase.open(indexDirectory(folder.dir));
  await database.write([{ sublevel: 'segment', key: '000000000006', value: undefined }]);
  await database.close();
  const second = await run(t, folder);
  assert.match(second.problems.join(' '), /set aside/);
  await eventually('six segments again', () => second.analysis.store.segments === 6);
  await second.stop();
  assert.deepEqual(await indexed(folder), kept);
});

test('hours are the sums of their segments, by phase', async (t) => {
  const folder = DataFolder.make(t);
  fill(folder);
  const { analysis } = await run(t, folder);
  await eventually('six segments', () => analysis.store.segments === 6);
  const inSecondHour = Number((START_NS + HOUR_NS) / 1_000_000_000n) + 60;
  const hours = await analysis.figures.hours(device(1), inSecondHour);
  assert.deepEqual(
    hours.map((hour) => [hour.hour, hour.phase, hour.packets, hour.complete]),
    [
      ['2026-11-20T13:00:00Z', 'idle', 30, true],
      ['2026-11-20T13:00:00Z', 'intensive', 30, true],
      ['2026-11-20T14:00:00Z', 'idle', 30, false],
    ],
  );
});

test('a frame between two devices counts once in the sum of all devices', async (t) => {
  const folder = DataFolder.make(t);
  const { udpFrame, record } = await import('./data-folder.ts');
  const [from, to] = [device(1), device(2)];
  const frame = udpFrame({
    from,
    to,
    source: '10.0.0.11',
    destination: '10.0.0.12',
    sourcePort: 1,
    destinationPort: 2,
    payload: Buffer.from('hello'),
  });
  for (const owner of [from, to]) {
    const segment = folder.open(owner);
    folder.append(segment, record(frame, START_NS));
    folder.close(segment);
  }
  const { analysis } = await run(t, folder);
  await eventually('two segments', () => analysis.store.segments === 2);
  assert.equal((await analysis.figures.everything('all')).input.packets, 1);
  assert.equal((await analysis.figures.document(to, 'all'))?.input.packets, 1);
});

test('traffic of the last seconds is reported by direction and kind', async (t) => {
  const folder = DataFolder.make(t);
  const { analysis } = await run(t, folder);
  const segment = folder.open(device(1));
  for (let i = 0; i < 10; i++) folder.append(segment, packet(device(1), i));
  const out = () => analysis.traffic.window(device(1), 60, performance.now()).out;
  await eventually('ten frames of 74 bytes', () => out().udp.reduce((sum, bytes) => sum + bytes, 0) === 740);
  assert.equal(
    out().tcp.reduce((sum, bytes) => sum + bytes, 0),
    0,
  );
});

test('two segments of one hour and phase make one row of the hour', async (t) => {
  const folder = DataFolder.make(t);
  for (const first of [0, 10]) {
    const segment = folder.open(device(1), START_NS + BigInt(first) * 1_000_000_000n);
    for (let i = first; i < first + 10; i++) folder.append(segment, packet(device(1), i));
    folder.close(segment, 'size');
  }
  const { analysis } = await run(t, folder);
  await eventually('two segments', () => analysis.store.segments === 2);
  const hours = await analysis.figures.hours(device(1), analysis.nowSecond);
  assert.deepEqual(
    hours.map((hour) => [hour.packets, hour.conversations]),
    [[20, 5]],
  );
});

test('hours of a segment that stays open are in the index, and a restart, a replay and a rebuild agree', async (t) => {
  const folder = DataFolder.make(t);
  const segment = folder.open(device(1));
  for (let hour = 0n; hour < 5n; hour++)
    for (let i = 0; i < 10; i++) folder.append(segment, packet(device(1), i, START_NS + hour * HOUR_NS));
  const first = await run(t, folder);
  const hours = async ({ analysis }: Running) => (await analysis.figures.hours(device(1), analysis.nowSecond)).length;
  await eventually('five hours, the last one open', async () => (await hours(first)) === 5);
  await eventually('all packets', async () => (await packetsOf(first.analysis)) === 50);
  await eventually('four hours in the index', async () => {
    const { rows, open } = await first.analysis.store.hours(device(1));
    return rows.length + open.length === 4;
  });
  assert.equal(first.analysis.store.segments, 0);
  await first.stop();
  assert.deepEqual(await indexed(folder), await replayed(folder));
  const second = await run(t, folder);
  await eventually('all packets again', async () => (await packetsOf(second.analysis)) === 50);
  folder.append(segment, packet(device(1), 1, START_NS + 6n * HOUR_NS));
  folder.close(segment, 'size');
  await eventually('the segment', () => second.analysis.store.segments === 1);
  await second.stop();
  const kept = await indexed(folder);
  assert.deepEqual(kept, await replayed(folder));
  await rebuildIndex(folder.dir, tools, () => undefined);
  assert.deepEqual(await indexed(folder), kept);
});

/** Three segments of one hour, of 10, 20 and 30 packets, and one of the next. */
function threeOfAnHour(folder: DataFolder): OpenSegment[] {
  const packets = [10, 20, 30, 5];
  return packets.map((count, at) => {
    const start = START_NS + (at === 3 ? HOUR_NS : BigInt(at) * 600_000_000_000n);
    const segment = folder.open(device(1), start);
    for (let i = 0; i < count; i++) folder.append(segment, packet(device(1), i, start));
    folder.close(segment, 'size');
    return segment;
  });
}

function retain(folder: DataFolder, { path }: OpenSegment): void {
  rmSync(folder.file(path));
  folder.line({ type: 'segment-deleted', path, sha256: folder.hash(path), reason: 'budget' });
}

/** Packets and revisions of a device's hours, and of its document. */
async function revisionsOf({ analysis }: Running) {
  const hours = await analysis.figures.hours(device(1), analysis.nowSecond);
  const document = await analysis.figures.document(device(1), 'all');
  const gone = await analysis.figures.gone(device(1), 'all');
  return {
    hours: hours.map(({ packets, revision }) => [packets, revision]),
    document: [document?.input.packets, (document?.input.packets ?? 0) + gone],
    others: [await analysis.figures.gone(null, 'idle'), await analysis.figures.gone(device(1), 'intensive')],
  };
}

test('an index made again of what retention left counts what is left, and no revision falls', async (t) => {
  const folder = DataFolder.make(t);
  const [, second, third] = threeOfAnHour(folder);
  const first = await run(t, folder);
  await eventually('four segments', () => first.analysis.store.segments === 4);
  const whole = [
    [60, 60],
    [5, 5],
  ];
  assert.deepEqual(await revisionsOf(first), { hours: whole, document: [65, 65], others: [0, 0] });
  retain(folder, second!);
  await first.stop();
  await rebuildIndex(folder.dir, tools, () => undefined);
  const again = await run(t, folder);
  await eventually('three segments', () => again.analysis.store.segments === 3);
  const left = [
    [40, 60],
    [5, 5],
  ];
  assert.deepEqual(await revisionsOf(again), { hours: left, document: [45, 65], others: [20, 0] });
  retain(folder, third!);
  await again.stop();
  await rebuildIndex(folder.dir, tools, () => undefined);
  const twice = await run(t, folder);
  await eventually('two segments', () => twice.analysis.store.segments === 2);
  assert.deepEqual((await revisionsOf(twice)).hours[0], [10, 60]);
  assert.deepEqual((await revisionsOf(twice)).document, [15, 65]);
});

test('of an index that is set aside at the start the revisions stay, and go with the files that say as much', async (t) => {
  const folder = DataFolder.make(t);
  threeOfAnHour(folder);
  const first = await run(t, folder);
  await eventually('four segments', () => first.analysis.store.segments === 4);
  const before = await revisionsOf(first);
  await first.stop();
  const database = await IndexDatabase.open(indexDirectory(folder.dir));
  await database.write([{ sublevel: 'segment', key: '000000000001', value: undefined }]);
  await database.close();
  const second = await run(t, folder);
  assert.match(second.problems.join(' '), /set aside/);
  await eventually('four segments again', () => second.analysis.store.segments === 4);
  assert.deepEqual(await revisionsOf(second), before);
  await second.stop();
  const kept = [];
  const after = await IndexDatabase.open(indexDirectory(folder.dir));
  for await (const [key] of after.list('revision')) kept.push(key);
  await after.close();
  // Of the hour that is open still.
  assert.deepEqual(kept, ['b827eb000001!20261120T14!idle']);
});

test('the open hour is counted once, whether its slices are in the index, on their way there, or being read', async (t) => {
  const folder = DataFolder.make(t);
  const { analysis } = await run(t, folder);
  let sent = 0;
  for (let part = 0; part < 3; part++) {
    const segment = folder.open(device(1), START_NS + BigInt(part) * 60_000_000_000n);
    for (let i = 0; i < 10; i++, sent++) folder.append(segment, packet(device(1), i));
    const seen = async () => (await analysis.figures.hours(device(1), analysis.nowSecond)).map((row) => row.packets);
    await eventually(`${sent} packets`, async () => (await seen())[0] === sent);
    folder.close(segment, 'size');
    for (let look = 0; look < 20; look++) assert.deepEqual(await seen(), [sent]);
  }
  const [row] = await analysis.figures.hours(device(1), analysis.nowSecond);
  const document = await analysis.figures.document(device(1), 'all');
  assert.deepEqual(
    [row?.destinations, row?.conversations],
    [document?.destinations.length, document?.conversations.length],
  );
});
