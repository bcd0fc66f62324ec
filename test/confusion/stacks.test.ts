// The confusion over traffic that real stacks make now, next to the corpus of others' captures.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe as suite, test } from 'node:test';
import { analyzeFile } from '../../appliance/cli/analyze/analyze-file.ts';
import type { AnalysisDocument, DocumentConversation, Verdict } from '../../appliance/model/analysis-document.ts';
import { describe, type Faults, faultsOf, judgeFile } from './confusion.ts';
import { runStacks, type StackLine, withoutStacks } from './stacks.ts';

const skip = withoutStacks();

/** Verdicts that are right for each. SRTP's keys are in no packet: nothing proves that it is encrypted. */
const RIGHT: Readonly<Record<string, readonly Verdict[]>> = {
  'TLS 1.2': ['encrypted'],
  'TLS 1.3': ['encrypted'],
  'DTLS 1.2': ['encrypted'],
  QUIC: ['encrypted'],
  'HTTP/1.1': ['cleartext'],
  'HTTP/2': ['cleartext'],
  'HTTP/2 over TLS': ['encrypted'],
  MQTT: ['cleartext'],
  'MQTT over WebSocket': ['cleartext'],
  'MQTT over TLS': ['encrypted'],
  'HTTP through SOCKS': ['cleartext'],
  'TLS through SOCKS': ['upgraded'],
  'TLS through an HTTP proxy': ['upgraded'],
  RTP: ['compressed-in-clear'],
  SRTP: ['opaque'],
  'CoAP in blocks': ['cleartext'],
  SSH: ['encrypted'],
  WebRTC: ['encrypted'],
};

/** What each gives away, by rule and a word of the excerpt. */
const REPORTED: readonly (readonly [name: string, rule: string, excerpt: RegExp])[] = [
  ['HTTP/1.1', 'CRED-05', /POST 127\.0\.0\.1\/login: password/],
  ['HTTP/2', 'CRED-05', /POST 127\.0\.0\.1:8080\/login: password/],
  ['MQTT', 'CRED-06', /:1883: user/],
  ['MQTT over WebSocket', 'CRED-06', /:8083: user/],
  ['MQTT over WebSocket', 'CRED-05', /MQTT home\/hall\/lamp: password/],
  ['CoAP in blocks', 'CRED-05', /rd\/login: password/],
  ['HTTP through SOCKS', 'CRED-14', /^SOCKS 127\.0\.0\.1: user/],
  ['TLS through an HTTP proxy', 'CRED-01', /^CONNECT /],
];

suite('verdicts over real stacks', { skip }, () => {
  let ran: readonly StackLine[] = [];
  let document: AnalysisDocument | undefined;
  let faults: Faults | undefined;

  before(async () => {
    if (skip !== false) return;
    const folder = mkdtempSync(join(tmpdir(), 'weir-stacks-'));
    try {
      ran = runStacks(folder);
      const path = join(folder, 'stacks.pcap');
      ({ document } = await analyzeFile(path, 'curated', false));
      faults = faultsOf(await judgeFile(path));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  /** The one with the most payload: a knock to see whether a server is there is one too. */
  function conversationOf({ proto, port }: StackLine): DocumentConversation | undefined {
    const size = (c: DocumentConversation): number => c.payload_ab + c.payload_ba;
    const all = (document?.conversations ?? []).filter((c) => c.proto === proto && [c.a_port, c.b_port].includes(port));
    return all.toSorted((x, y) => size(y) - size(x))[0];
  }

  test('each gets its verdict', (t) => {
    for (const line of ran.filter(({ missing }) => missing.length > 0)) {
      t.diagnostic(`SKIPPED ${line.name}: not here: ${line.missing.join(', ')}`);
    }
    const here = ran.filter(({ missing }) => missing.length === 0);
    assert.equal(ran.length, Object.keys(RIGHT).length);
    const wrong = here.flatMap((line) => {
      const c = conversationOf(line);
      return c !== undefined && RIGHT[line.name]?.includes(c.verdict) === true
        ? []
        : [`${line.name}: ${c?.verdict}, ${c?.verdict_reason}`];
    });
    assert.deepEqual(wrong, []);
  });

  test('the name in the hello of QUIC is read', (t) => {
    const line = ran.find(({ name }) => name === 'QUIC');
    if (line === undefined || line.missing.length > 0) return t.skip(`not here: ${line?.missing.join(', ')}`);
    const conversation = conversationOf(line);
    assert.deepEqual([conversation?.service, conversation?.names[0]?.name], ['quic', 'localhost']);
  });

  test('what they say in the clear is reported', () => {
    const here = new Set(ran.filter(({ missing }) => missing.length === 0).map(({ name }) => name));
    const found = document?.findings ?? [];
    const missed = REPORTED.filter(([name, rule, excerpt]) => {
      return here.has(name) && !found.some((one) => one.rule === rule && excerpt.test(one.excerpt_masked));
    });
    assert.deepEqual(missed, []);
  });

  test('next to tshark nothing is falsely encrypted, called readable, or opaque', () => {
    const { falselyEncrypted = [], calledReadable = [], calledOpaque = [] } = faults ?? {};
    assert.deepEqual([...falselyEncrypted, ...calledReadable, ...calledOpaque].map(describe), []);
    assert.equal(faults === undefined, false);
  });
});
