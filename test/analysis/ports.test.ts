import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PortConversation, PortOccurrences } from '../../appliance/analysis/ports/port-occurrences.ts';
import {
  checkPort,
  chosenProfile,
  makeProfile,
  type PortProfile,
  portProfile,
} from '../../appliance/analysis/ports/ports.ts';
import { servicePort } from '../../appliance/analysis/ports/server-end.ts';
import { serviceName } from '../../appliance/analysis/ports/services.ts';
import type { DocumentPort } from '../../appliance/model/analysis-document.ts';

function profile(name: string): NonNullable<ReturnType<typeof portProfile>> {
  const found = portProfile(name);
  assert.ok(found !== undefined);
  return found;
}

test('Appendix B has 21 ports, the published sheet 22, and together they have 23', () => {
  const appendix = profile('paper-appendix-b').secure;
  const sheet = profile('paper-tool').secure;
  assert.deepEqual([appendix.length, sheet.length, new Set([...appendix, ...sheet]).size], [21, 22, 23]);
});

test('the sheet is Appendix B without 500 and with 981 and 8884', () => {
  const expected = profile('paper-appendix-b').secure.filter((port) => port !== 500);
  assert.deepEqual(
    profile('paper-tool').secure,
    [...expected, 981, 8884].sort((a, b) => a - b),
  );
});

test('the curated list adds what both papers lack and drops what encrypts nothing', () => {
  const { secure } = profile('curated');
  const added = [853, 465, 636, 989, 990, 992, 993, 995, 5061, 5223, 5228, 5349, 5671, 7443, 8443, 8886];
  assert.deepEqual(
    [added.filter((p) => !secure.includes(p)), secure.includes(1884), secure.includes(9090)],
    [[], false, false],
  );
});

test('an edited list has another hash, the same list the same', () => {
  const one = makeProfile('mine', 1, [443, 22, 443, -1, 70_000]);
  assert.deepEqual(one.secure, [22, 443]);
  assert.equal(one.sha256, makeProfile('mine', 1, [22, 443]).sha256);
  assert.notEqual(one.sha256, makeProfile('mine', 1, [22]).sha256);
});

test('an own list is given as numbers and wins over the profile where it is not empty', () => {
  assert.deepEqual(profile('443,22').secure, [22, 443]);
  assert.equal(profile('22,443').sha256, profile('443,22').sha256);
  assert.equal(portProfile('22,443,x'), undefined);
  assert.equal(chosenProfile({ ports_profile: 'curated', secure_ports: [] }), 'curated');
  assert.equal(chosenProfile({ ports_profile: 'curated', secure_ports: [443, 22] }), '443,22');
});

test('no profile answers to an unknown name', () => assert.equal(portProfile('__proto__'), undefined));

test('without a SYN the service is at the known port, else at the one that no system draws by chance, else far', () => {
  const ports = [
    [50_000, 443],
    [443, 50_000],
    [50_000, 60_000],
    [53, 24_520],
    [1024, 53],
    [8883, 123],
    [7777, 50_000],
  ] as const;
  assert.deepEqual(
    ports.map((pair) => servicePort('udp', pair, undefined)),
    [443, 443, 60_000, 53, 53, 123, 7777],
  );
});

test('who sent the SYN is the client, whatever the ports', () => {
  assert.deepEqual([servicePort('tcp', [443, 50_000], 'a'), servicePort('tcp', [50_000, 443], 'b')], [50_000, 50_000]);
});

test('port and payload agree, contradict, or leave it open', () => {
  const list = profile('curated');
  const results = [
    checkPort(list, 'tcp', 443, { verdict: 'encrypted', readable: 'no' }).result,
    checkPort(list, 'tcp', 80, { verdict: 'cleartext', readable: 'without_key' }).result,
    checkPort(list, 'tcp', 443, { verdict: 'cleartext', readable: 'without_key' }).result,
    checkPort(list, 'tcp', 80, { verdict: 'encrypted', readable: 'no' }).result,
    checkPort(list, 'tcp', 443, { verdict: 'opaque', readable: null }).result,
    checkPort(list, 'tcp', 6668, { verdict: 'encoded', readable: 'device_key' }).result,
  ];
  assert.deepEqual(results, ['agreement', 'agreement', 'contradiction', 'contradiction', 'open', 'open']);
});

function portOccurrences(conversations: readonly PortConversation[], of: PortProfile): readonly DocumentPort[] {
  const occurrences = new PortOccurrences();
  for (const conversation of conversations) occurrences.add(conversation);
  return occurrences.render(of);
}

test('occurrences count each port as source and as destination, with its pairs', () => {
  const rows = portOccurrences(
    [
      { proto: 'tcp', a_ip: '10.0.0.2', a_port: 40_000, b_ip: '192.0.2.1', b_port: 443, pkts_ab: 3, pkts_ba: 2 },
      { proto: 'tcp', a_ip: '10.0.0.3', a_port: 40_001, b_ip: '192.0.2.1', b_port: 443, pkts_ab: 1, pkts_ba: 0 },
    ],
    profile('paper-tool'),
  );
  assert.deepEqual(rows[0], {
    proto: 'tcp',
    port: 443,
    service: 'https',
    secure: true,
    as_source: 2,
    as_destination: 4,
    total: 6,
    pairs: [
      { source: '10.0.0.2', destination: '192.0.2.1', packets: 3 },
      { source: '192.0.2.1', destination: '10.0.0.2', packets: 2 },
      { source: '10.0.0.3', destination: '192.0.2.1', packets: 1 },
    ],
    pairs_left_out: 0,
  });
});

test('a packet with the same port on both sides counts once', () => {
  const mdns = {
    proto: 'udp',
    a_ip: '10.0.0.2',
    a_port: 5353,
    b_ip: '224.0.0.251',
    b_port: 5353,
    pkts_ab: 4,
    pkts_ba: 0,
  } as const;
  const rows = portOccurrences([mdns], profile('curated'));
  assert.deepEqual([rows.length, rows[0]?.total, rows[0]?.as_source, rows[0]?.as_destination], [1, 4, 4, 4]);
});

test('services are named per transport', () => {
  const names = [
    serviceName('udp', 443),
    serviceName('tcp', 443),
    serviceName('tcp', 6668),
    serviceName('udp', 56_700),
  ];
  assert.deepEqual([...names, serviceName('tcp', 12_345)], ['quic', 'https', 'tuya', 'lifx', null]);
});
