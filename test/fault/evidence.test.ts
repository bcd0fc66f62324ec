// The judge is judged first: a reader that finds nothing wrong proves nothing unless it finds what is wrong.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { randomFrom } from './chance.ts';
import { Evidence } from './evidence.ts';
import { writeRecording } from './recorded-days.ts';
import { deviceMac } from './traffic.ts';

const FRAMES = 40;
const DEVICE = deviceMac(0);
const NAME = `${DEVICE.replaceAll(':', '-')}/2026/11/20/segment.pcap`;

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

/** A data folder with one closed segment, as capture should leave it. `spoil` alters the pcap before it is described. */
function makeFolder(t: TestContext, spoil: (pcap: Buffer) => Buffer = (pcap) => pcap): string {
  const data = mkdtempSync(join(tmpdir(), 'weir-evidence-'));
  t.after(() => rmSync(data, { recursive: true }));
  const file = join(data, 'captures', NAME);
  mkdirSync(dirname(file), { recursive: true });
  writeRecording(file, { run: 1, devices: 1, frames: FRAMES, startSeconds: 1000, seconds: 10 }, randomFrom(1));
  const pcap = spoil(readFileSync(file));
  writeFileSync(file, pcap);
  const facts = { sha256: sha256(pcap), bytes: pcap.length, packets: FRAMES };
  const sidecar = JSON.stringify({ ...facts, file: 'segment.pcap', shared_packets: 0 });
  writeFileSync(file.replace('.pcap', '.json'), sidecar);
  const opened = JSON.stringify({ n: 1, previous: '0'.repeat(64), type: 'segment-opened', path: NAME });
  const closed = {
    n: 2,
    previous: sha256(`${'0'.repeat(64)}${sha256(opened)}`),
    type: 'segment-closed',
    path: NAME,
    seq: 1,
  };
  const line = JSON.stringify({ ...closed, ...facts, sidecar_sha256: sha256(sidecar) });
  writeFileSync(join(data, 'ledger.ndjson'), `${opened}\n${line}\n`);
  return data;
}

test('the reader finds nothing wrong with a folder that is right, and every frame', (t) => {
  const evidence = new Evidence(makeFolder(t));
  assert.deepEqual(evidence.problems, []);
  assert.equal(evidence.unique(1), FRAMES);
});

const DAMAGES: Readonly<Record<string, (pcap: Buffer) => Buffer>> = {
  'half a record at the end': (pcap) => pcap.subarray(0, pcap.length - 7),
  'half a record header at the end': (pcap) => Buffer.concat([pcap, Buffer.alloc(9, 1)]),
  'a tail of zeros': (pcap) => Buffer.concat([pcap, Buffer.alloc(4096)]),
  'an impossible length': (pcap) => (pcap.writeUInt32LE(0x7fffffff, 32), pcap),
  'a frame of another device': (pcap) => (Buffer.from('02d000000009', 'hex').copy(pcap, 24 + 16 + 6), pcap),
  'a cut number in a frame': (pcap) => (pcap.writeUInt32BE(99, 24 + 16 + 54), pcap),
  'the same record twice': (pcap) => Buffer.concat([pcap, pcap.subarray(24, 24 + 16 + pcap.readUInt32LE(32))]),
};

for (const [name, spoil] of Object.entries(DAMAGES)) {
  test(`the reader finds ${name}, even where sidecar and ledger agree with it`, (t) => {
    assert.notDeepEqual(new Evidence(makeFolder(t, spoil)).problems, []);
  });
}

const ALTERATIONS: Readonly<Record<string, (data: string) => void>> = {
  'a byte of the capture': (data) => flip(join(data, 'captures', NAME), 400),
  'a byte of the sidecar': (data) => flip(join(data, 'captures', NAME.replace('.pcap', '.json')), 20),
  'a byte of a ledger line': (data) => flip(join(data, 'ledger.ndjson'), 88),
  'a file that is gone': (data) => rmSync(join(data, 'captures', NAME)),
};

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

for (const [name, alter] of Object.entries(ALTERATIONS)) {
  test(`the reader finds ${name} changed afterwards`, (t) => {
    const data = makeFolder(t);
    alter(data);
    assert.notDeepEqual(new Evidence(data).problems, []);
  });
}

test('the reader counts each hole between stored frames', (t) => {
  const cutOut = (pcap: Buffer) => {
    const first = 24 + 16 + pcap.readUInt32LE(32);
    const second = first + 16 + pcap.readUInt32LE(first + 8);
    return Buffer.concat([pcap.subarray(0, first), pcap.subarray(second)]);
  };
  const holes = new Evidence(makeFolder(t, cutOut)).runs.get(1)?.holes();
  assert.deepEqual(
    holes?.map((hole) => hole.count),
    [1],
  );
});
