// Platforms of devices from packets: the paper's Table II and listings, its confusions, and what must not be kept or believed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileDocument, framesDocument } from '../../cases/case-document.ts';
import { papers, withoutPapers } from '../../cases/papers.ts';
import { ascii, connection, type Endpoint, udp } from '../packets.ts';

const LAMP: Endpoint = { mac: '02:11:22:33:44:55', ip: '192.168.77.20', port: 51_000 };
const WEB: Endpoint = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 80 };

function platformsOf(frames: readonly Uint8Array[]): string[] {
  const device = framesDocument(frames).devices.find(({ mac }) => mac === LAMP.mac);
  return (device?.platform_answers ?? []).map(({ answer, by, platforms }) => `${answer} ${by} ${platforms.join('|')}`);
}

/** A request for `host` and what answers it. */
function exchange(answer: string, host = 'a.example.net', request = '', port = LAMP.port): Uint8Array[] {
  const asked = `GET /x HTTP/1.1\r\nHost: ${host}\r\n${request}\r\n`;
  return connection({ ...LAMP, port }, WEB, [
    [0, ascii(asked)],
    [1, ascii(answer)],
  ]);
}

function answered(fields: string, body = '{}'): string {
  return `HTTP/1.1 200 OK\r\n${fields}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

const BY_PAPER: Readonly<Record<string, readonly string[]>> = {
  'joylink.pcap': ['Joylink'],
  'mijia.pcap': ['MiJia'],
  'mijia3121.pcap': ['MiJia'],
  'iotpf.pcap': ['AWS IoT', 'MiJia', 'Samsung SmartThings'],
  'cases.pcap': ['Withings'],
};

test('Table II and the three listings are decided as the paper has them', { skip: withoutPapers }, () => {
  for (const [file, platforms] of Object.entries(BY_PAPER)) {
    const { devices, conversations } = fileDocument(readFileSync(papers(file)));
    const found = devices.flatMap((device) => device.platforms);
    assert.deepEqual(found, platforms, file);
    if (file.startsWith('mijia')) assert.deepEqual([...new Set(conversations.map(({ service }) => service))], ['miio']);
  }
});

test('Tengine alone is ambiguous: MiJia, Alink and Ezviz', () => {
  assert.deepEqual(platformsOf(exchange(answered('Server: Tengine'))), ['ambiguous device Alink|Ezviz|MiJia']);
});

test('openresty alone may be SmartThings, and nginx says nothing', () => {
  assert.deepEqual(platformsOf(exchange(answered('Server: openresty/1.15'))), ['ambiguous device Samsung SmartThings']);
  assert.deepEqual(platformsOf(exchange(answered('Server: nginx'))), []);
});

test('the JSON of the third listing decides whatever the server is called, and in any order, but in one message', () => {
  const devices = '{"r":{"list":[{"is_online":1,"model":"m","pd_id":130,"did":"6"}]}}';
  assert.deepEqual(platformsOf(exchange(answered('Server: Tengine', devices))), ['belongs device MiJia']);
  assert.deepEqual(platformsOf(exchange(answered('Server: other', devices))), ['belongs device MiJia']);
  const halves = [
    ...exchange(answered('Server: other', '{"did":1,"model":"m"}')),
    ...exchange(answered('Server: other', '{"pd_id":1,"is_online":1}'), 'a.example.net', '', 51_001),
  ];
  assert.deepEqual(platformsOf(halves), []);
});

test("Amazon's CDN alone is no platform, nor are the keys of the first listing in an advertisement", () => {
  const cdn = 'Server: AmazonS3\r\nVia: 1.1 95644acf.cloudfront.net (CloudFront)\r\nX-Amz-Cf-Pop: NRT12-C4';
  const body = '{"masterDeviceId":null,"devices":[]}';
  assert.deepEqual(platformsOf(exchange(answered(cdn))), []);
  assert.deepEqual(platformsOf(exchange(answered(cdn, body), 'aax-eu.amazon-adsystem.com')), []);
  assert.deepEqual(platformsOf(exchange(answered(cdn, body))), ['belongs device AWS IoT']);
});

test('first bytes count at their port and of their transport alone, and where the capture begins in the middle', () => {
  const cloud: Endpoint = { ...WEB, port: 2002 };
  const joylink = Buffer.from('55cc0000003a0000', 'hex');
  assert.deepEqual(platformsOf(connection(LAMP, cloud, [[0, joylink]])), ['belongs device Joylink']);
  assert.deepEqual(platformsOf(connection(LAMP, { ...cloud, port: 2003 }, [[0, joylink]])), []);
  assert.deepEqual(platformsOf([udp(LAMP, cloud, joylink)]), []);
  const middle = connection(LAMP, cloud, [
    [1, Buffer.from('55cc0000003b0000', 'hex')],
    [0, joylink],
  ]).slice(3);
  assert.deepEqual(platformsOf(middle), ['belongs device Joylink']);
});

test("a phone's clouds are its apps', and no platform of the phone", () => {
  const agent = 'User-Agent: Dalvik/2.1.0 (Linux; U; Android 9)\r\n';
  const frames = exchange(answered('Server: SmartThings'), 'a.example.net', agent);
  const [device] = framesDocument(frames).devices;
  assert.deepEqual([device?.category, device?.platforms], ['phone', []]);
  assert.deepEqual(platformsOf(frames), ['belongs app Samsung SmartThings']);
});

test('no value of a field and no private name of JSON is kept, and hostile names stay text', () => {
  const body = '{"01:23:45:67:89:ab":1,"4kq9Zx81Lm0pQw7Rt5":{"on":true},"__proto__":1,"a\\tb":2}';
  const frames = exchange(
    answered('Server: x\r\nX-Secret: hunter2hunter2\r\nSet-Cookie: sid=verysecret', body),
    'A.Example',
  );
  const { devices } = framesDocument(frames);
  const text = JSON.stringify(devices);
  for (const secret of ['hunter2', 'verysecret', '4kq9Zx81', '67:89']) assert.ok(!text.includes(secret), secret);
});
