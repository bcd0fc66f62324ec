// What was not understood is counted and reported. The cases where they are, and siblings of our own next to them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { boundFragments, MAX_FRAGMENTED } from '../../appliance/analysis/summary/fragment-sums.ts';
import type { Traffic } from '../../appliance/analysis/summary/summary.ts';
import { analyzeFile } from '../../appliance/cli/analyze/analyze-file.ts';
import { adviceFor, packingOf, unpacker } from '../../appliance/cli/files/packed-file.ts';
import { CaptureReader } from '../../appliance/decode/files/capture-reader.ts';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { notUnderstoodText } from '../../appliance/model/document/not-understood-text.ts';
import { ascii, ethernet, ipv4, joinBytes, macBytes, pcapFile, udp } from '../analysis/packets.ts';
import { caseDocument, fileDocument, withoutCases } from './case-document.ts';

const A = { mac: '02:00:00:00:00:21', ip: '10.0.0.21', port: 6000 };
const B = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 7000 };

/** A file of frames, a second apart. */
function file(frames: readonly Uint8Array[], linkType = 1): Uint8Array {
  return pcapFile(
    frames.map((bytes, i) => ({ bytes, seconds: 1_795_000_000 + i, nanoseconds: 0 })),
    linkType,
  );
}

function reported(document: AnalysisDocument): (readonly [string, string | null, number, number | null])[] {
  return (document.limits.not_understood ?? []).map((row) => [row.what, row.detail, row.packets, row.bytes]);
}

/** IP packets of one datagram, cut where `cuts` say; each but the last cut is a multiple of eight. */
function fragments(payload: Uint8Array, cuts: readonly number[], identity: number): Uint8Array[] {
  const whole = udp(A, B, payload).subarray(34);
  return cuts.map((from, i) => {
    const to = cuts[i + 1] ?? whole.length;
    const packet = ipv4(A.ip, B.ip, 17, whole.subarray(from, to));
    const more = i + 1 < cuts.length ? 0x2000 : 0;
    new DataView(packet.buffer, packet.byteOffset).setUint16(4, identity);
    new DataView(packet.buffer, packet.byteOffset).setUint16(6, more | (from / 8));
    return ethernet(A.mac, B.mac, 0x0800, packet);
  });
}

test('case 21: fragments are counted by destination, and what lies in them is not called clear', {
  skip: withoutCases,
}, () => {
  const document = caseDocument('21');
  assert.deepEqual(reported(document), [['fragment', '192.168.77.20 > 45.33.32.156', 6, 7788]]);
  const [conversation] = document.conversations;
  assert.deepEqual([conversation?.payload_ab, conversation?.verdict], [4416, 'undetermined']);
  assert.match(conversation?.verdict_reason ?? '', /^7584 bytes in later IP fragments were not looked at/);
});

test('case 24: joined files are read to the end', { skip: withoutCases }, () => {
  assert.equal(caseDocument('24').input.packets, 6);
});

test('case 25: NFLOG is read', { skip: withoutCases }, () => {
  const document = caseDocument('25');
  assert.deepEqual(Object.keys(document.dns.queries), ['n0.example', 'n1.example', 'n2.example', 'n3.example']);
  assert.deepEqual(reported(document), []);
});

test('case 26: frames with a bad check sum make no devices', { skip: withoutCases }, () => {
  const document = caseDocument('26');
  assert.equal(document.devices.filter(({ packets_sent }) => packets_sent > 0).length, 1);
  assert.deepEqual(reported(document), [['bad_check_sum', null, 5, 500]]);
});

const TEXT = ascii('temperature 21.5 degrees, humidity 40 percent; '.repeat(40));

test('fragments of which most was seen leave the verdict, and are counted all the same', () => {
  const document = fileDocument(file(fragments(TEXT, [0, 1480], 1)));
  assert.equal(document.conversations[0]?.verdict, 'cleartext');
  assert.deepEqual(reported(document), [['fragment', `${A.ip} > ${B.ip}`, 1, 34 + TEXT.length + 8 - 1480]]);
});

test('a short first fragment decides nothing, however many datagrams there were', () => {
  const frames = [1, 2, 3].flatMap((identity) => fragments(TEXT, [0, 400, 1200], identity));
  const [conversation] = fileDocument(file(frames)).conversations;
  assert.deepEqual([conversation?.payload_ab, conversation?.verdict], [3 * 392, 'undetermined']);
});

test('later fragments without their first one are reported too', () => {
  const frames = fragments(TEXT, [0, 400, 1200], 1).slice(1);
  const document = fileDocument(file(frames));
  assert.equal(document.conversations.length, 0);
  assert.deepEqual(
    reported(document).map(([what, , packets]) => [what, packets]),
    [['fragment', 2]],
  );
});

test('pairs of fragments beyond the limit are in one row that keeps their sums', () => {
  const pairs: Record<string, Traffic> = {};
  for (let i = 0; i < MAX_FRAGMENTED + 10; i++) pairs[`10.0.0.1 1.0.${i >> 8}.${i & 255}`] = { packets: 1, bytes: 100 };
  const bounded = boundFragments(boundFragments({ ...pairs, '*': { packets: 5, bytes: 7 } }));
  assert.equal(Object.keys(bounded).length, MAX_FRAGMENTED + 1);
  assert.deepEqual(bounded['*'], { packets: 15, bytes: 1007 });
});

for (const [linkType, words] of [
  [251, '251 (Bluetooth Low Energy)'],
  [220, '220 (USB of Linux, padded)'],
  [230, '230 (IEEE 802.15.4)'],
  [4242, '4242'],
] as const) {
  test(`frames of link type ${linkType} are reported with their number`, () => {
    const document = fileDocument(file([ascii('anything'), ascii('else')], linkType));
    assert.deepEqual(reported(document), [['link_type', words, 2, null]]);
    assert.match(
      document.limits.not_understood?.map(notUnderstoodText).join() ?? '',
      new RegExp(`^2 frames .*${linkType}`),
    );
  });
}

/** Fields in either byte order, as machines of both kinds write them. */
function nflog(fields: readonly (readonly [type: number, value: Uint8Array])[], little: boolean): Uint8Array {
  const parts = fields.map(([type, value]) => {
    const field = new Uint8Array(Math.ceil((4 + value.length) / 4) * 4);
    new DataView(field.buffer).setUint16(0, 4 + value.length, little);
    new DataView(field.buffer).setUint16(2, type, little);
    field.set(value, 4);
    return field;
  });
  return joinBytes(Uint8Array.of(2, 0, 0, 5), ...parts);
}

for (const little of [true, false]) {
  test(`NFLOG of a ${little ? 'little' : 'big'}-endian machine has its packet, sender and receiver`, () => {
    const whole = udp(A, B, ascii('hello over there'));
    const packet = whole.subarray(14);
    const bare = nflog(
      [
        [10, ascii('weir\0')],
        [9, packet],
      ],
      little,
    );
    const sender = joinBytes(Uint8Array.of(0, 6, 0, 0), macBytes(A.mac), Uint8Array.of(0, 0));
    const full = nflog(
      [
        [8, sender],
        [17, whole.subarray(0, 14)],
        [9, packet],
      ],
      little,
    );
    const document = fileDocument(file([bare, full], 239));
    assert.deepEqual(
      document.conversations.map(({ pkts_ab, payload_ab }) => [pkts_ab, payload_ab]),
      [[2, 32]],
    );
    assert.deepEqual(
      document.devices.map(({ mac, packets_sent }) => [mac, packets_sent]),
      [
        [B.mac, 0],
        [A.mac, 1],
      ],
    );
  });
}

test('NFLOG whose lengths lead out of the frame is unreadable and nothing else', () => {
  const cut = nflog([[9, ascii('E'.repeat(40))]], true).subarray(0, 20);
  const zero = joinBytes(Uint8Array.of(2, 0, 0, 5), new Uint8Array(40));
  const document = fileDocument(file([cut, zero, Uint8Array.of(2, 0)], 239));
  assert.deepEqual([document.input.packets, document.conversations.length], [3, 0]);
});

/** As `readers` see it, in pieces of `piece` bytes. */
function read(bytes: Uint8Array, piece: number) {
  const links: number[] = [];
  const reader = new CaptureReader({ frame: (...reported) => void links.push(reported[6]) });
  for (let at = 0; at < bytes.length; at += piece) reader.push(bytes.subarray(at, at + piece));
  return { links, damage: reader.finish(), further: reader.furtherHeaders };
}

/** Section, one Ethernet interface, one packet. */
function pcapng(): Uint8Array {
  const block = (type: number, body: Uint8Array): Uint8Array => {
    const bytes = new Uint8Array(12 + body.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, type, true);
    view.setUint32(4, bytes.length, true);
    bytes.set(body, 8);
    view.setUint32(8 + body.length, bytes.length, true);
    return bytes;
  };
  const section = Uint8Array.of(0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, ...new Uint8Array(8).fill(0xff));
  const packet = joinBytes(new Uint8Array(12), Uint8Array.of(4, 0, 0, 0, 4, 0, 0, 0), ascii('ping'));
  return joinBytes(block(0x0a0d0d0a, section), block(1, Uint8Array.of(1, 0, 0, 0, 0, 0, 4, 0)), block(6, packet));
}

/** The same header with time zone and in the other byte order. */
function swapped(): Uint8Array {
  const bytes = new Uint8Array(44);
  const view = new DataView(bytes.buffer);
  [0xa1b2c3d4, 0x00020004, 3600, 0, 65_535, 101, 1_795_000_000, 5, 4, 4].forEach((word, i) =>
    view.setUint32(i * 4, word),
  );
  bytes.set(ascii('pong'), 40);
  return bytes;
}

const FIRST = file([ascii('one'), ascii('two')]);

for (const [name, parts, links] of [
  ['another link type', [FIRST, file([ascii('three')], 113)], [1, 1, 113]],
  ['another byte order and a time zone', [FIRST, swapped()], [1, 1, 101]],
  ['a pcapng behind a pcap', [FIRST, pcapng()], [1, 1, 1]],
  ['a pcap behind a pcapng', [pcapng(), swapped()], [1, 101]],
  ['three files', [FIRST, swapped(), FIRST], [1, 1, 101, 1, 1]],
] as const) {
  test(`files joined end to end are read on: ${name}`, () => {
    for (const piece of [1, 7, 100_000]) {
      const { links: seen, damage, further } = read(joinBytes(...parts), piece);
      assert.deepEqual([seen, damage], [links, null]);
      const after_packet = parts[0] === FIRST ? 2 : 1;
      assert.deepEqual(further, { count: parts.length - 1, offset: parts[0].length, after_packet });
    }
  });
}

test('damage in a joined file is reported by its place in the whole file', () => {
  const { damage } = read(joinBytes(FIRST, FIRST.subarray(0, FIRST.length - 1)), 1000);
  assert.deepEqual([damage?.offset, damage?.after_packet], [FIRST.length + 24 + 19, 3]);
  const { damage: blank } = read(joinBytes(FIRST, FIRST, new Uint8Array(32)), 1000);
  assert.deepEqual([blank?.offset, blank?.after_packet], [2 * FIRST.length, 4]);
});

test('a record that kept no byte of its frame is counted, and reading goes on', () => {
  const empty = { bytes: new Uint8Array(0), seconds: 1_795_000_000, nanoseconds: 0, length: 60 };
  const frame = { bytes: udp(A, B, ascii('hello')), seconds: 1_795_000_001, nanoseconds: 0 };
  const document = fileDocument(pcapFile([empty, frame]));
  assert.deepEqual([document.input.packets, document.conversations.length], [2, 1]);
  assert.deepEqual(reported(document), [['empty_record', null, 1, 60]]);
});

test('packed files are unpacked or named with the command that unpacks them', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-packed-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const plain = join(folder, 'a.pcap');
  writeFileSync(plain, file([udp(A, B, ascii('hello'))]));
  execFileSync('gzip', ['-k', plain]);
  assert.equal((await analyzeFile(`${plain}.gz`)).document.input.packets, 1);
  execFileSync('xz', ['-k', plain]);
  await assert.rejects(
    analyzeFile(`${plain}.xz`),
    /packed with xz.*nothing was read from it\. Unpack it with: xz -dk /,
  );
  for (const [magic, name] of [
    [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
    [[0x42, 0x5a, 0x68, 0x39], 'bzip2'],
    [[0x50, 0x4b, 3, 4], 'zip'],
  ] as const) {
    assert.equal(packingOf(Uint8Array.from(magic)), name);
    if (name !== 'zstd') assert.equal(unpacker(name), undefined);
    assert.match(adviceFor('a.pcap', name), new RegExp(`packed with ${name}`));
  }
});
