// Tools that count packets see each frame of a folder once, in the order of time, and a file that cannot be read stops nobody.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { parseDevice } from '../../appliance/model/mac.ts';
import { ascii, connection, pcapFile } from '../analysis/packets.ts';
import { csvRows, weir } from '../reproduce/outside.ts';
import { DataFolder, record, START_NS } from '../store/data-folder.ts';

const HUB = { mac: '02:00:00:00:00:21', ip: '192.168.4.21', port: 40_000 };
const LAMP = { mac: '02:00:00:00:00:22', ip: '192.168.4.22', port: 80 };
const SAID = ['GET /on HTTP/1.1\r\nHost: lamp\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'] as const;

const EXCHANGE: readonly (readonly [0 | 1, Uint8Array])[] = [
  [0, ascii(SAID[0])],
  [1, ascii(SAID[1])],
];

/** A hub switches a lamp: each frame is in the files of both, and in an export of the hub's. */
function home(t: TestContext): { readonly dir: string; readonly frames: readonly Uint8Array[] } {
  const data = DataFolder.make(t);
  const frames = connection(HUB, LAMP, EXCHANGE);
  for (const { mac } of [HUB, LAMP]) {
    const segment = data.open(parseDevice(mac)!, START_NS, 'idle');
    for (const [i, frame] of frames.entries())
      data.append(segment, record(Buffer.from(frame), START_NS + BigInt(i) * 1_000_000n));
    data.close(segment);
    const last_ts = `${START_NS / 1_000_000_000n}.9`;
    const sidecar = { schema: 'weir.segment/1', device: segment.device, seq: segment.seq, infra: [], phase: 'idle' };
    const first_ts = `${START_NS / 1_000_000_000n}.0`;
    const text = JSON.stringify({ ...sidecar, first_ts, last_ts });
    writeFileSync(data.file(segment.path).replace(/\.pcap$/, '.json'), text);
  }
  mkdirSync(join(data.dir, 'exports'), { recursive: true });
  cpSync(join(data.dir, 'captures'), join(data.dir, 'exports', 'all'), { recursive: true });
  return { dir: data.dir, frames };
}

function outputFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-once-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('what two devices said to each other is one connection in Zeek’s log, with each packet once', (t) => {
  const { dir, frames } = home(t);
  const out = outputFolder(t);
  weir('export', 'zeek', dir, '-o', out, '--json');
  const rows = readFileSync(join(out, 'conn.log'), 'utf8').trim().split('\n');
  assert.equal(rows.length, 1);
  const row = JSON.parse(rows[0]!) as Record<string, number>;
  assert.equal(row['orig_pkts']! + row['resp_pkts']!, frames.length);
  assert.deepEqual([row['orig_bytes'], row['resp_bytes']], [SAID[0].length, SAID[1].length]);
  assert.equal(readFileSync(join(out, 'http.log'), 'utf8').trim().split('\n').length, 1);
});

test('IoTShark’s files and the document count them once, and exports next to the captures do not count', (t) => {
  const { dir, frames } = home(t);
  const out = outputFolder(t);
  weir('reproduce', 'iotshark', dir, '-o', out);
  const right = csvRows(join(out, 'sums.csv')).filter(({ counting }) => counting === 'right');
  assert.deepEqual(
    right.map((row) => [row['ip'], row['total_outgoing_bytes'], row['num_total_connections']]),
    [
      [HUB.ip, String(SAID[0].length), String(frames.length)],
      [LAMP.ip, String(SAID[1].length), String(frames.length)],
    ],
  );
  const document = JSON.parse(weir('analyze', dir, '--format', 'json')) as { input: { packets: number } };
  assert.equal(document.input.packets, frames.length);
});

test('a file that is no capture is left out of every reproduced paper, and of Zeek’s logs', (t) => {
  const folder = outputFolder(t);
  const frames = connection(HUB, LAMP, EXCHANGE);
  const timed = frames.map((bytes, i) => ({ bytes, seconds: 1_795_000_000 + i, nanoseconds: 0 }));
  writeFileSync(join(folder, 'good.pcap'), pcapFile(timed));
  writeFileSync(join(folder, 'bad.pcap'), 'eleven byte');
  for (const words of [
    ['reproduce', 'amar'],
    ['reproduce', 'iotshark'],
    ['export', 'zeek'],
  ]) {
    const out = outputFolder(t);
    assert.match(weir(...words, folder, '-o', out), /\d+ (?:further )?(?:files|logs)/);
  }
});
