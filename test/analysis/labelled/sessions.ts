// Labelled sessions, made from a seed: what the verdict must get right. No listener has said anything about them, so the
// verdict rests on statistics, first bytes and traces alone; in the product listeners only add to it.

import { createCipheriv } from 'node:crypto';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { RandomBytes } from './random-bytes.ts';
import { type Packet, segments } from './stats-of.ts';
import { withoutXz, xz } from './xz.ts';

/** What a session truly is. */
export type Truth = 'tls' | 'ciphertext' | 'media' | 'text' | 'binary' | 'scrambled' | 'container' | 'mixed';

export interface Kind {
  readonly name: string;
  readonly truth: Truth;
  readonly proto: 'tcp' | 'udp';
  readonly make: (random: RandomBytes) => Packet[];
}

function join(n: number, make: (i: number) => Uint8Array): Buffer {
  return Buffer.concat(Array.from({ length: n }, (_, i) => make(i)));
}

function stream(make: (random: RandomBytes) => Uint8Array): Kind['make'] {
  return (random) => segments('a', make(random));
}

function datagrams(make: (random: RandomBytes, i: number) => Uint8Array, fewest = 40, most = 300): Kind['make'] {
  return (random) =>
    Array.from({ length: random.whole(fewest, most) }, (_, i) => ({ from: i % 3 ? 'a' : 'b', bytes: make(random, i) }));
}

/** Joined in its middle: the first third is gone. */
function late(make: Kind['make']): Kind['make'] {
  return (random) => {
    const packets = make(random);
    return packets.slice(Math.floor(packets.length / 3));
  };
}

function http(head: string, body: (random: RandomBytes) => Uint8Array): Kind['make'] {
  return (random) => {
    const content = body(random);
    const lines = `${head}\r\nHost: device.example\r\nContent-Length: ${content.length}\r\n\r\n`;
    return segments('a', Buffer.concat([Buffer.from(lines), content]));
  };
}

/** The default quality of brotli takes seconds. */
const FAST = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

const NAMES = ['kitchen', 'garden', 'hall', 'door', 'window', 'heater', 'lamp', 'sensor', 'camera', 'plug'];

export function json(random: RandomBytes, records = random.whole(20, 400)): Buffer {
  return join(records, (i) =>
    Buffer.from(
      `{"id":${i},"name":"${random.pick(NAMES)}","on":${random.pick(['true', 'false'])},"value":${random.whole(0, 99_999) / 100}}\n`,
    ),
  );
}

/** Prose-like text of a few hundred words, so that compression has something to do. */
function prose(random: RandomBytes, words: number): Buffer {
  return join(words, () =>
    Buffer.from(`${random.pick(NAMES)}${random.whole(0, 9999)} ${random.pick(['is', 'was', 'and'])} `),
  );
}

/** One TLS record (RFC 8446 §5.1). */
function record(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 3, body.length >> 8, body.length & 255]), body]);
}

function tlsRecords(random: RandomBytes): Buffer {
  return join(random.whole(10, 40), () => record(23, random.bytes(random.pick([26, 64, 90, 400, 1400, 9000, 16_400]))));
}

/** NAL units with emulation prevention (ITU-T H.264 §7.4.1.1) around bytes as uniform as CABAC's. */
function h264(random: RandomBytes): Buffer {
  return join(random.whole(20, 60), (i) => {
    const header = i === 0 ? [0, 0, 0, 1, 0x67] : [0, 0, 1, i % 12 === 0 ? 0x65 : 0x41];
    return Buffer.concat([Buffer.from(header), prevented(random.bytes(random.whole(400, 6000)))]);
  });
}

function prevented(bytes: Buffer): Buffer {
  const out: number[] = [];
  for (const byte of bytes) {
    if (byte <= 3 && out.at(-1) === 0 && out.at(-2) === 0) out.push(3);
    out.push(byte);
  }
  return Buffer.from(out);
}

/** JPEG: SOI, APP0, scan data with every ff stuffed, EOI (ITU-T T.81 annex B). */
function jpeg(random: RandomBytes, n = random.whole(4000, 30_000)): Buffer {
  const scan: number[] = [];
  for (const byte of random.bytes(n)) scan.push(...(byte === 0xff ? [0xff, 0] : [byte]));
  const start = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex');
  return Buffer.concat([start, Buffer.from(scan), Buffer.from([0xff, 0xd9])]);
}

function multipartJpeg(random: RandomBytes): Buffer {
  const part = '\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n';
  return join(random.whole(2, 6), () => Buffer.concat([Buffer.from(part), jpeg(random)]));
}

function transportStream(random: RandomBytes): Buffer {
  return join(random.whole(100, 600), (i) =>
    Buffer.concat([Buffer.from([0x47, 0x01, 0x00, 0x10 | (i & 15)]), random.bytes(184)]),
  );
}

/** MPEG 1 layer III, 128 kbit/s, 44.1 kHz: frames of 417 or 418 bytes. */
function mp3(random: RandomBytes): Buffer {
  return join(random.whole(30, 200), (i) =>
    Buffer.concat([Buffer.from([0xff, 0xfb, i % 3 ? 0x92 : 0x90, 0x64]), random.bytes(i % 3 ? 414 : 413)]),
  );
}

function mp4(random: RandomBytes): Buffer {
  const box = (name: string, body: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(body.length + 8);
    head.write(name, 4, 'latin1');
    return Buffer.concat([head, body]);
  };
  const fragments = join(random.whole(3, 10), () =>
    Buffer.concat([box('moof', Buffer.alloc(80, 1)), box('mdat', random.bytes(random.whole(5000, 20_000)))]),
  );
  return Buffer.concat([box('ftyp', Buffer.from('isom\x00\x00\x02\x00isomiso2')), fragments]);
}

function rtp(random: RandomBytes, i: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(12);
  head.set([0x80, 96]);
  head.writeUInt16BE(i, 2);
  head.writeUInt32BE(i * 3000, 4);
  head.set([9, 8, 7, 6], 8);
  return Buffer.concat([head, body, random.bytes(random.whole(600, 1200))]);
}

/** Tagged fields (protobuf encoding: varint, length-delimited, fixed32) of a reading. */
function protobuf(random: RandomBytes): Buffer {
  const name = Buffer.from(random.pick(NAMES));
  const value = Buffer.alloc(4);
  value.writeFloatLE(random.whole(0, 4000) / 100);
  return Buffer.concat([
    Buffer.from([0x08, random.whole(1, 127), 0x12, name.length]),
    name,
    Buffer.from([0x1d]),
    value,
  ]);
}

/** 16-bit little-endian sound: two tones and a little noise. */
function pcm(random: RandomBytes): Buffer {
  const noise = random.bytes(20_000);
  const out = Buffer.alloc(40_000);
  for (let i = 0; i < 20_000; i++) {
    const tone = 6000 * Math.sin(i / 9) + 2500 * Math.sin(i / 23);
    out.writeInt16LE(Math.round(tone + (noise[i]! - 128) / 2), i * 2);
  }
  return out;
}

/** Register reads as Modbus/TCP writes them. */
function modbus(random: RandomBytes, i: number): Buffer {
  const registers = Buffer.alloc(20);
  for (let r = 0; r < 10; r++) registers.writeUInt16BE(random.whole(0, 900), r * 2);
  return Buffer.concat([Buffer.from([i >> 8, i & 255, 0, 0, 0, 23, 1, 3, 20]), registers]);
}

/** TP-Link's: each byte XOR the cipher byte before, starting at 171. */
export function kasa(plain: Uint8Array): Buffer {
  let key = 171;
  return Buffer.from(plain.map((byte) => (key = byte ^ key)));
}

/** Tuya 55aa frame: prefix, sequence, command, length, AES-ECB of the body, checksum, suffix. */
function tuya(random: RandomBytes, i: number): Buffer {
  const cipher = createCipheriv('aes-128-ecb', Buffer.from('0123456789abcdef'), null);
  const reading = `{"devId":"bf${i}","dps":{"1":true,"18":${random.whole(0, 9999)},"t":${random.whole(0, 1e9)}}}`;
  const body = Buffer.concat([cipher.update(reading), cipher.final()]);
  const head = Buffer.from([0, 0, 0x55, 0xaa, 0, 0, i >> 8, i & 255, 0, 0, 0, 7, 0, 0, 0, body.length + 8]);
  return Buffer.concat([head, body, random.bytes(4), Buffer.from([0, 0, 0xaa, 0x55])]);
}

function lifx(random: RandomBytes, i: number): Buffer {
  const bytes = Buffer.alloc(49);
  bytes.set([49, 0, 0, 0x34, 1, 2, 3, 4, 0xd0, 0x73, 0xd5, 1, 2, 3]);
  bytes.set([i & 255, 0, 0, 0, 0, 0, 0, 0, 0, 102, 0, 0, 0], 23);
  bytes.writeUInt16LE(random.whole(0, 65_535), 37);
  bytes.writeUInt16LE(3500, 43);
  return bytes;
}

function smallMessages(random: RandomBytes): Packet[] {
  return datagrams(() => random.bytes(random.whole(48, 190)))(random);
}

/** Ciphertext, and now and then a request that anybody can read. */
function plainAmongCiphertext(random: RandomBytes): Packet[] {
  const packets = segments('a', random.bytes(2_000_000));
  for (let i = 0; i < 4; i++) {
    const request = `GET /api/v1/state?key=${random.whole(0, 9_999_999)} HTTP/1.1\r\nHost: hub.local\r\n\r\n`;
    packets.splice(random.whole(5, packets.length - 1), 0, { from: 'a', bytes: Buffer.from(request) });
  }
  return packets;
}

/** Only where the encoder is installed; generated.test.ts says so where it is not. */
const XZ_KINDS: readonly Kind[] = [
  {
    name: 'xz by HTTP',
    truth: 'media',
    proto: 'tcp',
    make: http('PUT /log.xz HTTP/1.1', (random) => xz(prose(random, 8000))),
  },
  { name: 'xz, bare', truth: 'media', proto: 'tcp', make: stream((random) => xz(prose(random, 8000))) },
  { name: 'xz, joined late', truth: 'media', proto: 'tcp', make: late(stream((random) => xz(prose(random, 9000)))) },
];

export const KINDS: readonly Kind[] = [
  { name: 'TLS records', truth: 'tls', proto: 'tcp', make: stream(tlsRecords) },
  { name: 'TLS records, joined late', truth: 'tls', proto: 'tcp', make: late(stream(tlsRecords)) },
  {
    name: 'TLS keep-alives',
    truth: 'tls',
    proto: 'tcp',
    make: datagrams((random) => record(23, random.bytes(random.whole(26, 90)))),
  },
  {
    name: 'AES-CTR stream',
    truth: 'ciphertext',
    proto: 'tcp',
    make: stream((random) => random.bytes(random.pick([1024, 1500, 3000, 20_000, 200_000]))),
  },
  { name: 'encrypted keep-alives below 200 bytes', truth: 'ciphertext', proto: 'udp', make: smallMessages },
  {
    name: 'messages of open header and AES body',
    truth: 'ciphertext',
    proto: 'tcp',
    make: datagrams((random, i) =>
      Buffer.concat([Buffer.from([0xca, 0xfe, 1, 0, 0, i & 255]), random.bytes(16 * random.whole(4, 60))]),
    ),
  },
  {
    name: 'SRTP',
    truth: 'ciphertext',
    proto: 'udp',
    make: datagrams((random, i) => rtp(random, i, new Uint8Array(0))),
  },
  {
    name: 'camera P2P datagrams',
    truth: 'ciphertext',
    proto: 'udp',
    make: datagrams((random, i) => Buffer.concat([Buffer.from([0xf1, 0xd0, 4, 4, 0, i & 255]), random.bytes(1024)])),
  },
  { name: 'MP4 by HTTP PUT', truth: 'media', proto: 'tcp', make: http('PUT /clip.mp4?AccessKeyId=A HTTP/1.1', mp4) },
  { name: 'MP4, bare', truth: 'media', proto: 'tcp', make: stream(mp4) },
  { name: 'MP4, joined late', truth: 'media', proto: 'tcp', make: late(stream(mp4)) },
  { name: 'motion JPEG by HTTP', truth: 'media', proto: 'tcp', make: http('HTTP/1.0 200 OK', multipartJpeg) },
  { name: 'JPEG, joined late', truth: 'media', proto: 'tcp', make: late(stream((random) => jpeg(random))) },
  { name: 'H.264', truth: 'media', proto: 'tcp', make: stream(h264) },
  { name: 'H.264 by HTTP', truth: 'media', proto: 'tcp', make: http('HTTP/1.1 200 OK', h264) },
  { name: 'H.264, joined late', truth: 'media', proto: 'tcp', make: late(stream(h264)) },
  {
    name: 'H.264 over RTP',
    truth: 'media',
    proto: 'udp',
    make: datagrams((random, i) => rtp(random, i, Buffer.from([0x7c, i % 9 ? 0x41 : 0x81]))),
  },
  { name: 'MPEG-TS', truth: 'media', proto: 'tcp', make: stream(transportStream) },
  { name: 'MPEG-TS, joined late', truth: 'media', proto: 'tcp', make: late(stream(transportStream)) },
  { name: 'MP3, joined late', truth: 'media', proto: 'tcp', make: late(stream(mp3)) },
  {
    name: 'gzip by HTTP',
    truth: 'media',
    proto: 'tcp',
    make: http('HTTP/1.1 200 OK', (random) => gzipSync(prose(random, 8000))),
  },
  { name: 'gzip, bare', truth: 'media', proto: 'tcp', make: stream((random) => gzipSync(prose(random, 8000))) },
  {
    name: 'gzip, joined late',
    truth: 'media',
    proto: 'tcp',
    make: late(stream((random) => gzipSync(prose(random, 9000)))),
  },
  { name: 'zlib, bare', truth: 'media', proto: 'tcp', make: stream((random) => deflateSync(prose(random, 5000))) },
  { name: 'raw deflate', truth: 'media', proto: 'tcp', make: stream((random) => deflateRawSync(prose(random, 5000))) },
  {
    name: 'brotli by HTTP',
    truth: 'media',
    proto: 'tcp',
    make: http('HTTP/1.1 200 OK', (random) => brotliCompressSync(prose(random, 5000), FAST)),
  },
  { name: 'JSON', truth: 'text', proto: 'tcp', make: stream((random) => json(random)) },
  {
    name: 'JSON by HTTP',
    truth: 'text',
    proto: 'tcp',
    make: http('POST /weight HTTP/1.1', (random) => json(random, 3)),
  },
  { name: 'prose', truth: 'text', proto: 'tcp', make: stream((random) => prose(random, random.whole(100, 3000))) },
  { name: 'JSON datagrams', truth: 'text', proto: 'udp', make: datagrams((random) => json(random, 1)) },
  { name: 'protobuf', truth: 'binary', proto: 'tcp', make: datagrams((random) => protobuf(random), 100) },
  { name: 'PCM sound', truth: 'binary', proto: 'udp', make: (random) => segments('a', pcm(random), 640) },
  { name: 'Modbus', truth: 'binary', proto: 'tcp', make: datagrams(modbus) },
  { name: 'LIFX', truth: 'binary', proto: 'udp', make: datagrams(lifx) },
  {
    name: 'Kasa XOR',
    truth: 'scrambled',
    proto: 'tcp',
    make: (random) => Array.from({ length: 40 }, () => ({ from: 'a', bytes: kasa(json(random, 4)) })),
  },
  {
    name: 'XOR with one byte',
    truth: 'scrambled',
    proto: 'tcp',
    make: stream((random) => json(random).map((byte) => byte ^ 0xa5)),
  },
  {
    name: 'Base64',
    truth: 'scrambled',
    proto: 'tcp',
    make: stream((random) => Buffer.from(random.bytes(random.whole(800, 9000)).toString('base64'))),
  },
  {
    name: 'hexadecimal',
    truth: 'scrambled',
    proto: 'tcp',
    make: stream((random) => Buffer.from(random.bytes(random.whole(800, 9000)).toString('hex'))),
  },
  { name: 'Tuya frames', truth: 'container', proto: 'tcp', make: datagrams(tuya) },
  {
    name: 'AES body by HTTP',
    truth: 'container',
    proto: 'tcp',
    make: http('POST /upload HTTP/1.1', (random) => random.bytes(random.whole(2000, 60_000))),
  },
  { name: 'four plain requests in 2 MB of ciphertext', truth: 'mixed', proto: 'tcp', make: plainAmongCiphertext },
  ...(withoutXz === false ? XZ_KINDS : []),
];

export { RandomBytes };
