// The published analyzer's numbers: every rule with a frame of its own, and all of them on the shared captures.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { portProfile } from '../../appliance/analysis/ports/ports.ts';
import { readCaptureFile } from '../../appliance/cli/files/capture-file.ts';
import { type AnalyzerAnswers, analyzerAnswers } from '../../appliance/reproduce/analyzer/answers.ts';
import { AnalyzerCounts } from '../../appliance/reproduce/analyzer/counts.ts';
import { ascii, type Endpoint, ethernet, ipv4, joinBytes, tcp, udp } from '../analysis/packets.ts';
import { CORPUS } from '../truth/corpus.ts';

const DEVICE: Endpoint = { mac: '02:00:00:00:00:01', ip: '10.0.0.2', port: 40_000 };
const SERVER: Endpoint = { mac: '02:00:00:00:00:02', ip: '203.0.113.7', port: 443 };
const TOOL_PORTS = portProfile('paper-tool')?.secure ?? [];

function count(...frames: readonly Uint8Array[]): AnalyzerAnswers {
  const counts = new AnalyzerCounts(TOOL_PORTS);
  for (const frame of frames) counts.frame(frame, 0, frame.length, 0, 0, frame.length, 1);
  return analyzerAnswers(counts);
}

function at(end: Endpoint, port: number, ip = end.ip): Endpoint {
  return { ...end, port, ip };
}

test('secure where either port is listed, and a port counts as source and as destination', () => {
  const { connections, ports } = count(
    udp(at(DEVICE, 443), at(SERVER, 443), ascii('abc')),
    udp(DEVICE, at(SERVER, 9), ascii('abc')),
    udp(at(DEVICE, 8883), at(SERVER, 9), ascii('abc')),
  );
  assert.deepEqual(connections, [['10.0.0.2', '203.0.113.7', 3, 2, 1]]);
  assert.deepEqual(ports, { 9: 2, 443: 2, 8883: 1, 40000: 1 });
});

test('entropy is of letters and digits where the payload is UTF-8, of bytes where it is not', () => {
  const text = count(udp(DEVICE, SERVER, ascii(' a_b-a.b\r\n')));
  const bytes = count(udp(DEVICE, SERVER, Uint8Array.of(0xff, 1, 0xff, 1)));
  assert.deepEqual(text.entropy, { '10.0.0.2': { '203.0.113.7': { averageEntropy: 1, amount: 1 } } });
  assert.deepEqual(bytes.entropy, { '10.0.0.2': { '203.0.113.7': { averageEntropy: 1, amount: 1 } } });
  assert.deepEqual([text.packets.amountDoneUtf, bytes.packets.amountByteBased], [1, 1]);
});

test('text without a letter or digit counts 0, one repeated byte is left out', () => {
  const { entropy, packets } = count(udp(DEVICE, SERVER, ascii('!?!?')), udp(DEVICE, SERVER, ascii('aaaa')));
  assert.deepEqual(entropy['10.0.0.2']?.['203.0.113.7'], { averageEntropy: 0, amount: 1 });
  assert.equal(packets.amountDoneUtfExcluded, 1);
});

test('clear text is counted in code points, stripped as Python strips, joined by "; "', () => {
  const snowman = new TextEncoder().encode('\u001c\u{1f600}x \u0085');
  const { cleartext_chars } = count(udp(DEVICE, SERVER, snowman), udp(DEVICE, SERVER, ascii(' y ')));
  assert.deepEqual(cleartext_chars, { '10.0.0.2': { '203.0.113.7': 5 } });
});

test('DNS, DHCP and NTP are no connections, and have no Raw layer', () => {
  const dns = joinBytes(Uint8Array.of(0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 0), Uint8Array.of(0, 1, 0, 1));
  const ntp = new Uint8Array(48).fill(0x23, 0, 1);
  const dhcp = new Uint8Array(244);
  dhcp.set([0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255], 236);
  const { connections, ips, packets } = count(
    udp(DEVICE, at(SERVER, 53), dns),
    udp(DEVICE, at(SERVER, 123), ntp),
    udp(at(DEVICE, 68), at(SERVER, 67), dhcp),
  );
  assert.deepEqual([connections, ips], [[], []]);
  assert.deepEqual([packets.amountNoRaw, packets.amountExcludedServices], [3, 2]);
});

test('what is cut inside a DNS message is no DNS: it counts as a connection, with its bytes', () => {
  const cut = joinBytes(Uint8Array.of(0, 1, 1, 0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0x61, 0, 0, 1, 0, 1), ascii('rest'));
  const { connections, packets } = count(udp(DEVICE, at(SERVER, 53), cut));
  assert.equal(connections.length, 1);
  assert.deepEqual([packets.amountNoRaw, packets.amountExcludedServices], [0, 0]);
});

test('handshake flags are exact: an acknowledgement with PSH is none', () => {
  const { packets } = count(
    ...[2, 18, 16, 17, 20, 24, 4, 25].map((flags) => tcp(DEVICE, SERVER, 1, 1, flags, new Uint8Array(0))),
  );
  assert.equal(packets.amountExcludedPackets, 5);
});

test('IGMP is a connection without ports; other IP before any TCP or UDP is only an address', () => {
  const igmp = ethernet(DEVICE.mac, SERVER.mac, 0x0800, ipv4('10.0.0.2', '224.0.0.22', 2, ascii('abcd')));
  const other = ethernet(DEVICE.mac, SERVER.mac, 0x0800, ipv4('10.0.0.2', '10.0.0.3', 200, ascii('abcd')));
  assert.deepEqual(count(igmp).connections, [['10.0.0.2', '224.0.0.22', 1, 0, 0]]);
  assert.deepEqual(count(other).connections, []);
  assert.deepEqual(count(other).ips, ['10.0.0.2', '10.0.0.3']);
  assert.deepEqual(count(udp(DEVICE, SERVER, ascii('x')), other).connections[0], ['10.0.0.2', '10.0.0.3', 1, 0, 0]);
});

test('payload without an IP header is counted for the pair of the packet before', () => {
  const stray = ethernet(DEVICE.mac, SERVER.mac, 0x88e1, Uint8Array.of(0xff, 1));
  const { entropy, packets } = count(udp(DEVICE, SERVER, Uint8Array.of(0xff, 1)), stray);
  assert.equal(entropy['10.0.0.2']?.['203.0.113.7']?.amount, 2);
  assert.equal(packets.amountByteBased, 2);
  assert.equal(count(ethernet(DEVICE.mac, SERVER.mac, 0x88e1, ascii('ab'))).packets.amountTotalProcessed, 2);
});

test('the header that an ICMP error returns is read, and its payload counted for the error', () => {
  const cited = udp(at(SERVER, 9), at(DEVICE, 9), Uint8Array.of(0xff, 1)).subarray(14);
  const error = joinBytes(Uint8Array.of(3, 3, 0, 0, 0, 0, 0, 0), cited);
  const { connections, entropy, packets } = count(
    ethernet(DEVICE.mac, SERVER.mac, 0x0800, ipv4('10.0.0.2', '203.0.113.7', 1, error)),
  );
  assert.deepEqual(connections, []);
  assert.equal(entropy['10.0.0.2']?.['203.0.113.7']?.amount, 1);
  assert.equal(packets.amountByteBased, 1);
});

test('hostile frames of every length are counted without a throw', () => {
  const frame = tcp(DEVICE, SERVER, 1, 1, 24, ascii('GET / HTTP/1.1\r\n\r\n'));
  for (let length = 0; length <= frame.length; length++) {
    const { packets } = count(frame.subarray(0, length));
    assert.equal(packets.totalAmountPackets, 1);
  }
});

const ANSWERS = join(CORPUS, '..', 'papers', 'analyzer-on-captures');
const answers = existsSync(ANSWERS) ? readdirSync(ANSWERS) : [];

for (const name of answers) {
  test(`as the authors' program on ${name}, entropies to six digits`, async () => {
    const want = JSON.parse(readFileSync(join(ANSWERS, name), 'utf8')) as AnalyzerAnswers;
    const counts = new AnalyzerCounts(TOOL_PORTS);
    await readCaptureFile(captureNamed(name.replace(/json$/, 'pcap')), counts, false);
    const got = analyzerAnswers(counts);
    assert.deepEqual(sixDigits(got), sixDigits(want));
  });
}

test('the answers of the authors are there to be compared', {
  skip: answers.length === 0 && `nothing at ${ANSWERS}`,
}, () => {
  assert.ok(answers.length >= 10);
});

function captureNamed(name: string): string {
  const found = readdirSync(CORPUS)
    .map((folder) => join(CORPUS, folder, name))
    .find((path) => existsSync(path));
  assert.ok(found !== undefined, name);
  return found;
}

function sixDigits(answer: AnalyzerAnswers): unknown {
  const text = JSON.stringify(answer, (key, value: unknown) =>
    key === 'averageEntropy' && typeof value === 'number' ? value.toFixed(6) : value,
  );
  const { connections, ips, ...rest } = JSON.parse(text) as AnalyzerAnswers;
  return { ...rest, connections: connections.map(String).toSorted(), ips: ips.toSorted() };
}
