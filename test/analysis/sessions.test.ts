// Where a session begins: at the first packet, and again after an hour of silence; not at a capture's odd times.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import { ascii, connection, type Endpoint } from './packets.ts';

const LAMP: Endpoint = { mac: '00:17:88:00:00:01', ip: '10.0.0.7', port: 40_000 };
const CLOUD: Endpoint = { mac: 'b8:27:eb:00:00:01', ip: '203.0.113.9', port: 80 };
const REQUEST = ['GET /state HTTP/1.1\r\nHost: cloud', '.example\r\n\r\n'].map(ascii);

/** A request in two packets, at these seconds since 1970: three packets of handshake first. */
function reported(seconds: readonly number[]): unknown[] {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  const frames = connection(
    LAMP,
    CLOUD,
    REQUEST.map((part) => [0, part] as const),
  );
  for (const [at, bytes] of frames.entries())
    analyzer.frame(bytes, 0, bytes.length, seconds[at] ?? 0, at * 1000, bytes.length, 1);
  const source = { path: 'test.pcap', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;
  const document = renderDocument(analyzer.summary(), openTables('test').tables, source);
  return [document.conversations[0]?.sessions, { ...document.http.methods }];
}

test('a capture that begins in the second 0 of 1970 has one session, and its request is read', () => {
  assert.deepEqual(reported([0, 0, 0, 0, 0]), [1, { GET: 1 }]);
});

test('an hour of silence ends a session, and what was half said in it', () => {
  assert.deepEqual(reported([0, 0, 0, 1, 3700]), [2, {}]);
  assert.deepEqual(reported([50, 50, 50, 51, 3700]), [2, {}]);
});
