// Capture files of every variant, in pieces of any size, cut at every length.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CaptureReader } from '../../appliance/decode/files/capture-reader.ts';
import { ascii, joinBytes, pcapFile } from '../analysis/packets.ts';

interface Seen {
  readonly text: string;
  readonly time: string;
  readonly length: number;
  readonly linkType: number;
}

function read(file: Uint8Array, piece = file.length): { seen: Seen[]; reader: CaptureReader } {
  const seen: Seen[] = [];
  const reader = new CaptureReader({
    frame(bytes, start, end, seconds, nanoseconds, length, linkType) {
      const text = Buffer.from(bytes.subarray(start, end)).toString('latin1');
      seen.push({ text, time: `${seconds}.${String(nanoseconds).padStart(9, '0')}`, length, linkType });
    },
  });
  for (let at = 0; at < file.length; at += Math.max(1, piece)) reader.push(file.subarray(at, at + Math.max(1, piece)));
  return { seen, reader };
}

interface Variant {
  readonly magic: number;
  readonly little: boolean;
  /** Extra bytes behind the usual record header. */
  readonly extra: number;
}

/** Two packets, `one` and `three`, the second cut to three of seven bytes. */
function variantFile({ magic, little, extra }: Variant): Uint8Array {
  const header = new Uint8Array(24);
  const view = new DataView(header.buffer);
  view.setUint32(0, magic, little);
  view.setUint16(4, 2, little); // version 2.4
  view.setUint16(6, 4, little);
  view.setUint32(16, 65_535, little); // snap length
  view.setUint32(20, 0xf000_0001 | 0, little); // link type 1; the upper bits report of a frame check sequence
  const record = (seconds: number, fraction: number, bytes: Uint8Array, length: number): Uint8Array => {
    const head = new Uint8Array(16 + extra);
    const words = new DataView(head.buffer);
    [seconds, fraction, bytes.length, length].forEach((value, i) => words.setUint32(i * 4, value, little));
    return joinBytes(head, bytes);
  };
  return joinBytes(header, record(0xf000_0000, 999_999, ascii('one'), 3), record(5, 7, ascii('thr'), 7));
}

const VARIANTS: readonly (readonly [string, Variant, number])[] = [
  ['microseconds, little endian', { magic: 0xa1b2c3d4, little: true, extra: 0 }, 1000],
  ['microseconds, big endian', { magic: 0xa1b2c3d4, little: false, extra: 0 }, 1000],
  ['nanoseconds, little endian', { magic: 0xa1b23c4d, little: true, extra: 0 }, 1],
  ['nanoseconds, big endian', { magic: 0xa1b23c4d, little: false, extra: 0 }, 1],
  ['the 24-byte record header of patched libpcaps', { magic: 0xa1b2cd34, little: true, extra: 8 }, 1000],
];

for (const [name, variant, scale] of VARIANTS) {
  test(`pcap with ${name} is read, in one piece and byte by byte`, () => {
    const file = variantFile(variant);
    const expected = [
      { text: 'one', time: `${0xf000_0000}.${String(999_999 * scale).padStart(9, '0')}`, length: 3, linkType: 1 },
      { text: 'thr', time: `5.${String(7 * scale).padStart(9, '0')}`, length: 7, linkType: 1 },
    ];
    for (const piece of [file.length, 1, 7]) {
      const { seen, reader } = read(file, piece);
      assert.deepEqual(seen, expected);
      assert.equal(reader.finish(), null);
    }
  });
}

test('a file cut at any length keeps its whole packets and reports where it ends', () => {
  const file = variantFile(VARIANTS[0]![1]);
  const first = 24 + 16 + 3;
  for (let length = 24; length < file.length; length++) {
    const { seen, reader } = read(file.subarray(0, length));
    assert.equal(seen.length, length < first ? 0 : 1);
    const whole = length < first ? 24 : first;
    const damage = reader.finish();
    assert.equal(damage?.offset, length === whole ? undefined : whole);
    assert.equal(damage?.after_packet, length === whole ? undefined : seen.length);
  }
});

test('a tail of zeros and a tail of garbage are damage behind the last packet', () => {
  const file = pcapFile([{ bytes: ascii('whole'), seconds: 1, nanoseconds: 2 }]);
  for (const tail of [new Uint8Array(4096), new Uint8Array(4096).fill(0xee)]) {
    const { seen, reader } = read(joinBytes(file, tail), 100);
    assert.equal(seen.length, 1);
    assert.deepEqual([reader.finish()?.offset, reader.finish()?.after_packet], [file.length, 1]);
  }
});

/** One block: type, length, body padded to four bytes, length again. */
function block(type: number, body: Uint8Array, little: boolean): Uint8Array {
  const padded = joinBytes(body, new Uint8Array((4 - (body.length % 4)) % 4));
  const length = padded.length + 12;
  return joinBytes(word(type, little), word(length, little), padded, word(length, little));
}

function word(value: number, little: boolean): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, little);
  return bytes;
}

function half(value: number, little: boolean): Uint8Array {
  return word(little ? value : value << 16, little).subarray(0, 2);
}

function section(little: boolean, version = 1): Uint8Array {
  const rest = joinBytes(word(0x1a2b3c4d, little), half(version, little), half(0, little), new Uint8Array(8).fill(255));
  return block(0x0a0d0d0a, rest, little);
}

/** Link type, snap length, option if_tsresol (9) where given. */
function describedInterface(linkType: number, resolution: number | undefined, little: boolean): Uint8Array {
  const option =
    resolution === undefined
      ? new Uint8Array(0)
      : joinBytes(half(9, little), half(1, little), Uint8Array.of(resolution, 0, 0, 0), word(0, little));
  return block(1, joinBytes(half(linkType, little), half(0, little), word(0, little), option), little);
}

function enhancedPacket(id: number, units: bigint, text: string, little: boolean): Uint8Array {
  const time = joinBytes(word(Number(units >> 32n), little), word(Number(units & 0xffff_ffffn), little));
  const lengths = joinBytes(word(text.length, little), word(text.length + 1, little));
  return block(6, joinBytes(word(id, little), time, lengths, ascii(text)), little);
}

for (const little of [true, false]) {
  test(`pcapng with several interfaces and resolutions is read, ${little ? 'little' : 'big'} endian`, () => {
    const file = joinBytes(
      section(little),
      describedInterface(1, undefined, little),
      describedInterface(101, 9, little),
      describedInterface(113, 0x80 + 20, little), // 2^-20 s
      enhancedPacket(0, 1_700_000_000_123_456n, 'us', little),
      enhancedPacket(1, 1_700_000_000_123_456_789n, 'ns!', little),
      block(0x0bad, new Uint8Array(8), little), // a custom block passes
      enhancedPacket(2, (7n << 20n) + (1n << 19n), 'half', little),
    );
    const { seen, reader } = read(file, 11);
    assert.deepEqual(seen, [
      { text: 'us', time: '1700000000.123456000', length: 3, linkType: 1 },
      { text: 'ns!', time: '1700000000.123456789', length: 4, linkType: 101 },
      { text: 'half', time: '7.500000000', length: 5, linkType: 113 },
    ]);
    assert.deepEqual([reader.format, reader.digits, reader.finish()], ['pcapng', 9, null]);
  });
}

test('a new section forgets the interfaces and may turn the byte order', () => {
  const file = joinBytes(
    section(true),
    describedInterface(1, undefined, true),
    enhancedPacket(0, 1n, 'a', true),
    section(false),
    describedInterface(101, undefined, false),
    enhancedPacket(0, 2n, 'b', false),
    section(true),
    enhancedPacket(0, 3n, 'c', true),
  );
  const { seen, reader } = read(file);
  assert.deepEqual(
    seen.map(({ text, linkType }) => `${text}${linkType}`),
    ['a1', 'b101'],
  );
  assert.match(reader.finish()?.reason ?? '', /interface 0, which was not described/);
});

test('a section of an unknown version ends the reading', () => {
  const file = joinBytes(
    section(true),
    describedInterface(1, undefined, true),
    enhancedPacket(0, 1n, 'a', true),
    section(true, 2),
  );
  const { seen, reader } = read(file);
  assert.equal(seen.length, 1);
  assert.match(reader.finish()?.reason ?? '', /unknown section version 2/);
});

test('what is no capture has no format', () => {
  for (const text of ['', '%PDF-1.7 and so on and so on', 'GET / HTTP/1.1\r\n\r\n']) {
    assert.equal(read(ascii(text)).reader.format, undefined);
  }
});
