import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { WeirError } from '../../appliance/model/errors.ts';
import { openSummaryTools } from '../../appliance/store/figures/join-analysis.ts';
import { listHours } from '../../appliance/store/index/hour-list.ts';
import { withoutNames } from '../../appliance/store/index/hour-row.ts';
import { IndexDatabase } from '../../appliance/store/index/index-database.ts';
import type { FoldedSegment } from '../../appliance/store/index/index-records.ts';
import { IndexStore, indexDirectory } from '../../appliance/store/index/index-store.ts';
import { sealValue, unsealValue } from '../../appliance/store/index/index-value.ts';
import { NO_TEXT, type PackedText, packText } from '../../appliance/store/index/packed-text.ts';
import type { HourOrigin } from '../../appliance/store/summary-tools.ts';
import { makeAnalyzer } from '../../appliance/store/thread/make-analyzer.ts';
import { DataFolder, device, GATEWAY, packet, START_NS } from './data-folder.ts';

const tools = openSummaryTools('curated', () => undefined);
const OWNER = device(1);

function folded(folder: DataFolder, seq: number): FoldedSegment {
  const path = folder.open(OWNER, START_NS).path;
  return {
    device: OWNER,
    seq,
    slice: 0,
    ends: true,
    hour: '20261120T13',
    phase: 'idle',
    path,
    sha256: folder.hash(path),
    packets: 1,
    from: 0,
    bytes: 100,
    first_ts: null,
    last_ts: null,
    quarantined: [],
    flaw: null,
    summary: NO_TEXT,
    carry: NO_TEXT,
  };
}

/** The summary of a segment of one packet. */
function onePacket({ dir }: DataFolder, i: number): PackedText {
  const analyzer = makeAnalyzer({ device: OWNER, seq: i, infra: [GATEWAY], linkType: 1, carry: null, dataDir: dir });
  const bytes = packet(OWNER, i).subarray(16);
  analyzer.frame(bytes, 0, bytes.length, 1_795_179_600 + i, 0, bytes.length, 1);
  return packText(analyzer.finish().summary);
}

interface Opened {
  readonly store: IndexStore;
  readonly reasons: string[];
}

/** Opens with a ledger that knows `known`. */
async function open(folder: DataFolder, known: readonly FoldedSegment[], previous = 'p'): Promise<Opened> {
  const reasons: string[] = [];
  const witness = {
    segment: (seq: number) => known.find((segment) => segment.seq === seq),
    previous: () => previous,
  };
  const store = await IndexStore.open(folder.dir, tools, witness, (reason) => reasons.push(reason));
  return { store, reasons };
}

/** An index with `count` segments, closed. */
async function filled(t: TestContext, count: number): Promise<{ folder: DataFolder; segments: FoldedSegment[] }> {
  const folder = DataFolder.make(t);
  const segments = Array.from({ length: count }, (_, i) => folded(folder, i + 1));
  const { store } = await open(folder, segments);
  for (const segment of segments) await store.commit(segment, { n: segment.seq, previous: 'p' });
  await store.close();
  return { folder, segments };
}

/** Opens, notes why it was set aside if it was, closes. */
async function reopen(folder: DataFolder, known: readonly FoldedSegment[], previous?: string) {
  const { store, reasons } = await open(folder, known, previous);
  const { segments } = store;
  await store.close();
  return { reasons, segments };
}

const aside = (folder: DataFolder) =>
  readdirSync(join(folder.dir, 'index')).filter((name) => name.startsWith('aside-'));

test('what was committed is there after a restart', async (t) => {
  const { folder, segments } = await filled(t, 3);
  assert.deepEqual(await reopen(folder, segments), { reasons: [], segments: 3 });
});

test('a segment committed twice counts once', async (t) => {
  const folder = DataFolder.make(t);
  const segment = folded(folder, 1);
  const { store } = await open(folder, [segment]);
  await store.commit(segment, null);
  await store.commit(segment, null);
  const total = await store.sum(OWNER, 'all');
  await store.close();
  assert.deepEqual([store.segments, total?.segments], [1, 1]);
});

/** `folded` with `count` packets of an hour of the 20th of November 2026, counted from midnight. */
function hourOf(folder: DataFolder, seq: number, hour: number): FoldedSegment {
  const day = 20 + Math.floor(hour / 24);
  const text = `202611${day}T${String(hour % 24).padStart(2, '0')}`;
  return { ...folded(folder, seq), hour: text, summary: onePacket(folder, seq), carry: packText('{}') };
}

/** All hours of the device, as people see them. */
const hoursOf = async (store: IndexStore, using = tools) => listHours(OWNER, await store.hours(OWNER), using);

const piecesIn = (folder: DataFolder) => readdirSync(join(indexDirectory(folder.dir), 'pieces')).map(Number);

test('the hour of many segments is one row, made when somebody asks or when it is over', async (t) => {
  const folder = DataFolder.make(t);
  const asked: number[] = [];
  const counting = {
    ...tools,
    hour: (parts: readonly PackedText[], origin: HourOrigin) => {
      asked.push(parts.length);
      return tools.hour(parts, origin);
    },
  };
  const nothing = { segment: () => undefined, previous: () => undefined };
  const store = await IndexStore.open(folder.dir, counting, nothing, () => undefined);
  for (let seq = 1; seq <= 5; seq++) await store.commit(hourOf(folder, seq, 13), null);
  assert.deepEqual(asked, []);
  const [open] = await hoursOf(store, counting);
  assert.ok(open !== undefined);
  // The newest hour goes to the broker: without the names that were asked for.
  assert.deepEqual([open.packets, open.complete, await store.lastHour(OWNER)], [5, false, withoutNames(open)]);
  await store.commit(hourOf(folder, 6, 14), null);
  const hours = await hoursOf(store, counting);
  await store.close();
  assert.deepEqual(
    hours.map((row) => [row.hour, row.packets, row.complete]),
    [
      ['2026-11-20T13:00:00Z', 5, true],
      ['2026-11-20T14:00:00Z', 1, false],
    ],
  );
  assert.deepEqual(asked, [5, 5, 1, 1]);
});

test('an hour that comes again because the clock was set back is added to', async (t) => {
  const folder = DataFolder.make(t);
  const { store } = await open(folder, []);
  for (const [i, hour] of [13, 14, 13, 14].entries()) await store.commit(hourOf(folder, i + 1, hour), null);
  const rows = await hoursOf(store);
  await store.close();
  assert.deepEqual(
    rows.map((row) => [row.hour, row.packets]),
    [
      ['2026-11-20T13:00:00Z', 2],
      ['2026-11-20T14:00:00Z', 2],
    ],
  );
});

test('the newest hour is the last of the hours, whatever came before it and however often', async (t) => {
  const folder = DataFolder.make(t);
  const { store } = await open(folder, []);
  const phases = ['idle', 'idle', 'intensive', 'idle', 'setup', 'idle', 'idle', 'intensive', 'idle'] as const;
  const packets: number[] = [];
  for (const [i, hour] of [13, 14, 14, 13, 13, 14, 15, 14, 15].entries()) {
    await store.commit({ ...hourOf(folder, i + 1, hour), phase: phases[i] ?? 'idle' }, null);
    const last = (await hoursOf(store)).at(-1);
    assert.ok(last !== undefined);
    assert.deepEqual(await store.lastHour(OWNER), withoutNames(last), `after slice ${i}`);
    packets.push(last.packets);
  }
  await store.close();
  assert.deepEqual(packets, [1, 1, 1, 1, 1, 1, 1, 1, 2]);
});

test('what lies on the card are the pieces that the device names: a phase and all devices of one phase share theirs', async (t) => {
  const folder = DataFolder.make(t);
  const segments = Array.from({ length: 60 }, (_, i) => hourOf(folder, i + 1, i));
  const { store } = await open(folder, segments);
  for (const segment of segments) await store.commit(segment, null);
  const [all, idle] = [await store.sum(OWNER, 'all'), await store.sum(OWNER, 'idle')];
  await store.close();
  assert.deepEqual(all, idle);
  // Two days, six hours, the hours after them up to noon and its own slice; and the carry.
  assert.equal(all?.parts.length, 1 + 1 + 5 + 1);
  assert.equal(piecesIn(folder).length, 1 + 1 + 5 + 1 + 1);
  const whole = await tools.document(all.parts, { device: OWNER, path: '', bytes: 0 });
  assert.equal(whole.input.packets, 60);
});

test('a phase that comes later shares nothing that it did not say', async (t) => {
  const folder = DataFolder.make(t);
  const segments = Array.from({ length: 30 }, (_, i) => hourOf(folder, i + 1, i));
  const { store } = await open(folder, segments);
  for (const [i, segment] of segments.entries())
    await store.commit({ ...segment, phase: i < 20 ? 'idle' : 'intensive' }, null);
  const packets = async (scope: 'all' | 'idle' | 'intensive') => {
    const sum = await store.sum(OWNER, scope);
    return (await tools.document(sum?.parts ?? [], { device: OWNER, path: '', bytes: 0 })).input.packets;
  };
  assert.deepEqual([await packets('all'), await packets('idle'), await packets('intensive')], [30, 20, 10]);
  assert.deepEqual(await store.scopes(), [
    { device: OWNER, scope: 'all' },
    { device: OWNER, scope: 'idle' },
    { device: OWNER, scope: 'intensive' },
  ]);
  await store.close();
});

test('each byte of a month is written a few times, not with each segment', async (t) => {
  const folder = DataFolder.make(t);
  const { store } = await open(folder, []);
  const written = new Map<number, number>();
  let reported = 0;
  for (let hour = 0; hour < 24 * 9; hour++) {
    const segment = hourOf(folder, hour + 1, hour);
    reported += segment.summary.length + segment.carry.length;
    await store.commit(segment, null);
    for (const id of piecesIn(folder))
      if (!written.has(id)) written.set(id, statSync(join(indexDirectory(folder.dir), 'pieces', String(id))).size);
  }
  await store.close();
  const bytes = [...written.values()].reduce((sum, size) => sum + size, 0);
  assert.ok(bytes < 3 * reported, `${bytes} for ${reported}`);
});

test('pieces that a power cut left behind are removed, a missing or damaged one is noticed', async (t) => {
  const folder = DataFolder.make(t);
  const segments = [1, 2, 3].map((seq) => hourOf(folder, seq, seq));
  const { store } = await open(folder, segments);
  for (const segment of segments) await store.commit(segment, { n: segment.seq, previous: 'p' });
  await store.close();
  const pieces = join(indexDirectory(folder.dir), 'pieces');
  const named = piecesIn(folder);
  writeFileSync(join(pieces, '999'), 'cut off');
  assert.deepEqual(await reopen(folder, segments), { reasons: [], segments: 3 });
  assert.deepEqual(piecesIn(folder), named);
  flip(join(pieces, String(named[0])));
  assert.match((await reopen(folder, segments)).reasons.join(), /damaged piece/);
});

test('an index of a newer Weir is refused in one line and left as it is; what rebuilds it is said', async (t) => {
  const { folder, segments } = await filled(t, 2);
  const level = indexDirectory(folder.dir);
  const database = await IndexDatabase.open(level);
  const head = { ...(await database.head()), schema: 'weir.index/5' };
  await database.write([{ sublevel: 'meta', key: 'head', value: head }]);
  await database.close();
  const refused = await open(folder, segments).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(refused instanceof WeirError && refused.code === 'FORMAT_NEWER');
  assert.match(refused.message, /weir\.index\/5; this one writes weir\.index\/4.*as it was.*weir rebuild/);
  const again = await IndexDatabase.open(level);
  assert.deepEqual(await again.head(), head);
  let kept = 0;
  for await (const _ of again.list('segment')) kept++;
  assert.equal(kept, 2);
  await again.close();
});

test('an index of another format is set aside, and it is said which', async (t) => {
  const { folder, segments } = await filled(t, 2);
  const database = await IndexDatabase.open(indexDirectory(folder.dir));
  await database.write([
    { sublevel: 'meta', key: 'head', value: { schema: 'weir.index/2', segments: 2, ledger: null } },
  ]);
  await database.close();
  const { reasons } = await reopen(folder, segments);
  assert.match(reasons.join(), /format weir\.index\/2.* writes weir\.index\/4/);
});

test('a segment of which more was read than is there after a power cut rebuilds the index', async (t) => {
  const folder = DataFolder.make(t);
  const slice = { ...hourOf(folder, 1, 1), ends: false };
  const { store } = await open(folder, []);
  await store.commit(slice, null);
  await store.close();
  const shown = (bytes: number) =>
    open(folder, [{ ...slice, bytes }]).then(async (opened) => {
      await opened.store.close();
      return opened.reasons;
    });
  assert.deepEqual(await shown(100), []);
  assert.match((await shown(99)).join(), /shorter/);
});

test('an index that holds a segment the ledger does not name is set aside', async (t) => {
  const { folder, segments } = await filled(t, 2);
  const result = await reopen(folder, segments.slice(0, 1));
  assert.deepEqual([result.segments, result.reasons.length, aside(folder).length], [0, 1, 1]);
});

test('an index of another ledger is set aside although its segments have the same numbers', async (t) => {
  const { folder, segments } = await filled(t, 2);
  assert.equal((await reopen(folder, segments, 'another')).segments, 0);
});

test('of the indexes set aside the last two are kept', async (t) => {
  const { folder, segments } = await filled(t, 1);
  for (let i = 0; i < 4; i++) {
    const { store } = await open(folder, segments);
    await store.commit(segments[0]!, { n: 1, previous: 'p' });
    await store.close();
    await reopen(folder, []);
  }
  assert.equal(aside(folder).length, 2);
});

test('a second owner is refused in one line while the first goes on', async (t) => {
  const folder = DataFolder.make(t);
  const { store } = await open(folder, []);
  t.after(() => store.close());
  await assert.rejects(open(folder, []), (error) => error instanceof WeirError && error.code === 'INDEX_LOCKED');
  await store.putSetting('still', 'here');
  assert.equal(await store.setting('still'), 'here');
});

test('a missing record shows although every value is whole', async (t) => {
  const { folder, segments } = await filled(t, 3);
  const database = await IndexDatabase.open(indexDirectory(folder.dir));
  await database.write([{ sublevel: 'segment', key: '000000000002', value: undefined }]);
  await database.close();
  assert.equal((await reopen(folder, segments)).segments, 0);
});

/** Damage of reliability measurements: each either leaves the index whole or is noticed. */
const DAMAGE: Readonly<Record<string, (directory: string, files: readonly string[]) => void>> = {
  'CURRENT deleted': (directory) => rmSync(join(directory, 'CURRENT')),
  'CURRENT emptied': (directory) => truncateSync(join(directory, 'CURRENT')),
  'MANIFEST cut in half': (directory, files) => halve(join(directory, nameOf(files, 'MANIFEST'))),
  'MANIFEST emptied': (directory, files) => truncateSync(join(directory, nameOf(files, 'MANIFEST'))),
  'log cut in half': (directory, files) => halve(join(directory, nameOf(files, '.log'))),
  'a byte of the log flipped': (directory, files) => flip(join(directory, nameOf(files, '.log'))),
  'a byte of a table flipped': (directory, files) => flip(join(directory, nameOf(files, '.ldb'))),
  'a table emptied': (directory, files) => truncateSync(join(directory, nameOf(files, '.ldb'))),
  'a table deleted': (directory, files) => rmSync(join(directory, nameOf(files, '.ldb'))),
};

const nameOf = (files: readonly string[], part: string) => files.find((file) => file.includes(part)) ?? '';

function halve(path: string): void {
  truncateSync(path, Math.floor(readFileSync(path).length / 2));
}

function flip(path: string): void {
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 0x40;
  writeFileSync(path, bytes);
}

for (const [what, damage] of Object.entries(DAMAGE)) {
  test(`${what}: the index is whole, or set aside and begun again; never half believed`, async (t) => {
    const { folder, segments } = await filled(t, 40);
    // Opening writes the log into a table, so that there is one to damage.
    await reopen(folder, segments);
    const directory = indexDirectory(folder.dir);
    damage(directory, readdirSync(directory));
    const result = await reopen(folder, segments);
    assert.ok(result.segments === 40 || (result.segments === 0 && result.reasons.length === 1), JSON.stringify(result));
  });
}

test('a flipped character in a value is noticed', () => {
  const sealed = sealValue('{"a":1}');
  assert.equal(unsealValue(sealed, 'k'), '{"a":1}');
  assert.throws(() => unsealValue(sealed.replace('1', '2'), 'k'), /damaged value at k/);
});
