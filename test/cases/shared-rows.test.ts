// Kind A: one five-tuple, several devices. A packet belongs to the device that sent or received it, not to the first one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { emptySummary, mergeSummaries } from '../../appliance/analysis/summary/merge.ts';
import { type Summary } from '../../appliance/analysis/summary/summary.ts';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { ascii, connection, type Endpoint, udp } from '../analysis/packets.ts';
import { caseDocument, framesDocument, withoutCases } from './case-document.ts';

const ROUTER = 'b8:27:eb:01:02:03';
const DEVICES = ['02:11:22:33:44:60', '02:11:22:33:44:61', '02:11:22:33:44:62'];
const CLOUD: Endpoint = { mac: ROUTER, ip: '9.9.9.9', port: 123 };

/** Service, conversations, packets sent and received. */
function usesOf(document: AnalysisDocument, device: string): string[] {
  return (document.behaviour?.services ?? [])
    .filter((row) => row.device === device)
    .map((row) => `${row.service} ${row.conversations} ${row.packets_sent} ${row.packets_received}`)
    .sort();
}

test('case 39: each of three devices has its own DHCP and NTP', { skip: withoutCases }, () => {
  const document = caseDocument('39');
  for (const device of DEVICES) assert.deepEqual(usesOf(document, device), ['dhcp 1 1 0', 'ntp 1 1 1']);
  for (const conversation of document.conversations) {
    assert.equal(conversation.a_mac, null);
    assert.deepEqual(
      conversation.by_mac?.map(({ a_mac, pkts_ab }) => [a_mac, pkts_ab]),
      DEVICES.map((mac) => [mac, 1]),
    );
  }
  assert.deepEqual(
    document.destinations.map(({ devices }) => devices),
    [DEVICES],
  );
});

/** One after the other has the address; device `i` sends `i + 1` packets and has as many answers. */
function leases(port: number): Uint8Array[] {
  return DEVICES.flatMap((mac, i) => {
    const device: Endpoint = { mac, ip: '192.168.77.50', port };
    const once = [
      udp(device, { ...CLOUD, port }, ascii('question')),
      udp({ ...CLOUD, port }, device, ascii('the answer')),
    ];
    return Array.from({ length: i + 1 }, () => once).flat();
  });
}

test('an address given out again: packets and bytes of each are its own, and their sum is the row’s', () => {
  const document = framesDocument(leases(123));
  DEVICES.forEach((device, i) => assert.deepEqual(usesOf(document, device), [`ntp 1 ${i + 1} ${i + 1}`]));
  const [row] = document.conversations;
  const shares = row?.by_mac ?? [];
  for (const key of ['pkts_ab', 'pkts_ba', 'bytes_ab', 'bytes_ba', 'payload_ab', 'payload_ba'] as const) {
    assert.equal(
      shares.reduce((sum, share) => sum + share[key], 0),
      row?.[key],
      key,
    );
  }
});

test('the same TCP ports in two hands are two devices’ bytes', () => {
  const server: Endpoint = { ...CLOUD, port: 80 };
  const [first, second] = DEVICES.slice(0, 2).map((mac): Endpoint => ({ mac, ip: '192.168.77.50', port: 49_200 }));
  const document = framesDocument([
    ...connection(first!, server, [[0, ascii('GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n')]]),
    ...connection(second!, server, [[0, ascii('GET /bbbbbbbb HTTP/1.1\r\nHost: a.example\r\n\r\n')]]),
  ]);
  const shares = document.conversations[0]?.by_mac?.map(({ a_mac, payload_ab }) => [a_mac, payload_ab]);
  assert.deepEqual(shares, [
    [first?.mac, 36],
    [second?.mac, 43],
  ]);
});

test('a question to a group and the answer of one station are one pair, and the row has its MACs', () => {
  const asker: Endpoint = { mac: DEVICES[0]!, ip: '192.168.77.50', port: 9999 };
  const group: Endpoint = { mac: 'ff:ff:ff:ff:ff:ff', ip: '192.168.77.60', port: 9999 };
  const station: Endpoint = { ...group, mac: DEVICES[1]! };
  const document = framesDocument([udp(asker, group, ascii('who?')), udp(station, asker, ascii('me'))]);
  assert.deepEqual(
    document.conversations.map(({ a_mac, b_mac, by_mac }) => [a_mac, b_mac, by_mac]),
    [[asker.mac, station.mac, undefined]],
  );
});

test('segments cut anywhere add up to the same shares', () => {
  const frames = leases(123);
  const summaryOf = (list: readonly Uint8Array[], start: number): Summary => {
    const analyzer = new Analyzer({ owner: null, infra: [] });
    list.forEach((bytes, i) => analyzer.frame(bytes, 0, bytes.length, 1_795_000_000 + start + i, 0, bytes.length, 1));
    return JSON.parse(JSON.stringify(analyzer.summary())) as Summary;
  };
  const sharesIn = ({ own }: Summary) => Object.values(own.conversations).map(({ macs }) => macs);
  const whole = sharesIn(summaryOf(frames, 0)).map((macs) => ({ ...macs }));
  for (let cut = 1; cut < frames.length; cut++) {
    const parts = [summaryOf(frames.slice(0, cut), 0), summaryOf(frames.slice(cut), cut)];
    const merged = parts.reduce(mergeSummaries, emptySummary());
    assert.deepEqual(
      sharesIn(merged).map((macs) => ({ ...macs })),
      whole,
      `cut before packet ${cut + 1}`,
    );
  }
});
