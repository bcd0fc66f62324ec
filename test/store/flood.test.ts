// Devices that flood: what analysis holds of each stays bounded whatever others do, and no packet is missing from the figures.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { MAX_PORTS } from '../../appliance/analysis/document/largest-ports.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import { emptySummary } from '../../appliance/analysis/summary/merge.ts';
import { type Summary } from '../../appliance/analysis/summary/summary.ts';
import { type DeviceKey, parseMac } from '../../appliance/model/mac.ts';
import { openSummaryTools } from '../../appliance/store/figures/join-analysis.ts';
import type { FoldedSegment } from '../../appliance/store/index/index-records.ts';
import { NO_TEXT, packText, unpackText } from '../../appliance/store/index/packed-text.ts';
import { LedgerTail } from '../../appliance/store/tail/ledger-tail.ts';
import { SegmentCatalog } from '../../appliance/store/tail/segment-catalog.ts';
import { TAIL_BUFFER_BYTES } from '../../appliance/store/tail/segment-tail.ts';
import { AnalysisLoop } from '../../appliance/store/thread/analysis-loop.ts';
import { type FromWorker, sizeOf } from '../../appliance/store/thread/analysis-messages.ts';
import type { FoldRoom } from '../../appliance/store/thread/device-fold.ts';
import { makeAnalyzer } from '../../appliance/store/thread/make-analyzer.ts';
import { ProgressCell } from '../../appliance/store/thread/progress.ts';
import { Quarantine } from '../../appliance/store/thread/quarantine.ts';
import { ascii, connection, tcp, udp } from '../analysis/packets.ts';
import { DataFolder, device, GATEWAY, record, START_NS } from './data-folder.ts';

const OWNER = device(1);
const SOURCE = { path: 'x', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;
const SYN = 2;
const RST_ACK = 20;
const NOTHING = new Uint8Array(0);
/** Of a summary and what is carried on. */
const MAX_CHARACTERS = 1_000_000;
const PORTS = 12_000;

/** A packet of one byte to another address each time. */
function probe(from: DeviceKey, i: number): Uint8Array {
  const to = { mac: GATEWAY, ip: `198.51.${i >> 8}.${i & 255}`, port: 9 };
  return udp({ mac: from, ip: '10.0.0.11', port: 40_000 }, to, ascii('?'));
}

/** What the loop of the analysis thread sends until there is nothing to do. */
function run(t: TestContext, folder: DataFolder): FoldedSegment[] {
  const finished: FoldedSegment[] = [];
  const room: FoldRoom = {
    dataDir: folder.dir,
    buffer: new Uint8Array(TAIL_BUFFER_BYTES),
    makeAnalyzer,
    progress: new ProgressCell(),
    quarantine: new Quarantine(),
    meter: null,
  };
  const hear = (message: FromWorker): void => {
    if (message.type !== 'finished') return;
    finished.push(message.segment);
    loop.receive({ type: 'stored', ...sizeOf(message.segment) });
  };
  let now = 0;
  const loop = new AnalysisLoop(room, [], hear, () => now);
  const ledger = new LedgerTail(folder.ledger);
  t.after(() => ledger.close());
  const catalog = new SegmentCatalog();
  loop.receive({ type: 'segments', segments: ledger.poll().lines.flatMap((line) => catalog.apply(line) ?? []) });
  do now += 1001;
  while (loop.turn());
  return finished;
}

function totals({ own, shared }: Summary): Record<'packets' | 'bytes', number> {
  const sum = { packets: 0, bytes: 0 };
  for (const { conversations, evicted } of [own, shared]) {
    sum.packets += evicted.packets;
    sum.bytes += evicted.bytes;
    for (const { ab, ba } of Object.values(conversations)) {
      sum.packets += ab.packets + ba.packets;
      sum.bytes += ab.bytes + ba.bytes;
    }
  }
  return sum;
}

/** The summary without the numbers of its segment, which are in evidence. */
function withoutNumber({ summary }: FoldedSegment): string {
  return unpackText(summary).replaceAll(/"segment":\d+/g, '');
}

function analyze(frames: Iterable<Uint8Array>): Summary {
  const analyzer = makeAnalyzer({ device: OWNER, seq: 1, infra: [GATEWAY], linkType: 1, dataDir: '/', carry: null });
  let i = 0;
  for (const bytes of frames) {
    analyzer.frame(bytes, 0, bytes.length, Number(START_NS / 1_000_000_000n), i++, bytes.length, 1);
  }
  assert.ok(analyzer.snapshot().length < MAX_CHARACTERS);
  const { summary, carry } = analyzer.finish();
  assert.ok(summary.length + carry.length < MAX_CHARACTERS, `${summary.length} and ${carry.length} characters`);
  return JSON.parse(summary) as Summary;
}

function* scan(): Generator<Uint8Array> {
  const [near, far] = [
    { mac: OWNER, ip: '10.0.0.11', port: 0 },
    { mac: device(2), ip: '10.0.0.12', port: 40_000 },
  ];
  for (let port = 1; port <= PORTS; port++) {
    const asked = { ...near, port };
    yield tcp(far, asked, port, 0, SYN, NOTHING);
    if (port === 22) yield* connection(far, asked, [[0, ascii('SSH-2.0-x\r\n')]]).slice(1);
    else yield tcp(asked, far, 0, port + 1, RST_ACK, NOTHING);
  }
}

test('of a scan of ports the closed ones take a row of their peer, the open one its own, exact to the packet', () => {
  const frames = [...scan()];
  const summary = analyze(frames);
  assert.deepEqual(totals(summary), {
    packets: frames.length,
    bytes: frames.reduce((sum, { length }) => sum + length, 0),
  });
  const rows = Object.keys({ ...summary.own.conversations, ...summary.shared.conversations });
  assert.ok(rows.length < 300, `${rows.length} rows`);
  assert.ok(rows.includes('tcp 10.0.0.11 22 10.0.0.12 40000'));
  const peer = 'tcp 10.0.0.11 *n 10.0.0.12 *n';
  const asked = summary.shared.conversations[peer];
  const answered = summary.own.conversations[peer];
  assert.equal(answered?.ab.packets, asked?.ab.packets, 'of each part the sender comes first');
  assert.ok((asked?.ab.packets ?? 0) > PORTS - 300);
  assert.equal(asked?.ab.packets, asked?.ab.sessions, 'a session of each');
  assert.equal(summary.own.evicted.conversations, 0);
});

test('of a scan the ports stay right to the packet, in a document as in a sum', async () => {
  const frames = [...scan()];
  const tools = openSummaryTools('curated', () => undefined);
  const bounded = packText(JSON.stringify(analyze(frames)));
  const sum = await tools.merge([await tools.merge([NO_TEXT, bounded]), bounded]);
  const document = await tools.document([sum], { device: OWNER, path: 'x', bytes: 0 });
  const whole = new Analyzer({ owner: parseMac(OWNER)!, infra: [] });
  for (const bytes of frames) whole.frame(bytes, 0, bytes.length, 1_795_000_000, 0, bytes.length, 1);
  const expected = renderDocument(whole.summary(), openTables('test').tables, { ...SOURCE, mostPorts: MAX_PORTS });
  const twice = Object.fromEntries(Object.entries(expected.ports.tcp).map(([port, packets]) => [port, packets * 2]));
  assert.deepEqual({ ...document.ports.tcp }, twice);
  assert.equal(document.limits.ports_left_out, PORTS + 1 - MAX_PORTS, 'and the port that asks is one');
  assert.ok(sum.length < MAX_CHARACTERS);
});

test('a probe that is answered in time is a conversation like any other', () => {
  const near = { mac: OWNER, ip: '10.0.0.11', port: 5000 };
  const far = { mac: GATEWAY, ip: '198.51.100.7', port: 443 };
  const [first, ...rest] = connection(near, far, [[0, ascii('hello')]]);
  const probes = Array.from({ length: 200 }, (_, i) => probe(OWNER, i));
  const { own } = analyze([
    first!,
    ...probes,
    ...rest,
    ...Array.from({ length: 5000 }, (_, i) => probe(OWNER, 200 + i)),
  ]);
  const kept = own.conversations['tcp 10.0.0.11 5000 198.51.100.7 443'];
  assert.equal((kept?.ab.packets ?? 0) + (kept?.ba.packets ?? 0), 1 + rest.length);
  assert.equal(kept?.a, 0);
});

test('a device that searches the Internet costs one segment no more than some hundred rows, the rest is counted', () => {
  const { own } = analyze(Array.from({ length: 12_000 }, (_, i) => probe(OWNER, i)));
  assert.equal(totals({ ...emptySummary(), own }).packets, 12_000);
  assert.ok(Object.keys(own.conversations).length <= 700);
  assert.ok(own.evicted.conversations > 11_000);
});

test('devices that flood at once are all read on; each comes to the figures that it has alone', (t) => {
  const folder = DataFolder.make(t);
  const alone = [1, 2, 3].map((last) => {
    const own = DataFolder.make(t);
    const segment = own.open(device(last));
    for (let i = 0; i < 3000; i++) own.append(segment, record(probe(segment.device, i), START_NS + BigInt(i)));
    own.close(segment);
    return withoutNumber(run(t, own)[0]!);
  });
  const segments = [1, 2, 3].map((last) => folder.open(device(last)));
  for (let i = 0; i < 3000; i++) {
    for (const segment of segments) folder.append(segment, record(probe(segment.device, i), START_NS + BigInt(i)));
  }
  for (const segment of segments) folder.close(segment);
  const together = run(t, folder).toSorted((x, y) => x.seq - y.seq);
  assert.deepEqual(together.map(withoutNumber), alone);
});
