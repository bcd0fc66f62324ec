// weir reproduce amar: its figures equal what tshark says.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { controlKeys, dnsHeads, eightAddresses, pathPattern } from '../../appliance/reproduce/amar/behaviour.ts';
import { periodsOf } from '../../appliance/reproduce/amar/periods.ts';
import { ConnTracker } from '../../appliance/reproduce/zeek/tracker.ts';
import { ascii, type Endpoint, tcp } from '../analysis/packets.ts';
import { CORPUS } from '../truth/corpus.ts';
import { csvRows, hasProgram, reproduce, tshark } from './outside.ts';

const HUE = join(CORPUS, 'iot-ap', 'philips-hue_lan.pcap');
const ALL = join(CORPUS, 'iot-ap', 'all-devices_lan.pcap');
const MAC = '00:17:88:74:c2:dc';
const ROUTER = 'c0:56:27:73:46:0b';
const reason = hasProgram('tshark', HUE) ?? false;

function output(t: TestContext, path: string, ...options: string[]): (name: string) => Record<string, string>[] {
  const folder = mkdtempSync(join(tmpdir(), 'weir-amar-'));
  t.after(() => rmSync(folder, { recursive: true }));
  reproduce('amar', path, '-o', folder, ...options);
  return (name) => csvRows(join(folder, `${name}.csv`));
}

function sum(values: readonly (string | undefined)[]): number {
  return values.reduce((total, value) => total + Number(value ?? 0), 0);
}

test('the bridge alternates 51 s and 56 to 59 s, with bursts of 2,106 bytes', { skip: reason }, (t) => {
  const rows = output(t, HUE)('periods').filter((row) => row['what'] === 'ssdp bursts' && row['mac'] === MAC);
  const short = rows.find((row) => Number(row['longest']) < 54)!;
  const long = rows.find((row) => Number(row['shortest']) > 54)!;
  assert.equal(rows.length, 2);
  assert.equal(Math.round(Number(short['seconds'])), 51);
  assert.ok(Number(long['shortest']) >= 56 && Number(long['longest']) < 59.5, JSON.stringify(long));
  assert.ok(Number(short['intervals']) >= 20 && Number(long['intervals']) >= 20);
  assert.deepEqual(
    rows.map((row) => row['burst_bytes']),
    ['2106', '2106'],
  );
  const frames = tshark(HUE, `eth.src==${MAC} && udp.dstport==1900`, 'frame.len');
  assert.equal(sum(frames.slice(0, 6).map(([n]) => n)), 2106);
});

test('in the other capture it keeps 50.6 s, 47 times', { skip: reason }, (t) => {
  const rows = output(t, ALL)('periods').filter((row) => row['what'] === 'ssdp bursts' && row['mac'] === MAC);
  assert.deepEqual(
    rows.map((row) => [row['seconds'], row['intervals']]),
    [['50.6', '47']],
  );
});

test('volumes, hours, names and ports equal those of tshark', { skip: reason }, (t) => {
  const table = output(t, HUE, '--without', MAC);
  const of = (name: string, ...cells: [string, string][]): Record<string, string>[] =>
    table(name).filter((row) => cells.every(([key, value]) => row[key] === value));
  const sentTcp = sum(tshark(HUE, `eth.src==${MAC} && tcp && ip`, 'ip.len').map(([n]) => n));
  assert.equal(of('figure-2-protocol', ['mac', MAC], ['protocol', 'tcp'])[0]?.['sent'], String(sentTcp));
  const services = sum(of('figure-2-service', ['mac', MAC]).map((row) => row['sent']));
  const protocols = sum(of('figure-2-protocol', ['mac', MAC]).map((row) => row['sent']));
  assert.equal(services, protocols);
  assert.deepEqual(of('figure-2-protocol', ['mac', ROUTER]), []);

  const external = tshark(HUE, `eth.src==${MAC} && tcp && ip && !(ip.dst==192.168.0.0/16)`, 'tcp.len');
  const udpExternal = tshark(
    HUE,
    `eth.src==${MAC} && udp && ip && !icmp && !(ip.dst==192.168.0.0/16) && !(ip.dst==224.0.0.0/4) && !(ip.dst==255.255.255.255)`,
    'udp.length',
  );
  // An ICMP error has a second header; the first one is its own.
  const icmp = tshark(HUE, `eth.src==${MAC} && icmp`, 'ip.dst', 'ip.len').map((row) =>
    row.map((cell) => cell.split(',')[0] ?? ''),
  );
  const icmpPayload = sum(
    icmp.filter(([ip]) => ip?.startsWith('192.168.') === false).map(([, n]) => String(Number(n) - 28)),
  );
  const payload = icmpPayload + sum(external.map(([n]) => n)) + sum(udpExternal.map(([n]) => String(Number(n) - 8)));
  assert.equal(of('figure-3', ['mac', MAC])[0]?.['payload_external'], String(payload));

  const frames = tshark(HUE, '', 'frame.time_epoch', 'frame.len');
  const hours = new Map<number, number>();
  for (const [time, length] of frames) {
    const hour = Math.floor(Number(time) / 3600);
    hours.set(hour, (hours.get(hour) ?? 0) + Number(length));
  }
  assert.deepEqual(
    table('figure-4-5').map((row) => Number(row['bytes'])),
    [...hours.values()],
  );
  const others = sum(tshark(HUE, `!(eth.addr==${MAC})`, 'frame.len').map(([n]) => n));
  assert.equal(sum(table('figure-4-5').map((row) => row['without'])), others);

  const seen = of('presence', ['mac', MAC])[0];
  assert.equal(seen?.['frames'], String(tshark(HUE, `eth.src==${MAC}`, 'frame.number').length));
  const location = of('ssdp-locations', ['mac', MAC])[0];
  assert.equal(
    location?.['announced'],
    String(tshark(HUE, `eth.src==${MAC} && http.location && !icmp`, 'frame.number').length),
  );
  assert.equal(
    location?.['fetched'],
    String(tshark(HUE, 'http.request.uri=="/description.xml" && tcp', 'frame.number').length),
  );
  const top = table('largest').filter((row) => row['side'] === 'source');
  const sent = tshark(HUE, 'ip', 'ip.src', 'ip.len').map((row) => row.map((cell) => cell.split(',')[0] ?? ''));
  const bytes = sum(sent.filter(([ip]) => ip === '192.168.1.141').map(([, n]) => n));
  assert.deepEqual([top[0]?.['ip'], top[0]?.['bytes']], ['192.168.1.141', String(bytes)]);
  const heads = of('dns-heads', ['mac', MAC]);
  assert.ok(heads.length <= 10 && heads.length > 5);
  const asked = tshark(HUE, `eth.src==${MAC} && udp.dstport==53 && !icmp && dns.flags.response==0`, 'dns.qry.name').map(
    ([n]) => n,
  );
  const name = heads.find((row) => asked.includes(row['name']))!;
  assert.equal(name['queries'], String(asked.filter((each) => each === name['name']).length));
  assert.ok(heads.every((row) => !row['name']?.endsWith('.local')));
});

test('two runs write the same bytes', { skip: reason }, (t) => {
  const folders = [0, 1].map(() => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-amar-'));
    t.after(() => rmSync(folder, { recursive: true }));
    reproduce('amar', HUE, '-o', folder);
    return folder;
  });
  for (const name of readdirSync(folders[0]!))
    assert.ok(readFileSync(join(folders[0]!, name)).equals(readFileSync(join(folders[1]!, name))), name);
});

test('several periods are distinguished, chance is not one', () => {
  const starts = [0, 50, 108, 158, 216, 266, 324, 900];
  assert.deepEqual(
    periodsOf(starts).map(({ mean, intervals }) => [mean, intervals]),
    [
      [50, 3],
      [58, 3],
    ],
  );
  assert.deepEqual(periodsOf([0, 1, 5, 100]), []);
});

const ECHO: Endpoint = { mac: '02:00:00:00:00:01', ip: '192.168.1.5', port: 40_000 };
const BRIDGE: Endpoint = { mac: '02:00:00:00:00:02', ip: '192.168.1.9', port: 80 };

test('a key in a local path is shown masked, with how long it was in use', () => {
  const tracker = new ConnTracker();
  const key = 'abcdEFGH1234567890abcdEFGH1234567890xyzq';
  for (const [i, seconds] of [0, 7200].entries()) {
    const request = tcp(ECHO, BRIDGE, 1, 1, 24, ascii(`GET /api/${key}/lights HTTP/1.1\r\nHost: 192.168.1.9\r\n\r\n`));
    const answer = tcp(BRIDGE, ECHO, 1, 1, 24, ascii('HTTP/1.1 200 OK\r\n\r\n'));
    for (const frame of [request, answer]) tracker.frame(frame, 0, frame.length, seconds + i, 0, frame.length, 1);
  }
  const [row] = controlKeys(tracker, (mac) => mac).rows;
  assert.deepEqual(row?.slice(1, 6), ['192.168.1.9', 'abcd…(40)', 2, 2, ECHO.mac]);
  assert.equal(row?.at(-1), 2);
  assert.doesNotMatch(JSON.stringify(row), new RegExp(key));
  assert.equal(pathPattern(`/api/${key}/lights/3`), '/api/*/lights/#');
  assert.deepEqual(dnsHeads(tracker, (mac) => mac).rows, []);
});

test('the eight addresses are not joined', () => {
  const { rows } = eightAddresses();
  assert.equal(rows.length, 8);
  assert.ok(rows.every((row) => row[3] === false && row[4] === false));
});
