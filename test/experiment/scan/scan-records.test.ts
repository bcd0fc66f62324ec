import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHosts, readPorts } from '../../../appliance/experiment/scan/nmap-xml.ts';
import { parseOrder, parseScanAnswer } from '../../../appliance/experiment/scan/scan-orders.ts';
import { planParts, portCount, timeText } from '../../../appliance/experiment/scan/scan-plan.ts';
import {
  addPart,
  beginScan,
  closeWindow,
  openWindow,
  parseScan,
} from '../../../appliance/experiment/scan/scan-record.ts';
import { capturedNetworks, refusal } from '../../../appliance/experiment/scan/scan-target.ts';
import { parseMac } from '../../../appliance/model/mac.ts';
import { NO_PORTS, type PortScan } from '../../../appliance/model/scan/port-scan.ts';
import { formatPorts, parsePorts } from '../../../appliance/model/scan/port-set.ts';
import { diffScans, scanBefore } from '../../../appliance/model/scan/scan-diff.ts';
import { cell, tableTwo } from '../../../appliance/model/scan/table-two.ts';

const DEVICE = parseMac('02:00:00:00:00:07')!;
const NOW = '2026-12-01T12:00:00.000Z';

const scanOf = (now = NOW, profile: 'quick' | 'full' = 'quick'): PortScan =>
  beginScan({ device: DEVICE, address: '10.88.0.7', profile, by: 'test', rate: 200 }, now);

/** As nmap 7.93 prints it, shortened. */
function nmapXml(ports: string, end = '<runstats><finished exit="success"/></runstats>'): string {
  return `<?xml version="1.0"?><!DOCTYPE nmaprun><nmaprun scanner="nmap" version="7.93">
<scaninfo type="syn" protocol="tcp" numservices="5" services="0-3,80"/>
<host><status state="up"/><address addr="10.88.0.7" addrtype="ipv4"/><address addr="02:00:00:00:00:07" addrtype="mac"/><ports>${ports}</ports></host>${end}</nmaprun>`;
}
const CLOSED =
  '<extraports state="closed" count="4"><extrareasons reason="reset" count="4" proto="tcp" ports="0-3"/></extraports>';
const OPEN = '<port protocol="tcp" portid="80"><state state="open" reason="syn-ack"/><service name="http"/></port>';

test('ports are written as ranges and read back, port 0 included', () => {
  assert.equal(formatPorts([0, 1, 2, 22, 65_535, 65_534]), '0-2,22,65534-65535');
  assert.deepEqual(parsePorts('0-2,22,65534-65535'), [0, 1, 2, 22, 65_534, 65_535]);
  for (const wrong of ['1-', '-', 'x', '5-3', '65536', '1,,2', '1 ']) assert.equal(parsePorts(wrong), undefined, wrong);
});

test('nmap’s answer counts only where it is whole and names each port that was asked once', () => {
  const found = readPorts(nmapXml(CLOSED + OPEN), 'tcp');
  assert.deepEqual(found?.states, { ...NO_PORTS, closed: '0-3', open: '80' });
  assert.equal(found?.mac, '02:00:00:00:00:07');
  assert.equal(readPorts(nmapXml(CLOSED), 'tcp'), undefined);
  assert.equal(readPorts(nmapXml(CLOSED + OPEN + OPEN), 'tcp'), undefined);
  assert.equal(readPorts(nmapXml(CLOSED + OPEN, ''), 'tcp'), undefined);
  assert.equal(readPorts(nmapXml(CLOSED + OPEN).slice(0, 300), 'tcp'), undefined);
  assert.equal(readPorts(nmapXml(CLOSED + OPEN), 'udp'), undefined);
  assert.equal(readHosts(nmapXml(''))?.[0]?.ip, '10.88.0.7');
});

test('only devices of the captured network may be scanned, and each refusal says why', () => {
  const networks = capturedNetworks('br-weir', {
    'br-weir': [{ address: '10.88.0.1', family: 'IPv4', netmask: '255.255.255.0', cidr: '10.88.0.1/24' }],
    eth0: [{ address: '192.0.2.7', family: 'IPv4', netmask: '255.255.255.0', cidr: '192.0.2.7/24' }],
  });
  const why = (address: string) => refusal(address, 'br-weir', networks) ?? '';
  assert.equal(why('10.88.0.7'), '');
  assert.match(why('192.0.2.1'), /outside the captured network \(10\.88\.0\.0\/24 on br-weir\)/);
  assert.match(why('10.88.0.1'), /this appliance itself/);
  assert.match(why('10.88.0.255'), /whole network/);
  assert.match(why('010.88.0.7'), /no IPv4 address/);
  assert.match(why('fe80::1'), /Only IPv4/);
  assert.match(refusal('10.88.0.7', 'br-weir', []) ?? '', /br-weir has no IPv4 address/);
});

test('orders and answers of the scanner are taken in their exact shape only', () => {
  const order = { order: 'ports', address: '10.88.0.7', mac: DEVICE, proto: 'tcp', ports: '0-8191', rate: 100 };
  assert.ok(parseOrder(JSON.stringify(order)));
  for (const wrong of [
    { ports: '0-1 -oN /etc/x' },
    { ports: '--script=x' },
    { proto: 'sctp' },
    { more: 1 },
    { rate: 0 },
  ])
    assert.equal(parseOrder(JSON.stringify({ ...order, ...wrong })), undefined, JSON.stringify(wrong));
  assert.equal(parseOrder('{'), undefined);
  assert.ok(parseScanAnswer(JSON.stringify({ result: 'problem', kind: 'missing', text: 'no nmap' })));
  assert.equal(parseScanAnswer(JSON.stringify({ result: 'problem', kind: 'other', text: '' })), undefined);
});

test('the full scan asks every port of both protocols once, and its time is reported beforehand', () => {
  const parts = planParts('full');
  for (const proto of ['tcp', 'udp'] as const) {
    const ports = parts.filter((part) => part.proto === proto).map((part) => part.ports);
    assert.equal(formatPorts(ports.flatMap((text) => parsePorts(text) ?? [])), '0-65535');
    assert.equal(
      ports.reduce((sum, text) => sum + portCount(text), 0),
      65_536,
    );
  }
  assert.match(timeText(parts, 200), /TCP about 11 min; UDP up to 18 h 13 min/);
});

test('a record grows part by part, survives its file, and a hostile one is none', () => {
  const found = {
    states: { ...NO_PORTS, open: '22', closed: '0-21' },
    source: '10.88.0.1',
    version: '7.93',
    seconds: 2,
  };
  const running = openWindow(scanOf(NOW, 'full'), '10.88.0.8', NOW);
  const more = addPart(addPart(running, 0, found, NOW), 1, { ...found, states: { ...NO_PORTS, closed: '23-30' } }, NOW);
  assert.equal(more.tcp.closed, '0-21,23-30');
  const ended = closeWindow(more, 'done', '', NOW);
  assert.deepEqual(ended.windows, [{ from: NOW, to: NOW }]);
  assert.deepEqual(parseScan(JSON.stringify(ended)), ended);
  for (const wrong of [
    '',
    '{}',
    '[]',
    JSON.stringify({ ...ended, device: '../../etc' }),
    JSON.stringify({ ...ended, state: 'x' }),
  ])
    assert.equal(parseScan(wrong), undefined);
});

test('Table 2 has ports, or the paper’s words', () => {
  assert.equal(cell({ ...NO_PORTS, open: '80,443', closed: '1' }), '80,443');
  assert.equal(cell({ ...NO_PORTS, closed: '1' }), 'Closed');
  assert.equal(cell({ ...NO_PORTS, 'open|filtered': '1' }), 'Filtered');
  assert.equal(cell({ ...NO_PORTS, filtered: '1' }), 'Filtered');
  assert.equal(cell({ ...NO_PORTS, filtered: '1', closed: '2' }), 'Closed-Filtered');
  assert.equal(cell(NO_PORTS), '');
  const done = addPart(
    scanOf(),
    0,
    { states: { ...NO_PORTS, open: '22,9999' }, source: '', version: '', seconds: 1 },
    NOW,
  );
  const [row] = tableTwo([scanOf('2026-12-02T00:00:00.000Z'), done], () => ({ category: 'hub', model: 'Vera' }));
  assert.equal(row?.tcp, '22,9999');
  assert.equal(row?.vulnerable, '22 (SSH)');
  assert.equal(row?.parts_left, 1);
});

test('two scans are compared at the ports that both asked', () => {
  const with80 = { states: { ...NO_PORTS, open: '80', closed: '81-90' }, source: '', version: '', seconds: 1 };
  const before = addPart(scanOf(), 0, with80, NOW);
  const now = { ...with80, states: { ...NO_PORTS, closed: '80', open: '81', filtered: '500' } };
  const after = addPart(scanOf('2026-12-02T00:00:00.000Z'), 0, now, NOW);
  assert.equal(scanBefore(after, [after, before])?.id, before.id);
  assert.deepEqual(diffScans(before, after).changes, [
    { proto: 'tcp', port: 80, before: 'open', after: 'closed' },
    { proto: 'tcp', port: 81, before: 'closed', after: 'open' },
  ]);
});
