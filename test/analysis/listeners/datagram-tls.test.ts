// Hellos over UDP through the whole analysis, to the document: DTLS in fragments, fingerprints, the encrypted hello.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../../appliance/analysis/analyzer.ts';
import { openTables } from '../../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../../appliance/analysis/render-document.ts';
import type { AnalysisDocument } from '../../../appliance/model/analysis-document.ts';
import { certificate } from '../../decode/certificate.ts';
import { clientHelloBody, handshake, record, serverHelloBody } from '../../decode/client-hello.ts';
import { be16, be24, vector16, vector24, wire } from '../../decode/fixture.ts';
import { connection, type Endpoint, udp } from '../packets.ts';

const LOCK: Endpoint = { mac: '02:00:00:00:00:11', ip: '10.0.0.11', port: 40_000 };
const CLOUD: Endpoint = { mac: '02:00:00:00:00:01', ip: '198.51.100.7', port: 5684 };
const { tables } = openTables('0');

function documentOf(frames: readonly Uint8Array[], seconds = 1_795_000_000): AnalysisDocument {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  for (const [i, bytes] of frames.entries()) analyzer.frame(bytes, 0, bytes.length, seconds, i, bytes.length, 1);
  const source = { path: 'x', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;
  return renderDocument(analyzer.summary(), tables, source);
}

const hello = clientHelloBody('lock.example.com', { cookie: true, version: 0xfefd });

/** [from, to) of the hello as a datagram of its own (RFC 6347 §4.2.3). */
function fragment(from: number, to: number): Uint8Array {
  const message = wire(1, be24(hello.length), be16(0), be24(from), be24(to - from), hello.subarray(from, to));
  return udp(LOCK, CLOUD, wire(22, be16(0xfefd), be16(0), [0, 0, 0, 0, 0, 1], vector16(message)));
}

for (const [order, cuts] of [
  ['in order', [0, 60, 120, hello.length]],
  ['in one piece', [0, hello.length]],
] as const) {
  test(`a DTLS hello ${order} reports name and fingerprints once`, () => {
    const frames = cuts.slice(1).map((to, i) => fragment(cuts[i]!, to));
    const { tls } = documentOf(frames);
    assert.deepEqual({ ...tls.sni }, { 'lock.example.com': 1 });
    assert.match(Object.keys(tls.ja4 ?? {}).join(), /^d\w+_[0-9a-f]{12}_[0-9a-f]{12}$/);
    assert.match(Object.keys(tls.ja3 ?? {}).join(), /^[0-9a-f]{32}$/);
  });
}

test('fragments may come in any order, twice, and overlap', () => {
  const frames = [fragment(100, hello.length), fragment(0, 80), fragment(0, 80), fragment(60, 110)];
  assert.deepEqual({ ...documentOf(frames).tls.sni }, { 'lock.example.com': 1 });
});

test('fragments with a hole report nothing, and memory of them is bounded', () => {
  const hole = [fragment(0, 80), fragment(90, hello.length)];
  const flood = Array.from({ length: 500 }, () => hole).flat();
  const document = documentOf(flood);
  assert.deepEqual({ ...document.tls.sni }, {});
  assert.equal(document.conversations[0]?.service, 'dtls');
});

test('a certificate shown at a time beyond any calendar is not judged by it', () => {
  const flight = wire(handshake(2, serverHelloBody(undefined)), handshake(11, vector24(vector24(certificate()))));
  const frames = connection(LOCK, { ...CLOUD, port: 443 }, [
    [0, record(22, 0x0301, handshake(1, clientHelloBody('cloud.example.com')))],
    [1, record(22, 0x0303, flight)],
  ]);
  const rules = (seconds: number) => documentOf(frames, seconds).findings.map(({ rule }) => rule);
  assert.ok(rules(2_524_608_000).includes('TLS-04'), 'valid until 2036, seen in 2050');
  assert.ok(!rules(18_446_744_073_709).includes('TLS-04'));
});
