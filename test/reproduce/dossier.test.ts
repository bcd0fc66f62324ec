// The dossier: the same input makes the same page, it loads and runs nothing, and what devices say is text in it.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import type { Window } from '../../appliance/model/experiment/window.ts';
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
    const html = reportHtml(dossier({ document, device: null, windows: [{ ...NOTE, note: form }], phases: [] }));
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
    dossier({ document, device: null, windows, phases: [] }).gaps[0] ?? '';
  assert.match(reported([gap]), /^1 gaps or pauses/);
  assert.match(reported([]), /^No gap of the recording is known/);
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
