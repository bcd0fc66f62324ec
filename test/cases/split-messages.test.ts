// Messages in pieces are the same wherever a segment ends: what is put together is carried over.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import type { Carry } from '../../appliance/analysis/summary/carry.ts';
import { emptySummary, mergeSummaries } from '../../appliance/analysis/summary/merge.ts';
import { canonicalJson } from '../../appliance/analysis/summary/packing.ts';
import { type Summary } from '../../appliance/analysis/summary/summary.ts';
import { connection, type Endpoint, tcp, udp } from '../analysis/packets.ts';
import { clientHelloBody, handshake } from '../decode/client-hello.ts';
import { be16, noise, vector8, vector16, wire } from '../decode/fixture.ts';
import { QUIC_V1, sealInitial } from '../decode/quic-initial.ts';

const CAM: Endpoint = { mac: '02:00:00:00:00:20', ip: '192.168.77.20', port: 40_000 };
const CLOUD: Endpoint = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 80 };

type Messages = readonly (readonly [0 | 1, Uint8Array])[];

function pieces(direction: 0 | 1, bytes: Uint8Array, size: number): Messages {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, i) => [direction, bytes.subarray(i * size, (i + 1) * size)] as const);
}

const SECRET = '{"user":"jane","password":"geheimwort-4711"}';
const packed = gzipSync(SECRET);
const chunked = wire(
  'a\r\n',
  packed.subarray(0, 10),
  `\r\n${(packed.length - 10).toString(16)}\r\n`,
  packed.subarray(10),
  '\r\n0\r\n\r\n',
);
const get = (method: string): string => `${method} /x HTTP/1.1\r\nHost: a.example\r\n\r\n`;

function httpFrames(): Uint8Array[] {
  const post = wire(
    'POST /x HTTP/1.1\r\nHost: a.example\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n',
    chunked,
  );
  const answers = wire(
    'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n',
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n${SECRET}`,
  );
  const messages = [...pieces(0, wire(post, get('HEAD'), get('GET')), 40), ...pieces(1, answers, 40)];
  const end = 5001 + answers.length;
  return [...connection(CAM, CLOUD, messages), tcp(CLOUD, CAM, end, 0, 17, new Uint8Array(0))];
}

function webSocketFrames(): Uint8Array[] {
  const upgrade = 'Upgrade: websocket\r\n\r\n';
  const mqtt = wire(
    0x10,
    vector8(vector16('MQTT'), 5, 0, be16(60), 0, vector16('cam')),
    0x30,
    vector8(vector16('a/b'), vector8(35, be16(1)), SECRET),
    0x30,
    vector8(vector16(''), vector8(35, be16(1)), SECRET),
  );
  const frame = (body: Uint8Array): Uint8Array => wire(0x82, body.length, body);
  const sent = wire(frame(mqtt.subarray(0, 50)), frame(mqtt.subarray(50)));
  return connection({ ...CAM, port: 40_001 }, CLOUD, [
    [0, wire(`GET /ws HTTP/1.1\r\nHost: b.example\r\n${upgrade}`)],
    [1, wire(`HTTP/1.1 101 Switching Protocols\r\n${upgrade}`)],
    ...pieces(0, sent, 30),
  ]);
}

function quicFrames(): Uint8Array[] {
  const hello = handshake(1, clientHelloBody('cam.example'));
  const cid = noise(8);
  const part = (from: number, to: number): Uint8Array =>
    wire(6, be16(0x4000 | from), be16(0x4000 | (to - from)), hello.subarray(from, to));
  return [part(80, hello.length), part(0, 40), part(30, 80)].map((frames) =>
    udp(CAM, { ...CLOUD, port: 443 }, sealInitial({ frames, version: QUIC_V1, cid, keys: cid })),
  );
}

function summaries(frames: readonly Uint8Array[], cuts: readonly number[]): Summary {
  let carry: Carry | undefined;
  let sum = emptySummary();
  let from = 0;
  for (const to of [...cuts, frames.length]) {
    const analyzer = new Analyzer({ owner: null, infra: [] }, carry);
    for (let i = from; i < to; i++) {
      analyzer.frame(frames[i]!, 0, frames[i]!.length, 1_795_000_000, i * 1000, frames[i]!.length, 1);
    }
    from = to;
    carry = JSON.parse(JSON.stringify(analyzer.carry())) as Carry;
    sum = mergeSummaries(sum, JSON.parse(JSON.stringify(analyzer.summary())) as Summary);
  }
  return sum;
}

for (const [name, frames, rule] of [
  ['HTTP', httpFrames(), 'CRED-05'],
  ['MQTT in WebSocket', webSocketFrames(), 'CRED-05'],
  ['QUIC', quicFrames(), undefined],
] as const) {
  test(`${name}: a cut anywhere, and a cut everywhere, changes nothing`, () => {
    const whole = summaries(frames, []);
    const rules = Object.values(whole.own.findings).map((finding) => finding.rule);
    if (rule === undefined) assert.ok(whole.own.counts['quic.sni'] !== undefined);
    else assert.ok(rules.includes(rule), rules.join());
    const text = canonicalJson(whole);
    for (let cut = 1; cut < frames.length; cut++) {
      assert.equal(canonicalJson(summaries(frames, [cut])), text, `cut at ${cut}`);
    }
    assert.equal(
      canonicalJson(
        summaries(
          frames,
          frames.map((_, i) => i),
        ),
      ),
      text,
    );
  });
}
