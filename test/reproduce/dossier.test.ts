// The dossier: the same input makes the same page, it loads and runs nothing, and what devices say is text in it.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeScan } from '../../appliance/experiment/scan/scan-files.ts';
import { scanFindings, withFindings } from '../../appliance/experiment/scan/scan-findings.ts';
import { addLooks, addPart, beginScan, closeWindow, openWindow } from '../../appliance/experiment/scan/scan-record.ts';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import type { Window } from '../../appliance/model/experiment/window.ts';
import { parseMac } from '../../appliance/model/mac.ts';
import { NO_PORTS, type PortScan } from '../../appliance/model/scan/port-scan.ts';
import { dossier } from '../../appliance/reproduce/dossier/dossier.ts';
import { reportHtml } from '../../appliance/reproduce/report/html.ts';
import { ascii, connection, pcapFile } from '../analysis/packets.ts';
import { documentOf } from '../web/mock-document.ts';
import { HOME } from '../web/mock-home.ts';
import { weir } from './outside.ts';

const NOW = 1_795_179_600_000;

/** Sixty ways to be more than text: each of ten forms in six places. */
const FORMS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'><svg/onload=alert(1)>",
  '</style><script>alert(1)</script>',
  '</title><iframe src=//evil.example>',
  '&lt;b&gt;&#x3c;b&#x3e;',
  'javascript:alert(1)',
  '\u202Efdp.exe\u0000\u001b[31m',
  '<!--<a href="x" onclick=alert(1)>-->',
  ']]><foreignObject><body onload=alert(1)>',
];

function hostile(document: AnalysisDocument, form: string): AnalysisDocument {
  return {
    ...document,
    input: { ...document.input, path: form },
    devices: document.devices.map((device) => ({
      ...device,
      names: [{ name: form, source: 'dhcp' }],
      maker: form,
      model: form,
    })),
    conversations: document.conversations.map((one) => ({
      ...one,
      names: [{ name: form, source: 'sni' }],
      org: form,
      provider: null,
    })),
    findings: document.findings.map((one) => ({ ...one, excerpt_masked: form })),
    destinations: document.destinations.map((one) => ({ ...one, names: [{ name: form, source: 'dns' }] })),
  };
}

const NOTE: Window = {
  id: 'note-7',
  kind: 'note',
  from: '2026-11-20T10:00:00.000000000Z',
  to: null,
  device: null,
  name: 'note',
  made: 'live',
};

/** Elements that a dossier may contain. */
const ELEMENTS =
  /^(html|head|meta|title|style|body|h[123]|p|ul|li|div|table|thead|tbody|tr|th|td|figure|figcaption|svg|rect|text|line|path|circle|polyline)$/;

test('sixty hostile strings are text', () => {
  let seen = 0;
  for (const form of FORMS) {
    const document = hostile(documentOf(HOME, NOW), form);
    const html = reportHtml(
      dossier({ document, device: null, windows: [{ ...NOTE, note: form }], scans: [], phases: [] }),
    );
    for (const [, name = ''] of html.matchAll(/<\/?([A-Za-z!][A-Za-z0-9]*)/g))
      assert.match(name, /^(!doctype|!)$/.test(name) ? /./ : ELEMENTS, form);
    assert.doesNotMatch(html, /<[^>]*\s(on\w+|href|src)=/);
    assert.doesNotMatch(html, /[\u0000\u001b\u202E]/);
    const shown =
      html.split(
        form
          .replaceAll('&', '&amp;')
          .replaceAll('<', '&lt;')
          .replaceAll('>', '&gt;')
          .replaceAll('"', '&quot;')
          .slice(0, 12),
      ).length - 1;
    seen += Math.min(6, /[\u0000]/.test(form) ? 6 : shown);
  }
  assert.equal(seen, 60, 'each of ten is in six places at least');
});

test('one device is described alone, with its destinations, hours and windows', () => {
  const document = documentOf(HOME, NOW);
  const [first] = document.devices;
  assert.ok(first !== undefined);
  const report = dossier({
    document,
    device: first.mac,
    windows: [NOTE],
    scans: [],
    phases: [
      { phase: 'idle', document },
      { phase: 'intensive', document },
    ],
  });
  assert.deepEqual(report.sections.length, 2);
  const [one] = report.sections;
  const titles = one?.tables.map(({ title }) => title) ?? [];
  for (const title of [
    'Who it is, and how that is known',
    'Destinations on the Internet',
    'Ports',
    'Phases side by side',
  ])
    assert.ok(titles.includes(title), title);
  const rows = one?.tables.find(({ title }) => title === 'Destinations on the Internet')?.rows ?? [];
  const sent = rows.reduce((sum, row) => sum + Number(row[4]), 0);
  const talks = document.conversations.filter(({ a_mac, country }) => a_mac === first.mac && country !== 'local');
  assert.equal(
    sent,
    talks.reduce((sum, { bytes_ab }) => sum + bytes_ab, 0),
  );
});

test('a gap of the recording is reported, and so is that none is known', () => {
  const document = documentOf(HOME, NOW);
  const gap: Window = { ...NOTE, id: 'gap-9', kind: 'gap', name: 'gap', to: '2026-11-20T11:00:00.000000000Z' };
  const reported = (windows: readonly Window[]) =>
    dossier({ document, device: null, windows, scans: [], phases: [] }).gaps[0] ?? '';
  assert.match(reported([gap]), /^1 gaps or pauses/);
  assert.match(reported([]), /^No gap of the recording is known/);
});

/** As a scan of the first device of the home left it; what the ports said is `banner`. */
function scanned(mac: string, banner: string): PortScan {
  const now = '2026-11-20T10:00:00.000Z';
  const device = parseMac(mac);
  assert.ok(device !== undefined);
  const asked = { device, address: '192.168.7.2', profile: 'quick', by: 'test', rate: 9 } as const;
  const found = (states: object) => ({ states: { ...NO_PORTS, ...states }, source: '', version: '7.93', seconds: 1 });
  const running = openWindow(beginScan(asked, now), asked.address, now);
  const tcp = addPart(running, 0, found({ open: '23,8080', closed: '1-22', filtered: '24' }), now);
  const both = addPart(tcp, 1, found({ closed: '1-3', 'open|filtered': '53' }), now);
  const looks = [23, 8080].map((port) => ({ port, as: 'telnet', banner, result: 'answered', open_access: true }));
  return closeWindow(addLooks(both, looks), 'done', '', now);
}

test('the newest port scan of a device is in its dossier: ports in the paper’s words, banners as text', () => {
  const document = documentOf(HOME, NOW);
  const [first, second] = document.devices;
  assert.ok(first !== undefined && second !== undefined);
  const old = { ...scanned(first.mac, 'old'), id: '20251120T100000Z-older' };
  for (const form of [...FORMS, 'BusyBox v1.19.4 built-in shell']) {
    const scans = [old, scanned(first.mac, form)];
    const facts = { document: withFindings(document, scanFindings(scans)), windows: [], phases: [], scans };
    const report = dossier({ ...facts, device: first.mac });
    const table = (title: string) => report.sections[0]?.tables.find((one) => one.title === title);
    assert.deepEqual(table('Port scan')?.rows, [
      ['tcp', '23,8080', 2, 22, 1, 0],
      ['udp', 'Closed-Filtered', 0, 3, 0, 1],
    ]);
    assert.deepEqual(
      table('Open ports, and what they said')?.rows.map((row) => row.slice(0, 5)),
      [
        ['tcp', 23, 'Telnet', 'telnet: answered, lets in without a password', form],
        ['tcp', 8080, null, 'telnet: answered, lets in without a password', form],
      ],
    );
    const rules = table('Findings')?.rows.map((row) => row[1]) ?? [];
    assert.ok(rules.includes('PORT-01') && rules.includes('PORT-02'));
    const html = reportHtml(report);
    for (const [, name = ''] of html.matchAll(/<\/?([A-Za-z!][A-Za-z0-9]*)/g))
      assert.match(name, /^(!doctype|!)$/.test(name) ? /./ : ELEMENTS, form);
    assert.doesNotMatch(html, /<[^>]*\s(on\w+|href|src)=/);
    assert.doesNotMatch(html, /[\u0000\u001b\u202E]/);
    const other = dossier({ ...facts, device: second.mac });
    assert.ok(!other.sections[0]?.tables.some(({ title }) => title === 'Port scan'));
  }
});

test('weir report of a data folder has the scans that are kept in it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-report-scan-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'captures'));
  writeFileSync(join(folder, 'ledger.ndjson'), '');
  const camera = { mac: '18:b4:30:00:00:02', ip: '192.168.7.2', port: 40_000 };
  const cloud = { mac: 'dc:a6:32:00:00:fe', ip: '52.8.178.58', port: 80 };
  const frames = connection(camera, cloud, [[0, ascii('GET / HTTP/1.1\r\nHost: cam.example\r\n\r\n')]]);
  const packets = frames.map((bytes, i) => ({ bytes, seconds: 1_795_179_600 + i, nanoseconds: 0 }));
  writeFileSync(join(folder, 'captures', 'in.pcap'), pcapFile(packets));
  await writeScan(folder, scanned(camera.mac, 'shell of <b>the camera</b>\u001b[2J'));
  const page = join(folder, 'page.html');
  weir('report', folder, '-o', page, '--device', camera.mac);
  const html = readFileSync(page, 'utf8');
  assert.match(html, /Port scan/);
  assert.match(html, /PORT-01/);
  assert.match(html, /shell of &lt;b&gt;the camera&lt;\/b&gt;\\u\{1b\}\[2J/);
});

test('weir report writes the same page for the same file, with the hash of the file in it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-report-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'in.pcap');
  const camera = { mac: '18:b4:30:00:00:02', ip: '192.168.7.2', port: 40_000 };
  const cloud = { mac: 'dc:a6:32:00:00:fe', ip: '52.8.178.58', port: 80 };
  const frames = connection(camera, cloud, [[0, ascii('GET /<b>x</b> HTTP/1.1\r\nHost: cam.example\r\n\r\n')]]);
  writeFileSync(file, pcapFile(frames.map((bytes, i) => ({ bytes, seconds: 1_795_179_600 + i, nanoseconds: 0 }))));
  const pages = ['a.html', 'b.html'].map((name) => {
    weir('report', file, '-o', join(folder, name), '--device', camera.mac);
    return readFileSync(join(folder, name), 'utf8');
  });
  assert.equal(pages[0], pages[1]);
  assert.ok(pages[0]?.includes(createHash('sha256').update(readFileSync(file)).digest('hex')));
  assert.ok(pages[0]?.includes('52.8.178.58'));
});
