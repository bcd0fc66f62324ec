// The tester's planted secrets through the whole analysis: found however they travel, and in nothing that leaves it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { Vault } from '../../appliance/analysis/secrets/vault.ts';
import type { Carry } from '../../appliance/analysis/summary/carry.ts';
import { emptySummary, mergeSummaries } from '../../appliance/analysis/summary/merge.ts';
import { type Summary } from '../../appliance/analysis/summary/summary.ts';
import { ascii, connection, type Endpoint, joinBytes } from './packets.ts';

const PASSWORD = 'Tr0ut-Ladder!7';
const OWNER = 'Mara Lindqvist';
const vault = new Vault([
  { name: 'camera password', value: PASSWORD },
  { name: 'owner', value: OWNER },
]);

const DEVICE: Endpoint = { mac: 'd0:73:d5:00:00:01', ip: '10.0.0.7', port: 40000 };
const CLOUD: Endpoint = { mac: 'b8:27:eb:00:00:01', ip: '198.51.100.9', port: 80 };

/** A summary after segments that are cut behind the given numbers of frames. */
function analyze(frames: readonly Uint8Array[], cuts: readonly number[]): Summary {
  let carry: Carry | undefined;
  let sum = emptySummary();
  let from = 0;
  for (const to of [...cuts, frames.length]) {
    const analyzer = new Analyzer({ owner: null, infra: [], vault }, carry);
    for (const [i, bytes] of frames.slice(from, to).entries()) {
      analyzer.frame(bytes, 0, bytes.length, 1_795_002_000 + from + i, 0, bytes.length, 1);
    }
    const end = analyzer.end();
    carry = JSON.parse(JSON.stringify(end.carry)) as Carry;
    sum = mergeSummaries(sum, end.summary);
    from = to;
  }
  return sum;
}

function secretsIn(summary: Summary): string[] {
  const findings = Object.values(summary.own.findings).filter(({ rule }) => rule === 'PII-09');
  return findings.map(({ subject, count }) => `${subject} ${count}`).toSorted();
}

function post(path: string, head: string, body: Uint8Array): Uint8Array {
  return joinBytes(
    ascii(`POST ${path} HTTP/1.1\r\nHost: cloud.example\r\n${head}Content-Length: ${body.length}\r\n\r\n`),
    body,
  );
}

/** Cuts bytes into pieces of a TCP conversation from the device. */
function sent(bytes: Uint8Array, piece: number): Uint8Array[] {
  const messages: [0, Uint8Array][] = [];
  for (let at = 0; at < bytes.length; at += piece) messages.push([0, bytes.slice(at, at + piece)]);
  return connection(DEVICE, CLOUD, messages);
}

test('a secret cut by packets and by a segment boundary is found once', () => {
  const frames = sent(ascii(`x=${PASSWORD}&y=1`), 5);
  for (let cut = 1; cut < frames.length; cut++) {
    assert.deepEqual(secretsIn(analyze(frames, [cut])), ['camera password plain 1'], `cut behind frame ${cut}`);
  }
});

test('a secret in a compressed body is found', () => {
  const body = gzipSync(JSON.stringify({ user: OWNER, note: 'a text that is long enough to compress' }));
  const frames = sent(post('/', 'Content-Type: application/json\r\nContent-Encoding: gzip\r\n', body), 400);
  assert.deepEqual(secretsIn(analyze(frames, [])), ['owner plain in gzip 1']);
});

test('secrets in paths, hosts, agents and Base64 are in no summary', () => {
  const secret64 = Buffer.from(`admin:${PASSWORD}`).toString('base64');
  const head = `User-Agent: app of ${OWNER}\r\nAuthorization: Basic ${secret64}\r\n`;
  const frames = sent(post(`/of/${encodeURIComponent(OWNER)}/now`, head, ascii('{}')), 1000);
  const summary = analyze(frames, []);
  // The heads of payloads are kept for the verdict and stay in the appliance's own index.
  const reported = JSON.stringify(summary, (key, value: unknown) => (key === 'head' ? '' : value));
  for (const value of [PASSWORD, OWNER, encodeURIComponent(OWNER), secret64])
    assert.ok(!reported.includes(value), value);
  assert.deepEqual(secretsIn(summary), ['camera password base64 1', 'owner plain 1', 'owner url 1']);
});
