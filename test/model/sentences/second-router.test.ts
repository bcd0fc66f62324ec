// Answers that come from another router than the questions went to: what a device says stays its own, and the second router says nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../../appliance/analysis/analyzer.ts';
import { openTables } from '../../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../../appliance/analysis/render-document.ts';
import { documentSentences } from '../../../appliance/model/sentences/document-talks.ts';
import { plainSentences } from '../../../appliance/model/sentences/sentence.ts';
import { ascii, tcp } from '../../analysis/packets.ts';

const SECOND = '02:00:00:00:00:02';
const NOTHING = new Uint8Array(0);
const [SYN, SYN_ACK, ACK] = [2, 18, 16];

/** A request in the clear to a server, and its answer by way of the second router. */
function visit(last: number, server: string): Uint8Array[] {
  const near = { mac: `02:00:00:00:00:1${last}`, ip: `192.168.1.1${last}`, port: 40_000 };
  const there = { mac: '02:00:00:00:00:01', ip: server, port: 80 };
  const back = { ...there, mac: SECOND };
  const request = ascii('GET /state HTTP/1.1\r\nHost: cloud.example.com\r\n\r\n');
  const answer = ascii('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  return [
    tcp(near, there, 100, 0, SYN, NOTHING),
    tcp(back, near, 500, 101, SYN_ACK, NOTHING),
    tcp(near, there, 101, 501, ACK, request),
    tcp(back, near, 501, 101 + request.length, ACK, answer),
  ];
}

test('a device whose answers come from a second router talks, and that router only passes on', () => {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  const frames = [visit(1, '93.184.216.34'), visit(2, '8.8.4.4'), visit(3, '151.101.1.140')].flat();
  frames.forEach((bytes, i) => analyzer.frame(bytes, 0, bytes.length, 1_795_000_000 + i, 0, bytes.length, 1));
  const source = { path: 'x', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;
  const document = renderDocument(analyzer.summary(), openTables('test').tables, source);
  assert.deepEqual(
    document.routers?.map(({ mac }) => mac),
    ['02:00:00:00:00:01'],
  );
  const sentences = documentSentences(document, 'in this capture');
  for (const last of [1, 2, 3]) {
    const [said = ''] = plainSentences(sentences.get(`02:00:00:00:00:1${last}`) ?? []);
    assert.match(said, /exchanges data, readable by anyone on the way/);
  }
  const [second = ''] = plainSentences(sentences.get(SECOND) ?? []);
  assert.match(second, /passes on what other devices say, and says nothing of its own/);
});
