import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { WeirError } from '../../appliance/model/errors.ts';
import { IndexDatabase } from '../../appliance/store/index-database.ts';
import type { FoldedSegment } from '../../appliance/store/index-records.ts';
import { IndexStore, indexDirectory } from '../../appliance/store/index-store.ts';
import { sealValue, unsealValue } from '../../appliance/store/index-value.ts';
import { openSummaryTools } from '../../appliance/store/join-analysis.ts';
import { makeAnalyzer } from '../../appliance/store/make-analyzer.ts';
import type { SummaryOrigin } from '../../appliance/store/summary-tools.ts';
import { DataFolder, device, GATEWAY, packet, START_NS } from './data-folder.ts';

const tools = openSummaryTools('curated', () => undefined);
const OWNER = device(1);

function folded(folder: DataFolder, seq: number): FoldedSegment {
  const path = folder.open(OWNER, START_NS).path;
  return {
    device: OWNER,
    seq,
    phase: 'idle',
    path,
    sha256: folder.hash(path),
    packets: 1,
    bytes: 100,
    first_ts: null,
    last_ts: null,
    quarantined: [],
    flaw: null,
    summary: '',
    carry: '',
  };
}

/** The summary of a segment of one packet. */
function onePacket({ dir }: DataFolder, i: number): string {
  const analyzer = makeAnalyzer({ device: OWNER, seq: i, infra: [GATEWAY], linkType: 1, carry: null, dataDir: dir });
  const bytes = packet(OWNER, i).subarray(16);
  analyzer.frame(bytes, 0, bytes.length, 1_795_179_600 + i, 0, bytes.length, 1);
  return analyzer.finish().summary;
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
  const total = await store.total(OWNER, 'all');
  await store.close();
  assert.deepEqual([store.segments, total?.segments], [1, 1]);
});

test('an hour of many segments is one sum, whose row is that of all of them', async (t) => {
  const folder = DataFolder.make(t);
  const asked: number[] = [];
  const counting = {
    ...tools,
    document: (parts: readonly string[], origin: SummaryOrigin) => {
      asked.push(parts.length);
      return tools.document(parts, origin);
    },
  };
  const segments = Array.from({ length: 5 }, (_, i) => ({ ...folded(folder, i + 1), summary: onePacket(folder, i) }));
  const nothing = { segment: () => undefined, previous: () => undefined };
  const store = await IndexStore.open(folder.dir, counting, nothing, () => undefined);
  for (const segment of segments) await store.commit(segment, null);
  const hours = await store.hours(OWNER);
  assert.deepEqual(await store.lastHour(OWNER), hours[0]);
  await store.close();
  assert.deepEqual([hours.map((hour) => hour.packets), asked], [[5], [1, 1, 1, 1, 1]]);
  const database = await IndexDatabase.open(indexDirectory(folder.dir));
  const parts: unknown[] = [];
  for await (const [, part] of database.list('part')) parts.push(part);
  await database.close();
  assert.deepEqual(parts, [await tools.merge(segments.map((segment) => segment.summary))]);
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
  test(`${what}: the index is whole, or set aside and begun anew; never half believed`, async (t) => {
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
