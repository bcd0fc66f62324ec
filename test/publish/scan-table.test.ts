// Table 2 of the paper out of scans that are kept in a data folder, in the paper's own words, wherever it is shown: over HTTP, by the
// verb, as CSV, and by `weir reproduce paper`.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeScan } from '../../appliance/experiment/scan/scan-files.ts';
import { addLooks, addPart, beginScan, closeWindow, openWindow } from '../../appliance/experiment/scan/scan-record.ts';
import { deviceId, type Mac } from '../../appliance/model/mac.ts';
import { NO_PORTS, type PortStates } from '../../appliance/model/scan/port-scan.ts';
import type { TableTwoRow } from '../../appliance/model/scan/table-two.ts';
import { DataFolder, device, eventually, packet } from '../store/data-folder.ts';
import { startTestAppliance } from './running.ts';

const WEIR = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));
const run = promisify(execFile);
const HOSTILE = '\u001b]0;owned\u0007\u001b[2J\u202e\r\n<script>';
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202e]/;
const NOW = '2026-12-01T12:00:00.000Z';

/** Per device what came back over TCP and UDP, and the two words of the paper's table for it. */
const FOUND: readonly (readonly [Partial<PortStates>, Partial<PortStates>, string, string])[] = [
  [{ open: '80,49152', closed: '1-79' }, { closed: '53' }, '80,49152', 'Closed'],
  [{ closed: '1-100' }, { 'open|filtered': '1-100' }, 'Closed', 'Filtered'],
  [{ filtered: '1-100' }, { closed: '1-52', 'open|filtered': '53' }, 'Filtered', 'Closed-Filtered'],
  [{ closed: '1-50', filtered: '51' }, { closed: '1' }, 'Closed-Filtered', 'Closed'],
];
const DEVICES = FOUND.map((_, index) => device(index + 1) as Mac);

async function keepScans(folder: DataFolder): Promise<void> {
  for (const [index, [tcp, udp]] of FOUND.entries()) {
    const asked = {
      device: DEVICES[index]!,
      address: `10.0.0.${index + 11}`,
      profile: 'quick',
      by: '',
      rate: 9,
    } as const;
    const found = (states: Partial<PortStates>) => ({
      states: { ...NO_PORTS, ...states },
      source: '',
      version: '',
      seconds: 1,
    });
    const running = openWindow(beginScan(asked, NOW), asked.address, NOW);
    const both = addPart(addPart(running, 0, found(tcp), NOW), 1, found(udp), NOW);
    const look = { port: 80, as: 'http', banner: HOSTILE, result: 'answered', open_access: false };
    await writeScan(folder.dir, closeWindow(addLooks(both, [look]), 'done', '', NOW));
  }
}

test('Table 2 is in the paper’s words over HTTP, by the verb, as CSV and in weir reproduce paper', async (t) => {
  const folder = DataFolder.make(t);
  for (const owner of DEVICES) {
    const segment = folder.open(owner);
    for (let i = 0; i < 20; i++) folder.append(segment, packet(owner, i));
    folder.close(segment);
  }
  await keepScans(folder);
  const appliance = await startTestAppliance(t, undefined, folder);
  const cookie = await appliance.logIn();
  const get = (accept: string) => appliance.ask('/api/v1/scans/table', { headers: { cookie, accept } });
  const rows = async () => ((await get('application/json')).json as { rows: TableTwoRow[] }).rows;
  await eventually('a row each device', async () => (await rows()).length === DEVICES.length);
  const words = FOUND.map(([, , tcp, udp], index) => [DEVICES[index], tcp, udp]);
  const sorted = (cells: readonly (readonly unknown[])[]) =>
    [...cells].sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
  assert.deepEqual(sorted((await rows()).map(({ device: mac, tcp, udp }) => [mac, tcp, udp])), words);

  const csv = (await get('text/csv')).text;
  assert.deepEqual(sorted(cellsOf(csv)), words);
  const config = join(folder.dir, 'settings.yaml');
  writeFileSync(config, JSON.stringify({ data: { dir: folder.dir } }));
  const verb = async (...more: string[]) =>
    (await run(process.execPath, [WEIR, 'scan', 'table', '--config', config, ...more])).stdout;
  assert.equal(await verb('--csv'), csv);
  const table = await verb();
  for (const word of ['Closed', 'Filtered', 'Closed-Filtered', '80,49152'])
    assert.match(table, new RegExp(`\\b${word}\\b`));

  const out = join(folder.dir, 'paper');
  await run(process.execPath, [WEIR, 'reproduce', 'paper', join(folder.dir, 'captures'), '--no-measure', '--out', out]);
  assert.deepEqual(sorted(cellsOf(readFileSync(join(out, 'table-2-scanned.csv'), 'utf8'))), words);
  assert.match(readFileSync(join(out, 'report.html'), 'utf8'), /Closed-Filtered/);
});

test('weir scan show and the dossier of the page have a hostile banner as text', async (t) => {
  const folder = DataFolder.make(t);
  const owner = DEVICES[0]!;
  const segment = folder.open(owner);
  for (let i = 0; i < 20; i++) folder.append(segment, packet(owner, i));
  folder.close(segment);
  await keepScans(folder);
  const appliance = await startTestAppliance(t, undefined, folder);
  const headers = { cookie: await appliance.logIn() };
  const config = join(folder.dir, 'settings.yaml');
  writeFileSync(config, JSON.stringify({ data: { dir: folder.dir } }));
  const id = `20261201T120000Z-${deviceId(owner)}`;
  const { stdout } = await run(process.execPath, [WEIR, 'scan', 'show', id, '--config', config]);
  assert.match(stdout, /asks for a password: \\u\{1b\}\]0;owned/);
  assert.doesNotMatch(stdout.replaceAll('\n', ''), CONTROL);
  const report = async () => (await appliance.ask(`/api/v1/devices/${deviceId(owner)}/report`, { headers })).text;
  await eventually('the dossier', async () => (await report()).includes('Open ports, and what they said'));
  const html = await report();
  assert.match(html, /owned.*&lt;script&gt;/);
  assert.match(html, /PORT-04/);
  assert.doesNotMatch(html.replaceAll('\n', ''), CONTROL);
  assert.doesNotMatch(html, /<script/);
});

/** Device, TCP and UDP of each row. */
function cellsOf(csv: string): string[][] {
  const [head = [], ...lines] = csv
    .trim()
    .split('\r\n')
    .map((line) =>
      [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell = '']) => cell.replaceAll('"', '')),
    );
  const places = ['device', 'tcp', 'udp'].map((name) => head.indexOf(name));
  return lines.map((line) => places.map((place) => line[place] ?? ''));
}
