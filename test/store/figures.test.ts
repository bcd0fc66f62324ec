import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportUnexpectedTo } from '../../appliance/model/expected-error.ts';
import type { DeviceKey } from '../../appliance/model/mac.ts';
import { headOf, rowOf } from '../../appliance/store/figures/device-head.ts';
import { Figures } from '../../appliance/store/figures/figures.ts';
import { openSummaryTools } from '../../appliance/store/figures/join-analysis.ts';
import { type PackedText, packText } from '../../appliance/store/index/packed-text.ts';
import { Identities } from '../../appliance/store/tail/identities.ts';
import { LedgerTail } from '../../appliance/store/tail/ledger-tail.ts';
import { SegmentCatalog } from '../../appliance/store/tail/segment-catalog.ts';
import type { LiveSegment } from '../../appliance/store/thread/live-segment.ts';
import { makeAnalyzer } from '../../appliance/store/thread/make-analyzer.ts';
import { ascii, udp } from '../analysis/packets.ts';
import { DataFolder, device, GATEWAY, packet } from './data-folder.ts';

const OWNER = device(1);

const NOTHING_OPEN = { of: async () => undefined, all: async () => new Map<DeviceKey, LiveSegment>() };

test('of the sums of all devices one is in memory at a time', async () => {
  const tools = openSummaryTools('curated', () => undefined);
  const devices = [device(1), device(2), device(3)];
  const steps: string[] = [];
  const source = {
    place: async () => undefined,
    sum: async (of: DeviceKey) => {
      steps.push(`read ${of}`);
      return undefined;
    },
    scopes: async () => devices.map((each) => ({ device: each, scope: 'all' as const })),
    hours: async () => ({ place: undefined, rows: [], open: [], floors: new Map() }),
    flooredDevices: async () => [],
    flows: async () => undefined,
  };
  const combine = () => {
    const sum = tools.combine();
    const add = async (parts: readonly PackedText[]) => {
      await new Promise(setImmediate);
      await sum.add(parts);
      steps.push('added');
    };
    return { add, document: sum.document.bind(sum), abandon: sum.abandon.bind(sum) };
  };
  const figures = new Figures(
    source,
    { ...tools, combine },
    new SegmentCatalog(),
    () => [],
    new Identities(),
    NOTHING_OPEN,
  );
  await figures.load();
  await figures.everything('all');
  assert.deepEqual(
    steps,
    devices.flatMap((each) => [`read ${each}`, 'added']),
  );
});

interface Shown {
  readonly figures: Figures;
  /** Parts of each head that was rendered. */
  readonly asked: number[];
  readonly closed: PackedText[];
  /** How often the sum of the closed slices was read. */
  reads: number;
  open: LiveSegment | undefined;
}

/** Figures of one device, whose closed and open slices the test lays down. */
async function shown(folder: DataFolder): Promise<Shown> {
  const tools = openSummaryTools('curated', () => undefined);
  const segment = folder.open(OWNER);
  const catalog = new SegmentCatalog();
  const tail = new LedgerTail(folder.ledger);
  for (const line of tail.poll().lines) catalog.apply(line);
  tail.close();
  const closed: PackedText[] = [];
  const asked: number[] = [];
  const place = () => ({ seq: segment.seq, slice: closed.length - 1, offset: 0 });
  const source = {
    place: async () => place(),
    sum: async () => {
      made.reads++;
      return { segments: 0, last_seq: segment.seq, place: place(), parts: closed };
    },
    scopes: async () => [{ device: OWNER, scope: 'all' as const }],
    hours: async () => ({ place: undefined, rows: [], open: [], floors: new Map() }),
    flooredDevices: async () => [],
    flows: async () => undefined,
  };
  const head: typeof tools.head = (parts, origin) => {
    asked.push(parts.length);
    return tools.head(parts, origin);
  };
  const made = { asked, closed, reads: 0, open: undefined as LiveSegment | undefined };
  const live = {
    of: async () => made.open,
    all: async () => new Map(made.open === undefined ? [] : [[OWNER, made.open]]),
  };
  const figures = new Figures(source, { ...tools, head }, catalog, () => [], new Identities(), live);
  await figures.load();
  return Object.assign(made, { figures });
}

/** Slices of an hour each, ten packets in every one, each from the carry of the one before. */
function slices({ dir }: DataFolder, count: number): PackedText[] {
  let carry: string | null = null;
  return Array.from({ length: count }, (_, hour) => {
    const analyzer = makeAnalyzer({ device: OWNER, seq: 1, infra: [GATEWAY], linkType: 1, carry, dataDir: dir });
    for (let i = 0; i < 10; i++) {
      const bytes = packet(OWNER, i).subarray(16);
      analyzer.frame(bytes, 0, bytes.length, 1_795_179_600 + hour * 3600 + i, 0, bytes.length, 1);
    }
    const end = analyzer.finish();
    carry = end.carry;
    return packText(end.summary);
  });
}

test('the row of closed slices and the open one is that of the document, and the history is rendered once', async (t) => {
  const folder = DataFolder.make(t);
  const [first, second, third, fourth] = slices(folder, 4);
  const now = await shown(folder);
  now.closed.push(first!, second!);
  const openSlice = (slice: number, summary: PackedText) => ({
    seq: 1,
    slice,
    hour: '20261120T15',
    packets: 10,
    last_ts: null,
    summary,
  });
  now.open = openSlice(2, third!);
  const row = async () => {
    now.figures.touch(OWNER);
    return (await now.figures.refresh(1_795_190_000, 1))[0];
  };
  const shownRow = await row();
  const document = await now.figures.document(OWNER, 'all');
  const exact = rowOf(OWNER, headOf(OWNER, document!, { packets: 0, bytes: 0 }), 0, 1_795_190_000);
  assert.deepEqual(shownRow, exact);
  assert.equal(now.figures.totals().packets, 30);
  now.reads = 0;
  await row();
  assert.deepEqual(now.asked, [2, 1, 1]);
  assert.equal(now.reads, 0, 'nor is it read from the card');
  now.closed.push(third!);
  now.open = openSlice(3, fourth!);
  assert.equal((await row())?.packets, 40);
  assert.deepEqual(now.asked, [2, 1, 1, 3, 1]);
});

test('a slice that reached the index while it was shown as open counts once', async (t) => {
  const folder = DataFolder.make(t);
  const [first] = slices(folder, 1);
  const now = await shown(folder);
  now.closed.push(first!);
  now.open = { seq: 1, slice: 0, hour: '20261120T13', packets: 10, last_ts: null, summary: first! };
  assert.equal((await now.figures.document(OWNER, 'all'))?.input.packets, 10);
});

test('the age of rows is that of the oldest change they do not show, and nought once they show it', async (t) => {
  const folder = DataFolder.make(t);
  const now = await shown(folder);
  now.closed.push(...slices(folder, 1));
  assert.ok(now.figures.ageMs > 0);
  assert.equal(now.figures.isComplete, false);
  const making = now.figures.refresh(0, 1);
  assert.ok(now.figures.ageMs > 0, 'a row that is being made shows nothing yet');
  await making;
  assert.deepEqual([now.figures.ageMs, now.figures.isComplete], [0, true]);
  now.figures.touch(OWNER);
  const [first, second] = [now.figures.ageMs, now.figures.ageMs];
  now.figures.touch(OWNER);
  assert.ok(first >= 0 && second >= first && now.figures.ageMs >= second, 'a later change makes rows no younger');
});

test('conversations without a row of their own are reported in the totals', async (t) => {
  const folder = DataFolder.make(t);
  const now = await shown(folder);
  const analyzer = makeAnalyzer({
    device: OWNER,
    seq: 1,
    infra: [GATEWAY],
    linkType: 1,
    carry: null,
    dataDir: folder.dir,
  });
  for (let i = 0; i < 12_000; i++) {
    const to = { mac: GATEWAY, ip: `198.51.${i >> 8}.${i & 255}`, port: 9 };
    const bytes = udp({ mac: OWNER, ip: '10.0.0.11', port: 40_000 }, to, ascii('?'));
    analyzer.frame(bytes, 0, bytes.length, 1_795_179_600, i, bytes.length, 1);
  }
  now.closed.push(packText(analyzer.finish().summary));
  await now.figures.refresh(0, 1);
  const { limits } = (await now.figures.document(OWNER, 'all'))!;
  assert.ok(limits.conversations_evicted > 11_000);
  assert.deepEqual(now.figures.totals().conversations, {
    joined: limits.conversations_joined,
    evicted: limits.conversations_evicted,
  });
});

test('a renderer that throws for one device is reported once and reported, and the others have their rows', async () => {
  const tools = openSummaryTools('curated', () => undefined);
  const [bad, good] = [device(1), device(2)];
  const source = {
    place: async () => undefined,
    sum: async () => undefined,
    scopes: async () => [bad, good].map((each) => ({ device: each, scope: 'all' as const })),
    hours: async () => ({ place: undefined, rows: [], open: [], floors: new Map() }),
    flooredDevices: async () => [],
    flows: async () => undefined,
  };
  let isBroken = true;
  const head: typeof tools.head = (parts, origin) => {
    if (isBroken && origin.device === bad) throw new TypeError('no such verdict');
    return tools.head(parts, origin);
  };
  const lines: string[] = [];
  reportUnexpectedTo((line) => lines.push(line));
  const figures = new Figures(
    source,
    { ...tools, head },
    new SegmentCatalog(),
    () => [],
    new Identities(),
    NOTHING_OPEN,
  );
  await figures.load();
  const drawn = async () => (await figures.refresh(0, 8)).map(({ mac }) => mac);
  assert.deepEqual(await drawn(), [good]);
  assert.deepEqual(await drawn(), []);
  assert.deepEqual(figures.undrawn, { devices: 1, reason: 'no such verdict' });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /TypeError: no such verdict/);
  isBroken = false;
  assert.deepEqual(await drawn(), [bad]);
  assert.deepEqual(figures.undrawn, { devices: 0, reason: '' });
});
