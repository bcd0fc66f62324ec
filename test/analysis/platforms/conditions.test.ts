// Each condition that a rule file may hold, from packets to the decision: what shows the feature, and traffic of the same kind that lacks it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Analyzer } from '../../../appliance/analysis/analyzer.ts';
import { judgeDevices } from '../../../appliance/analysis/document/devices.ts';
import { parseRules } from '../../../appliance/analysis/platforms/rule-text.ts';
import { wholePart } from '../../../appliance/analysis/summary/merge.ts';
import { certificate } from '../../decode/certificate.ts';
import { clientHelloBody, handshake, record, serverHelloBody } from '../../decode/client-hello.ts';
import { be16, labels, vector16, vector24, wire } from '../../decode/fixture.ts';
import { ascii, connection, type Endpoint, joinBytes, udp } from '../packets.ts';

const LAMP: Endpoint = { mac: '02:11:22:33:44:55', ip: '192.168.77.20', port: 51_000 };
const CLOUD: Endpoint = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 80 };
const MULTICAST: Endpoint = { mac: '01:00:5e:00:00:fb', ip: '224.0.0.251', port: 5353 };

/** Whether the lamp belongs by a rule with this one condition. */
function belongs(condition: string, frames: readonly Uint8Array[]): boolean {
  const { rules, mistakes } = parseRules(`- platform: Lamp
  provider: Lamps
  rules:
    - id: lamp
      source: manual
      sufficient-positive: [${condition}, {domain: never.example}]
      example: [{sni: never.example}]
      counter-example: [{sni: other.example}]
`);
  assert.deepEqual(mistakes, [], condition);
  const analyzer = new Analyzer({ owner: null, infra: [] });
  for (const [i, bytes] of frames.entries())
    analyzer.frame(bytes, 0, bytes.length, 1_795_000_000, i * 1_000_000, bytes.length, 1);
  const devices = judgeDevices(
    wholePart(analyzer.summary()),
    rules.map(({ rule }) => rule),
  );
  const judgements = devices.find(({ mac }) => mac === LAMP.mac)?.judgements ?? [];
  return judgements.some(({ decision }) => decision.word === 'belongs');
}

interface Http {
  readonly host?: string;
  readonly path?: string;
  readonly asks?: string;
  readonly answers?: string;
  readonly sends?: string;
  readonly body?: string;
}

function http({ host = 'a.example', path = '/', asks = '', answers = '', sends = '', body = '' }: Http): Uint8Array[] {
  const request = `POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${asks}Content-Length: ${sends.length}\r\n\r\n${sends}`;
  const answer = `HTTP/1.1 200 OK\r\n${answers}Content-Length: ${body.length}\r\n\r\n${body}`;
  return connection(LAMP, CLOUD, [
    [0, ascii(request)],
    [1, ascii(answer)],
  ]);
}

function tls(name: string, port = 443): Uint8Array[] {
  const hello = record(22, 0x0301, handshake(1, clientHelloBody(name)));
  const shown = record(22, 0x0303, handshake(11, vector24(vector24(certificate()))));
  return connection(LAMP, { ...CLOUD, port }, [
    [0, hello],
    [1, joinBytes(record(22, 0x0303, handshake(2, serverHelloBody(undefined))), shown)],
  ]);
}

function dns(name: string): Uint8Array[] {
  const asked = wire(be16(7), be16(0x0100), be16(1), be16(0), be16(0), be16(0), labels(name), be16(1), be16(1));
  return [udp(LAMP, { ...CLOUD, port: 53 }, asked)];
}

const MQTT_CONNECT = wire(0x10, 16, vector16('MQTT'), 4, 2, be16(60), vector16('lamp'));

function published(topic: string, content: Uint8Array, by: 0 | 1 = 0): Uint8Array[] {
  const rest = wire(vector16(topic), content);
  return connection(LAMP, { ...CLOUD, port: 1883 }, [
    [0, MQTT_CONNECT],
    [by, wire(0x30, 0x80 | (rest.length & 127), rest.length >> 7, rest)],
  ]);
}

const message = (text: string, by: 0 | 1 = 0): Uint8Array[] => published('lamp/state', ascii(text), by);
const bytes = (hex: string, port = 2002, by: 0 | 1 = 0): Uint8Array[] =>
  connection(LAMP, { ...CLOUD, port }, [[by, Buffer.from(hex, 'hex')]]);

const KEYS = '{"power":{"on":true},"hue_deg":17}';
const FEWER = '{"power":{"on":true}}';

const CONDITIONS: readonly (readonly [condition: string, shows: Uint8Array[], lacks: Uint8Array[]])[] = [
  ['{domain: iot.*.lamp.example, in: [dns]}', dns('a.iot.eu.lamp.example'), tls('a.iot.eu.lamp.example')],
  ['{domain: lamp.example, in: [sni]}', tls('api.lamp.example'), dns('api.lamp.example')],
  ['{domain: lamp.example, in: [host]}', http({ host: 'api.lamp.example' }), http({ host: 'spotlamp.example' })],
  ['{domain: camera.example, in: [certificate]}', tls('x.example'), tls('x.example').slice(0, 4)],
  ['{certificate: "*.cam.exam*"}', tls('x.example'), tls('x.example').slice(0, 4)],
  ['{path: /lamp/*/state}', http({ path: '/lamp/one/state?key=1' }), http({ path: '/lamp/one' })],
  ['{request-header: x-lamp}', http({ asks: 'X-Lamp: 1\r\n' }), http({ answers: 'X-Lamp: 1\r\n' })],
  ['{answer-header: x-lamp}', http({ answers: 'X-Lamp: 1\r\n' }), http({ asks: 'X-Lamp: 1\r\n' })],
  [
    '{request-header: "user-agent: lamp/*"}',
    http({ asks: 'User-Agent: Lamp/1.0\r\n' }),
    http({ asks: 'User-Agent: other Lamp/1.0\r\n' }),
  ],
  ['{answer-header: "server: lampd*"}', http({ answers: 'Server: lampd/2\r\n' }), http({ answers: 'Server: x\r\n' })],
  ['{request-json: [power, hue_deg]}', http({ sends: KEYS }), http({ body: KEYS })],
  ['{answer-json: [power, hue_deg]}', http({ body: KEYS }), http({ body: FEWER })],
  ['{message-json: ["on", power, hue_deg]}', message(KEYS), message(FEWER)],
  ['{message-json: ["on", hue_deg]}', message(KEYS, 1), http({ sends: KEYS })],
  ['{message-json: [hue_deg]}', published('lamp/state', gzipSync(KEYS)), message('"hue_deg": 17')],
  ['{json: [power, hue_deg]}', message(KEYS), [...message(FEWER), ...http({ body: '{"hue_deg":17}' })]],
  [
    '{all: [{topic: lamp/*}, {message-json: [hue_deg]}]}',
    published('lamp/state', ascii(KEYS)),
    published('home/state', ascii(KEYS)),
  ],
  ['{topic: lamp/state}', message(FEWER), published('home/lamp/state', ascii(FEWER))],
  ['{alpn: h2}', tls('x.example'), http({})],
  ['{ja4: t13d0306h2_*}', tls('x.example'), http({})],
  ['{port: tcp/8883}', tls('x.example', 8883), tls('x.example', 443)],
  ['{port: tcp/2002}', bytes('00112233'), bytes('00112233', 2003)],
  ['{payload: "55cc"}', bytes('55cc0011'), bytes('0055cc00')],
  ['{payload: "55cc", at: 3}', bytes('00112255cc00'), bytes('001155cc0000')],
  ['{payload: "55cc", port: tcp/2002}', bytes('55cc0011'), bytes('55cc0011', 2003)],
  ['{payload: "55cc", from: client}', bytes('55cc0011'), bytes('55cc0011', 2002, 1)],
];

for (const [condition, shows, lacks] of CONDITIONS) {
  test(`a condition of packets: ${condition}`, () => {
    assert.deepEqual([belongs(condition, shows), belongs(condition, lacks)], [true, false]);
  });
}

test('what the device says of itself is a condition as well', () => {
  const search = 'NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: urn:lamp:device:1\r\nNTS: ssdp:alive\r\n\r\n';
  const ssdp = [udp(LAMP, { mac: '01:00:5e:7f:ff:fa', ip: '239.255.255.250', port: 1900 }, ascii(search))];
  const pointer = wire(be16(0), be16(0x8400), be16(0), be16(1), be16(0), be16(0), labels('_lamp._tcp.local'));
  const mdns = [
    udp({ ...LAMP, port: 5353 }, MULTICAST, wire(pointer, be16(12), be16(1), [0, 0, 0, 60], vector16([0xc0, 12]))),
  ];
  assert.deepEqual(
    ['{ssdp: "urn:lamp:*"}', '{service: "*_lamp._tcp*"}'].map((condition) =>
      [ssdp, mdns].map((frames) => belongs(condition, frames)),
    ),
    [
      [true, false],
      [false, true],
    ],
  );
});

test('names of fields of a message that look like keys or addresses are not kept', () => {
  const text = '{"4kq9Zx81Lm0pQw7Rt5":1,"01:23:45:67:89:ab":2,"hue_deg":3}';
  assert.equal(belongs('{message-json: [hue_deg]}', message(text)), true);
  assert.equal(belongs('{message-json: [4kq9Zx81Lm0pQw7Rt5]}', message(text)), false);
});
