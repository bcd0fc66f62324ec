import assert from 'node:assert/strict';
import { appendFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { SegmentTail, TAIL_BUFFER_BYTES } from '../../appliance/store/tail/segment-tail.ts';
import { DataFolder, device, OpenSegment, packet, record } from './data-folder.ts';

interface Tailed {
  readonly folder: DataFolder;
  readonly segment: OpenSegment;
  readonly tail: SegmentTail;
  readonly part: string;
}

function tailed(t: TestContext): Tailed {
  const folder = DataFolder.make(t);
  const segment = folder.open(device(1));
  const file = folder.file(segment.path);
  const tail = new SegmentTail(file, new Uint8Array(TAIL_BUFFER_BYTES));
  t.after(() => tail.close());
  return { folder, segment, tail, part: `${file}.part` };
}

/** Bytes handed out by reading until there is nothing. */
function drain(tail: SegmentTail, limit?: number): number {
  let bytes = 0;
  for (let run = tail.read(limit); run !== undefined; run = tail.read(limit)) bytes += run.end - run.start;
  return bytes;
}

test('a record is handed out when all of it is there', (t) => {
  const { tail, part } = tailed(t);
  const bytes = packet(device(1), 1);
  appendFileSync(part, bytes.subarray(0, 30));
  assert.equal(drain(tail), 0);
  appendFileSync(part, bytes.subarray(30));
  assert.equal(drain(tail), bytes.length);
});

test('a half-written record at the end is no damage while the file grows', (t) => {
  const { tail, part } = tailed(t);
  appendFileSync(part, packet(device(1), 1).subarray(0, 20));
  drain(tail);
  assert.equal(tail.damage, undefined);
});

test('the tail follows the file over its rename', (t) => {
  const { folder, segment, tail } = tailed(t);
  folder.append(segment, packet(device(1), 1));
  drain(tail);
  folder.append(segment, packet(device(1), 2));
  folder.close(segment);
  assert.equal(drain(tail), packet(device(1), 2).length);
});

test('a file that is closed already is read under its final name', (t) => {
  const { folder, segment, tail } = tailed(t);
  folder.append(segment, packet(device(1), 1));
  folder.close(segment);
  assert.equal(drain(tail), packet(device(1), 1).length);
});

test('a record longer than the limit of a read is read all the same', (t) => {
  const { tail, part } = tailed(t);
  const large = record(Buffer.alloc(200_000, 7), 1n);
  appendFileSync(part, large);
  assert.equal(drain(tail, 4096), large.length);
});

test('reading in small pieces gives the same bytes as reading at once', (t) => {
  const { folder, segment, tail } = tailed(t);
  for (let i = 0; i < 200; i++) folder.append(segment, packet(device(1), i));
  assert.equal(drain(tail, 100), 200 * packet(device(1), 0).length);
});

for (const [what, change] of [
  ['a length beyond all limits', (bytes: Buffer) => bytes.writeUInt32LE(0x7fffffff, 8)],
  ['more bytes captured than there were', (bytes: Buffer) => bytes.writeUInt32LE(1, 12)],
  ['a fraction of a second above one', (bytes: Buffer) => bytes.writeUInt32LE(1_000_000_000, 4)],
  ['nothing but zeros', (bytes: Buffer) => bytes.fill(0)],
] as const) {
  test(`a record with ${what} ends the reading there`, (t) => {
    const { tail, part } = tailed(t);
    const good = packet(device(1), 1);
    const bad = Buffer.from(packet(device(1), 2));
    change(bad);
    appendFileSync(part, Buffer.concat([good, bad, good]));
    assert.deepEqual([drain(tail), tail.damage?.offset], [good.length, 24 + good.length]);
  });
}

test('a file that is no capture is said to be damaged at its start', (t) => {
  const { tail, part } = tailed(t);
  writeFileSync(part, 'this is not a capture file at all');
  drain(tail);
  assert.deepEqual(tail.damage, { offset: 0, fault: 'no_header' });
});

test('a symbolic link in the place of a segment is not followed', (t) => {
  const { tail, part, folder } = tailed(t);
  renameSync(part, `${part}.real`);
  symlinkSync(folder.ledger, part);
  assert.equal(tail.read(), undefined);
  assert.equal(tail.size(), 0);
});
