import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../../appliance/analysis/analyzer.ts';
import { openTables } from '../../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../../appliance/analysis/render-document.ts';
import type { DocumentConversation } from '../../../appliance/model/analysis-document.ts';
import { connection, type Endpoint, udp } from '../packets.ts';
import { Confusion } from './confusion.ts';
import { realTls } from './real-tls.ts';
import { json, KINDS, type Kind, RandomBytes } from './sessions.ts';
import { type Packet, segments } from './stats-of.ts';

const DEVICE_MAC = '00:17:88:00:00:01';
const GATEWAY_MAC = '02:00:00:00:00:01';
const SESSIONS = 3;

/** The whole way from frames to document: decoders, streams, listeners and statistics together. */
function throughAnalyzer(proto: 'tcp' | 'udp', packets: readonly Packet[], port = 23_456): DocumentConversation {
  const device: Endpoint = { mac: DEVICE_MAC, ip: '10.0.0.2', port: 40_000 };
  const server: Endpoint = { mac: GATEWAY_MAC, ip: '52.208.0.1', port };
  const analyzer = new Analyzer({ owner: null, infra: [] });
  for (const [i, frame] of framesOf(proto, packets, device, server).entries()) {
    analyzer.frame(frame, 0, frame.length, 1_795_000_000 + Math.floor(i / 100), (i % 100) * 1e7, frame.length, 1);
  }
  const source = { path: 'made', bytes: 0, sha256: null, format: 'pcap', digits: 9, damage: null } as const;
  const { conversations } = renderDocument(analyzer.summary(), openTables('0').tables, source);
  assert.equal(conversations.length, 1);
  return conversations[0]!;
}

function framesOf(proto: 'tcp' | 'udp', packets: readonly Packet[], device: Endpoint, server: Endpoint): Uint8Array[] {
  if (proto === 'udp') {
    return packets.map(({ from, bytes }) => (from === 'a' ? udp(device, server, bytes) : udp(server, device, bytes)));
  }
  return connection(
    device,
    server,
    packets.flatMap(({ from, bytes }) =>
      segments(from, bytes).map((part) => [from === 'a' ? 0 : 1, part.bytes] as const),
    ),
  );
}

interface Outcome {
  readonly kind: Kind;
  readonly said: DocumentConversation;
}

const confusion = new Confusion();
const outcomes: Outcome[] = KINDS.flatMap((kind) =>
  Array.from({ length: SESSIONS }, (_, i) => {
    const said = throughAnalyzer(kind.proto, kind.make(new RandomBytes(`analyzer ${kind.name} ${i}`)));
    confusion.add(`${kind.truth}: ${kind.name}`, said.verdict, said.threshold7);
    return { kind, said };
  }),
);

function list(wrong: readonly Outcome[]): string {
  return wrong
    .map(({ kind, said }) => `${kind.name}: ${said.service} ${said.verdict}, ${said.verdict_reason}`)
    .join('\n');
}

test(`confusion of ${KINDS.length} kinds through the whole analyzer, ${SESSIONS} sessions each`, (t) => {
  for (const line of confusion.lines()) t.diagnostic(line);
  assert.equal(outcomes.length, KINDS.length * SESSIONS);
});

test('with listeners, too, nothing but TLS is called encrypted', () => {
  const wrong = outcomes.filter(
    ({ kind, said }) => kind.truth !== 'tls' && ['encrypted', 'upgraded'].includes(said.verdict),
  );
  assert.equal(wrong.length, 0, list(wrong));
});

test('with listeners, media over HTTP is compressed in the clear, whatever its entropy', () => {
  const media = outcomes.filter(({ kind }) => kind.name === 'MP4 by HTTP PUT' || kind.name === 'motion JPEG by HTTP');
  const wrong = media.filter(({ said }) => said.verdict !== 'compressed-in-clear' || said.threshold7 !== 'above');
  assert.ok(media.length > 0 && wrong.length === 0, list(wrong));
});

test('with listeners, text stays cleartext and scrambling encoded', () => {
  const wrong = outcomes.filter(
    ({ kind, said }) =>
      (kind.truth === 'text' && said.verdict !== 'cleartext') ||
      (kind.truth === 'scrambled' && said.verdict !== 'encoded'),
  );
  assert.equal(wrong.length, 0, list(wrong));
});

test('with listeners, at most 5 % of the sessions with 1 KB of payload get no answer', () => {
  const judged = outcomes.filter(({ said }) => said.payload_ab + said.payload_ba >= 1024);
  const silent = judged.filter(({ said }) => said.verdict === 'undetermined' || said.verdict === 'insufficient');
  assert.ok(silent.length <= judged.length * 0.05, list(silent));
});

test('the statistics that both ways come to are the same: a packet is a packet', () => {
  const packets = KINDS.find(({ name }) => name === 'AES-CTR stream')!.make(new RandomBytes('same'));
  const said = throughAnalyzer('tcp', packets);
  assert.equal(
    said.payload_ab,
    packets.reduce((sum, { bytes }) => sum + bytes.length, 0),
  );
});

for (const [name, sizes] of [
  ['keep-alives', Array.from({ length: 40 }, () => 60)],
  ['an upload', [200, 60_000, 30]],
  ['a single short message', [12]],
] as const) {
  test(`real TLS with ${name} is encrypted on any port, though threshold 7 may not say so`, async (t) => {
    const random = new RandomBytes(name);
    const packets = await realTls(sizes.map((size) => json(random, 2000).subarray(0, size)));
    const said = throughAnalyzer('tcp', packets);
    t.diagnostic(`${said.verdict}, threshold 7: ${said.threshold7}; ${said.verdict_reason}`);
    assert.equal(said.verdict, 'encrypted');
  });
}
