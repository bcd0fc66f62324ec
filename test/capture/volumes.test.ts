import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { exportBundle } from '../../appliance/capture/ledger/export.ts';
import { readLedger } from '../../appliance/capture/ledger/ledger-reader.ts';
import { LedgerState } from '../../appliance/capture/ledger/ledger-state.ts';
import { NumberRanges } from '../../appliance/capture/ledger/number-ranges.ts';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { restoreVolume, volumeEvents } from '../../appliance/capture/ledger/volume-state.ts';
import { startCapture } from '../../appliance/capture/main.ts';
import { nodeDisk } from '../../appliance/capture/storage/disk.ts';
import { fullVolumes, volumeName } from '../../appliance/model/files/ledger-files.ts';
import type { LedgerLine } from '../../appliance/model/ledger.ts';
import { readLedgerPage } from '../../appliance/publish/ledger-page.ts';
import { LedgerTail } from '../../appliance/store/tail/ledger-tail.ts';
import { BULB, CAMERA, frame, GATEWAY, pcap, record, settingsFor, surroundings, temporaryFolder } from './fixture.ts';

const HOUR = 1_795_176_000;
const VOLUME = 8 * 1024;

/** A start with packets of two devices in small segments, small volumes, and a stop. */
async function run(dataDir: string, from: number, volumeBytes = VOLUME, disk = nodeDisk): Promise<void> {
  const file = path.join(dataDir, 'in.pcap');
  const records = Array.from({ length: 60 }, (_, i) =>
    record(HOUR + from + i, i, frame(i % 2 === 0 ? BULB : CAMERA, GATEWAY, 400 + i)),
  );
  fs.writeFileSync(file, pcap(records));
  const capture = await startCapture(
    settingsFor(dataDir, { file, segmentBytes: 2000 }),
    surroundings({ volumeBytes, disk }),
  );
  await capture.ended;
  await capture.stop('test');
  fs.rmSync(file);
}

async function recorded(t: TestContext, runs = 3): Promise<string> {
  const dataDir = path.join(temporaryFolder(t), 'data');
  fs.mkdirSync(dataDir);
  for (let i = 0; i < runs; i++) await run(dataDir, i * 100);
  assert.ok(volumes(dataDir).length >= 3, String(volumes(dataDir).length));
  return dataDir;
}

const ledger = (dataDir: string): string => path.join(dataDir, 'ledger.ndjson');
const volumes = (dataDir: string): number[] => fullVolumes(fs.readdirSync(dataDir));
const full = (dataDir: string, volume: number): string => path.join(dataDir, volumeName(volume));

async function linesOf(dataDir: string, first = 1): Promise<LedgerLine[]> {
  const lines: LedgerLine[] = [];
  await readLedger(ledger(dataDir), ({ line, fault }) => lines.push(line!) && assert.equal(fault, null), first);
  return lines;
}

async function problemsOf(dataDir: string): Promise<string[]> {
  const { problems, warnings } = await verifyFolder(dataDir);
  return [...problems, ...warnings].map(({ where, detail }) => `${where}: ${detail}`);
}

test('a ledger of several volumes is one chain, verifies, and numbers go on over all of them', async (t) => {
  const dataDir = await recorded(t);
  const lines = await linesOf(dataDir);
  assert.deepEqual(
    lines.map(({ n }) => n),
    lines.map((_, i) => i + 1),
  );
  for (const volume of volumes(dataDir)) {
    const text = fs.readFileSync(full(dataDir, volume), 'utf8').trimEnd().split('\n');
    assert.equal((JSON.parse(text.at(-1)!) as LedgerLine).type, 'seal', `${volume} ends in a seal`);
    if (volume > 1) assert.equal((JSON.parse(text[0]!) as LedgerLine).type, 'volume');
  }
  assert.deepEqual(await problemsOf(dataDir), []);
});

test('the beginning of a volume gives the state that all lines before it give', async (t) => {
  const dataDir = await recorded(t);
  const whole = new LedgerState();
  let restored = new LedgerState();
  for (const line of await linesOf(dataDir)) {
    if (line.type === 'volume') restored = new LedgerState();
    if (line.type.startsWith('volume')) restoreVolume(restored, line);
    else if (restored.segments.size > 0) restored.apply(line);
    whole.apply(line);
  }
  whole.lastTs = restored.lastTs;
  assert.deepEqual(volumeEvents(9, 0, restored), volumeEvents(9, 0, whole));
  assert.ok(whole.segments.size > 20 && whole.newest.size === 2);
});

test('a start reads the last volume only, and finds nothing to report', async (t) => {
  const dataDir = await recorded(t);
  const before = await linesOf(dataDir);
  // Nobody reads them: what is in them does not matter to a start, as long as their lengths stay.
  const first = fs.readFileSync(full(dataDir, 1));
  fs.writeFileSync(full(dataDir, 1), Buffer.alloc(first.length, 0x20));
  await run(dataDir, 900);
  fs.writeFileSync(full(dataDir, 1), first);
  const after = await linesOf(dataDir);
  assert.deepEqual(
    after.slice(before.length).filter(({ type }) => type === 'finding'),
    [],
  );
  assert.deepEqual(await problemsOf(dataDir), []);
});

test('a volume that is altered, cut or gone is reported, also after the next start', async (t) => {
  const original = await recorded(t);
  const attacks: Readonly<Record<string, (dataDir: string) => void>> = {
    'an older one is gone': (dataDir) => fs.rmSync(full(dataDir, 1)),
    'the one before the last is cut': (dataDir) => fs.truncateSync(full(dataDir, volumes(dataDir).at(-1)!), 3000),
    'a byte is another': (dataDir) => {
      const text = fs.readFileSync(full(dataDir, 2), 'utf8');
      fs.writeFileSync(
        full(dataDir, 2),
        text.replace(/"bytes":(\d)/, (_, digit) => `"bytes":${(Number(digit) % 9) + 1}`),
      );
    },
    'two change places': (dataDir) => {
      fs.renameSync(full(dataDir, 1), ledger(`${dataDir}/x-`));
      fs.renameSync(full(dataDir, 2), full(dataDir, 1));
      fs.renameSync(ledger(`${dataDir}/x-`), full(dataDir, 2));
    },
    'the one that is written is gone': (dataDir) => fs.rmSync(ledger(dataDir)),
    'one is added': (dataDir) => fs.copyFileSync(full(dataDir, 1), full(dataDir, volumes(dataDir).at(-1)! + 1)),
    'one is a link': (dataDir) => {
      fs.renameSync(full(dataDir, 1), `${dataDir}/elsewhere`);
      fs.symlinkSync('elsewhere', full(dataDir, 1));
    },
    'the beginning of the last one says something else, and everything behind it is taken away': (dataDir) => {
      const [begin = '', ...rest] = fs.readFileSync(ledger(dataDir), 'utf8').split('\n');
      const text = begin.replace(/"highest_seq":\d+/, '"highest_seq":1');
      fs.writeFileSync(ledger(dataDir), `${[text, ...rest.slice(0, 2)].join('\n')}\n`);
    },
  };
  for (const [what, attack] of Object.entries(attacks)) {
    const dataDir = path.join(temporaryFolder(t), 'data');
    fs.cpSync(original, dataDir, { recursive: true });
    fs.mkdirSync(`${dataDir}/x-`);
    attack(dataDir);
    const isReported = async (): Promise<boolean> => !(await verifyFolder(dataDir).catch(() => ({ ok: false }))).ok;
    assert.ok(await isReported(), `before: ${what}`);
    await run(dataDir, 900);
    assert.ok(await isReported(), `after: ${what}`);
  }
});

test('a power cut between two volumes, at any moment, is recovered without a problem', async (t) => {
  const original = await recorded(t);
  const last = volumes(original).at(-1)!;
  const written = fs.readFileSync(ledger(original), 'utf8').split('\n');
  const cuts: Readonly<Record<string, (dataDir: string) => void>> = {
    'the new file is not there': (dataDir) => fs.rmSync(ledger(dataDir)),
    'the new file has its other name': (dataDir) => fs.renameSync(ledger(dataDir), `${ledger(dataDir)}.next`),
    'the new file is empty': (dataDir) => fs.truncateSync(ledger(dataDir)),
    'the volume has the name of the one that is written': (dataDir) =>
      fs.renameSync(full(dataDir, last), ledger(dataDir)),
    'the first line is torn': (dataDir) => fs.writeFileSync(ledger(dataDir), written[0]!.slice(0, 99)),
    'the first line is alone': (dataDir) => fs.writeFileSync(ledger(dataDir), `${written[0]}\n`),
  };
  for (const [what, cut] of Object.entries(cuts)) {
    const dataDir = path.join(temporaryFolder(t), 'data');
    fs.cpSync(original, dataDir, { recursive: true });
    // As it was when the volume before was full: no later head.
    const chain = (await linesOf(dataDir, last + 1))[0]!;
    cut(dataDir);
    fs.rmSync(path.join(dataDir, 'ledger.head'));
    await run(dataDir, 900);
    const lines = await linesOf(dataDir);
    const found = lines.filter(({ n, type }) => n >= chain.n && type === 'finding') as (LedgerLine & {
      code: string;
    })[];
    const codes = new Set(found.map(({ code }) => code));
    // The head was taken away here; what the cut ledger closed later is unknown by now.
    for (const code of ['HEAD_MISSING', 'LEDGER_TAIL', 'FILE_FOUND', 'FILE_ADDED']) codes.delete(code);
    assert.deepEqual([...codes], [], what);
    assert.ok(volumes(dataDir).length >= last, what);
  }
});

test('an export holds the whole chain in one file and verifies', async (t) => {
  const dataDir = await recorded(t);
  const target = path.join(temporaryFolder(t), 'bundle');
  await exportBundle(dataDir, target, {}, { by: 't', reason: 't', version: '0', floor: { bytes: 0, share: 0 } });
  assert.deepEqual(fullVolumes(fs.readdirSync(target)), []);
  assert.deepEqual(await problemsOf(target), []);
  const part = path.join(temporaryFolder(t), 'part');
  const options = { by: 't', reason: 't', version: '0', floor: { bytes: 0, share: 0 } };
  await exportBundle(dataDir, part, { devices: [BULB as never] }, options);
  assert.deepEqual(await problemsOf(part), []);
  assert.ok(
    !fs.readFileSync(ledger(part), 'utf8').includes(CAMERA.replaceAll(':', '-')),
    'nothing of the other device',
  );
});

test('a ledger of one file that is larger becomes the first volume as it is', async (t) => {
  const dataDir = path.join(temporaryFolder(t), 'data');
  fs.mkdirSync(dataDir);
  await run(dataDir, 0, 1024 * 1024 * 1024);
  const before = fs.readFileSync(ledger(dataDir), 'utf8');
  await run(dataDir, 100, VOLUME);
  assert.ok(fs.readFileSync(full(dataDir, 1), 'utf8').startsWith(before));
  assert.deepEqual(await problemsOf(dataDir), []);
});

test('a page of the ledger runs over the ends of volumes', async (t) => {
  const dataDir = await recorded(t);
  const all = await linesOf(dataDir);
  for (const limit of [1, 7, 1000]) {
    const read: LedgerLine[] = [];
    for (let page = await readLedgerPage(ledger(dataDir), 0, limit); page.length > 0; ) {
      read.push(...page);
      page = await readLedgerPage(ledger(dataDir), read.at(-1)!.n, limit);
    }
    assert.deepEqual(read, all);
  }
});

test('who follows the ledger while volumes end sees each line once', async (t) => {
  const dataDir = path.join(temporaryFolder(t), 'data');
  fs.mkdirSync(dataDir);
  const tail = new LedgerTail(ledger(dataDir));
  t.after(() => tail.close());
  const seen: number[] = [];
  const follow = (): void => {
    for (let more = true; more; ) {
      const read = tail.poll();
      assert.ok(!read.restarted);
      for (const { n } of read.lines) seen.push(n);
      ({ more } = read);
    }
  };
  const timer = setInterval(follow, 1);
  for (let i = 0; i < 3; i++) await run(dataDir, i * 100, 4096);
  clearInterval(timer);
  follow();
  assert.deepEqual(
    seen,
    seen.map((_, i) => i + 1),
  );
  assert.equal(seen.length, (await linesOf(dataDir)).length);
});

test('a disk that fails while a volume ends loses no line', async (t) => {
  const dataDir = path.join(temporaryFolder(t), 'data');
  fs.mkdirSync(dataDir);
  let renames = 0;
  const failing = {
    ...nodeDisk,
    rename: async (from: string, to: string) => {
      const isLedger = path.basename(from).startsWith('ledger');
      if (isLedger && [1, 3].includes(++renames)) throw Object.assign(new Error('bad'), { code: 'EIO' });
      await nodeDisk.rename(from, to);
    },
  };
  await run(dataDir, 0, VOLUME, failing);
  await run(dataDir, 100, VOLUME);
  assert.ok(renames > 3);
  assert.deepEqual(await problemsOf(dataDir), []);
});

test('ranges of numbers hold what was added and nothing else', () => {
  const ranges = new NumberRanges();
  const set = new Set<number>();
  for (let i = 0, x = 7; i < 500; i++) {
    x = (x * 1_103_515_245 + 12_345) % 2_147_483_648;
    const number = x % 700;
    ranges.add(number);
    set.add(number);
  }
  for (let number = -2; number < 705; number++) assert.equal(ranges.has(number), set.has(number), String(number));
  const touching = ranges.ranges.filter(([from], i) => from <= (ranges.ranges[i - 1]?.[1] ?? -9) + 1);
  assert.deepEqual(touching, []);
});
