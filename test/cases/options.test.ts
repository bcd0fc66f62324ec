// Kind E: facts that are in options and extensions. Inputs of the field where they are, and siblings made here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connection, type Endpoint, udp } from '../analysis/packets.ts';
import { be16, be32, labels, vector8, vector16, wire } from '../decode/fixture.ts';
import { caseDocument, framesDocument, rulesOf, withoutCases } from './case-document.ts';

const CAM: Endpoint = { mac: '02:00:00:00:00:20', ip: '192.168.77.20', port: 50_000 };
const RESOLVER: Endpoint = { mac: '02:00:00:00:00:01', ip: '192.168.77.1', port: 53 };
const CLOUD: Endpoint = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 4433 };

test('case 16: messages under a topic alias count for their topic', { skip: withoutCases }, () => {
  const { mqtt, findings } = caseDocument('16');
  assert.deepEqual({ ...mqtt?.topics }, { 'home/cam1/status': 5 });
  const secret = findings.find(({ rule }) => rule === 'CRED-05');
  assert.match(secret?.excerpt_masked ?? '', /home\/cam1\/status/);
});

test('case 18: a host name in the field of the server’s name is read', { skip: withoutCases }, () => {
  const [client] = Object.values(caseDocument('18').dhcp.clients);
  assert.deepEqual([client?.hostname, client?.vendor_class], [['cam-overload'], ['IPCAM 2.1']]);
});

test('case 20: the hint of an HTTPS record names the destination', { skip: withoutCases }, () => {
  const { dns, destinations } = caseDocument('20');
  assert.deepEqual({ ...dns.queries }, { 'svc.vendor.example': 1 });
  const to = destinations.find(({ ip }) => ip === '45.33.32.156');
  assert.deepEqual(to?.names, [{ name: 'svc.vendor.example', source: 'dns' }]);
});

type Record = readonly [owner: string, type: number, data: Uint8Array];

function message(flags: number, name: string, type: number, answers: readonly Record[], more: readonly Record[] = []) {
  const records = [...answers, ...more].map(([owner, kind, data]) =>
    wire(labels(owner), be16(kind), be16(1), be32(60), vector16(data)),
  );
  const counts = [be16(1), be16(answers.length), be16(0), be16(more.length)];
  return wire(be16(7), be16(flags), ...counts, labels(name), be16(type), be16(1), ...records);
}

/** A question, its answer, then some bytes for the cloud. */
function asked(name: string, type: number, answers: readonly Record[], more: readonly Record[] = []) {
  return framesDocument([
    udp(CAM, RESOLVER, message(0x0100, name, type, [])),
    udp(RESOLVER, CAM, message(0x8180, name, type, answers, more)),
    ...connection({ ...CAM, port: 40_000 }, CLOUD, [[0, wire('hello, this is opaque')]]),
  ]);
}

const parameter = (key: number, value: Uint8Array): Uint8Array => wire(be16(key), vector16(value));
const HINT = parameter(4, wire([45, 33, 32, 156]));
const SVCB = 64;
const HTTPS = 65;
const A = 1;
const ROOT = wire(0);

function namesOf(document: ReturnType<typeof asked>): string[] {
  return (document.destinations.find(({ ip }) => ip === CLOUD.ip)?.names ?? []).map((n) => `${n.source} ${n.name}`);
}

test('SVCB with several parameters, a target of its own and two hints names both names', () => {
  const data = wire(
    be16(1),
    labels('pool.example'),
    parameter(1, vector8('h2')),
    parameter(4, wire([203, 0, 113, 1], [45, 33, 32, 156])),
  );
  const document = asked('svc.example', SVCB, [['svc.example', SVCB, data]]);
  assert.deepEqual(namesOf(document).toSorted(), ['cname pool.example', 'dns svc.example']);
});

test('an alias record leads to the addresses next to the answer', () => {
  const data = wire(be16(0), labels('edge.example'));
  const document = asked(
    'svc.example',
    HTTPS,
    [['svc.example', HTTPS, data]],
    [['edge.example', A, wire([45, 33, 32, 156])]],
  );
  assert.ok(namesOf(document).includes('dns svc.example'), namesOf(document).join());
});

test('an address next to the answer that belongs to nothing in it names nobody', () => {
  const data = wire(be16(1), ROOT, parameter(1, vector8('h3')));
  const document = asked(
    'svc.example',
    HTTPS,
    [['svc.example', HTTPS, data]],
    [['ns.other.example', A, wire([45, 33, 32, 156])]],
  );
  assert.deepEqual(namesOf(document), []);
});

test('a name with an HTTPS record alone is resolved, and an alias that was reached leaves nothing unreached', () => {
  const bare = asked('bare.example', HTTPS, [['bare.example', HTTPS, wire(be16(1), ROOT)]]);
  assert.deepEqual(
    bare.behaviour?.unreached.map(({ name, resolved }) => [name, resolved]),
    [['bare.example', true]],
  );
  const alias = wire(be16(0), labels('edge.example'));
  const document = framesDocument([
    udp(CAM, RESOLVER, message(0x0100, 'svc.example', HTTPS, [])),
    udp(RESOLVER, CAM, message(0x8180, 'svc.example', HTTPS, [['svc.example', HTTPS, alias]])),
    udp(CAM, RESOLVER, message(0x0100, 'edge.example', A, [])),
    udp(RESOLVER, CAM, message(0x8180, 'edge.example', A, [['edge.example', A, wire([45, 33, 32, 156])]])),
    ...connection({ ...CAM, port: 40_000 }, CLOUD, [[0, wire('hello, this is opaque')]]),
  ]);
  assert.deepEqual(document.behaviour?.unreached, []);
});

test('a hint that its record cuts short names nobody', () => {
  const data = wire(be16(1), ROOT, be16(4), be16(4), [45, 33, 32]);
  assert.deepEqual(namesOf(asked('svc.example', HTTPS, [['svc.example', HTTPS, data]])), []);
  assert.ok(namesOf(asked('svc.example', HTTPS, [['svc.example', HTTPS, wire(be16(1), ROOT, HINT)]])).length > 0);
});

const CONNECT = wire(0x10, vector8(vector16('MQTT'), 5, 2, be16(60), 0, vector16('cam')));
/** PUBLISH of version 5 with an alias, QoS 0. */
function publish(topic: string, alias: number, text: string, more: Uint8Array = wire()): Uint8Array {
  return wire(0x30, vector8(vector16(topic), vector8(35, be16(alias), more), text));
}

function broker(messages: readonly (readonly [0 | 1, Uint8Array])[]) {
  return framesDocument(connection({ ...CAM, port: 40_000 }, { ...CLOUD, port: 1883 }, messages));
}

test('an alias that is bound again represents its new topic; the broker’s aliases are its own', () => {
  const { mqtt } = broker([
    [0, wire(CONNECT, publish('a/b', 1, 'x'), publish('', 1, 'x'), publish('c/d', 1, 'x'), publish('', 1, 'x'))],
    [1, publish('set/e', 1, 'x')],
    [1, publish('', 1, 'x')],
  ]);
  assert.deepEqual({ ...mqtt?.topics }, { 'a/b': 2, 'c/d': 2, 'set/e': 2 });
});

test('aliases end with their connection', () => {
  const { mqtt } = broker([
    [0, wire(CONNECT, publish('a/b', 1, 'x'))],
    [0, wire(CONNECT, publish('', 1, 'x'))],
  ]);
  assert.deepEqual({ ...mqtt?.topics }, { 'a/b': 1 });
});

test('a password in a user property and one in a will are found', () => {
  const property = wire(38, vector16('password'), vector16('geheimwort-4711'));
  assert.ok(rulesOf(broker([[0, wire(CONNECT, publish('a/b', 1, 'x', property))]])).includes('CRED-05'));
  const will = wire(
    0x10,
    vector8(
      vector16('MQTT'),
      5,
      6,
      be16(60),
      0,
      vector16('c'),
      0,
      vector16('w'),
      vector16('{"password":"geheimwort-4711"}'),
    ),
  );
  assert.ok(rulesOf(broker([[0, will]])).includes('CRED-05'));
});

test('more aliases than are kept are reported in the limits', () => {
  const many = Array.from({ length: 300 }, (_, i) => publish(`t/${i}`, i + 1, 'x'));
  assert.equal(broker([[0, wire(CONNECT, ...many)]]).limits.messages_cut, 300 - 256);
});
