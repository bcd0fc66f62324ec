// weir analyze from the outside: formats, exit codes, warnings.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { household } from '../analysis/household.ts';
import { ascii, pcapFile, udp } from '../analysis/packets.ts';
import { analyze, MAIN } from './analyzed.ts';

test('a whole capture gives one JSON document and exit code 0', (t) => {
  const { status, out } = analyze(t, household(1), '--format', 'json');
  const document = JSON.parse(out) as AnalysisDocument;
  assert.equal(status, 0);
  assert.equal(document.schema, 'weir.analysis/1');
  assert.equal(document.input.damage, null);
  assert.ok(document.conversations.length > 10 && document.devices.length >= 3);
});

test('a damaged capture is analysed up to the damage: exit code 0 and one warning', (t) => {
  const { status, out, err } = analyze(t, household(1).subarray(0, 20_000), '--format', 'json');
  assert.equal(status, 0);
  assert.ok((JSON.parse(out) as AnalysisDocument).input.damage !== null);
  assert.match(err, /is damaged after packet \d+, at byte \d+: file ends inside a (packet|record header)/);
});

for (const [name, bytes] of [
  ['an empty file', new Uint8Array(0)],
  ['a cut file header', household(1).subarray(0, 11)],
  ['something else', new TextEncoder().encode('<html>no capture at all</html>')],
] as const) {
  test(`${name} gives one line and exit code 2`, (t) => {
    const { status, out, err } = analyze(t, bytes, '--format', 'json');
    assert.deepEqual([status, out], [2, '']);
    assert.match(err, /^weir: .*capture\.pcap.*\[NOT_A_CAPTURE\]\n$/);
  });
}

test('a compressed capture is read, a bomb is stopped', (t) => {
  const packed = analyze(t, gzipSync(household(1)), '--format', 'json');
  const plain = analyze(t, household(1), '--format', 'json');
  const conversations = (text: string) => (JSON.parse(text) as AnalysisDocument).conversations;
  assert.deepEqual(conversations(packed.out), conversations(plain.out));
  const bomb = analyze(
    t,
    gzipSync(Buffer.concat([household(1).subarray(0, 4000), Buffer.alloc(60_000_000)])),
    '--format',
    'json',
  );
  assert.equal(bomb.status, 0);
  assert.match(bomb.err, /is damaged/);
});

test('CSV tables have a head and a row for each item; nothing in them starts a formula', (t) => {
  for (const table of ['conversations', 'devices', 'ports', 'dns', 'findings']) {
    const { status, out } = analyze(t, household(2), '--format', 'csv', '--table', table);
    const lines = out.trimEnd().split('\r\n');
    assert.equal(status, 0);
    assert.ok(lines.length > 1, table);
    assert.ok(
      lines.every((line) => !/(^|,)"?[=+@]/.test(line)),
      table,
    );
  }
});

test('an unknown format or table is refused before the file is read', (t) => {
  for (const options of [
    ['--format', 'xml'],
    ['--format', 'csv', '--table', 'nothing'],
  ]) {
    const { status, err } = analyze(t, household(1), ...options);
    assert.equal(status, 2);
    assert.match(err, /\[USAGE\]/);
  }
});

test('a folder of segments counts a frame between two devices once', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-folder-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [one, two] = ['02:00:00:00:00:11', '02:00:00:00:00:12'];
  const ends = [
    { mac: one, ip: '10.0.0.11', port: 5000 },
    { mac: two, ip: '10.0.0.12', port: 6668 },
  ] as const;
  const frames = [udp(ends[0], ends[1], ascii('ask')), udp(ends[1], ends[0], ascii('answer'))];
  const file = pcapFile(frames.map((bytes, i) => ({ bytes, seconds: 10 + i, nanoseconds: 0 })));
  [one, two].forEach((device, i) => {
    const sidecar = { schema: 'weir.segment/1', device, infra: ['02:00:00:00:00:01'], seq: i + 1 };
    writeFileSync(join(folder, `${i}.pcap`), file);
    writeFileSync(join(folder, `${i}.json`), JSON.stringify(sidecar));
  });
  const { stdout } = spawnSync(process.execPath, [MAIN, 'analyze', folder, '--format', 'json'], { encoding: 'utf8' });
  const { input, conversations } = JSON.parse(stdout) as AnalysisDocument;
  assert.equal(input.packets, 2);
  assert.deepEqual(
    conversations.map(({ a_ip, pkts_ab, pkts_ba }) => [a_ip, pkts_ab, pkts_ba]),
    [['10.0.0.11', 1, 1]],
  );
});

test('a folder with files that cannot be read: they are named and left out, the others are analysed', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-folder-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a.pcap'), '');
  writeFileSync(join(folder, 'b.pcap'), 'no capture at all, but long enough for a header');
  writeFileSync(join(folder, 'c.pcap'), household(1));
  const run = spawnSync(process.execPath, [MAIN, 'analyze', folder, '--format', 'json'], { encoding: 'utf8' });
  const { input } = JSON.parse(run.stdout) as AnalysisDocument;
  assert.equal(run.status, 0);
  assert.match(
    run.stderr,
    /a\.pcap is empty.* It is left out.*\n.*b\.pcap is neither pcap nor pcapng.* It is left out/,
  );
  assert.deepEqual(
    input.files?.map((file) => [file.path.slice(-6), file.bytes > 0, file.sha256?.length, file.left_out !== null]),
    [
      ['a.pcap', false, undefined, true],
      ['b.pcap', false, undefined, true],
      ['c.pcap', true, 64, false],
    ],
  );
});

test('a folder of nothing that can be read is an error, and so is a file that is not there, in words', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-folder-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a.pcap'), '');
  for (const [path, words] of [
    [folder, /a\.pcap is empty/],
    [join(folder, 'none.pcap'), /none\.pcap cannot be read: there is no such file\. \[FILE_UNREADABLE\]/],
  ] as const) {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'analyze', path], { encoding: 'utf8' });
    assert.equal(status, 2);
    assert.match(stderr, words);
  }
});

test('a pipe in the place of a file is refused instead of waited for', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-pipe-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const pipe = join(folder, 'capture.pcap');
  if (spawnSync('mkfifo', [pipe]).status !== 0) return t.skip('no mkfifo here');
  const answer = spawnSync(process.execPath, [MAIN, 'analyze', pipe], { encoding: 'utf8', timeout: 30_000 });
  assert.equal(answer.status, 2);
  assert.match(answer.stderr, /no ordinary file/);
});

test('the router is named: found by itself, or the one that was said', (t) => {
  const found = analyze(t, household(1));
  assert.match(found.out, /02:00:00:00:00:01 .* router \(found: most devices leave the home through it/);
  const said = analyze(
    t,
    household(1),
    '--router',
    '02-00-00-00-00-01',
    '--router',
    '020000000099',
    '--format',
    'json',
  );
  const document = JSON.parse(said.out) as AnalysisDocument;
  assert.deepEqual(
    document.routers?.map(({ mac, known_by }) => [mac, known_by]),
    [['02:00:00:00:00:01', 'said']],
  );
  assert.equal(
    document.devices.some(({ mac }) => mac === '02:00:00:00:00:01'),
    false,
  );
});

test('a router that is no address is refused in one line', (t) => {
  const { status, err } = analyze(t, household(1), '--router', 'fritz.box');
  assert.equal(status, 2);
  assert.match(err, /^weir: A router is written aa:bb:cc:00:01:02, not fritz\.box.*\[USAGE\]\n$/);
});
