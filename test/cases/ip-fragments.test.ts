// Kind B: a datagram in IP fragments is one message. Counters stay those of tshark with defragmentation off.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { Vault } from '../../appliance/analysis/secrets/vault.ts';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { RandomBytes } from '../analysis/labelled/random-bytes.ts';
import { tsharkMissing } from '../analysis/labelled/tshark-labels.ts';
import { ascii, type Endpoint, ethernet, ipv4, joinBytes, pcapFile, udp } from '../analysis/packets.ts';
import { be16, be32, wire } from '../decode/fixture.ts';
import { DEVICE, documentOf, SERVER } from './frames.ts';
import { ipv6Bytes } from './ipv6-frames.ts';

const CLOUD = { ...SERVER, port: 5683 };
const V6: readonly [Endpoint, Endpoint] = [
  { ...DEVICE, ip: '2001:db8::21' },
  { ...CLOUD, ip: '2a05:d018::1' },
];

/** Of a whole UDP datagram with its header. */
type Cut = (datagram: Uint8Array, size: number, identification: number) => Uint8Array[];

const cutV4: Cut = (datagram, size, identification) =>
  pieces(datagram, size).map(({ at, bytes, more }) => {
    const packet = ipv4(DEVICE.ip, CLOUD.ip, 17, bytes);
    const view = new DataView(packet.buffer, packet.byteOffset);
    view.setUint16(4, identification);
    view.setUint16(6, (more ? 0x2000 : 0) | (at / 8));
    return ethernet(DEVICE.mac, CLOUD.mac, 0x0800, packet);
  });

const cutV6: Cut = (datagram, size, identification) =>
  pieces(datagram, size).map(({ at, bytes, more }) => {
    const fragment = wire(17, 0, be16(at | (more ? 1 : 0)), be32(identification), bytes);
    const header = wire(0x60, 0, 0, 0, be16(fragment.length), 44, 64, ipv6Bytes(V6[0].ip), ipv6Bytes(V6[1].ip));
    return ethernet(DEVICE.mac, CLOUD.mac, 0x86dd, joinBytes(header, fragment));
  });

function pieces(datagram: Uint8Array, size: number): { at: number; bytes: Uint8Array; more: boolean }[] {
  const count = Math.ceil(datagram.length / size);
  return Array.from({ length: count }, (_, i) => {
    return { at: i * size, bytes: datagram.subarray(i * size, (i + 1) * size), more: i + 1 < count };
  });
}

function datagramOf(payload: Uint8Array): Uint8Array {
  return udp(DEVICE, CLOUD, payload).subarray(34);
}

/** POST /cfg (RFC 7252) with a body whose password comes last. */
const POST = wire(
  [0x40, 2, 0x12, 0x34],
  [0xb3],
  ascii('cfg'),
  0xff,
  ascii(`{"note":"${'all is well '.repeat(200)}","password":"Tr0ut-Ladder!"}`),
);

function reported(document: AnalysisDocument): [string, number][] {
  return document.findings.filter(({ rule }) => rule === 'CRED-05').map(({ rule, count }) => [rule, count]);
}

const ORDERS: readonly (readonly [string, (frames: Uint8Array[]) => Uint8Array[]])[] = [
  ['in order', (frames) => frames],
  ['the last first', (frames) => frames.toReversed()],
  ['each twice', (frames) => frames.flatMap((frame) => [frame, frame])],
];

for (const [version, cut] of [
  ['IPv4', cutV4],
  ['IPv6', cutV6],
] as const) {
  for (const [order, arrange] of ORDERS) {
    test(`a password in the last of ${version} fragments is found, ${order}`, () => {
      const document = documentOf(arrange(cut(datagramOf(POST), 1024, 7)));
      assert.equal(reported(document).length, 1);
      assert.equal(document.conversations[0]?.service, 'coap');
    });
  }
}

test('what the first fragment showed alone is not reported again', () => {
  const early = wire(
    [0x40, 2, 0x12, 0x34],
    [0xb3],
    ascii('cfg'),
    0xff,
    ascii(`password=Tr0ut-Ladder!&x=${'a'.repeat(2000)}`),
  );
  const body = wire(
    [0x40, 2, 0, 1],
    [0xb3],
    ascii('cfg'),
    0xff,
    ascii(`{"password":"Tr0ut-Ladder!","x":"${'a'.repeat(2000)}"}`),
  );
  for (const message of [early, body]) {
    const document = documentOf(cutV4(datagramOf(message), 1024, 8));
    assert.ok(
      reported(document).every(([, count]) => count === 1),
      JSON.stringify(reported(document)),
    );
    assert.deepEqual({ ...document.coap?.paths }, { '/cfg': 1 });
  }
});

test('pieces of two datagrams do not mix, and a lost one leaves the rest as it was', () => {
  const [one, two] = [cutV4(datagramOf(POST), 1024, 1), cutV4(datagramOf(POST), 1024, 2)];
  assert.deepEqual(reported(documentOf([one[0]!, two[1]!, two[2]!])), []);
  assert.deepEqual(reported(documentOf([one[0]!, two[0]!, one[1]!, two[1]!, two[2]!, one[2]!])), [['CRED-05', 2]]);
});

test('a planted secret that fragments cut is found, and reported once', () => {
  const noise = new RandomBytes('fragments').bytes(1010);
  const payload = joinBytes(noise, ascii('Tr0ut-Ladder!'), noise);
  const analyzer = new Analyzer({
    owner: null,
    infra: [],
    vault: new Vault([{ name: 'camera', value: 'Tr0ut-Ladder!' }]),
  });
  for (const frame of cutV4(datagramOf(payload), 1024, 3))
    analyzer.frame(frame, 0, frame.length, 1, 0, frame.length, 1);
  const findings = Object.values(analyzer.summary().own.findings);
  assert.deepEqual(
    findings.map(({ rule, count }) => [rule, count]),
    [['PII-09', 1]],
  );
});

test('packets and payload are counted as before', () => {
  const [conversation] = documentOf(cutV4(datagramOf(POST), 1024, 7)).conversations;
  assert.deepEqual([conversation?.pkts_ab, conversation?.payload_ab], [1, 1016]);
});

test('a flood of first fragments is bounded, and reported', () => {
  const frames = Array.from({ length: 3000 }, (_, i) => cutV4(datagramOf(POST), 1024, i)[0]!);
  assert.ok((documentOf(frames).limits.messages_cut ?? 0) > 2900);
});

test('tshark puts the same pieces together', { skip: tsharkMissing() ?? false }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-fragments-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'made.pcap');
  const frames = [...cutV4(datagramOf(POST), 1024, 7), ...cutV6(datagramOf(POST), 1024, 9)];
  writeFileSync(path, pcapFile(frames.map((bytes, i) => ({ bytes, seconds: i, nanoseconds: 0 }))));
  const words = ['-n', '-r', path, '-Y', 'coap', '-T', 'fields', '-e', 'coap.payload_length'];
  const lengths = execFileSync('tshark', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  assert.deepEqual(lengths.trim().split('\n'), [`${POST.length - 9}`, `${POST.length - 9}`]);
});
