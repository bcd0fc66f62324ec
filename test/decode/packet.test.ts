// One packet for a person: its bytes are those of the file, its message is whole, and what is hidden is not there.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CaptureReader } from '../../appliance/decode/files/capture-reader.ts';
import { type FoundPacket, PacketSearch } from '../../appliance/decode/packet/packet-search.ts';
import { marks, packetBytes, packetView } from '../../appliance/decode/packet/packet-view.ts';
import type { PacketView } from '../../appliance/model/document/packet.ts';
import { printable } from '../../appliance/model/text.ts';
import { ascii, connection, type Endpoint, ethernet, generator, pcapFile, tcp, udp } from '../analysis/packets.ts';

const CAMERA: Endpoint = { mac: '18:b4:30:00:00:02', ip: '192.168.7.2', port: 40_000 };
const CLOUD: Endpoint = { mac: 'dc:a6:32:00:00:fe', ip: '203.0.113.9', port: 80 };
const HEAD = 'POST /login HTTP/1.1\r\nHost: cam.example\r\nContent-Length: 24\r\n\r\n';
const BODY = 'user=jo&password=hunter22';
const ASKED = { segment: 7, checked: 'same', excerpt: '' } as const;

function fileOf(frames: readonly Uint8Array[]): Uint8Array {
  return pcapFile(frames.map((bytes, i) => ({ bytes, seconds: 1_795_179_600 + i, nanoseconds: 123_456_789 })));
}

function find(file: Uint8Array, packet: number): FoundPacket {
  const search = new PacketSearch(packet);
  new CaptureReader(search).push(file);
  const found = search.found();
  assert.ok(found !== undefined, `no packet ${packet}`);
  return found;
}

function look(file: Uint8Array, packet: number, isRevealed = true, excerpt = ''): PacketView {
  return packetView(packetBytes(find(file, packet), isRevealed, 'f'.repeat(64)), { ...ASKED, excerpt });
}

const text = (hex: string) => Buffer.from(hex, 'hex').toString('latin1');
const login = fileOf(
  connection(CAMERA, CLOUD, [
    [0, ascii(HEAD)],
    [0, ascii(BODY)],
    [1, ascii('HTTP/1.1 200 OK\r\n\r\n')],
  ]),
);

test('a message in several packets is put together, from its start line to its end', () => {
  const { message, layers } = look(login, 5);
  assert.equal(text(message?.bytes ?? ''), HEAD + BODY);
  assert.deepEqual(message?.packets, [4, 5]);
  assert.deepEqual(message?.own, [HEAD.length, HEAD.length + BODY.length]);
  assert.equal(message?.cut, false);
  assert.deepEqual(
    layers.map(({ name }) => name),
    ['Ethernet', 'IPv4', 'TCP', 'Payload'],
  );
});

test('packets that came twice and in another order make the same message', () => {
  const [a = new Uint8Array(0), b = new Uint8Array(0), c = new Uint8Array(0)] = [
    'GET /a HTTP/1.1\r\n',
    'Host: x\r\n',
    '\r\n',
  ].map(ascii);
  const at = [1000, 1000 + a.length, 1000 + a.length + b.length] as const;
  const part = (sequence: number, bytes: Uint8Array) => tcp(CAMERA, CLOUD, sequence, 1, 24, bytes);
  // The second holds the first's end again; the sequence numbers pass through zero in the other file.
  const again = ascii(`${'GET /a HTTP/1.1\r\n'.slice(-4)}Host: x\r\n`);
  for (const base of [0, 0xffff_fff0 - 1000]) {
    const file = fileOf([
      part(base + at[2], c),
      part(base + at[1] - 4, again),
      part(base + at[0], a),
      part(base + at[1], b),
    ]);
    for (const packet of [1, 3])
      assert.equal(text(look(file, packet).message?.bytes ?? ''), 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
  }
});

test('the next request on the same connection is another message', () => {
  const file = fileOf(
    connection(CAMERA, CLOUD, [
      [0, ascii('GET /1 HTTP/1.1\r\n\r\n')],
      [0, ascii('GET /2 HTTP/1.1\r\n\r\n')],
    ]),
  );
  assert.equal(text(look(file, 4).message?.bytes ?? ''), 'GET /1 HTTP/1.1\r\n\r\n');
  assert.equal(text(look(file, 5).message?.bytes ?? ''), 'GET /2 HTTP/1.1\r\n\r\n');
});

test('a message with a part that was not captured says so', () => {
  const file = fileOf([tcp(CAMERA, CLOUD, 1, 1, 24, ascii(HEAD)), tcp(CAMERA, CLOUD, 500, 1, 24, ascii(BODY))]);
  assert.equal(look(file, 1).message?.cut, true);
  assert.equal(look(file, 2).message?.cut, true);
});

test('until it is revealed nothing of the payload is in the answer', () => {
  const bytes = packetBytes(find(login, 5), false, null);
  assert.equal(Buffer.from(bytes.bytes, 'base64').includes('hunter22'), false);
  assert.equal(bytes.message?.bytes, null);
  const view = packetView(bytes, ASKED);
  assert.equal(view.revealed, false);
  assert.match(view.hex, /^[0-9a-f]{108}(··)+$/);
  assert.equal(view.message?.bytes, '');
  assert.equal(view.message?.length, HEAD.length + BODY.length);
  assert.ok(!JSON.stringify(view).includes(Buffer.from('hunter').toString('hex')));
});

test('the bytes that a finding names are marked, masked ones between them too', () => {
  const view = look(login, 5, true, 'user=jo&password=hu…(8)');
  assert.deepEqual(
    view.marked.map(([from, to]) => text(view.hex.slice(from * 2, to * 2))),
    ['user=jo&password=hu'],
  );
  assert.deepEqual(marks(Buffer.from('xx token=abc secret yy'), 'nothing of it'), []);
});

test('what devices send is text in every layer, and endless texts are cut', () => {
  const hostile = `GET /<script>\u0007${'x'.repeat(5000)} HTTP/1.1\r\nHost: \u001b[31mred\r\n\r\n`;
  const { layers } = look(fileOf([tcp(CAMERA, CLOUD, 1, 1, 24, ascii(hostile))]), 1);
  const values = layers.flatMap(({ fields }) => fields.map(({ value }) => value));
  assert.ok(values.every((value) => value.length <= 420 && value === printable(value, 1000)));
});

test('cut and random frames are shown as far as they go, at every length', () => {
  const next = generator(11);
  const [frame = new Uint8Array(0)] = connection(CAMERA, CLOUD, []).slice(0, 1);
  const noise = Uint8Array.from({ length: 300 }, () => next() & 255);
  for (const whole of [frame, udp(CAMERA, CLOUD, ascii(HEAD)), ethernet(CAMERA.mac, CLOUD.mac, 0x0806, noise), noise]) {
    for (let length = 1; length <= whole.length; length++) {
      for (const linkType of [1, 101]) {
        const file = pcapFile([{ bytes: whole.slice(0, length), seconds: 1, nanoseconds: 0 }], linkType);
        const { hex, layers } = look(file, 1);
        assert.equal(hex.length, length * 2);
        assert.ok(
          layers.every(({ range: [from, to] }) => from >= 0 && from < to && to <= length),
          `${length}`,
        );
      }
    }
  }
});

const tshark = spawnSync('tshark', ['-v']).status === 0 ? false : 'tshark is not installed: apt install tshark';

test('the bytes of each packet are those that tshark -x prints', { skip: tshark }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-packet-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'login.pcap');
  writeFileSync(path, login);
  const printed = spawnSync('tshark', ['-n', '-r', path, '-x'], { encoding: 'utf8' }).stdout;
  const blocks: string[] = [];
  for (const [, offset = '', row = ''] of printed.matchAll(/^([0-9a-f]{4}) {2}((?:[0-9a-f]{2} )+)/gm)) {
    if (offset === '0000') blocks.push('');
    blocks.push(`${blocks.pop() ?? ''}${row.replaceAll(' ', '')}`);
  }
  for (let packet = 1; packet <= 6; packet++) assert.ok(blocks.includes(look(login, packet).hex), `packet ${packet}`);
});
