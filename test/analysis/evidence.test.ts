import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  beginsReadable,
  EVIDENCE,
  EVIDENCE_SIZE,
  EVIDENCE_SLOTS,
  SCAN_BYTES,
  scanEvidence,
} from '../../appliance/analysis/packet/payload/payload-scan.ts';
import { judge } from '../../appliance/analysis/verdict/verdict.ts';
import { VERDICTS } from '../../appliance/model/analysis-document.ts';
import { RandomBytes } from './labelled/random-bytes.ts';
import { statsOf } from './labelled/stats-of.ts';

const random = new RandomBytes('evidence');

function scanned(
  packets: readonly Uint8Array[],
  proto: 'tcp' | 'udp' = 'tcp',
): (name: keyof typeof EVIDENCE) => number {
  const slots = new Int32Array(EVIDENCE_SLOTS);
  for (const packet of packets) scanEvidence(slots, 0, packet, 0, packet.length, proto);
  return (name) => slots[EVIDENCE[name]]!;
}

function record(body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([23, 3, 3, body.length >> 8, body.length & 255]), body]);
}

function cut(stream: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(stream.length / size) }, (_, i) => stream.subarray(i * size, (i + 1) * size));
}

test('every counter has its own place below the size', () => {
  const places = Object.values(EVIDENCE);
  assert.deepEqual(
    [...new Set<number>(places)].sort((a, b) => a - b),
    Array.from({ length: EVIDENCE_SIZE }, (_, i) => i),
  );
});

test('records are followed over packets wherever TCP cuts them', () => {
  const stream = Buffer.concat(Array.from({ length: 20 }, (_, i) => record(random.bytes(200 + i * 150))));
  for (const size of [100, 536, 1448, 9000]) {
    const seen = scanned(cut(stream, size));
    // A header that a cut splits is missed, and found again with the next.
    assert.ok(seen('tlsHeads') + seen('tlsLinks') >= 16, `${size}: ${seen('tlsHeads')} + ${seen('tlsLinks')}`);
  }
});

test('megabytes of random bytes show neither records nor media nor text', () => {
  const seen = scanned(cut(random.bytes(3_000_000), 1448));
  const names = ['tlsLinks', 'textPackets', 'tsPackets', 'audioLinks'] as const;
  assert.deepEqual(
    names.map((name) => seen(name)),
    [0, 0, 0, 0],
  );
});

test('the order of bytes is looked at up to the limit, text in every packet', () => {
  const packets = [
    ...cut(random.bytes(SCAN_BYTES * 2), 1024),
    Buffer.from('GET /state?key=12345678 HTTP/1.1\r\nHost: hub\r\n'),
  ];
  const seen = scanned(packets);
  assert.deepEqual([seen('scanned'), seen('packets'), seen('textPackets')], [SCAN_BYTES, 128, 1]);
});

test('readable text needs 32 bytes and bears a few that are not', () => {
  const text = Buffer.from('{"state": "on", "brightness": 80}');
  assert.equal(beginsReadable(text, 0, text.length), true);
  assert.equal(beginsReadable(text, 0, 31), false);
  assert.equal(beginsReadable(Buffer.concat([Buffer.from([0, 1]), text]), 0, 35), true);
  assert.equal(beginsReadable(Buffer.concat([Buffer.alloc(8), text]), 0, 41), false);
});

test('counting over parts adds up to counting over the whole where no packet is split', () => {
  const packets = cut(random.bytes(40_000), 700);
  const whole = scanned(packets, 'udp');
  const parts = [packets.slice(0, 20), packets.slice(20)].map((part) => scanned(part, 'udp'));
  for (const name of ['scanned', 'packets', 'ff', 'ffStuffed', 'startCodes'] as const) {
    assert.equal(whole(name), parts[0]!(name) + parts[1]!(name), name);
  }
});

const pieces = fc.oneof(
  fc.uint8Array({ maxLength: 1500 }),
  fc.constantFrom(...[0, 0x47, 0xff, 0x17, 0x80].map((byte) => new Uint8Array(1448).fill(byte))),
  fc.constantFrom(
    new Uint8Array([23, 3, 3, 0, 0]),
    new Uint8Array([23, 3, 3, 0xff, 0xff]),
    new Uint8Array([0xff, 0xfb, 0x92]),
  ),
);
const packets = fc.array(fc.record({ from: fc.constantFrom('a' as const, 'b' as const), bytes: pieces }), {
  maxLength: 12,
});
const marks = fc.subarray([
  'encrypted:tls',
  'encrypted:quic',
  'clear:http',
  'media:jpeg',
  'upgraded:starttls',
  'encoded:xor',
  ':',
  'x',
]);

test('whatever the packets, a verdict comes with a reason and never an exception', () => {
  fc.assert(
    fc.property(packets, marks, fc.constantFrom('tcp' as const, 'udp' as const), (sent, reported, proto) => {
      const judgement = judge(statsOf(sent, { proto, marks: reported }));
      assert.ok(VERDICTS.includes(judgement.verdict) && judgement.reason !== '');
      assert.ok(judgement.n === sent.reduce((sum, { bytes }) => sum + bytes.length, 0));
    }),
    { numRuns: 400, seed: 20_261_120 },
  );
});

test('the scanner stays inside its slots and its bytes', () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), fc.nat(7), (sent, offset) => {
      const slots = new Int32Array(EVIDENCE_SLOTS * 3).fill(0);
      for (const piece of sent) {
        // Neighbours of the payload would be miscounted as text or marks.
        const bytes = Buffer.concat([Buffer.alloc(offset, 0x41), piece, Buffer.alloc(64, 0x41)]);
        scanEvidence(slots, EVIDENCE_SLOTS, bytes, offset, offset + piece.length, 'tcp');
      }
      const alone = new Int32Array(EVIDENCE_SLOTS);
      for (const piece of sent) scanEvidence(alone, 0, piece, 0, piece.length, 'tcp');
      assert.deepEqual(slots.subarray(EVIDENCE_SLOTS, 2 * EVIDENCE_SLOTS), alone);
      assert.ok(slots.subarray(0, EVIDENCE_SLOTS).every((slot) => slot === 0));
      assert.ok(slots.subarray(2 * EVIDENCE_SLOTS).every((slot) => slot === 0));
    }),
    { numRuns: 400, seed: 20_261_120 },
  );
});
