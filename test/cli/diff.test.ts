// weir diff from the outside: two captures that were made here, a folder's days, mistakes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ComparedRow, Comparison } from '../../appliance/model/experiment/comparison.ts';
import { parseDevice } from '../../appliance/model/mac.ts';
import { ascii, pcapFile, type TestFrame, udp } from '../analysis/packets.ts';
import { DataFolder, record, START_NS } from '../store/data-folder.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'appliance', 'cli', 'main.js');
const START = 1_795_000_000;
const DEVICE = '02:00:00:00:00:21';
const DEVICE_KEY = parseDevice(DEVICE)!;

function call(ip: string, port: number, at: number, from: number): TestFrame[] {
  const device = { mac: DEVICE, ip: '10.0.0.21', port: from };
  const server = { mac: '02:00:00:00:00:01', ip, port };
  return [
    { bytes: udp(device, server, ascii('hello there')), seconds: START + at, nanoseconds: 0 },
    { bytes: udp(server, device, ascii('hello yourself')), seconds: START + at, nanoseconds: 2e7 },
  ];
}

/** Minutes of a device that calls one server each minute, and a second one so often. */
function run(minutes: number, second: number, begin = 0): TestFrame[] {
  const frames: TestFrame[] = [];
  for (let minute = 0; minute < minutes; minute++) {
    const at = begin + minute * 60;
    frames.push(...call('52.208.0.1', 20500, at, 40_000));
    if (second > 0 && minute % second === 0) frames.push(...call('52.208.0.9', 20600, at + 7, 41_000 + minute));
  }
  return frames;
}

function files(t: TestContext, named: Readonly<Record<string, readonly TestFrame[]>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-diff-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, frames] of Object.entries(named)) writeFileSync(join(folder, name), pcapFile(frames));
  return folder;
}

function diff(...words: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'diff', ...words], { encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}

function compare(...words: string[]): Comparison {
  const { out, err } = diff(...words, '--json');
  assert.equal(err, '');
  return JSON.parse(out);
}

function row({ rows }: Comparison, list: string, name: string): ComparedRow {
  const found = rows.find((one) => one.list === list && one.name === name);
  assert.ok(found, `${list} ${name} among ${rows.map((one) => one.name).join(', ')}`);
  return found;
}

test('a destination that comes is added, with its first packet; what stays is alike; the other way round it is gone', (t) => {
  const folder = files(t, { 'a.pcap': run(300, 0), 'b.pcap': run(300, 5) });
  const [a, b] = [join(folder, 'a.pcap'), join(folder, 'b.pcap')];
  const there = compare(a, b);
  const added = row(there, 'destination', '52.208.0.9 udp 20600');
  assert.deepEqual([added.verdict, added.a, added.b?.sessions, added.b?.first?.packet], ['added', null, 60, 3]);
  assert.equal(added.b?.first?.file, b);
  assert.equal(row(there, 'destination', '52.208.0.1 udp 20500').verdict, 'alike');
  assert.equal(row(there, 'port', 'udp 20600').verdict, 'added');
  assert.equal(row(compare(b, a), 'destination', '52.208.0.9 udp 20600').verdict, 'gone');
});

test('how often a device calls is a row of its own, and so is who hears it in the clear', (t) => {
  const folder = files(t, { 'a.pcap': run(300, 0), 'b.pcap': run(300, 5) });
  const compared = compare(join(folder, 'a.pcap'), join(folder, 'b.pcap'), '--device', DEVICE);
  const minutely = row(compared, 'period', '52.208.0.1 udp 20500, every 60 s');
  assert.deepEqual([minutely.a?.sessions, minutely.b?.sessions, minutely.verdict], [299, 299, 'alike']);
  const added = row(compared, 'period', '52.208.0.9 udp 20600, every 300 s');
  assert.deepEqual([added.a, added.b?.sessions, added.verdict], [null, 59, 'added']);
  const heard = row(compared, 'cleartext', '52.208.0.1 udp 20500');
  assert.deepEqual([heard.a?.packets, heard.b?.packets, heard.verdict], [600, 600, 'alike']);
});

test('three minutes against five hours cannot say that something is gone', (t) => {
  const folder = files(t, { 'long.pcap': run(300, 60), 'short.pcap': run(4, 0) });
  const gone = row(
    compare(join(folder, 'long.pcap'), join(folder, 'short.pcap')),
    'destination',
    '52.208.0.9 udp 20600',
  );
  assert.equal(gone.verdict, 'cannot_say');
  assert.match(gone.why, /not in 3 min of B/);
});

test('rates are per hour watched, not totals', (t) => {
  const folder = files(t, { 'long.pcap': run(301, 0), 'short.pcap': run(61, 0) });
  const { a, b, rows } = compare(join(folder, 'long.pcap'), join(folder, 'short.pcap'));
  const packets = rows.find(({ name }) => name === 'packets');
  assert.deepEqual([a.hours.toFixed(2), b.hours.toFixed(2)], ['5.00', '1.00']);
  assert.equal(packets?.a?.packets, 602);
  assert.ok(Math.abs((packets?.a?.packets_per_hour ?? 0) - 120.4) < 0.1);
  assert.ok(Math.abs((packets?.b?.packets_per_hour ?? 0) - 122) < 0.1);
});

test('of one folder two spans of time, and only one device', (t) => {
  const folder = files(t, { 'all.pcap': [...run(120, 0), ...run(120, 4, 7200)] });
  const border = new Date((START + 7200) * 1000).toISOString();
  const { a, b, rows } = compare(`to=${border}`, `from=${border}`, folder, '--device', DEVICE);
  assert.deepEqual([a.packets, b.packets, a.devices], [240, 300, [DEVICE]]);
  assert.equal(rows.find(({ name }) => name === 'udp 20600')?.verdict, 'added');
});

test('spans that overlap are reported: their packets count on both sides', (t) => {
  const folder = files(t, { 'all.pcap': run(60, 0) });
  const at = (minutes: number) => new Date((START + minutes * 60) * 1000).toISOString();
  const { notes } = compare(`to=${at(40)}`, `from=${at(30)}`, folder);
  assert.match(notes.join(), /^A and B share 9 min of the same captures/);
  assert.deepEqual(compare(`to=${at(30)}`, `from=${at(30)}`, folder).notes, []);
});

test('the same seed gives the same bytes', (t) => {
  const folder = files(t, { 'a.pcap': run(90, 7), 'b.pcap': run(90, 3) });
  const words = [join(folder, 'a.pcap'), join(folder, 'b.pcap'), '--json'];
  assert.equal(diff(...words).out, diff(...words).out);
});

test('people see a table that fits their terminal, spreadsheets a row a line', (t) => {
  const folder = files(t, { 'a.pcap': run(300, 0), 'b.pcap': run(300, 5) });
  const words = [join(folder, 'a.pcap'), join(folder, 'b.pcap')];
  const { out } = diff(...words);
  assert.match(out, /\+ added\s+52\.208\.0\.9 udp 20600: none → 12\S* sessions/);
  assert.equal(Math.max(...out.split('\n').map(({ length }) => length)) <= 120, true);
  const csv = diff(...words, '--csv')
    .out.trimEnd()
    .split('\n');
  assert.match(csv[0] ?? '', /^list,name,verdict,p,/);
  assert.ok(csv.some((line) => line.startsWith('"destination","52.208.0.9 udp 20600","added",')));
});

/** A data folder: two hours of idle with half an hour of silence in which capture was paused, an hour of use. */
function dataFolder(t: TestContext): DataFolder {
  const folder = DataFolder.make(t);
  const start = START_NS / 1_000_000_000n;
  const at = (minutes: number) => `${start + BigInt(minutes * 60)}.000000000`;
  folder.line({ type: 'phase', ts: at(0), phase: 'idle', interaction: 'none', by: 'test', note: '' });
  const fill = (from: number, to: number, phase: 'idle' | 'intensive', second: number) => {
    const segment = folder.open(DEVICE_KEY, START_NS + BigInt(from * 60) * 1_000_000_000n, phase);
    for (const { bytes, seconds, nanoseconds } of run(to - from, second, from * 60)) {
      const moved = BigInt(seconds - START) * 1_000_000_000n + START_NS + BigInt(nanoseconds);
      folder.append(segment, record(Buffer.from(bytes), moved));
    }
    folder.close(segment);
  };
  fill(0, 60, 'idle', 0);
  folder.line({ type: 'gap', ts: at(90), from: at(60), to: at(90), reason: 'paused by test', lost: 0 });
  fill(90, 120, 'idle', 0);
  folder.line({ type: 'phase', ts: at(120), phase: 'intensive', interaction: 'none', by: 'test', note: '' });
  folder.line({ type: 'tag-started', ts: at(130), tag: 'android_lan_on', device: null, owner: 'test' });
  fill(120, 180, 'intensive', 2);
  folder.line({ type: 'tag-stopped', ts: at(160), tag: 'android_lan_on', device: null, owner: 'test' });
  folder.line({ type: 'annotation', ts: at(180), by: 'test', text: 'end' });
  return folder;
}

test('idle against intensive of a data folder: hours are those in which capture ran', (t) => {
  const { dir } = dataFolder(t);
  const compared = compare('idle', 'intensive', dir, '--device', DEVICE);
  assert.deepEqual([compared.a.hours, compared.b.hours], [1.5, 1]);
  assert.deepEqual([compared.a.packets, compared.b.packets], [180, 180]);
  assert.equal(row(compared, 'port', 'udp 20600').verdict, 'added');
  const tagged = compare('idle', 'tag=android_lan_on', dir);
  assert.deepEqual([tagged.b.hours, tagged.b.packets], [0.5, 90]);
});

test('a phase or tag that the ledger does not know: one line with those that it knows', (t) => {
  const { dir } = dataFolder(t);
  // A phase that was never declared was watched for no time: its lack of something is no result.
  const never = compare('idle', 'proxy', dir);
  assert.deepEqual([never.b.hours, never.b.packets], [0, 0]);
  assert.match(never.notes.join(), /proxy was not captured \(declared were idle, intensive\)/);
  assert.ok(never.rows.every(({ verdict }) => verdict === 'cannot_say'));
  assert.match(
    diff('idle', 'tag=lazy', dir).err,
    /the ledger knows no tag lazy; nothing was compared. There are android_lan_on/,
  );
});

const MISTAKES: readonly (readonly [words: readonly string[], says: RegExp])[] = [
  [['a.pcap@lazy', 'a.pcap'], /lazy in .* selects nothing; say a phase/],
  [['a.pcap@from=yesterday', 'a.pcap'], /yesterday in .* is no time/],
  [['a.pcap@from=2026-11-20T12:00Z,to=2026-11-20T11:00Z', 'a.pcap'], /ends before it begins/],
  [['a.pcap@day=1999-01-01', 'a.pcap'], /holds no TCP or UDP packet/],
  [['a.pcap', 'nothing.pcap'], /cannot be read: there is no such file/],
  [['a.pcap', 'a.pcap', '--device', 'kettle'], /kettle is neither a MAC nor an IP address/],
  [
    ['a.pcap', 'a.pcap', '--device', '02:00:00:00:00:99'],
    /no TCP or UDP packet of 02:00:00:00:00:99 .* Seen were 02:00:00:00:00:21/,
  ],
];

for (const [words, says] of MISTAKES)
  test(`one line for ${words.join(' ')}`, (t) => {
    const folder = files(t, { 'a.pcap': run(5, 0) });
    const { status, err } = diff(...words.map((word) => word.replace(/^(?=a\.pcap|nothing)/, `${folder}/`)));
    assert.equal(status, 2);
    assert.match(err, says);
    assert.equal(err.trimEnd().split('\n').length, 1);
  });
