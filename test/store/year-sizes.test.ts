// A simulated year of a home: what ledger, index and archive take, printed and bounded. In short, some days, from which a year is
// reckoned; WEIR_YEAR=1 writes all of it (minutes).

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { writeHours } from '../../appliance/pull/tables/hourly-files.ts';
import type { Row } from '../../appliance/pull/tables/table.ts';
import { openSummaryTools } from '../../appliance/store/figures/join-analysis.ts';
import type { FoldedSegment } from '../../appliance/store/index/index-records.ts';
import { IndexStore } from '../../appliance/store/index/index-store.ts';
import { packText } from '../../appliance/store/index/packed-text.ts';
import { makeAnalyzer } from '../../appliance/store/thread/make-analyzer.ts';
import { temporaryFolder } from '../capture/fixture.ts';
import { writeYears } from '../capture/years.ts';
import { compactSites } from '../pull/compacted.ts';
import { DataFolder, device, GATEWAY, udpFrame } from './data-folder.ts';

const YEAR_DAYS = 365;
const DAYS = process.env['WEIR_YEAR'] === '1' ? YEAR_DAYS : 4;
const DEVICES = 5;
/** Conversations of a device in an hour, each with another far end. */
const CONVERSATIONS = 12;
const START = Date.parse('2026-01-01T00:00:00Z') / 1000;
const MB = 1e6;

function sizeOf(folder: string): number {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + fs.statSync(path.join(parentPath, name)).size, 0);
}

/** What it takes at half of the days and at their end. */
interface Taken {
  readonly half: number;
  readonly whole: number;
}

/** The second half takes what the first did: nothing grows with what is there. */
function bounded(t: TestContext, what: string, { half, whole }: Taken, mostOfYear: number): void {
  const year = (whole / DAYS) * YEAR_DAYS;
  t.diagnostic(
    `${what}: ${DAYS} days of ${DEVICES} devices ${(whole / MB).toFixed(2)} MB, a year ${(year / MB).toFixed(0)} MB`,
  );
  assert.ok(whole - half <= half * 1.25, `${what}: ${half} bytes at half, ${whole} at the end`);
  assert.ok(year <= mostOfYear, `${what}: ${year} bytes a year`);
}

test('the ledger of a year with a segment of each device and hour, and its minutes', async (t) => {
  const write = async (days: number) => {
    const folder = temporaryFolder(t);
    const hours = days * 24;
    await writeYears(folder, { hours, devices: DEVICES, kept: 24_000, minutes: hours * 60, volumeBytes: 4 * MB });
    const volumes = fs.readdirSync(folder).filter((name) => /^ledger.*\.ndjson$/.test(name));
    return volumes.reduce((sum, name) => sum + fs.statSync(path.join(folder, name)).size, 0);
  };
  bounded(t, 'ledger', { half: await write(DAYS / 2), whole: await write(DAYS) }, 1000 * MB);
});

test('the index of a year of hours', async (t) => {
  const folder = DataFolder.make(t);
  const known = new Map<number, FoldedSegment>();
  const witness = { segment: (seq: number) => known.get(seq), previous: () => 'p' };
  const tools = openSummaryTools('curated', () => undefined);
  let half = 0;
  const store = await IndexStore.open(folder.dir, tools, witness, (reason) => assert.fail(reason));
  for (let hour = 0; hour < DAYS * 24; hour++) {
    if (hour === DAYS * 12) half = sizeOf(path.join(folder.dir, 'index'));
    for (let i = 1; i <= DEVICES; i++) {
      const segment = hourOf(folder, known.size + 1, hour, i);
      known.set(segment.seq, segment);
      await store.commit(segment, { n: segment.seq, previous: 'p' });
    }
  }
  await store.close();
  bounded(t, 'index', { half, whole: sizeOf(path.join(folder.dir, 'index')) }, 2000 * MB);
});

function hourOf(folder: DataFolder, seq: number, hour: number, i: number): FoldedSegment {
  const stamp = new Date((START + hour * 3600) * 1000).toISOString();
  const analyzer = makeAnalyzer({
    device: device(i),
    seq,
    infra: [GATEWAY],
    linkType: 1,
    carry: null,
    dataDir: folder.dir,
  });
  for (let n = 0; n < CONVERSATIONS; n++) {
    const bytes = udpFrame({
      from: device(i),
      to: GATEWAY,
      source: `10.0.0.${10 + i}`,
      destination: `198.51.100.${1 + ((hour + n) % 200)}`,
      sourcePort: 40_000 + n,
      destinationPort: 443,
      payload: Buffer.alloc(200, hour + n),
    });
    analyzer.frame(bytes, 0, bytes.length, START + hour * 3600 + n, 0, bytes.length, 1);
  }
  const { summary } = analyzer.finish();
  return {
    device: device(i),
    seq,
    slice: 0,
    ends: true,
    hour: `${stamp.slice(0, 10).replaceAll('-', '')}T${stamp.slice(11, 13)}`,
    phase: 'idle',
    path: `captures/${seq}.pcap`,
    sha256: '0'.repeat(64),
    packets: CONVERSATIONS,
    from: 0,
    bytes: 100,
    first_ts: null,
    last_ts: null,
    quarantined: [],
    flaw: null,
    summary: packText(summary),
    carry: packText('{}'),
  };
}

test('the hourly rows of a year in an archive, joined by month', async (t) => {
  const write = async (days: number) => {
    const archive = temporaryFolder(t);
    const origin = { site: 'a'.repeat(64), tool: null, ledger: { lines: 1, head: '' }, written: '' };
    await writeHours(archive, { flow: flowsOf(days) }, origin, START + (days + 1) * 86_400);
    await compactSites(archive, '2999-01-01');
    return sizeOf(archive);
  };
  bounded(t, 'archive', { half: await write(DAYS / 2), whole: await write(DAYS) }, 500 * MB);
});

function flowsOf(days: number): Map<number, Row[]> {
  const rowOf = (hour: number, i: number): Row => ({
    device: `b827eb0000${i % DEVICES}`,
    phase: 'idle',
    scope: 'internet',
    address: `198.51.100.${(hour + i) % 200}`,
    name: `host${i % 50}.example.org`,
    country: 'GB',
    organisation: `Owner ${i % 40}`,
    protocol: 'tcp',
    service: 'https',
    protection: 'encrypted',
    packets_up: 10 + (i % 7),
    bytes_up: 1000 + ((hour * i) % 997),
    packets_down: 12,
    bytes_down: 5000 + ((hour * 3 + i) % 4999),
  });
  const hours = Array.from({ length: days * 24 }, (_, hour) => hour);
  const rows = (hour: number) => Array.from({ length: DEVICES * CONVERSATIONS }, (_, i) => rowOf(hour, i));
  return new Map(hours.map((hour) => [START + hour * 3600, rows(hour)]));
}

test('the logs of a year are what the journal of the image keeps at most', (t) => {
  const file = path.join(
    import.meta.dirname,
    '../../../provisioning/image/files/etc/systemd/journald.conf.d/weir.conf',
  );
  const [, kept = ''] = /^RuntimeMaxUse=(\d+)M$/m.exec(fs.readFileSync(file, 'utf8')) ?? [];
  t.diagnostic(`logs: ${kept} MB, in memory`);
  assert.ok(Number(kept) > 0 && Number(kept) <= 64, kept);
});
