// weir reproduce paper: its figures equal what tshark and ent say, and its printed tables contradict the text where they do.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { figureFour } from '../../appliance/reproduce/paper/places.ts';
import { printedChecks } from '../../appliance/reproduce/paper/printed-checks.ts';
import { CORPUS } from '../truth/corpus.ts';
import { csvRows, hasProgram, PROGRAM, reproduce, tshark } from './outside.ts';

const WITHINGS = join(CORPUS, 'iot-setup', 'Withings_Setup-C-1.pcap');
const MAC = '00:24:e4:24:80:2a';
const reason = hasProgram('tshark', WITHINGS) ?? hasProgram('ent', WITHINGS) ?? false;

function output(t: TestContext, path: string, ...options: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-paper-'));
  t.after(() => rmSync(folder, { recursive: true }));
  reproduce('paper', path, '-o', folder, '--no-measure', ...options);
  return folder;
}

/** Bits per byte, by the program ent. */
function ent(payload: Buffer): number {
  const { stdout } = spawnSync('ent', ['-t'], { input: payload, encoding: 'utf8' });
  return Number(stdout.split('\n')[1]?.split(',')[2]);
}

test('the figures of a capture equal those of tshark and ent', { skip: reason }, (t) => {
  const folder = output(t, WITHINGS);
  const table = (name: string): Record<string, string>[] => csvRows(join(folder, `${name}.csv`));
  const frames = tshark(WITHINGS, '', 'frame.len').map(([length]) => Number(length));
  const method = new Map(table('method').map((row) => [row['what'], row['value']]));
  assert.equal(method.get('packets'), String(frames.length));
  assert.equal(method.get('bytes of frames'), String(frames.reduce((sum, length) => sum + length, 0)));

  const sent = tshark(WITHINGS, `eth.src==${MAC} && ip.dst==89.30.121.150 && tcp`, 'frame.len').map(([n]) => Number(n));
  const flow = table('figure-4').filter((row) => row['country'] === 'FR');
  assert.deepEqual(
    flow.map((row) => row['bytes_sent']),
    [String(sent.reduce((sum, n) => sum + n, 0))],
  );

  const streams = new Map<string, number[]>();
  for (const [stream = '', payload = ''] of tshark(WITHINGS, 'tcp.len > 0', 'tcp.stream', 'tcp.payload')) {
    streams.set(stream, [...(streams.get(stream) ?? []), ent(Buffer.from(payload, 'hex'))]);
  }
  const means = [...streams.values()].map((all) => all.reduce((sum, h) => sum + h, 0) / all.length);
  const row = table('table-3').find((each) => each['mac'] === MAC)!;
  const expected = means.reduce((sum, mean) => sum + mean, 0) / means.length;
  assert.ok(
    Math.abs(Number(row['device-to-cloud entropy']) - expected) < 2e-6,
    `${row['device-to-cloud entropy']} ${expected}`,
  );
  assert.equal(
    row['device-to-cloud connections'],
    String(new Set(tshark(WITHINGS, 'tcp', 'tcp.stream').map(([s]) => s)).size),
  );
  assert.equal(row['device-to-cloud cleartext'], 'true');
  assert.equal(row['device-to-cloud protocols'], 'http');

  const low = table('threshold-7').find((each) => each['mac'] === MAC && each['channel'] === 'device-to-cloud')!;
  assert.equal(low['connections_at_or_below'], String(means.filter((mean) => mean <= 7).length));
  assert.equal(low['readable'], String(streams.size));
  assert.equal(table('table-5').find((each) => each['country'] === 'FR')?.['devices'], '1');
  const matrix = table('appendix-a').find((each) => each['mac'] === MAC)!;
  assert.deepEqual([matrix['FR'], matrix['US'], matrix['total']], ['1', '0', '1']);
  assert.equal(Object.keys(matrix).length, 2 + 36 + 3);
  assert.match(table('table-4').find((each) => each['mac'] === MAC)?.['found'] ?? '', /CLR-01 \d+/);
  assert.deepEqual(table('table-2').find((each) => each['mac'] === MAC)?.['tcp'], '');
});

test('two runs write the same bytes, and the HTML loads nothing', { skip: reason }, (t) => {
  const [first, second] = [output(t, WITHINGS), output(t, WITHINGS)];
  const names = readdirSync(first);
  assert.ok(names.length > 15);
  for (const name of names) assert.ok(readFileSync(join(first, name)).equals(readFileSync(join(second, name))), name);
  const html = readFileSync(join(first, 'report.html'), 'utf8');
  assert.doesNotMatch(html, /<script|<link|<img|src=|url\(|@import/);
  assert.match(html, /<h2>Gaps<\/h2>/);
});

test('the printed tables contradict the text where they do', () => {
  const checks = new Map(
    printedChecks().rows.map(([what, text, recomputed, agrees]) => [what, { text, recomputed, agrees }]),
  );
  const of = (what: string): unknown => checks.get(what)?.recomputed;
  assert.equal(of('devices with a port from 49152 to 65535'), 6);
  assert.equal(of('devices with port 80'), 3);
  assert.equal(of('devices with an entropy of 7 or below'), 10);
  const channel = (name: string): unknown[] => ['protocol', 'tick'].map((by) => of(`${name}, by ${by}`));
  assert.deepEqual(channel('device-to-cloud without encryption'), [7, 9]);
  assert.deepEqual(channel('app-to-cloud without encryption'), [3, 0]);
  assert.deepEqual(channel('app-to-device without encryption'), [4, 2]);
  assert.deepEqual(channel('devices without encryption in any channel'), [11, 11]);
  assert.equal(of('cameras among the devices with clear text'), '5 of 8');
  assert.equal(of('entropy of Victure cam (PC530) (Table 4)'), '5.74; it is the app-to-cloud cell');
  assert.equal(of('databases agree, rows of Table 6'), '4 of 10');
  assert.equal(of('secure ports'), 21);
  assert.equal(checks.get('devices that reach the US')?.agrees, true);
});

test('Fig. 4 says what is beyond the ten largest destinations', () => {
  const countries = Array.from({ length: 12 }, (_, i) => String.fromCharCode(65 + i).repeat(2));
  const sent = new Map(countries.map((country, i) => [country, 1200 - i * 100] as const));
  const few = new Map([['LL', 50]] as const);
  const bytes = new Map([
    ['02:00:00:00:00:20', sent],
    ['02:00:00:00:00:21', few],
  ] as const);
  const { table, figure } = figureFour({ devices: [] }, bytes);
  assert.equal(table.rows.length, 10 + 1 + 1);
  assert.deepEqual(
    table.rows.filter(([, country]) => country === '2 more'),
    [
      ['02:00:00:00:00:20', '2 more', 200 + 100],
      ['02:00:00:00:00:21', '2 more', 50],
    ],
  );
  assert.match(table.notes.join(' '), /"2 more" are KK LL\./);
  assert.match(figure.svg, /2 more/);
  const all = table.rows.reduce((sum, row) => sum + Number(row[2]), 0);
  assert.equal(
    all,
    [...sent.values(), ...few.values()].reduce((a, b) => a + b, 0),
  );
});

test('a registry names the devices; one that cannot be read is refused', { skip: reason }, (t) => {
  const registry = join(mkdtempSync(join(tmpdir(), 'weir-registry-')), 'devices.txt');
  t.after(() => rmSync(dirname(registry), { recursive: true }));
  writeFileSync(registry, `${MAC} hall-scale\n`);
  const rows = csvRows(join(output(t, WITHINGS, '--registry', registry), 'table-3.csv'));
  assert.equal(rows.find((row) => row['mac'] === MAC)?.['device'], 'hall-scale');
  const words = ['reproduce', 'amar', WITHINGS, '--registry', join(dirname(registry), 'none')];
  const refused = spawnSync(process.execPath, [PROGRAM, ...words], { encoding: 'utf8' });
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /^weir: .*none cannot be read \(there is no such file\)[^\n]*\n$/);
});
