import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PcapStream, type StreamFault } from '../../appliance/capture/engines/pcap-stream.ts';
import { BULB, frame, GATEWAY, pcap, record } from './fixture.ts';

const HOUR = 1_795_176_000;
const records = Array.from({ length: 12 }, (_, i) => record(HOUR, i, frame(BULB, GATEWAY, 20 + 37 * i)));
const stream = pcap(records);

/** Pushes the bytes in pieces of the given sizes (the last one over and over); what came out. */
function pushed(
  bytes: Buffer,
  sizes: readonly number[],
): { out: Buffer; begun: number; count: number; fault: StreamFault | null } {
  const pieces: Buffer[] = [];
  let begun = 0;
  let count = 0;
  const reader = new PcapStream({
    begin: () => begun++,
    records: (from, start, end, records) => {
      pieces.push(Buffer.from(from.subarray(start, end)));
      count += records;
    },
  });
  let fault: StreamFault | null = null;
  for (let at = 0, i = 0; at < bytes.length && fault === null; i++) {
    const size = sizes[Math.min(i, sizes.length - 1)] ?? 1;
    const piece = Buffer.from(bytes.subarray(at, at + size));
    fault = reader.push(piece, piece.length);
    at += size;
  }
  return { out: Buffer.concat(pieces), begun, count, fault };
}

test('records come out whole and unchanged, however the pipe cuts them', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 30 }), (sizes) => {
      const { out, begun, count, fault } = pushed(stream, sizes);
      assert.deepEqual([begun, count, fault], [1, 12, null]);
      assert.ok(out.equals(stream.subarray(24)));
    }),
    { seed: 1, numRuns: 200 },
  );
});

test('every cut of the stream delivers exactly the whole records before it', () => {
  for (let end = 0; end <= stream.length; end += 7) {
    const { count } = pushed(stream.subarray(0, end), [64]);
    let whole = 0;
    for (let at = 24; whole < 12 && at + records[whole]!.length <= end; whole++) at += records[whole]!.length;
    assert.equal(count, whole, `cut at ${end}`);
  }
});

test('a stream that loses its step is refused, and nothing after that is believed', () => {
  const broken = Buffer.concat([stream, Buffer.alloc(3, 0xee), ...records]);
  const { count, fault } = pushed(broken, [100]);
  assert.deepEqual([count, fault], [12, 'desync']);
});

test('what does not begin as pcap is no stream, and other byte orders are none of ours', () => {
  assert.equal(pushed(Buffer.from('tcpdump: eth0: You don’t have permission'), [9]).fault, 'no_pcap_header');
  const big = Buffer.from(stream);
  big.subarray(0, 4).swap32();
  assert.equal(pushed(big, [50]).fault, 'big_endian');
});

test('no bytes at all make the reader throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
      pushed(Buffer.concat([stream.subarray(0, 24), Buffer.from(noise)]), [13]);
    }),
    { seed: 2, numRuns: 500 },
  );
});
