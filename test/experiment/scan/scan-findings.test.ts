import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsText } from '../../../appliance/cli/ask/findings.ts';
import { scanFindings } from '../../../appliance/experiment/scan/scan-findings.ts';
import {
  addLooks,
  addPart,
  beginScan,
  closeWindow,
  openWindow,
} from '../../../appliance/experiment/scan/scan-record.ts';
import type { AnalysisDocument } from '../../../appliance/model/analysis-document.ts';
import { parseMac } from '../../../appliance/model/mac.ts';
import { NO_PORTS, type PortLook, type PortScan } from '../../../appliance/model/scan/port-scan.ts';
import { tableTwo } from '../../../appliance/model/scan/table-two.ts';
import { findingRow } from '../../../appliance/publish/finding-watch.ts';
import { findingEvent, openFindings, payloadText } from '../../../appliance/publish/mqtt/payloads.ts';
import { findingNotice, noticeLine } from '../../../appliance/publish/notify/notification.ts';
import { tableTwoCsv } from '../../../appliance/publish/scan-view.ts';
import { scannedTables } from '../../../appliance/reproduce/paper/scanned-table.ts';

const DEVICE = parseMac('02:00:00:00:00:07')!;
const HOSTILE = '<script>alert(1)</script>';

function scanned(day: string, tcp: string, udp: string, looks: readonly PortLook[] = []): PortScan {
  const now = `2026-12-0${day}T12:00:00.000Z`;
  const found = (open: string) => ({
    states: { ...NO_PORTS, open, closed: '1,2,3,9999' },
    source: '10.88.0.1',
    version: '7.93',
    seconds: 1,
  });
  const scan = openWindow(
    beginScan({ device: DEVICE, address: '10.88.0.7', profile: 'quick', by: '', rate: 9 }, now),
    '10.88.0.7',
    now,
  );
  return closeWindow(addLooks(addPart(addPart(scan, 0, found(tcp), now), 1, found(udp), now), looks), 'done', '', now);
}

const look = (port: number, as: string, open_access: boolean | null): PortLook => ({
  port,
  as,
  banner: HOSTILE,
  result: 'answered',
  open_access,
});
const rulesOf = (...scans: PortScan[]) =>
  scanFindings(scans).map(({ rule, id }) => `${rule} ${id.split(' ').slice(2).join(' ')}`);

test('open ports become findings: telnet, known trojans, services without protection, what lets in without a password', () => {
  const scan = scanned('1', '23,80,554,1883', '65000', [
    look(554, 'rtsp', true),
    look(80, 'http', true),
    look(23, 'telnet', null),
  ]);
  assert.deepEqual(rulesOf(scan), [
    'PORT-01 tcp 23',
    'PORT-04 tcp 80',
    'PORT-04 tcp 554',
    'PORT-04 tcp 1883',
    'PORT-03 udp 65000',
    'PORT-02 tcp 554',
    'PORT-02 tcp 80',
  ]);
  const [telnet] = scanFindings([scan]);
  assert.ok(telnet?.excerpt_masked.includes(HOSTILE), 'what the device said is text, whatever it looks like');
  assert.equal(telnet?.first_ts, '1796126400.000000000');
  // The paper's own table: 65000 was open among ports of a camera, and silent is not open.
  assert.deepEqual(rulesOf(scanned('1', '', '')), []);
});

test('a hostile banner is text on the terminal, and is published to no broker, notification or table', () => {
  const hostile = '\u001b]0;owned\u0007\u001b[2J\u202e\r\n=HYPERLINK("http://a.example")' + HOSTILE;
  const scan = scanned('1', '23', '', [{ ...look(23, 'telnet', true), banner: hostile }]);
  const findings = scanFindings([scan]);
  const rows = findings.map((finding) => findingRow(finding));
  assert.ok(findings.some(({ excerpt_masked }) => excerpt_masked.includes(hostile)));
  const terminal = findingsText(rows);
  assert.match(terminal, /said “\\u\{1b\}\]0;owned\\u\{7\}/);
  assert.doesNotMatch(terminal.replaceAll('\n', ''), /[\u0000-\u001f\u007f-\u009f\u202e]/);
  const notices = findings.map((finding) => findingNotice(finding, '', 'http://page.example'));
  const published = [
    ...rows.map((row) => payloadText(findingEvent('new', row, ''))),
    payloadText(openFindings(findings, '')),
    ...notices.map(noticeLine),
    JSON.stringify(notices),
    tableTwoCsv(tableTwo([scan], () => ({ category: '', model: '' }))),
  ];
  for (const text of published) assert.doesNotMatch(text, /owned|HYPERLINK|script/);
});

test('a port that opened since the scan before is reported, one that stayed is not', () => {
  assert.deepEqual(rulesOf(scanned('1', '3', ''), scanned('2', '3,9999', '')), []);
  const before = scanned('1', '', '');
  const after = { ...scanned('2', '', ''), tcp: { ...NO_PORTS, open: '9999', closed: '1' } };
  assert.deepEqual(rulesOf(before, after), ['PORT-05 tcp 9999']);
});

test('the paper’s Table 2 and its numbers are made of the newest scan of each device', () => {
  const document = { devices: [{ mac: DEVICE, category: 'camera', names: [], vendor: null }], conversations: [] };
  const [table, numbers, sources] = scannedTables(document as unknown as AnalysisDocument, [
    scanned('1', '22', ''),
    scanned('2', '443,49152', ''),
  ]);
  assert.equal(table?.rows.length, 1);
  assert.deepEqual(table?.rows[0]?.slice(3, 5), ['443,49152', 'Closed']);
  assert.deepEqual(
    numbers?.rows.map((row) => row[1]),
    [1, 1, 0, 0, 0],
  );
  assert.ok((sources?.rows ?? []).every((row) => String(row[4]).length > 5));
  assert.deepEqual(scannedTables(document as unknown as AnalysisDocument, []), []);
});
