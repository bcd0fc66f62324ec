import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import type { Behaviour } from '../../appliance/analysis/behaviour/behaviour.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { periodOf } from '../../appliance/analysis/packet/rhythm.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import { dnsPacket } from '../decode/dns-oracle.ts';
import { ascii, type Endpoint, generator, udp } from './packets.ts';

const START = 1_795_002_000;
const HUB: Endpoint = { mac: '00:17:88:00:00:01', ip: '10.0.0.7', port: 1900 };
const GROUP: Endpoint = { mac: '01:00:5e:7f:ff:fa', ip: '239.255.255.250', port: 1900 };
const GATEWAY: Endpoint = { mac: 'b8:27:eb:00:00:01', ip: '10.0.0.1', port: 53 };

interface Sent {
  readonly seconds: number;
  readonly bytes: Uint8Array;
}

function behaviourOf(packets: readonly Sent[]): Behaviour {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  for (const { seconds, bytes } of packets.toSorted((a, b) => a.seconds - b.seconds)) {
    analyzer.frame(bytes, 0, bytes.length, START + seconds, 0, bytes.length, 1);
  }
  const source = { path: 'test.pcap', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;
  return renderDocument(analyzer.summary(), openTables('test').tables, source).behaviour as Behaviour;
}

test('bursts every 52 seconds are a period, however many packets a burst has', () => {
  const notify = udp(HUB, GROUP, ascii('NOTIFY * HTTP/1.1\r\nNT: upnp:rootdevice\r\n\r\n'));
  const packets = Array.from({ length: 20 }, (_, i) =>
    [0, 0, 1].map((later) => ({ seconds: i * 52 + later, bytes: notify })),
  );
  const [period] = behaviourOf(packets.flat()).periods;
  assert.deepEqual(
    [period?.device, period?.peer, period?.port, period?.seconds, period?.share, period?.intervals],
    [HUB.mac, GROUP.ip, 1900, 52, 1, 19],
  );
});

test('packets at random times have no period', () => {
  const random = generator(7);
  const bytes = udp(HUB, GROUP, ascii('x'));
  const packets = Array.from({ length: 200 }, () => ({ seconds: random() % 20_000, bytes }));
  assert.deepEqual(behaviourOf(packets).periods, []);
});

test('a period with some missed beats is still one, with its share', () => {
  assert.deepEqual(periodOf({ '60': 7, '61': 1, '120': 2 }), { seconds: 60.1, share: 0.8, intervals: 10 });
  assert.equal(periodOf({ '60': 5, '300': 5 }), undefined);
});

test('names asked for and never talked to are listed, with and without an address', () => {
  const client: Endpoint = { ...HUB, port: 40_000 };
  const ask = (name: string) =>
    udp(client, GATEWAY, dnsPacket.encode({ type: 'query', questions: [{ name, type: 'A' }] }));
  const answer = (name: string, data: string) =>
    udp(
      GATEWAY,
      client,
      dnsPacket.encode({ type: 'response', questions: [{ name, type: 'A' }], answers: [{ type: 'A', name, data }] }),
    );
  const cloud: Endpoint = { mac: GATEWAY.mac, ip: '198.51.100.9', port: 9000 };
  const frames = [
    ask('dead.example'),
    ask('dead.example'),
    ask('silent.example'),
    answer('silent.example', '198.51.100.8'),
    ask('used.example'),
    answer('used.example', '198.51.100.9'),
    udp(client, cloud, ascii('hello')),
  ];
  assert.deepEqual(behaviourOf(frames.map((bytes, seconds) => ({ seconds, bytes }))).unreached, [
    { device: HUB.mac, name: 'dead.example', queries: 2, resolved: false },
    { device: HUB.mac, name: 'silent.example', queries: 1, resolved: true },
  ]);
});
