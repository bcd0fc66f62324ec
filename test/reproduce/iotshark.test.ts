// weir reproduce iotshark: its names, its invariants, its counting and the right one.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { printedSums } from '../../appliance/reproduce/iotshark/iotshark-report.ts';
import { type Metrics, metricsOf } from '../../appliance/reproduce/iotshark/metrics.ts';
import { dumpCsv, PacketDump } from '../../appliance/reproduce/iotshark/packet-dump.ts';
import { ascii, type Endpoint, tcp, udp } from '../analysis/packets.ts';
import { CORPUS } from '../truth/corpus.ts';
import { hasProgram, reproduce, tshark } from './outside.ts';

const HUE = join(CORPUS, 'iot-ap', 'philips-hue_lan.pcap');
const ECHO: Endpoint = { mac: '02:00:00:00:00:01', ip: '192.168.1.5', port: 40_000 };
const CLOUD: Endpoint = { mac: '02:00:00:00:00:02', ip: '8.8.8.8', port: 443 };
const SPEAKER: Endpoint = { mac: '02:00:00:00:00:03', ip: '192.168.1.9', port: 80 };

function metricsInvariants(metrics: Metrics): void {
  const sum = (table: Readonly<Record<string, object>>, key: string): number =>
    Object.values(table).reduce((total, row) => total + Number((row as Record<string, number>)[key]), 0);
  assert.equal(metrics.total_bytes, metrics.total_incoming_bytes + metrics.total_outgoing_bytes);
  assert.equal(metrics.num_total_connections, metrics.num_local_connections + metrics.num_global_connections);
  for (const map of ['dst_ip_map', 'dst_port_map', 'protocol_map', 'connection_map'] as const)
    assert.equal(sum(metrics[map], 'incoming_bytes'), metrics.total_incoming_bytes, map);
  for (const map of ['src_ip_map', 'src_port_map', 'protocol_map', 'connection_map'] as const)
    assert.equal(sum(metrics[map], 'outgoing_bytes'), metrics.total_outgoing_bytes, map);
  assert.equal(metrics.tcp_map.incoming_bytes + metrics.udp_map.incoming_bytes, metrics.total_incoming_bytes);
}

test('their counting and its quirks, and the right one alongside', () => {
  const dump = new PacketDump(ECHO.ip);
  const frames = [
    tcp(ECHO, CLOUD, 1, 1, 24, ascii('abcd')),
    tcp(CLOUD, ECHO, 1, 1, 24, Uint8Array.of(0x17, 3, 3, 0, 1, 9)),
    udp(ECHO, { ...CLOUD, port: 53 }, ascii('query')),
    udp(SPEAKER, ECHO, ascii('hi')),
    tcp(SPEAKER, CLOUD, 1, 1, 24, ascii('not the device')),
  ];
  for (const [i, frame] of frames.entries()) dump.frame(frame, 0, frame.length, 10 + i, 500_000_000, frame.length, 1);
  assert.equal(
    dumpCsv(dump.rows),
    '10,0,11,40000,443,None,TCP,192.168.1.5,8.8.8.8\r\n12,17,0,443,40000,HTTPS,TCP,8.8.8.8,192.168.1.5\r\n' +
      '12,0,0,40000,53,None,UDP,192.168.1.5,8.8.8.8\r\n14,10,0,80,40000,None,UDP,192.168.1.9,192.168.1.5\r\n',
  );
  const theirs = metricsOf(dump.rows, { counting: 'theirs', isp: () => 'Level 3' });
  const right = metricsOf(dump.rows, { counting: 'right', isp: () => null });
  metricsInvariants(theirs);
  metricsInvariants(right);
  assert.deepEqual([theirs.total_incoming_bytes, theirs.total_outgoing_bytes], [27, 11]);
  assert.deepEqual([right.total_incoming_bytes, right.total_outgoing_bytes], [8, 9]);
  assert.deepEqual([theirs.num_local_connections, theirs.num_global_connections], [1, 3]);
  // Names swapped as theirs are: the destination map is keyed by who sent.
  assert.deepEqual(theirs.dst_ip_map['8.8.8.8'], { incoming_bytes: 17 });
  assert.deepEqual(theirs.src_ip_map['8.8.8.8'], { outgoing_bytes: 11 });
  assert.deepEqual(theirs.isp_map, { '8.8.8.8': 'Level 3' });
});

const reason = hasProgram('tshark', HUE) ?? false;

test('files of a capture: names, invariants, and ten figures as tshark counts them', { skip: reason }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-iotshark-'));
  t.after(() => rmSync(folder, { recursive: true }));
  reproduce('iotshark', HUE, '-o', folder, '--label', '5MinMicOffNoTalk');
  const names = readdirSync(folder);
  const metrics = names.filter((name) => /^packetdump_[\d.]+_\d+_5MinMicOffNoTalk(?:\.right)?\.json$/.test(name));
  assert.ok(metrics.length >= 4);
  for (const name of metrics) metricsInvariants(JSON.parse(readFileSync(join(folder, name), 'utf8')) as Metrics);
  const right = metrics.find((name) => name.includes('_192.168.1.141_') && name.includes('.right'))!;
  const got = JSON.parse(readFileSync(join(folder, right), 'utf8')) as Metrics;
  const device = '192.168.1.141';
  const seen = `ip.addr==${device} && (tcp || udp) && !icmp`;
  const packets = tshark(HUE, seen, 'ip.src', 'ip.dst', 'tcp.len', 'udp.length', 'tcp.srcport', 'udp.srcport').map(
    ([source = '', target = '', segment = '', datagram = '', tcpPort = '', udpPort = '']) => ({
      source,
      target,
      isTcp: segment !== '',
      bytes: segment === '' ? Number(datagram) - 8 : Number(segment),
      port: tcpPort === '' ? udpPort : tcpPort,
    }),
  );
  type Packet = (typeof packets)[number];
  const bytes = (of: (packet: Packet) => boolean) => packets.filter(of).reduce((sum, packet) => sum + packet.bytes, 0);
  const [isIn, isOut] = [({ target }: Packet) => target === device, ({ source }: Packet) => source === device];
  const isLocal = ({ source, target }: Packet) => source.startsWith('192.168') && target.startsWith('192.168');
  const far = [...new Set(packets.filter(isIn).map(({ source }) => source))];
  const ports = [...new Set(packets.filter(isOut).map(({ port }) => port))];
  assert.deepEqual(
    {
      total_incoming_bytes: got.total_incoming_bytes,
      total_outgoing_bytes: got.total_outgoing_bytes,
      total_bytes: got.total_bytes,
      num_total_connections: got.num_total_connections,
      num_local_connections: got.num_local_connections,
      num_global_connections: got.num_global_connections,
      tcp_map: got.tcp_map,
      udp_map: got.udp_map,
      dst_ip_map: far.map((ip) => [ip, got.dst_ip_map[ip]?.incoming_bytes]),
      src_port_map: ports.map((port) => [port, got.src_port_map[port]?.outgoing_bytes]),
    },
    {
      total_incoming_bytes: bytes(isIn),
      total_outgoing_bytes: bytes(isOut),
      total_bytes: bytes(() => true),
      num_total_connections: packets.length,
      num_local_connections: packets.filter(isLocal).length,
      num_global_connections: packets.filter((packet) => !isLocal(packet)).length,
      tcp_map: {
        incoming_bytes: bytes((packet) => packet.isTcp && isIn(packet)),
        outgoing_bytes: bytes((packet) => packet.isTcp && isOut(packet)),
      },
      udp_map: {
        incoming_bytes: bytes((packet) => !packet.isTcp && isIn(packet)),
        outgoing_bytes: bytes((packet) => !packet.isTcp && isOut(packet)),
      },
      dst_ip_map: far.map((ip) => [ip, bytes((packet) => isIn(packet) && packet.source === ip)]),
      src_port_map: ports.map((port) => [port, bytes((packet) => isOut(packet) && packet.port === port)]),
    },
  );
  assert.ok(names.some((name) => /^userstate_192\.168\.1\.141_\d+\.csv$/.test(name)));
  assert.ok(names.includes('report.html'));
});

test('the sums that the slides print agree with themselves', () => {
  const { rows } = printedSums();
  assert.deepEqual(
    rows.map((row) => row[2]),
    [130_086, 862, 6_538_813, 12_076, 1_973_534, 9028],
  );
  assert.ok(rows.every((row) => row[4] === true));
});
