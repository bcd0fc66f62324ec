// What helps fits where it was said: beyond the home a firewall can keep it from the Internet, inside it cannot.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { mergeSummaries } from '../../appliance/analysis/summary/merge.ts';
import type { Summary } from '../../appliance/analysis/summary/summary.ts';
import { ascii, connection, type Endpoint, joinBytes, udp } from './packets.ts';

const DEVICE: Endpoint = { mac: 'd0:73:d5:00:00:01', ip: '10.0.0.7', port: 40000 };
const VICTIM = 'd0:73:d5:00:00:99';
const hub = (ip: string): Endpoint => ({ mac: 'b8:27:eb:00:00:01', ip, port: 80 });

function analyze(frames: readonly Uint8Array[]): Summary {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  for (const [i, bytes] of frames.entries())
    analyzer.frame(bytes, 0, bytes.length, 1_795_002_000 + i, 0, bytes.length, 1);
  return analyzer.end().summary;
}

function request(to: string, head: string): Uint8Array[] {
  const text = `GET /a?api_key=0123456789abcdef0123456789abcdef HTTP/1.1\r\nHost: hub.example\r\n${head}\r\n`;
  return connection(DEVICE, hub(to), [[0, ascii(text)]]);
}

function remedies(summary: Summary): Record<string, string> {
  return Object.fromEntries(Object.values(summary.own.findings).map(({ rule, remedy }) => [rule, remedy]));
}

const BASIC = 'Authorization: Basic bWFyYTp0cm91dA==\r\n';

for (const to of ['10.0.0.9', '192.168.4.1', '172.20.0.3'])
  test(`a password that stays at home (${to}) is not to be blocked from the Internet`, () => {
    const reported = remedies(analyze(request(to, BASIC)));
    assert.match(reported['CRED-01'] ?? '', /separate network/);
    for (const remedy of Object.values(reported)) assert.doesNotMatch(remedy, /Internet/);
  });

for (const to of ['198.51.100.9', '8.8.8.8', '172.32.0.3'])
  test(`a password that leaves the home (${to}) can be`, () => {
    assert.match(remedies(analyze(request(to, BASIC)))['CRED-01'] ?? '', /block the device from the Internet/);
  });

test('met in both places it is reported for the Internet, in whatever order, in one piece or two', () => {
  const [home, beyond] = [request('10.0.0.9', BASIC), request('198.51.100.9', BASIC)];
  const whole = [analyze([...home, ...beyond]), analyze([...beyond, ...home])];
  const merged = [mergeSummaries(analyze(home), analyze(beyond)), mergeSummaries(analyze(beyond), analyze(home))];
  for (const summary of [...whole, ...merged]) {
    const basic = Object.values(summary.own.findings).filter(({ rule }) => rule === 'CRED-01');
    assert.deepEqual(
      basic.map(({ count }) => count),
      [2],
    );
    assert.match(basic[0]?.remedy ?? '', /block the device from the Internet/);
  }
});

test('an address that is asked for in another’s name: both are named', () => {
  const client = Uint8Array.from(VICTIM.split(':').map((octet) => Number.parseInt(octet, 16)));
  const head = new Uint8Array(236);
  head.set([1, 1, 6, 0]);
  head.set(client, 28);
  const discover = joinBytes(head, Uint8Array.of(0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255));
  const everybody = { mac: 'ff:ff:ff:ff:ff:ff', ip: '255.255.255.255', port: 67 };
  const summary = analyze([udp({ ...DEVICE, ip: '0.0.0.0', port: 68 }, everybody, discover)]);
  const [finding] = Object.values(summary.own.findings).filter(({ rule }) => rule === 'AP-01');
  assert.equal(finding?.device, DEVICE.mac);
  assert.equal(finding?.excerpt_masked, `DHCP discover for ${VICTIM}, sent by ${DEVICE.mac}`);
});
