// Minutes of months and years: few rows, exact sums, and the same rows whatever was added to what first.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import { mergeSummaries } from '../../appliance/analysis/summary/merge.ts';
import { coarsen, HOURS_KEPT, MINUTES_KEPT, mergeMinutes, readSpan } from '../../appliance/analysis/summary/minutes.ts';
import { canonicalJson } from '../../appliance/analysis/summary/packing.ts';
import type { Summary, Table } from '../../appliance/analysis/summary/summary.ts';
import { CaptureReader } from '../../appliance/decode/files/capture-reader.ts';
import { wire } from '../decode/fixture.ts';
import { udp } from './packets.ts';

const LAMP = { mac: '02:00:00:00:00:11', ip: '10.0.0.11', port: 40_000 };
const CLOUD = { mac: '02:00:00:00:00:01', ip: '198.51.100.7', port: 8899 };
const FRAME = udp(LAMP, CLOUD, new Uint8Array(30));
const START = 1_795_000_020;
const DAY = 86_400;

function summaryOf(times: readonly number[]): Summary {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  for (const seconds of times) analyzer.frame(FRAME, 0, FRAME.length, seconds, 0, FRAME.length, 1);
  return analyzer.summary();
}

const bytesOf = (rows: Table<number[]>): number =>
  Object.values(rows).reduce((sum, row) => sum + row.reduce((x, y) => x + y, 0), 0);

const rowsOfWidth = (rows: Table<number[]>, minutes: number): number =>
  Object.keys(rows).filter((key) => readSpan(key).minutes === minutes).length;

/** A packet every ten minutes. */
const year = Array.from({ length: 365 * 144 }, (_, i) => START + i * 600);

test('a year has minutes for eight days, hours for three months and days before, and no byte less', () => {
  const { minutes } = summaryOf(year).own;
  assert.equal(bytesOf(minutes), year.length * FRAME.length);
  assert.ok(rowsOfWidth(minutes, 1) >= 8 * 144 && rowsOfWidth(minutes, 1) <= 8 * 144 + 6);
  assert.ok(rowsOfWidth(minutes, 60) >= 83 * 24 && rowsOfWidth(minutes, 60) <= 85 * 24);
  assert.ok(rowsOfWidth(minutes, 1440) >= 272 && rowsOfWidth(minutes, 1440) <= 275);
});

test('a capture that grows by days, and near the borders by hours, ends with the rows of the whole', () => {
  const perHour = 6;
  const perDay = 24 * perHour;
  // Seen from the end: where minutes become hours and hours become days, the pieces are hours.
  const borders = [MINUTES_KEPT, HOURS_KEPT].map((minutes) => 365 - minutes / 1440);
  const pieces: number[][] = [];
  for (let day = 0; day < 365; day++) {
    const size = borders.some((border) => Math.abs(day - border) <= 1) ? perHour : perDay;
    for (let at = day * perDay; at < (day + 1) * perDay; at += size) pieces.push(year.slice(at, at + size));
  }
  const grown = pieces.map((piece) => summaryOf(piece).own.minutes).reduce(mergeMinutes);
  assert.equal(canonicalJson(grown), canonicalJson(summaryOf(year).own.minutes));
});

test('any grouping of any times gives the same rows', () => {
  // Near the borders, where an hour or day could be cut in two, and anywhere in half a year.
  const offset = fc.oneof(
    fc.integer({ min: 0, max: 180 * DAY }),
    fc.integer({ min: -120, max: 120 }).map((minute) => (MINUTES_KEPT + minute) * 60),
    fc.integer({ min: -1500, max: 1500 }).map((minute) => (HOURS_KEPT + minute) * 60),
  );
  const times = fc.array(offset, { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(times, times, times, (a, b, c) => {
      const [x, y, z] = [a, b, c].map((list) => summaryOf(list.map((seconds) => START + seconds)));
      const left = mergeSummaries(mergeSummaries(x!, y!), z!).own.minutes;
      const right = mergeSummaries(x!, mergeSummaries(y!, z!)).own.minutes;
      const whole = summaryOf([...a, ...b, ...c].map((seconds) => START + seconds)).own.minutes;
      assert.equal(canonicalJson(left), canonicalJson(whole));
      assert.equal(canonicalJson(right), canonicalJson(whole));
    }),
    { numRuns: 300, seed: 20261128 },
  );
});

test('coarsening twice changes nothing', () => {
  const { minutes } = summaryOf(year).own;
  assert.deepEqual(coarsen(minutes), minutes);
});

test('times that jump over a century stay within days, also while they are counted', () => {
  let at = 1;
  const jumps = Array.from({ length: 200_000 }, () => (at = (at * 48_271) % 0x7fffffff) * 2);
  const { minutes } = summaryOf(jumps).own;
  assert.equal(bytesOf(minutes), jumps.length * FRAME.length);
  assert.ok(Object.keys(minutes).length < 60_000, `${Object.keys(minutes).length} rows`);
});

const le = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);

/** pcapng block: type, length, body of whole words, length (draft-ietf-opsawg-pcapng §3.1). */
function block(type: number, ...body: readonly (readonly number[] | Uint8Array)[]): Uint8Array {
  const content = wire(...body);
  const padded = wire(content, new Uint8Array((4 - (content.length % 4)) % 4));
  return wire(le(type, 4), le(padded.length + 12, 4), padded, le(padded.length + 12, 4));
}

/** Whole seconds (if_tsresol 0), so that 64 bits reach far beyond any calendar. */
function pcapng(times: readonly (readonly [high: number, low: number])[]): Uint8Array {
  return wire(
    block(0x0a0d0d0a, le(0x1a2b3c4d, 4), le(1, 2), le(0, 2), le(0xffffffff, 4), le(0xffffffff, 4)),
    block(1, le(1, 2), le(0, 2), le(0, 4), [9, 0, 1, 0, 0, 0, 0, 0], le(0, 4)),
    ...times.map(([high, low]) =>
      block(6, le(0, 4), le(high, 4), le(low, 4), le(FRAME.length, 4), le(FRAME.length, 4), FRAME),
    ),
  );
}

test('a file that claims times beyond any calendar is reported like any other', () => {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  const file = pcapng([
    [0, 0],
    [0x7fffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0xffffff, 1],
    [0, 5],
  ]);
  new CaptureReader(analyzer).push(file);
  const source = { path: 'made', bytes: file.length, sha256: null, format: 'pcapng', digits: 9, damage: null } as const;
  const document = renderDocument(analyzer.summary(), openTables('0').tables, source);
  assert.equal(document.input.packets, 5);
  assert.deepEqual(
    document.traffic.map(({ minute, minutes, out_udp }) => [minute, minutes, out_udp]),
    [
      ['1970-01-01T00:00:00.000Z', 1440, 2 * FRAME.length],
      ['2106-02-07T06:28:00.000Z', 1, 3 * FRAME.length],
    ],
  );
});
