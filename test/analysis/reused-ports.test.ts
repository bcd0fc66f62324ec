// A pair of ports used again for another TCP connection begins another session: counted as tshark counts `tcp.stream`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { mergeSummaries } from '../../appliance/analysis/summary/merge.ts';
import { DEVICE, documentOf, SERVER } from '../cases/frames.ts';
import { tsharkMissing } from './labelled/tshark-labels.ts';
import { ascii, pcapFile, tcp } from './packets.ts';

const NOTHING = new Uint8Array(0);
const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];
const GET = ascii('GET /state HTTP/1.1\r\nHost: cloud.example\r\n\r\n');

/** Packets of the two: from the device (0) or the server (1), flags, sequence number, payload. */
type Reported = readonly [from: 0 | 1, flags: number, sequence: number, payload?: Uint8Array];

function framesOf(packets: readonly Reported[], port = DEVICE.port): Uint8Array[] {
  const device = { ...DEVICE, port };
  return packets.map(([from, flags, sequence, payload = NOTHING]) => {
    const [sender, receiver] = from === 0 ? [device, SERVER] : [SERVER, device];
    return tcp(sender, receiver, sequence, (flags & ACK) === 0 ? 0 : 1, flags, payload);
  });
}

const REFUSED: readonly Reported[] = [
  [0, SYN, 7],
  [1, RST | ACK, 0],
];

/** With the number of connections in each. */
const REUSED: readonly (readonly [what: string, sessions: number, packets: readonly Reported[]])[] = [
  [
    'a repeated SYN begins nothing',
    1,
    [
      [0, SYN, 7],
      [0, SYN, 7],
      [1, SYN | ACK, 90],
      [0, SYN, 7],
    ],
  ],
  [
    'a SYN of another number begins a session',
    2,
    [
      [0, SYN, 7],
      [1, SYN | ACK, 90],
      [0, SYN, 0x9000_0000],
    ],
  ],
  [
    'after a FIN the same number is a late repetition',
    1,
    [
      [0, SYN, 7],
      [1, FIN | ACK, 91],
      [0, SYN, 7],
    ],
  ],
  ['and after a reset', 1, [...REFUSED, [0, SYN, 7], [1, SYN | ACK, 90]]],
  ['each refused try of another number is one', 3, [...REFUSED, [0, SYN, 8], [1, RST | ACK, 0], [0, SYN, 9]]],
  [
    'an answer begins nothing, whatever its number',
    1,
    [
      [0, SYN, 7],
      [1, SYN | ACK, 90],
      [1, SYN | ACK, 4000],
    ],
  ],
  [
    'nor the first SYN of the other end',
    1,
    [
      [0, SYN, 7],
      [1, SYN, 4000],
    ],
  ],
  [
    'a SYN behind packets of an unseen beginning',
    2,
    [
      [0, ACK, 500, GET],
      [0, SYN, 7],
    ],
  ],
  [
    'a SYN that came behind its own first bytes',
    1,
    [
      [0, ACK, 8, GET],
      [0, SYN, 7],
    ],
  ],
  [
    'numbers around 2³¹',
    2,
    [
      [0, SYN, 0x7fff_ffff],
      [0, SYN, 0x8000_0000],
      [0, SYN, 0x8000_0000],
    ],
  ],
];

for (const [what, sessions, packets] of REUSED) {
  test(`a reused pair of ports: ${what}`, () => {
    assert.equal(documentOf(framesOf(packets)).conversations[0]?.sessions, sessions);
  });
}

test('tshark counts the same connections', { skip: tsharkMissing() ?? false }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-streams-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'made.pcap');
  const frames = REUSED.flatMap(([, , packets], i) => framesOf(packets, 40_000 + i));
  writeFileSync(file, pcapFile(frames.map((bytes, i) => ({ bytes, seconds: 1_795_000_000 + i, nanoseconds: 0 }))));
  const words = ['-n', '-r', file, '-T', 'fields', '-e', 'tcp.stream', '-e', 'tcp.srcport', '-e', 'tcp.dstport'];
  const lines = execFileSync('tshark', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const streams = new Set(
    lines
      .trim()
      .split('\n')
      .map((line) => line.split('\t').toSpliced(1, 2, portOf(line)).join(' ')),
  );
  const counted = REUSED.map(([what], i) => [what, [...streams].filter((s) => s.endsWith(` ${40_000 + i}`)).length]);
  assert.deepEqual(
    counted,
    REUSED.map(([what, sessions]) => [what, sessions]),
  );
});

/** The device's, of a line with the stream and both ports. */
function portOf(line: string): string {
  return line.split('\t').findLast((port) => port !== `${SERVER.port}`) ?? '';
}

/** The sessions of the one conversation, analysed in two segments cut before packet `cut`. */
function sessionsCutAt(frames: readonly Uint8Array[], cut: number): number {
  const first = new Analyzer({ owner: null, infra: [] });
  feed(first, frames.slice(0, cut));
  const { summary, carry } = first.end();
  const second = new Analyzer({ owner: null, infra: [] }, JSON.parse(JSON.stringify(carry)) as typeof carry);
  feed(second, frames.slice(cut));
  const [row] = Object.values(mergeSummaries(summary, second.summary()).own.conversations);
  return (row?.ab.sessions ?? 0) + (row?.ba.sessions ?? 0);
}

function feed(analyzer: Analyzer, frames: readonly Uint8Array[]): void {
  for (const frame of frames) analyzer.frame(frame, 0, frame.length, 1_795_000_000, 0, frame.length, 1);
}

test('they are as many wherever a segment ends', () => {
  for (const [what, sessions, packets] of REUSED) {
    const frames = framesOf(packets);
    for (let cut = 1; cut < frames.length; cut++) {
      assert.equal(sessionsCutAt(frames, cut), sessions, `${what}, cut before packet ${cut}`);
    }
  }
});

test('what the next connection of the ports says is read from its beginning', () => {
  const { http } = documentOf(
    framesOf([
      [0, SYN, 7],
      [0, ACK, 8, GET.subarray(0, 20)],
      [0, SYN, 900],
      [0, ACK, 901, GET],
    ]),
  );
  assert.deepEqual({ ...http.methods }, { GET: 1 });
});
